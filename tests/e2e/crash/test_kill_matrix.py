# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Promises 1 and 2 when the control node dies: at each point of the flow, at once and past the token's window.

One run holds a host at every point for either ledger, and all of them are killed there together. Whoever goes on is a
control node with an empty home: all that it has is the file that survived, or the table. A second kill, at a renewal,
strikes the hosts that have come through the first.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.fleet_pki.aws_private_ca.tests.e2e.crash.crash_site import BUCKET, Site
from ansible_collections.fleet_pki.aws_private_ca.tests.e2e.crash.ledgers import (
    LEDGER_OPTIONS,
    DynamoDbTable,
    SqliteFile,
    list_states,
    make_ledgers,
)
from ansible_collections.fleet_pki.aws_private_ca.tests.e2e.crash.points import (
    CLAIM,
    GATED_COMMANDS,
    ISSUED,
    POINTS,
    Held,
    hold_all,
    let_replies_through,
)

from conditions import wait_until
from live_reader import describe_fault
from process_tree import kill, kill_tree, list_children

BETWEEN_AUDIT_REPORTS = 1800


def kill_workers(pid: int) -> None:
    """End every worker of a run, and nothing else."""
    for worker in list_children(pid):
        kill(worker)


@dataclass(frozen=True)
class Crash:
    """What is killed, and when: with these changes of the task's arguments."""

    title: str
    kill: Callable[[int], None]
    changes: dict[str, Any] = field(default_factory=dict)


CRASHES = (
    Crash("the whole run at the first issuance", kill_tree),
    Crash("the workers at a renewal", kill_workers, {"validity": {"type": "DAYS", "value": 60}}),
)
LATER = [pytest.param(0, id="at once"), pytest.param(600, id="ten minutes later")]


@dataclass(frozen=True)
class Matrix:
    """Hosts to be held, one for each point and ledger, and the play that all runs have in common."""

    site: Site
    file: SqliteFile
    table: DynamoDbTable
    held: dict[str, Held]
    inventory: Path
    arguments: dict[str, Any]

    @classmethod
    def make(cls, site: Site) -> Matrix:
        """Place the hosts."""
        file, table = make_ledgers(site)
        held: dict[str, Held] = {}
        for ledger in (file, table):
            for point in POINTS:
                name, key = f"{point.name}.{ledger.kind}", f"AKIA{len(held):016d}"
                host = site.add_host(name, access_key=key, **ledger.variables)
                held[name] = Held(point, site.control, host.directory, key, ledger.kind)
                if point.unwritten == CLAIM and ledger is file:
                    host.variables["algorithm"] = None  # one host of a run describes the CA, for all
        arguments = site.arguments(
            access_key="{{ access_key }}",
            secret_key="emulator",
            signing_algorithm="{{ algorithm | default('SHA256WITHECDSA', false) or omit }}",
            recovery_bucket=BUCKET,
            **LEDGER_OPTIONS,
            **GATED_COMMANDS,
        )
        return cls(site, file, table, held, site.write_inventory(), arguments)

    def kill_at_all_points(self, crash: Crash) -> None:
        """Hold a run at every point, each on the hosts of its name, and kill it there."""
        held = list(self.held.values())
        for one in held:
            one.prepare()
        with self.site.add_control_node().start(self.inventory, **self.arguments) as started:
            hold_all(held)
            with self.file.held_unwritable():
                let_replies_through(held, self.site.control, list_children(started.process.pid))
                crash.kill(started.process.pid)
            started.wait()

    def clear(self) -> None:
        """End what the emulator holds and what waits at gates."""
        self.site.control.clear_faults()
        wait_until(lambda: not self.site.control.held(), "the emulator ends what it held")
        for one in self.held.values():
            one.clear()

    def expected_states(self, before: str | None) -> dict[str, str]:
        """Return what the ledgers should have of each host, where those of no request have what was before."""
        states = {name: one.point.recorded or before for name, one in self.held.items()}
        return {name: state for name, state in states.items() if state is not None}

    def read_states(self) -> dict[str, str]:
        """Return what the ledgers have of each host."""
        return {**list_states(self.file), **list_states(self.table)}

    def faults_of_live(self) -> dict[str, str]:
        """Return what openssl finds wrong with the hosts' live certificates, by host."""
        faults = {name: describe_fault(host.live) for name, host in self.site.hosts.items()}
        return {name: fault for name, fault in faults.items() if fault is not None}

    def hosts_without_live(self) -> list[str]:
        """Return the hosts that have nothing live."""
        return [name for name, host in self.site.hosts.items() if not host.live.exists()]


@pytest.mark.parametrize("later", LATER)
def test_one_plain_run_after_each_kill_ends_well_and_one_certificate_was_asked_for(site: Site, later: int) -> None:
    matrix = Matrix.make(site)
    site.control.settings(audit_report_delay=2)  # so that the workers that need a report meet one that is not there yet
    for issued, crash in enumerate(CRASHES, start=1):
        matrix.arguments.update(crash.changes)
        matrix.kill_at_all_points(crash)
        assert matrix.faults_of_live() == {}, crash.title
        assert issued == 1 or matrix.hosts_without_live() == [], crash.title
        assert matrix.read_states() == matrix.expected_states(ISSUED if issued > 1 else None), crash.title
        matrix.clear()

        site.wait(later)
        site.add_control_node().run(matrix.inventory, **matrix.arguments).require_success()
        assert site.count_issued() == dict.fromkeys(site.hosts, issued), crash.title
        assert (matrix.faults_of_live(), matrix.hosts_without_live()) == ({}, []), crash.title
        site.wait(BETWEEN_AUDIT_REPORTS)
