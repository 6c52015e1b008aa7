# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a run costs, counted: round trips by Ansible's own word, calls by the CA's record."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from ansible_collections.fleet_pki.aws_private_ca.tests.e2e.conftest import ACTION, TASK, MakeHosts, Site, list_modules

from fleet.fleet import Fleet


def test_nothing_due_costs_one_module_and_no_call_and_no_write_to_the_ledger(
    site: Site, local_hosts: MakeHosts
) -> None:
    inventory = local_hosts("web01")
    first = site.keep(inventory, "-vvv").require_success()
    assert list_modules(first) == ["host_certificate_request", "host_certificate_install"]
    calls = site.count_requests()
    ledger = site.home / "state/fleet_pki.aws_private_ca"
    before = {path: (path.stat().st_mtime_ns, path.read_bytes()) for path in ledger.iterdir()}

    again = site.keep(inventory, "-vvv").require_success()
    assert list_modules(again) == ["host_certificate_request"]
    assert again.hosts_with("changed") == []
    assert site.count_requests() == calls
    assert {path: (path.stat().st_mtime_ns, path.read_bytes()) for path in ledger.iterdir()} == before


@pytest.mark.parametrize("state", ["present", "absent"])
def test_check_mode_costs_one_module_and_no_call(site: Site, local_hosts: MakeHosts, state: str) -> None:
    inventory = local_hosts("web01")
    if state == "absent":
        site.keep(inventory).require_success()
    calls = site.count_requests()
    check = site.keep(inventory, "-vvv", "--check", "--diff", state=state).require_success()
    assert len(list_modules(check)) == 1
    assert check.hosts_with("changed") == ["web01"]
    assert site.count_requests() == calls


def test_an_interpreter_that_was_discovered_need_not_be_discovered_again(
    site: Site, fleet: Callable[..., Fleet]
) -> None:
    hosts = fleet(1, ("bookworm",))
    discover = ["--extra-vars", "ansible_python_interpreter=auto_silent"]
    check = site.keep(hosts.inventory, "--check", *discover, base_directory="{{ fleet_base_directory }}")
    facts = check.require_success().of_task(TASK)[hosts[0].name].result["ansible_facts"]
    assert facts == {"discovered_interpreter_python": "/usr/bin/python3.11"}


def test_a_fleet_asks_once_for_the_algorithm_of_its_ca_and_once_for_each_certificate_and_writes_one_program(
    site: Site, local_hosts: MakeHosts
) -> None:
    names = [f"web{number:02}" for number in range(8)]
    calls = len(site.control.requests("IssueCertificate"))
    run = site.keep(local_hosts(*names), "--forks", "8", "-vvv").require_success()
    assert run.hosts_with("changed") == names
    assert len(set(re.findall("Using module file (.*)", run.stdout))) == 1
    assert site.count_requests("DescribeCertificateAuthority") == 1
    assert site.count_requests("IssueCertificate") - calls == len(names)


def test_every_worker_of_a_run_forces_each_host_once(site: Site, local_hosts: MakeHosts) -> None:
    inventory = local_hosts("web01", "web02")
    site.keep(inventory).require_success()
    task = {
        "name": "web",
        "base_directory": "{{ base_directory }}",
        "certificate_authority_arn": site.authority,
        "common_name": "{{ inventory_hostname }}",
        "subject_alternative_names": ["DNS:{{ inventory_hostname }}"],
        "force": True,
    }
    before = site.list_issued()
    run = site.run([{"name": TASK, ACTION: task}, {"name": "Once more", ACTION: task}], inventory).require_success()
    assert {host: seen.status for host, seen in run.of_task(TASK).items()} == {"web01": "changed", "web02": "changed"}
    assert {host: seen.status for host, seen in run.of_task("Once more").items()} == {"web01": "ok", "web02": "ok"}
    assert len(site.list_issued() - before) == 2
