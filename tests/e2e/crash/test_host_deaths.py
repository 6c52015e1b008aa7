# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Promises 1 and 2 when hosts die over SSH, and when their control node does and leaves them to themselves.

That a host may be killed at any of its calls that change the disk is proved in tests/unit/host/test_kill_points.py.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path

from ansible_collections.fleet_pki.aws_private_ca.tests.e2e.crash.crash_site import Site
from ansible_collections.fleet_pki.aws_private_ca.tests.e2e.crash.points import GATED_COMMANDS, POINTS, Held, hold_all

from conditions import wait_until
from fleet.fleet import Fleet
from fleet.hosts import Host
from live_reader import describe_fault
from process_tree import kill_tree

BY_GATE = {point.gate: point for point in POINTS if point.gate is not None}
GATES = ("validate", "reload", "validate", "reload")
DYING = 2
"""So many of the hosts die; the others see the control node die, and go on with what they were told, or back."""


def live(host: Host) -> Path:
    """Return where the host's live link is on this machine."""
    return host.path(f"{host.base_directory}/web/live")


def held_at(host: Host, site: Site, gate: str) -> Held:
    """Return the host as one that is held at a gate."""
    return Held(BY_GATE[gate], site.control, host.path(host.service_directory))


def has_gone_back(host: Host, gate: str) -> bool:
    """Tell whether the host has recorded that the step failed, and has taken the generation out of service."""
    failure = json.loads((live(host).parent / "state.json").read_text())["failure"]
    return failure is not None and failure["step"] == gate and not live(host).is_symlink()


def test_one_plain_run_after_deaths_in_the_middle_of_an_installation_ends_well(
    site: Site, fleet: Callable[..., Fleet]
) -> None:
    hosts = fleet(len(GATES), ("bookworm",), variables={"gates": "{{ fleet_service_directory }}"})
    for host in hosts:
        host.run(["mkdir", "-p", host.service_directory])
    held = [held_at(host, site, gate) for host, gate in zip(hosts, GATES, strict=True)]
    for one in held:
        one.prepare()
    node = site.add_control_node()
    arguments = site.arguments(base_directory="{{ fleet_base_directory }}", **GATED_COMMANDS)
    with node.start(hosts.inventory, **arguments) as started:
        hold_all(held)
        for host in hosts.hosts[:DYING]:
            host.kill()
        kill_tree(started.process.pid)
    for host in hosts.hosts[:DYING]:
        host.start()
    for host in hosts.hosts[:DYING]:
        host.wait_until_reachable()
    assert [describe_fault(live(host)) for host in hosts] == [None] * len(GATES)

    for host, gate in zip(hosts, GATES, strict=True):
        held_at(host, site, gate).clear()  # a command that waits there fails
    for host, gate in zip(hosts.hosts[DYING:], GATES[DYING:], strict=True):
        wait_until(partial(has_gone_back, host, gate), f"{host.name} goes back without a control node")
    node.run(hosts.inventory, **arguments).require_success()
    assert site.count_issued() == {host.name: 1 for host in hosts}
    assert [describe_fault(live(host)) for host in hosts] == [None] * len(GATES)
    assert all(live(host).is_symlink() for host in hosts)
