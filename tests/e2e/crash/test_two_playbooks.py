# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Promise 1 when two people run the same play at the same time, on control nodes that share a file or a table."""

from __future__ import annotations

from ansible_collections.fleet_pki.aws_private_ca.tests.e2e.crash.crash_site import ACTION, Site
from ansible_collections.fleet_pki.aws_private_ca.tests.e2e.crash.ledgers import LEDGER_OPTIONS, make_ledgers

from live_reader import describe_fault

HOSTS = 50


def test_two_playbooks_at_once_over_the_same_hosts_ask_for_one_certificate_each(site: Site) -> None:
    ledgers = make_ledgers(site)
    for number in range(HOSTS):
        site.add_host(f"web{number}", **ledgers[number % len(ledgers)].variables)
    inventory, arguments = site.write_inventory(), site.arguments(**LEDGER_OPTIONS)
    nodes = [site.add_control_node() for _person in range(2)]
    asked = len(site.control.requests("IssueCertificate"))
    with nodes[0].start(inventory, **arguments) as one, nodes[1].start(inventory, **arguments) as other:
        runs = [started.wait().require_success() for started in (one, other)]
    assert site.count_issued() == dict.fromkeys(site.hosts, 1)
    # the service would bear a second request with the token, so only the requests tell that one of the two claimed it
    assert len(site.control.requests("IssueCertificate")) - asked == HOSTS
    assert [len(run.of_task(ACTION)) for run in runs] == [HOSTS, HOSTS]
    assert {name: describe_fault(host.live) for name, host in site.hosts.items()} == dict.fromkeys(site.hosts)
    assert all(host.live.exists() for host in site.hosts.values())
