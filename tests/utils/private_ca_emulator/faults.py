# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Faults on demand: scripted per operation and call number, or by what the request carries.

One script strikes acm-pca (`IssueCertificate`), ACM (`acm:RequestCertificate`) and what moto serves
(`dynamodb:PutItem`) alike: whoever answers a request has it carried out by `FaultScript.surround`.

Kinds
  throttle       ThrottlingException
  error          any `code`, `message` and `status` (InternalFailure 500 unless given)
  unavailable    ServiceUnavailable 503
  access_denied  AccessDeniedException with the service's text
  lost_reply     the connection is cut, `before` or `after` the request took effect (default: after)
  hang           waits `seconds` of real time, then goes on
  hold           blocks at `before` or `after` until released
  late_failure   IssueCertificate hands out an ARN whose GetCertificate is RequestFailedException;
                 CreateCertificateAuthority makes a CA that ends FAILED
"""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from private_ca_emulator.errors import ConnectionCut, ServiceError, refused
from private_ca_emulator.request_log import LogEntry

Reply = TypeVar("Reply")

KINDS = ("throttle", "error", "unavailable", "access_denied", "lost_reply", "hang", "hold", "late_failure")
_MEMBERS = {
    "operation", "calls", "times", "match", "kind", "code", "message", "status", "seconds", "point", "reason",
}  # fmt: skip
_LEAST_STATUS, _LAST_STATUS = 400, 599
_FAIL_LATE = (None, "IssueCertificate", "CreateCertificateAuthority")


@dataclass
class Fault:
    """One scripted fault; `seen` counts the requests that fit it, `fired` those that it struck."""

    fault_id: str
    kind: str
    operation: str | None
    calls: list[int] | None
    times: int | None
    match: dict[str, Any]
    details: dict[str, Any]
    seen: int = 0
    fired: int = 0

    def fits(self, operation: str, facts: Mapping[str, Any]) -> bool:
        """Whether the request is one of those that this fault counts."""
        if self.operation not in (None, operation):
            return False
        return all(_look_up(facts, path) == wanted for path, wanted in self.match.items())

    def strikes_now(self) -> bool:
        """Count one fitting request; whether the fault strikes it."""
        self.seen += 1
        if self.calls is not None and self.seen not in self.calls:
            return False
        if self.times is not None and self.fired >= self.times:
            return False
        self.fired += 1
        return True

    def describe(self) -> dict[str, Any]:
        """The fault as the control API shows it."""
        return {
            "id": self.fault_id, "kind": self.kind, "operation": self.operation, "calls": self.calls,
            "times": self.times, "match": self.match, "seen": self.seen, "fired": self.fired, **self.details,
        }  # fmt: skip


@dataclass
class HeldRequest:
    """A request that waits at `point` for its release."""

    held_id: str
    fault_id: str
    operation: str
    point: str
    sequence: int
    facts: dict[str, Any]
    released: threading.Event = field(default_factory=threading.Event)

    def describe(self) -> dict[str, Any]:
        """The held request as the control API shows it."""
        return {
            "id": self.held_id, "fault": self.fault_id, "operation": self.operation, "point": self.point,
            "sequence": self.sequence,
        }  # fmt: skip


def _check_types(asked: Mapping[str, Any]) -> None:
    wanted: dict[str, Any] = {
        "calls": list, "times": int, "match": dict, "seconds": (int, float), "status": int, "code": str, "message": str,
        "reason": str,
    }  # fmt: skip
    for name, kind in wanted.items():
        if name in asked and not isinstance(asked[name], kind):
            raise refused(f"a fault's {name!r} cannot be {asked[name]!r}")
    if not all(isinstance(number, int) for number in asked.get("calls", [])):
        raise refused(f"a fault's 'calls' are numbers from 1, not {asked['calls']!r}")
    if not _LEAST_STATUS <= asked.get("status", _LEAST_STATUS) <= _LAST_STATUS:
        raise refused(f"a fault's 'status' is an HTTP status of an error, not {asked['status']!r}")


def _look_up(facts: Mapping[str, Any], path: str) -> Any:
    value: Any = facts
    for name in path.split("."):
        value = value.get(name) if isinstance(value, Mapping) else None
    return value


class FaultScript:
    """The faults in force and the requests that they hold."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._faults: dict[str, Fault] = {}
        self._held: dict[str, HeldRequest] = {}
        self._numbers = itertools.count(1)
        self._stopping = threading.Event()

    def add(self, asked: Mapping[str, Any]) -> Fault:
        """Script one fault; an unknown member or kind is refused, and one that is None is as if absent."""
        unknown = set(asked) - _MEMBERS
        asked = {name: value for name, value in asked.items() if value is not None}
        if unknown or not isinstance(asked.get("kind"), str) or asked["kind"] not in KINDS:
            raise refused(f"a fault has the members {sorted(_MEMBERS)} and a kind of {list(KINDS)}; got {dict(asked)}")
        if asked.get("point", "after") not in ("before", "after"):
            raise refused("a fault's point is 'before' or 'after'")
        if asked["kind"] == "late_failure" and asked.get("operation") not in _FAIL_LATE:
            raise refused(f"what fails late is {list(_FAIL_LATE[1:])}, not {asked['operation']!r}")
        _check_types(asked)
        details: dict[str, Any] = {
            name: asked[name] for name in ("code", "message", "status", "seconds", "point", "reason") if name in asked
        }
        with self._lock:
            fault = Fault(
                str(next(self._numbers)), asked["kind"], asked.get("operation"), asked.get("calls"),
                asked.get("times"), dict(asked.get("match", {})), details,
            )  # fmt: skip
            self._faults[fault.fault_id] = fault
        return fault

    def describe(self) -> list[dict[str, Any]]:
        """Every fault in force."""
        with self._lock:
            return [fault.describe() for fault in self._faults.values()]

    def describe_held(self) -> list[dict[str, Any]]:
        """Every request that is held now."""
        with self._lock:
            return [held.describe() for held in self._held.values()]

    def remove(self, fault_id: str | None = None) -> int:
        """Withdraw one fault, or all; what they hold is released. The number withdrawn."""
        with self._lock:
            chosen = [fault_id] if fault_id in self._faults else [] if fault_id else list(self._faults)
            for name in chosen:
                del self._faults[str(name)]
            for held in self._held.values():
                if held.fault_id in chosen:
                    held.released.set()
            return len(chosen)

    def release(self, held_id: str | None = None) -> int:
        """Let one held request go on, or all. The number released."""
        with self._lock:
            chosen = [held for held in self._held.values() if held_id in (None, held.held_id)]
            for held in chosen:
                held.released.set()
            return len(chosen)

    def stop(self) -> None:
        """Let everything go: the server is stopping."""
        self._stopping.set()
        self.remove()
        self.release()

    def is_empty(self) -> bool:
        """Whether no fault is in force."""
        return not self._faults

    def surround(self, entry: LogEntry, facts: Mapping[str, Any], carry_out: Callable[[str | None], Reply]) -> Reply:
        """Carry one request out between the faults that strike it `before` and `after`; return its reply.

        `facts` are what faults can match. `carry_out` gets the reason for which the request is to fail late, or None.
        Raises what it raises, ServiceError for a scripted error, ConnectionCut for a lost reply.
        """
        struck = self._select(entry.operation, facts)
        if not struck:
            return carry_out(None)
        entry.faults = ",".join(fault.fault_id for fault in struck)
        self._strike(struck, "before", entry, facts)
        reasons = [fault.details.get("reason", "Scripted failure.") for fault in struck if fault.kind == "late_failure"]
        try:
            return carry_out(next(iter(reasons), None))
        finally:
            self._strike(struck, "after", entry, facts)

    def _select(self, operation: str, facts: Mapping[str, Any]) -> list[Fault]:
        with self._lock:
            fitting = [fault for fault in self._faults.values() if fault.fits(operation, facts)]
            return [fault for fault in fitting if fault.strikes_now()]

    def _strike(self, struck: list[Fault], point: str, entry: LogEntry, facts: Mapping[str, Any]) -> None:
        for fault in struck:
            held_id = str(next(self._numbers))
            request = HeldRequest(held_id, fault.fault_id, entry.operation, point, entry.sequence, dict(facts))
            self._act(fault, point, request)

    def _act(self, fault: Fault, point: str, request: HeldRequest) -> None:
        """Let `fault` act at `point`: raise its error, cut the connection, wait, or do nothing."""
        details = fault.details
        if fault.kind == "hold" and details.get("point", "before") == point:
            self._hold(request)
        elif fault.kind == "lost_reply" and details.get("point", "after") == point:
            raise ConnectionCut
        elif point == "before" and fault.kind == "hang":
            self._stopping.wait(float(details.get("seconds", 60)))
        elif point == "before":
            _raise_error(fault, request)

    def _hold(self, request: HeldRequest) -> None:
        with self._lock:
            if request.fault_id not in self._faults or self._stopping.is_set():
                return  # the fault was withdrawn after it struck
            self._held[request.held_id] = request
        request.released.wait()
        with self._lock:
            self._held.pop(request.held_id, None)


def _raise_error(fault: Fault, request: HeldRequest) -> None:
    details = fault.details
    if fault.kind == "throttle":
        raise ServiceError("ThrottlingException", details.get("message", "Rate exceeded"))
    if fault.kind == "unavailable":
        raise ServiceError("ServiceUnavailable", details.get("message", "Service is unavailable"), 503)
    if fault.kind == "error":
        code = details.get("code", "InternalFailure")
        status = details.get("status", 500 if code.startswith("Internal") else 400)
        raise ServiceError(code, details.get("message", f"Scripted fault {fault.fault_id}"), status)
    if fault.kind == "access_denied":
        action = request.operation if ":" in request.operation else f"acm-pca:{request.operation}"
        named = ("CertificateArn",) if action.startswith("acm:") else ("CertificateAuthorityArn", "ResourceArn")
        resource = next((request.facts[name] for name in named if request.facts.get(name)), "*")
        message = (
            f"User: {request.facts['caller']} is not authorized to perform: {action} on resource: "
            f"{resource} because no identity-based policy allows the {action} action"
        )
        raise ServiceError("AccessDeniedException", details.get("message", message))
