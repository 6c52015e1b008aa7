# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Promises 1 and 2 when the control node dies: at each point of the flow, at once and past the token's window."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any

import pytest
from ansible_collections.fleet_pki.aws_private_ca.tests.e2e.crash.crash_site import BUCKET, ControlNode, Site
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
from playbook_run import StartedRun
from process_tree import kill, kill_tree, list_children

Start = Callable[[ControlNode], AbstractContextManager[StartedRun]]


def kill_workers(pid: int) -> None:
    """End every worker of a run, and nothing else."""
    for worker in list_children(pid):
        kill(worker)


@dataclass(frozen=True)
class Crash:
    """What is killed, and what the hosts had before: `renewal` means a live certificate each."""

    kill: Callable[[int], None]
    renewal: bool


@dataclass(frozen=True)
class Memory:
    """Where it is remembered what was asked, and whether the next run has a control node with an empty home."""

    ledger: str
    fresh: bool

    def arguments(self) -> dict[str, Any]:
        if self.ledger == "sqlite":
            return {"ledger": "sqlite"}
        return {"ledger": "dynamodb", "ledger_table": f"ledger-{uuid.uuid4()}", "ledger_create_table": True}

    def cannot_be_written(self, node: ControlNode) -> AbstractContextManager[None]:
        return unwritable(node.ledger) if self.ledger == "sqlite" else nullcontext()


CRASHES = [
    pytest.param(Crash(kill_tree, renewal=False), id="the whole run at the first issuance"),
    pytest.param(Crash(kill_workers, renewal=True), id="the workers at a renewal"),
]
MEMORIES = [
    pytest.param(Memory("sqlite", fresh=False), id="SQLite"),
    pytest.param(Memory("dynamodb", fresh=True), id="DynamoDB and a fresh control node"),
]
LATER = [pytest.param(0, id="at once"), pytest.param(600, id="ten minutes later")]


def kill_at_all_points(site: Site, crash: Crash, memory: Memory, node: ControlNode, start: Start) -> None:
    """Hold a run at every point, each on the host of its name, kill it there, and end what waits at gates."""
    held = [Held(point, site.control, site.directory / point.name) for point in POINTS]
    for one in held:
        one.prepare()
    with start(node) as started:
        hold_all(held)
        with memory.cannot_be_written(node):
            if memory.ledger == "sqlite":
                let_replies_through(held, site.control)
            crash.kill(started.process.pid)
        started.wait()
    assert faults_of_live(site) == {}
    site.control.clear_faults()
    wait_until(lambda: not site.control.held(), "the emulator ends what it held")
    for one in held:
        one.clear()


def faults_of_live(site: Site) -> dict[str, str]:
    """Return what openssl finds wrong with the hosts' live certificates, by host."""
    faults = {name: describe_fault(host.live) for name, host in site.hosts.items()}
    return {name: fault for name, fault in faults.items() if fault is not None}


@pytest.mark.parametrize("later", LATER)
@pytest.mark.parametrize("memory", MEMORIES)
@pytest.mark.parametrize("crash", CRASHES)
def test_one_plain_run_after_a_kill_ends_well_and_one_certificate_was_asked_for(
    site: Site, crash: Crash, memory: Memory, later: int
) -> None:
    for point in POINTS:
        site.add_host(point.name, access_key=access_key(point))
    site.hosts["nothing-claimed"].variables["algorithm"] = None
    inventory = site.write_inventory()
    arguments = site.arguments(
        access_key="{{ access_key }}",
        secret_key="emulator",
        signing_algorithm="{{ algorithm | default('SHA256WITHECDSA', false) or omit }}",
        recovery_bucket=BUCKET,
        **memory.arguments(),
        **GATED_COMMANDS,
    )
    node = site.add_control_node()
    if crash.renewal:
        node.run(inventory, **arguments).require_success()
        arguments["validity"] = {"type": "DAYS", "value": 60}
    kill_at_all_points(site, crash, memory, node, lambda node: node.start(inventory, **arguments))

    site.control.advance(later)
    site.control.settings(audit_report_delay=2)  # so that the workers that need a report meet one that is not there yet
    next_node = site.add_control_node() if memory.fresh else node
    next_node.later(later).run(inventory, **arguments).require_success()
    assert site.count_issued() == dict.fromkeys(site.hosts, 2 if crash.renewal else 1)
    assert faults_of_live(site) == {}
    assert all(host.live.exists() for host in site.hosts.values())
