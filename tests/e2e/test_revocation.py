# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a renewal replaced is revoked by its CA, once, and seen revoked; what serves never is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible_collections.fleet_pki.aws_private_ca.tests.e2e.conftest import TASK, MakeHosts, Site
from host_tls import Nginx


def run(site: Site, inventory: Path, *options: str, **arguments: Any) -> dict[str, Any]:
    """Run the task on web01 and return its result."""
    return site.keep(inventory, *options, **arguments).require_success().of_task(TASK)["web01"].result


def revoked(site: Site) -> list[str]:
    return [issued["certificate_arn"] for issued in site.control.certificates(site.authority) if issued["revoked_at"]]


def test_a_replaced_certificate_is_revoked_by_the_run_after_the_proof(
    site: Site, local_hosts: MakeHosts, tmp_path: Path
) -> None:
    inventory = local_hosts("web01")
    first = run(site, inventory)
    with Nginx(tmp_path / "nginx", tmp_path / "hosts/web01/web/live").running() as nginx:
        asked = {**nginx.options, "revoke_superseded": {"after": "0s"}}
        assert run(site, inventory, **asked)["action"] == "none"
        second = run(site, inventory, **asked, force=True)
        assert second["action"] == "issue"
        assert revoked(site) == []

        check = run(site, inventory, "--check", **asked)
        assert (check["changed"], check["action"], check["revoked"]) == (True, "revoke", [first["certificate_arn"]])
        assert revoked(site) == []

        done = run(site, inventory, **asked)
        assert (done["action"], done["revoked"]) == ("revoke", [first["certificate_arn"]])
        assert done["reasons"] == check["reasons"]
        assert revoked(site) == [first["certificate_arn"]]

        calls = site.count_requests()
        assert not run(site, inventory, **asked)["changed"]
        assert site.count_requests() == calls


def test_a_grace_period_is_waited_for(site: Site, local_hosts: MakeHosts, tmp_path: Path) -> None:
    inventory = local_hosts("web01")
    run(site, inventory)
    with Nginx(tmp_path / "nginx", tmp_path / "hosts/web01/web/live").running() as nginx:
        asked = {**nginx.options, "revoke_superseded": {"after": "2d"}}
        run(site, inventory, **asked, force=True)
        assert not run(site, inventory, **asked)["changed"]
        assert revoked(site) == []


@pytest.mark.parametrize("known", [True, False], ids=["its own", "another's"])
def test_a_removed_certificate_is_revoked_if_it_is_the_hosts_own(
    site: Site, local_hosts: MakeHosts, tmp_path: Path, known: bool
) -> None:
    inventory = local_hosts("web01", "web02")
    results = site.keep(inventory).require_success().of_task(TASK)
    own, other = (results[host].result["certificate_arn"] for host in ("web01", "web02"))
    if not known:
        manifest = (tmp_path / "hosts/web01/web/live/generation.json").resolve()
        manifest.write_text(manifest.read_text().replace(own, other))
    removal = {"state": "absent", "revoke_removed": "CESSATION_OF_OPERATION"}
    done = run(site, inventory, "--limit", "web01", **removal)
    assert (done["action"], done["revoked"]) == ("remove", [own] if known else [])
    assert revoked(site) == ([own] if known else [])
    assert not (tmp_path / "hosts/web01/web").exists()
