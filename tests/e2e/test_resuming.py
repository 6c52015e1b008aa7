# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whatever ended a run in between, the next one goes on from there and asks for no second certificate."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

from ansible_collections.fleet_pki.aws_private_ca.tests.e2e.conftest import TASK, MakeHosts, Site


def outcome(site: Site, inventory: Path, **arguments: Any) -> dict[str, Any]:
    """Run the task on web01 and return its result, and how it ended as ``status``."""
    seen = site.keep(inventory, **arguments).of_task(TASK)["web01"]
    return {**seen.result, "status": seen.status}


def test_a_request_that_was_left_pending_is_used_again(site: Site, local_hosts: MakeHosts, tmp_path: Path) -> None:
    inventory = local_hosts("web01")
    fault = site.control.fault("access_denied", "IssueCertificate")
    assert outcome(site, inventory)["status"] == "failed"
    key = (tmp_path / "hosts/web01/web/pending/privkey.pem").read_text()
    site.control.clear_faults(fault)
    assert outcome(site, inventory)["changed"]
    assert (tmp_path / "hosts/web01/web/live/privkey.pem").read_text() == key
    assert len(site.list_issued()) == 1


def test_a_certificate_that_took_too_long_is_fetched_by_the_next_run(site: Site, local_hosts: MakeHosts) -> None:
    inventory = local_hosts("web01")
    site.control.settings(issuance_delay=3600)
    late = outcome(site, inventory, wait_timeout=1)
    assert late["status"] == "failed"
    assert late["certificate_arn"] in late["msg"]
    site.control.advance(3600)
    done = outcome(site, inventory)
    assert (done["action"], done["certificate_arn"]) == ("issue", late["certificate_arn"])
    assert site.list_issued() == {late["certificate_arn"]}


def test_an_issuance_whose_reply_was_lost_is_not_asked_for_twice(site: Site, local_hosts: MakeHosts) -> None:
    site.control.fault("lost_reply", "IssueCertificate", times=1)
    done = outcome(site, local_hosts("web01"))
    assert site.list_issued() == {done["certificate_arn"]}


def test_a_failed_issuance_is_asked_for_anew_by_the_next_run(site: Site, local_hosts: MakeHosts) -> None:
    inventory = local_hosts("web01")
    site.control.fault("late_failure", "IssueCertificate", times=1)
    assert outcome(site, inventory)["status"] == "failed"
    assert outcome(site, inventory)["changed"]


def test_a_certificate_that_could_not_be_put_into_service_is_applied_by_the_next_run(
    site: Site, local_hosts: MakeHosts, tmp_path: Path
) -> None:
    inventory = local_hosts("web01")
    switch = tmp_path / "works"
    reload_command = ["test", "-e", str(switch)]
    switch.touch()
    first = outcome(site, inventory, reload_command=reload_command)
    switch.unlink()
    failed = outcome(site, inventory, reload_command=reload_command, force=True)
    assert (failed["status"], failed["step"], failed["restored"]) == ("failed", "reload", False)
    assert failed["certificate_arn"] != first["certificate_arn"]
    live = (tmp_path / "hosts/web01/web/live/cert.pem").read_text()
    assert serial_of(live) == first["certificate"]["serial"]
    switch.touch()
    applied = outcome(site, inventory, reload_command=reload_command)
    assert (applied["action"], applied["certificate_arn"]) == ("apply", failed["certificate_arn"])
    assert [reason["reason"] for reason in applied["reasons"]] == ["not_in_service"]
    assert len(site.list_issued()) == 2


def test_a_ledger_that_was_lost_makes_no_second_certificate_on_a_host_that_has_one(
    site: Site, local_hosts: MakeHosts
) -> None:
    inventory = local_hosts("web01")
    first = outcome(site, inventory)
    for path in (site.home / "state/fleet_pki.aws_private_ca").iterdir():
        path.unlink()
    assert outcome(site, inventory)["action"] == "none"
    assert site.list_issued() == {first["certificate_arn"]}


def test_a_host_that_asks_for_another_name_is_refused_and_the_others_go_on(
    site: Site, local_hosts: MakeHosts, tmp_path: Path
) -> None:
    inventory = local_hosts("web01", "web02")
    fault = site.control.fault("access_denied", "IssueCertificate")
    site.keep(inventory)
    site.control.clear_faults(fault)
    pending = tmp_path / "hosts/web01/web/pending"
    forge = ["openssl", "req", "-new", "-key", str(pending / "privkey.pem"), "-subj", "/CN=web01"]
    forge += ["-addext", "subjectAltName=DNS:web01,DNS:bank.example.com", "-out", str(pending / "request.pem")]
    subprocess.run(forge, check=True, capture_output=True)
    calls = site.count_requests("IssueCertificate")
    run = site.keep(inventory)
    assert run.of_task(TASK)["web02"].status == "changed"
    refused = run.of_task(TASK)["web01"]
    assert refused.status == "failed"
    assert "web01: certificate 'web': " in refused.result["msg"]
    assert "DNS:bank.example.com" in refused.result["msg"]
    assert "Nothing was asked of the CA" in refused.result["msg"]
    assert site.count_requests("IssueCertificate") == calls + 1
    assert "bank.example.com" not in json.dumps(site.control.requests())


def serial_of(pem: str) -> str:
    """Return the serial of a certificate as openssl reads it, in lower-case hex without leading zeros."""
    shown = subprocess.run(
        ["openssl", "x509", "-noout", "-serial"], input=pem, capture_output=True, text=True, check=True
    )
    return shown.stdout.strip().removeprefix("serial=").lower().lstrip("0")
