# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Have the contestants take turns in one scenario, and see to it that every run did what its case says."""

from __future__ import annotations

import itertools
import os
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from .measurement import BenchmarkError, ControlNode, Playbook
from .scenarios import CHECK, COLLECTION, FIRST, FLOOR, Case, Scenario
from .sites import Authority

_AHEAD = 80 * 86400  # seconds: of 90 days of validity the last 10 have begun
_names = itertools.count(1)


@dataclass(frozen=True)
class Turn:
    """One contestant in one case of one round."""

    contestant: str
    case: Case
    round: int
    certificate: str


def order_turns(scenario: Scenario) -> Iterator[Turn]:
    """Yield the turns: case by case within a round, the contestants rotated from one to the next, so drift cancels.

    Each round has certificates of its own: its first issuance meets hosts without one.
    """
    shift = 0
    for number in range(1, scenario.rounds + 1):
        certificate = f"bench-{next(_names)}"
        turns = []
        for case in scenario.cases:
            for place in range(len(scenario.contestants)):
                contestant = scenario.contestants[(place + shift) % len(scenario.contestants)]
                turns.append(Turn(contestant, case, number, certificate))
            shift += 1
        if scenario.floor_last:
            turns.sort(key=lambda turn: turn.contestant == FLOOR and turn.case.pings > 1)
        yield from turns


class Stage:
    """Where turns of a scenario are run. Hosts are given the certificate that a case takes for granted."""

    def __init__(self, scenario: Scenario, inventory: Path, node: ControlNode, authority: Authority) -> None:
        self._scenario, self._inventory = scenario, inventory
        self._node, self._authority = node, authority
        self._issued: set[tuple[str, str]] = set()

    def measure(self, turn: Turn) -> dict[str, Any]:
        """Return the figures of one turn, as JSON. Raises BenchmarkError when hosts did not end as the case says."""
        self._prepare(turn)
        return measure_turn(turn, self._scenario, self._inventory, self._node, self._authority)

    def count(self, turn: Turn) -> dict[str, Any]:
        """Return how often one host is gone to in the turn, as JSON; its time is not taken."""
        self._prepare(turn)
        return count_turn(turn, self._scenario, self._inventory, self._node, self._authority)

    def _prepare(self, turn: Turn) -> None:
        known = (turn.contestant, turn.certificate)
        if turn.case not in (CHECK, FIRST) and turn.contestant != FLOOR and known not in self._issued:
            measure_turn(replace(turn, case=FIRST), self._scenario, self._inventory, self._node, self._authority)
        if turn.case != CHECK:
            self._issued.add(known)


def choose_playbook(turn: Turn, scenario: Scenario, authority_arn: str) -> Playbook:
    """Return what the contestant runs in the case."""
    variables: dict[str, Any] = {
        "bench_name": turn.certificate,
        "bench_authority_arn": authority_arn,
        "bench_renew_before_days": 30,
    }
    if turn.case.due:
        as_of = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + _AHEAD))
        variables |= {"bench_as_of": as_of, "host_certificate_as_of": as_of, "bench_renew_before_days": 91}
    options = (*turn.case.options, "--forks", str(scenario.forks))
    return Playbook(_name_playbook(turn), variables, options, scenario.strategy)


def _name_playbook(turn: Turn) -> str:
    if turn.contestant == FLOOR:
        return "ping" if turn.case.pings == 1 else "two_pings"
    return "collection_due" if turn.contestant == COLLECTION and turn.case.due else turn.contestant


def measure_turn(
    turn: Turn, scenario: Scenario, inventory: Path, node: ControlNode, authority: Authority
) -> dict[str, Any]:
    """Return the figures of one turn, as JSON. Raises BenchmarkError when hosts did not end as the case says."""
    authority.forget_requests()
    load = os.getloadavg()[0]
    cost, recap = node.measure(choose_playbook(turn, scenario, authority.arn), inventory)
    requests = authority.list_requests()
    check_recap(turn, scenario, recap)
    check_issuances(turn, scenario, requests)
    calls = Counter(request["operation"] for request in requests)
    throttled = sum(request["outcome"] == "ThrottlingException" for request in requests)
    return {
        "contestant": turn.contestant,
        "case": turn.case.name,
        "round": turn.round,
        "load": round(load, 1),
        **asdict(cost),
        "calls": dict(calls),
        "throttled": throttled,
    }


def check_recap(turn: Turn, scenario: Scenario, recap: dict[str, dict[str, int]]) -> None:
    """Raise BenchmarkError unless all hosts were reached, none failed, and those changed that should."""
    if len(recap) != scenario.size:
        raise BenchmarkError(f"{turn}: {len(recap)} of {scenario.size} hosts took part")
    changes = turn.case.changes and turn.contestant != FLOOR
    for host, counts in recap.items():
        if counts["failures"] or counts["unreachable"] or bool(counts["changed"]) != changes:
            raise BenchmarkError(f"{turn}: {host} ended with {counts}, and {'a' if changes else 'no'} change was due")


def check_issuances(turn: Turn, scenario: Scenario, requests: list[dict[str, Any]]) -> None:
    """Raise BenchmarkError unless the CA issued exactly what the case says, and was not asked where nothing is due."""
    wanted = 0 if turn.contestant == FLOOR else turn.case.issues * scenario.size
    answered = [request for request in requests if request["outcome"] == "Success"]
    arns = {request["certificate_arn"] for request in answered if request["operation"] == "IssueCertificate"}
    if len(arns) != wanted or (wanted == 0 and requests):
        raise BenchmarkError(f"{turn}: {len(arns)} certificates in {len(requests)} calls; {wanted} were due")


def count_turn(
    turn: Turn, scenario: Scenario, inventory: Path, node: ControlNode, authority: Authority
) -> dict[str, Any]:
    """Return how often one host is gone to in the turn, as JSON; its time is not taken."""
    counted = node.count_round_trips(choose_playbook(turn, scenario, authority.arn), inventory)
    return {
        "contestant": turn.contestant,
        "case": turn.case.name,
        "round_trips": {kind: number / scenario.size for kind, number in sorted(counted.items())},
    }
