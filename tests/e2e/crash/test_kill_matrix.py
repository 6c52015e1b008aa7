# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Promises 1 and 2 when the control node dies: at each point of the flow, at once and past the token's window."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest
from ansible_collections.fleet_pki.aws_private_ca.tests.e2e.crash.crash_site import Site
from ansible_collections.fleet_pki.aws_private_ca.tests.e2e.crash.points import (
    GATED_COMMANDS,
    POINTS,
    Held,
    access_key,
    hold_all,
    let_replies_through,
    unwritable,
)

from conditions import wait_until
from live_reader import describe_fault
from process_tree import kill, kill_tree, list_children


def kill_workers(pid: int) -> None:
    """End every worker of a run, and nothing else."""
    for worker in list_children(pid):
        kill(worker)


@dataclass(frozen=True)
class Crash:
    """What is killed, and what the hosts had before: `renewal` means a live certificate each."""

    kill: Callable[[int], None]
    renewal: bool


CRASHES = [
    pytest.param(Crash(kill_tree, renewal=False), id="the whole run at the first issuance"),
    pytest.param(Crash(kill_workers, renewal=True), id="the workers at a renewal"),
]


@pytest.mark.parametrize("crash", CRASHES)
def test_one_plain_run_after_a_kill_ends_well_and_one_certificate_was_asked_for(site: Site, crash: Crash) -> None:
    hosts = site.add_hosts(*[point.name for point in POINTS])
    for point in POINTS:
        hosts[point.name].variables["access_key"] = access_key(point)
    hosts["nothing-claimed"].variables["algorithm"] = None
    inventory = site.write_inventory({name: host.describe() for name, host in hosts.items()})
    node = site.add_control_node()
    arguments = site.arguments(
        access_key="{{ access_key }}",
        secret_key="emulator",
        signing_algorithm="{{ algorithm | default('SHA256WITHECDSA', false) or omit }}",
        **GATED_COMMANDS,
    )
    if crash.renewal:
        node.run(inventory, **arguments).require_success()
        arguments["validity"] = {"type": "DAYS", "value": 60}
    held = [Held(point, site.control, hosts[point.name].directory) for point in POINTS]
    for one in held:
        one.prepare()
    with node.start(inventory, **arguments) as started:
        hold_all(held)
        with unwritable(node.ledger):
            let_replies_through(held, site.control)
            crash.kill(started.process.pid)
        started.wait()
    assert {name: describe_fault(host.live) for name, host in hosts.items()} == dict.fromkeys(hosts)
    site.control.clear_faults()
    wait_until(lambda: not site.control.held(), "the emulator ends what it held")
    for one in held:
        one.clear()
    again = node.run(inventory, **arguments).require_success()
    assert site.count_issued() == dict.fromkeys(hosts, 2 if crash.renewal else 1)
    assert {name: describe_fault(host.live) for name, host in hosts.items()} == dict.fromkeys(hosts)
    assert all(host.live.exists() for host in hosts.values())
    assert again.hosts_with("failed") == []
