# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The points of the flow at which a control node is killed, and how a host is held at each."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from conditions import wait_until
from private_ca_emulator.control import EmulatorControl

GATE = 'test ! -p "$1" || { : > "$1.reached"; read -r _ < "$1"; }'
GATED_COMMANDS = {
    f"{step}_command": ["sh", "-c", GATE, "gate", f"{{{{ gates }}}}/{step}"] for step in ("validate", "reload")
}
"""Commands of a service that end at once, unless a gate (a named pipe) stands: then not before someone opens it."""


@dataclass(frozen=True)
class Point:
    """A point of the flow: the fault that holds a host's run there, or the command that does not end.

    `unwritten` means that the held reply is let through while nothing can be written to the ledger.
    """

    name: str
    fault: Mapping[str, Any] = field(default_factory=dict)
    gate: str | None = None
    unwritten: bool = False


def _hold(operation: str, point: str) -> dict[str, Any]:
    return {"kind": "hold", "operation": operation, "point": point}


def _lose(point: str) -> dict[str, Any]:
    return {"kind": "lost_reply", "operation": "IssueCertificate", "point": point}


POINTS = (
    Point("nothing-claimed", _hold("DescribeCertificateAuthority", "before")),
    Point("call-never-arrives", _lose("before")),
    Point("call-under-way", _hold("IssueCertificate", "before")),
    Point("reply-lost-and-asking-again", _lose("after")),
    Point("reply-under-way", _hold("IssueCertificate", "after")),
    Point("reply-received-arn-unwritten", _hold("IssueCertificate", "after"), unwritten=True),
    Point("waiting", _hold("GetCertificate", "before")),
    Point("certificate-under-way", _hold("GetCertificate", "after")),
    Point("certificate-received-outcome-unwritten", _hold("GetCertificate", "after"), unwritten=True),
    Point("switched-and-testing", gate="validate"),
    Point("switched-and-reloading", gate="reload"),
)


def access_key(point: Point) -> str:
    """Return the access key of the point's host: by it the emulator tells whose call it is."""
    return f"AKIA{POINTS.index(point):016d}"


@dataclass
class Held:
    """A host that is being held at a point; `gates` is where its gates are, as this machine sees it."""

    point: Point
    control: EmulatorControl
    gates: Path
    fault_id: str | None = None

    def prepare(self) -> None:
        """Put the obstacle in the way."""
        if self.point.gate is not None:
            os.mkfifo(self.gates / self.point.gate)
        else:
            self.fault_id = self.control.fault(match={"access_key": access_key(self.point)}, **self.point.fault)

    def is_reached(self) -> bool:
        """Tell whether the run has come up against it."""
        if self.point.gate is not None:
            return (self.gates / f"{self.point.gate}.reached").exists()
        return any(fault["id"] == self.fault_id and fault["fired"] for fault in self.control.faults())

    def is_held(self) -> bool:
        """Tell whether the emulator holds one of its requests now."""
        return any(held["fault"] == self.fault_id for held in self.control.held())

    def clear(self) -> None:
        """Take the obstacle away; a command that waits at the gate goes on."""
        if self.point.gate is not None:
            gate = self.gates / self.point.gate
            with suppress(OSError):  # ENXIO: no one waits there any more
                os.close(os.open(gate, os.O_WRONLY | os.O_NONBLOCK))
            gate.unlink()


@contextmanager
def unwritable(ledger: Path) -> Iterator[None]:
    """Have no one write to an SQLite ledger during the body."""
    connection = sqlite3.connect(ledger, isolation_level=None, timeout=30)
    try:
        connection.execute("BEGIN IMMEDIATE")
        yield
    finally:
        connection.close()


def hold_all(held: list[Held]) -> None:
    """Return when every host is held at its point."""
    for one in held:
        wait_until(one.is_reached, f"a run reaches the point {one.point.name}")


def is_released(one: Held) -> bool:
    """Say whether the reply has left."""
    return not one.is_held()


def let_replies_through(held: list[Held], control: EmulatorControl) -> None:
    """Release the replies of the points that are `unwritten`, and return when they have left."""
    for one in (one for one in held if one.point.unwritten):
        for request in control.held():
            if request["fault"] == one.fault_id:
                control.release(request["id"])
        wait_until(partial(is_released, one), f"the reply at {one.point.name} leaves")
