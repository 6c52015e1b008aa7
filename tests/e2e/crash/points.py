# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The points of the flow at which a control node is killed, and how a host is held at each."""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from conditions import wait_until
from private_ca_emulator.control import EmulatorControl
from process_tree import count_sleeps

GATE = 'test ! -p "$1" || { : > "$1.reached"; read -r _ < "$1"; }'
GATED_COMMANDS = {
    f"{step}_command": ["sh", "-c", GATE, "gate", f"{{{{ gates }}}}/{step}"] for step in ("validate", "reload")
}
"""Commands of a service that end at once, unless a gate (a named pipe) stands: then not before someone opens it."""
SENDING, ASKED, ISSUED = "sending", "asked", "issued"
CLAIM, ARN, OUTCOME = 1, 3, 4
"""What a ledger is told of a token in these of its writes; in the second, that the call leaves."""
LOOKS = 10
"""More sleeps than a worker needs to read a reply."""
Fault = Mapping[str, Any]


@dataclass(frozen=True)
class Point:
    """A point of the flow: the faults that hold a host's run there, or the command that does not end.

    ``recorded`` is the state in which the ledger has the request then, None before there is one. ``unwritten`` is the
    write that the run is about to make and must not: a table's write is held, and lost when it is let go; for a file,
    the reply that the first fault holds is let through while nothing can be written.
    """

    name: str
    recorded: str | None
    faults: tuple[Fault, ...] = ()
    gate: str | None = None
    unwritten: int | None = None

    def list_faults(self, ledger: str) -> tuple[Fault, ...]:
        """Return the faults for a host whose ledger is of this kind; the first is the one that holds."""
        if self.unwritten is None or ledger != "dynamodb":
            return self.faults
        write = {"operation": "dynamodb:PutItem", "point": "before", "match": {"Item.version.N": str(self.unwritten)}}
        return {"kind": "hold", **write}, {"kind": "lost_reply", **write}


def _hold(operation: str, point: str, **details: Any) -> Fault:
    return {"kind": "hold", "operation": operation, "point": point, **details}


def _lose_and_hold_the_next(operation: str, point: str) -> tuple[Fault, ...]:
    return _hold(operation, "before", calls=[2]), {"kind": "lost_reply", "operation": operation, "point": point}


POINTS = (
    Point("nothing-claimed", None, (_hold("DescribeCertificateAuthority", "after"),), unwritten=CLAIM),
    Point("call-never-arrives", SENDING, _lose_and_hold_the_next("IssueCertificate", "before")),
    Point("call-under-way", SENDING, (_hold("IssueCertificate", "before"),)),
    Point("reply-lost-and-asking-again", SENDING, _lose_and_hold_the_next("IssueCertificate", "after")),
    Point("reply-under-way", SENDING, (_hold("IssueCertificate", "after"),)),
    Point("reply-received-arn-unwritten", SENDING, (_hold("IssueCertificate", "after"),), unwritten=ARN),
    Point("waiting", ASKED, (_hold("GetCertificate", "before"),)),
    Point("certificate-under-way", ASKED, (_hold("GetCertificate", "after"),)),
    Point("certificate-received-outcome-unwritten", ASKED, (_hold("GetCertificate", "after"),), unwritten=OUTCOME),
    Point("switched-and-testing", ISSUED, gate="validate"),
    Point("switched-and-reloading", ISSUED, gate="reload"),
)


@dataclass
class Held:
    """A host that is being held at a point; `gates` is where its gates are, as this machine sees it.

    By ``access_key`` the emulator tells whose calls are its run's; ``ledger`` is the kind that has its record.
    """

    point: Point
    control: EmulatorControl
    gates: Path
    access_key: str = ""
    ledger: str = "sqlite"
    fault_id: str | None = None

    def prepare(self) -> None:
        """Put the obstacle in the way."""
        if self.point.gate is not None:
            os.mkfifo(self.gates / self.point.gate)
            return
        mine = {"access_key": self.access_key}
        faults = self.point.list_faults(self.ledger)
        ids = [self.control.fault(**{**fault, "match": {**fault.get("match", {}), **mine}}) for fault in faults]
        self.fault_id = ids[0]

    def is_reached(self) -> bool:
        """Tell whether the run has come up against it."""
        if self.point.gate is not None:
            return (self.gates / f"{self.point.gate}.reached").exists()
        return any(fault["id"] == self.fault_id and fault["fired"] for fault in self.control.faults())

    def clear(self) -> None:
        """Take the obstacle away; a command that waits at the gate goes on."""
        if self.point.gate is not None:
            gate = self.gates / self.point.gate
            with suppress(OSError):  # ENXIO: no one waits there any more
                os.close(os.open(gate, os.O_WRONLY | os.O_NONBLOCK))
            gate.unlink()
            gate.with_name(f"{gate.name}.reached").unlink()


def hold_all(held: list[Held]) -> None:
    """Return when every host is held at its point."""
    for one in held:
        wait_until(one.is_reached, f"a run reaches the point {one.point.name}", interval=0.1)


def let_replies_through(held: list[Held], control: EmulatorControl, workers: list[int]) -> None:
    """Release the replies of what is `unwritten` in a file; return when as many workers have met the locked ledger.

    A worker that waits for the lock sleeps and looks again and again; all others wait for the emulator or at a gate.
    """
    waiting = [one for one in held if one.point.unwritten is not None and one.ledger == "sqlite"]
    before = {worker: count_sleeps(worker) for worker in workers}
    for request in control.held():
        if request["fault"] in {one.fault_id for one in waiting}:
            control.release(request["id"])

    def have_met_the_lock() -> bool:
        looked = [count_sleeps(worker) - sleeps for worker, sleeps in before.items()]
        return sum(count >= LOOKS for count in looked) >= len(waiting)

    wait_until(have_met_the_lock, f"{len(waiting)} workers that have their replies wait for the ledger")
