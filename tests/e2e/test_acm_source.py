# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Certificates that ACM keeps, installed on hosts and again after its renewals; openssl judges what lies there."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ansible_collections.fleet_pki.aws_private_ca.tests.e2e.conftest import (
    ACM_NAME,
    ROLE,
    TASK,
    AcmSite,
    MakeHosts,
    list_modules,
)

from fleet.fleet import Fleet
from openssl_command import openssl
from playbook_run import PlaybookRun


def judge(live: Path) -> str:
    """Return the serial of the live certificate, after openssl found chain and key to be its own."""
    openssl("verify", "-CAfile", live / "root.pem", "-untrusted", live / "chain.pem", live / "cert.pem")
    of_certificate = openssl("x509", "-in", live / "cert.pem", "-noout", "-pubkey")
    assert openssl("pkey", "-in", live / "privkey.pem", "-pubout") == of_certificate
    assert (live / "privkey.pem").stat().st_mode & 0o777 == 0o600
    shown = openssl("x509", "-in", live / "cert.pem", "-noout", "-serial").strip()
    return shown.partition("=")[2].lower().lstrip("0")


def result_of(run: PlaybookRun, host: str = "web01") -> dict[str, Any]:
    """Return the task's result."""
    return run.of_task(TASK)[host].result


def reasons_of(run: PlaybookRun) -> list[str]:
    """Return the words of the task's reasons."""
    return [reason["reason"] for reason in result_of(run)["reasons"]]


def test_a_certificate_of_acm_goes_through_the_five_steps_and_its_renewal(
    managed: AcmSite, local_hosts: MakeHosts, tmp_path: Path
) -> None:
    inventory, live = local_hosts("web01"), tmp_path / "hosts/web01/web/live"
    check = managed.keep(inventory, "--check", "--diff").require_success()
    assert (check.hosts_with("changed"), reasons_of(check)) == (["web01"], ["missing"])
    assert managed.calls() == ["ListCertificates"]
    assert not live.exists()

    applied = managed.keep(inventory, "--diff").require_success()
    arn = result_of(applied)["certificate_arn"]
    assert judge(live) == managed.serial(arn) == result_of(applied)["certificate"]["serial"]
    assert reasons_of(applied) == ["missing"]
    assert managed.calls("RequestCertificate", "ExportCertificate") == ["RequestCertificate", "ExportCertificate"]

    for options in ((), ("--check",)):
        before = len(managed.calls())
        again = managed.keep(inventory, "-vvv", *options).require_success()
        assert again.hosts_with("changed") == []
        assert list_modules(again) == ["host_certificate_request"]
        assert managed.calls()[before:] == ["DescribeCertificate"]

    renewed = managed.renew(arn)
    exported = len(managed.calls("ExportCertificate"))
    predicted = managed.keep(inventory, "--check", "--diff").require_success()
    assert (predicted.hosts_with("changed"), reasons_of(predicted)) == (["web01"], ["renewed_by_acm"])
    assert result_of(predicted)["diff"]["after"]["serial"] == renewed
    assert len(managed.calls("ExportCertificate")) == exported
    changed = managed.keep(inventory, "--diff").require_success()
    assert reasons_of(changed) == ["renewed_by_acm"]
    assert judge(live) == renewed
    assert result_of(changed)["certificate_arn"] == arn
    assert managed.keep(inventory).require_success().hosts_with("changed") == []


def test_other_names_are_another_certificate_of_acm(managed: AcmSite, local_hosts: MakeHosts, tmp_path: Path) -> None:
    inventory, live = local_hosts("web01"), tmp_path / "hosts/web01/web/live"
    first = result_of(managed.keep(inventory).require_success())["certificate_arn"]
    other = {"subject_alternative_names": [f"DNS:{ACM_NAME}", "DNS:api.example.com"]}
    predicted = managed.keep(inventory, "--check", **other).require_success()
    done = managed.keep(inventory, **other).require_success()
    assert reasons_of(predicted) == reasons_of(done) == ["names_changed"]
    assert result_of(done)["certificate_arn"] != first
    assert "api.example.com" in openssl("x509", "-in", live / "cert.pem", "-noout", "-ext", "subjectAltName")
    key = managed.keep(inventory, **other, key_algorithm="RSA_2048").require_success()
    assert reasons_of(key) == ["key_parameters_changed"]
    judge(live)
    assert managed.keep(inventory, **other, key_algorithm="RSA_2048").require_success().hosts_with("changed") == []


def test_an_arn_alone_installs_that_certificate_with_whatever_names_and_key(
    managed: AcmSite, local_hosts: MakeHosts, tmp_path: Path
) -> None:
    inventory, live = local_hosts("web01"), tmp_path / "hosts/web01/web/live"
    arn = managed.request("*.example.com", KeyAlgorithm="RSA_2048")
    given = {
        "certificate_arn": arn,
        "common_name": None,
        "subject_alternative_names": None,
        "certificate_authority_arn": None,
    }
    managed.keep(inventory, "--check", **given).require_success()
    managed.keep(inventory, **given).require_success()
    assert judge(live) == managed.serial(arn)
    assert managed.keep(inventory, **given).require_success().hosts_with("changed") == []
    another = managed.request("*.example.net")
    moved = managed.keep(inventory, **{**given, "certificate_arn": another}).require_success()
    assert reasons_of(moved) == ["certificate_changed"]
    assert judge(live) == managed.serial(another)
    assert managed.calls("ListCertificates") == []


def test_a_key_that_was_lost_or_is_to_be_protected_otherwise_is_exported_again(
    managed: AcmSite, local_hosts: MakeHosts, tmp_path: Path
) -> None:
    inventory, live = local_hosts("web01"), tmp_path / "hosts/web01/web/live"
    serial = result_of(managed.keep(inventory).require_success())["certificate"]["serial"]
    (live / "privkey.pem").unlink()
    predicted = managed.keep(inventory, "--check").require_success()
    restored = managed.keep(inventory).require_success()
    assert reasons_of(predicted) == reasons_of(restored) == ["missing"]
    assert judge(live) == serial
    (live / "generation.json").write_text("{")
    assert reasons_of(managed.keep(inventory).require_success()) == ["unreadable"]
    assert judge(live) == serial
    protected = managed.keep(inventory, key_passphrase="correct horse").require_success()
    assert result_of(protected)["action"] == "repair"
    assert "ENCRYPTED" in (live / "privkey.pem").read_text()
    opened = managed.keep(inventory).require_success()
    assert reasons_of(opened) == ["key_parameters_changed"]
    assert judge(live) == serial
    assert managed.keep(inventory).require_success().hosts_with("changed") == []


def test_from_one_source_to_the_other_and_back(managed: AcmSite, local_hosts: MakeHosts, tmp_path: Path) -> None:
    inventory, live = local_hosts("web01"), tmp_path / "hosts/web01/web/live"
    own = {"source": "private_ca", "subject_alternative_names": [f"DNS:{ACM_NAME}", "DNS:www.example.com"]}
    managed.keep(inventory, **own).require_success()
    to_acm = managed.keep(inventory).require_success()
    assert reasons_of(to_acm) == ["source_changed"]
    assert judge(live) == managed.serial(result_of(to_acm)["certificate_arn"])
    back = managed.keep(inventory, **own).require_success()
    assert "source_changed" in reasons_of(back)
    judge(live)
    assert managed.keep(inventory, **own).require_success().hosts_with("changed") == []


def test_a_renewal_that_the_service_refuses_is_rolled_back_and_tried_again_without_another_export(
    managed: AcmSite, local_hosts: MakeHosts, tmp_path: Path
) -> None:
    inventory, live = local_hosts("web01"), tmp_path / "hosts/web01/web/live"
    first = result_of(managed.keep(inventory).require_success())
    renewed = managed.renew(first["certificate_arn"])
    failed = managed.keep(inventory, validate_command=["false"])
    assert result_of(failed)["restored"] is True
    assert judge(live) == first["certificate"]["serial"]
    exports = len(managed.calls("ExportCertificate"))
    applied = managed.keep(inventory, validate_command=["true"]).require_success()
    assert result_of(applied)["action"] == "apply"
    assert judge(live) == renewed
    assert len(managed.calls("ExportCertificate")) == exports


def test_the_role_keeps_both_kinds_on_one_host_and_removes_them(
    managed: AcmSite, local_hosts: MakeHosts, tmp_path: Path
) -> None:
    inventory, base = local_hosts("web01"), tmp_path / "hosts/web01"
    kept = [{"name": "own"}, {"name": "shared", "source": "acm", "validity": None, "common_name": ACM_NAME}]
    variables = {
        "host_certificate_base_directory": "{{ base_directory }}",
        "host_certificate_certificate_authority_arn": managed.site.authority,
        "host_certificate_validity": {"type": "DAYS", "value": 30},
        "host_certificate_subject_alternative_names": [],
        "host_certificate_certificates": kept,
    }
    tasks = [{"ansible.builtin.import_role": {"name": ROLE}}]
    for changed in (["web01"], []):
        run = managed.site.run(tasks, inventory, vars=variables).require_success()
        assert run.hosts_with("changed") == changed
    assert judge(base / "own/live") != judge(base / "shared/live")
    calls = len(managed.calls())
    removed = {**variables, "host_certificate_state": "absent"}
    managed.site.run(tasks, inventory, vars=removed).require_success()
    assert not (base / "shared").exists() and not (base / "own").exists()
    assert len(managed.calls()) == calls


def test_acm_renews_on_its_own_clock_and_the_fleet_follows_over_ssh(
    managed: AcmSite, fleet: Callable[..., Fleet]
) -> None:
    hosts = fleet(2, ("bullseye", "trixie"))
    given = {
        "base_directory": "{{ fleet_base_directory }}",
        "common_name": "{{ inventory_hostname }}.example.com",
        "subject_alternative_names": None,
        "formats": ["combined", "der"],
    }
    first = managed.keep(hosts.inventory, **given).require_success()
    names = [host.name for host in hosts]
    assert first.hosts_with("changed") == names
    assert len(managed.calls("ListCertificates")) == 2
    for host in hosts:
        live = f"{host.base_directory}/web/live"
        host.run(
            ["openssl", "verify", "-CAfile", f"{live}/root.pem", "-untrusted", f"{live}/chain.pem", f"{live}/cert.pem"]
        )
        public = host.run(["openssl", "x509", "-in", f"{live}/cert.pem", "-noout", "-pubkey"]).stdout
        assert host.run(["openssl", "pkey", "-in", f"{live}/privkey.pem", "-pubout"]).stdout == public
        assert host.run(["stat", "-Lc", "%a", f"{live}/privkey.pem"]).stdout == "600\n"

    as_of = {"as_of": datetime.fromtimestamp(managed.site.control.advance(340 * 86400), UTC).isoformat()}
    check = managed.keep(hosts.inventory, "--check", **given, **as_of).require_success()
    renewed = managed.keep(hosts.inventory, **given, **as_of).require_success()
    for run in (check, renewed):
        assert {reason["reason"] for name in names for reason in result_of(run, name)["reasons"]} == {"renewed_by_acm"}
    assert renewed.hosts_with("changed") == check.hosts_with("changed") == names
    assert managed.keep(hosts.inventory, **given, **as_of).require_success().hosts_with("changed") == []
