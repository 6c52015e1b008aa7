# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From measured turns to figures per host and ratios within a round. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from statistics import median
from typing import Any

Result = dict[str, Any]


def list_turns(result: Result, contestant: str, case: str) -> list[Result]:
    """Return the turns of one contestant in one case, by round."""
    chosen = [turn for turn in result["turns"] if turn["contestant"] == contestant and turn["case"] == case]
    return sorted(chosen, key=lambda turn: int(turn["round"]))


def per_host(result: Result, contestant: str, case: str, figure: str) -> float | None:
    """Return the median over the rounds of a figure (wall, cpu), for one host; None if it was not measured."""
    turns = list_turns(result, contestant, case)
    return median(turn[figure] for turn in turns) / result["settings"]["size"] if turns else None


def peak(result: Result, contestant: str, case: str, figure: str) -> float | None:
    """Return the median over the rounds of a memory figure in bytes; None if it was not measured."""
    turns = list_turns(result, contestant, case)
    return median(turn[figure] for turn in turns) if turns else None


def ratio(result: Result, case: str, figure: str, over: str, under: str) -> float | None:
    """Return the median of the ratios of two contestants, each taken within one round; None if either is missing."""
    pairs = pair_rounds(list_turns(result, over, case), list_turns(result, under, case))
    ratios = [first[figure] / second[figure] for first, second in pairs if second[figure]]
    return median(ratios) if ratios else None


def pair_rounds(over: Iterable[Result], under: Iterable[Result]) -> list[tuple[Result, Result]]:
    """Return the turns of the rounds that both have."""
    by_round = {turn["round"]: turn for turn in under}
    return [(turn, by_round[turn["round"]]) for turn in over if turn["round"] in by_round]


def throttled_share(result: Result, contestant: str) -> tuple[int, int]:
    """Return (throttled calls, all calls) of a contestant over all its turns."""
    turns = [turn for turn in result["turns"] if turn["contestant"] == contestant]
    return sum(turn["throttled"] for turn in turns), sum(sum(turn["calls"].values()) for turn in turns)


def calls_per_host(result: Result, contestant: str, case: str) -> dict[str, float]:
    """Return the AWS calls of one host by operation, the median over the rounds."""
    turns = list_turns(result, contestant, case)
    operations = sorted({operation for turn in turns for operation in turn["calls"]})
    size = result["settings"]["size"]
    return {name: median(turn["calls"].get(name, 0) for turn in turns) / size for name in operations}


def round_trips(result: Result, contestant: str, case: str, kind: str) -> float | None:
    """Return how often one host is gone to ("module to host", ...); None if it was not counted."""
    for count in result["counts"]:
        if (count["contestant"], count["case"]) == (contestant, case):
            return float(count["round_trips"].get(kind, 0))
    return None
