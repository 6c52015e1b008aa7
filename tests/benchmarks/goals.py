# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The goals, as ratios within one run, and whether the results meet them. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from .ratios import Result, peak, per_host, ratio, throttled_share
from .scenarios import BASELINE, CASES, COLLECTION, FIRST, FLOOR, NOTHING

NOTHING_OVER_PING = 1.15
NOTHING_SPEED_UP = 6.0
FIRST_OVER_PINGS = 1.25
FIRST_OVER_QUOTA = 1.15
ISSUING_OVER_QUOTA = 1.25
"""The ledger's pace is 20 a second by default, of the quota's 25."""
ISSUANCES_PER_SECOND = 25.0
FIRST_SPEED_UP = 5.0
FIRST_CPU_SHARE = 8.0
GROWTH = 1.10
MEMORY_OVER_PING = 1.1
THROTTLED_SHARE = 0.01
Row = tuple[str, str, str, str]


def list_verdicts(results: Mapping[str, Result]) -> Iterator[Row]:
    """Yield (goal, scenario, measured, met or missed) for every goal that the results say something about."""
    for name, result in results.items():
        yield from judge_nothing_due(name, result)
        yield from judge_first_issuance(name, result)
        yield from judge_memory(name, result)
        yield from judge_throttling(name, result)
    yield from judge_growth(results)


def judge_nothing_due(name: str, result: Result) -> Iterator[Row]:
    """Yield the verdicts on a run that has nothing to do."""
    over_ping = ratio(result, NOTHING.name, "wall", COLLECTION, FLOOR)
    if over_ping is not None:
        yield judge_at_most("nothing due: wall over ping", name, over_ping, NOTHING_OVER_PING)
    speed_up = ratio(result, NOTHING.name, "wall", BASELINE, COLLECTION)
    if speed_up is not None:
        yield judge_at_least("nothing due: times faster than community.crypto", name, speed_up, NOTHING_SPEED_UP)


def judge_first_issuance(name: str, result: Result) -> Iterator[Row]:
    """Yield the verdicts on first issuance. Its floor is two pings, or the service's quota if that takes longer."""
    over_pings = ratio(result, FIRST.name, "wall", COLLECTION, FLOOR)
    wall, pings = (per_host(result, contestant, FIRST.name, "wall") for contestant in (COLLECTION, FLOOR))
    if over_pings is not None and wall and pings:
        by_quota = wall * ISSUANCES_PER_SECOND
        if FIRST_OVER_PINGS * pings < FIRST_OVER_QUOTA / ISSUANCES_PER_SECOND:
            yield judge_at_most("first issuance: wall over hosts/25 s", name, by_quota, FIRST_OVER_QUOTA)
        else:
            yield judge_at_most("first issuance: wall over two pings", name, over_pings, FIRST_OVER_PINGS)
    speed_up = ratio(result, FIRST.name, "wall", BASELINE, COLLECTION)
    if speed_up is not None:
        yield judge_at_least("first issuance: times faster than community.crypto", name, speed_up, FIRST_SPEED_UP)
    share = ratio(result, FIRST.name, "cpu", BASELINE, COLLECTION)
    if share is not None and result["settings"]["connection"] == "ssh":
        yield judge_at_least("first issuance: times less CPU of the control node", name, share, FIRST_CPU_SHARE)


def judge_memory(name: str, result: Result) -> Iterator[Row]:
    """Yield the verdicts on the control node's memory."""
    for case in CASES:
        for figure, title in (("largest_process", "largest process"), ("all_processes", "all processes")):
            mine, floor = (peak(result, contestant, case.name, figure) for contestant in (COLLECTION, FLOOR))
            if mine and floor:
                yield judge_at_most(f"{case.title}: memory over ping, {title}", name, mine / floor, MEMORY_OVER_PING)


def judge_throttling(name: str, result: Result) -> Iterator[Row]:
    """Yield the verdict on throttled calls at 50 forks."""
    throttled, calls = throttled_share(result, COLLECTION)
    if calls and result["settings"]["forks"] == 50:
        yield judge_at_most("throttled share of calls at 50 forks", name, throttled / calls, THROTTLED_SHARE)


def judge_issuing(figures: Result | None) -> Iterator[Row]:
    """Yield the verdicts on the issuing core alone, whose many processes share one ledger and one pace."""
    if figures is None:
        return
    where = f"{figures['certificates']} certificates by {figures['processes']} processes, {figures['rate']:g} a second"
    yield judge_at_most("issuing core: throttled share of calls", where, figures["throttled_share"], THROTTLED_SHARE)
    goal = "issuing core: time over certificates/25 s"
    yield judge_at_most(goal, where, figures["ratio"], ISSUING_OVER_QUOTA)


def judge_growth(results: Mapping[str, Result]) -> Iterator[Row]:
    """Yield the verdicts on the cost per host from the smallest to the largest fleet over SSH."""
    fleets = [item for item in results.items() if item[1]["settings"]["connection"] == "ssh"]
    fleets = [item for item in fleets if per_host(item[1], COLLECTION, NOTHING.name, "wall")]
    fleets.sort(key=lambda item: int(item[1]["settings"]["size"]))
    if not fleets or fleets[0][1]["settings"]["size"] == fleets[-1][1]["settings"]["size"]:
        return
    (small, before), (large, after) = fleets[0], fleets[-1]
    for case in CASES:
        for figure in ("wall", "cpu"):
            first, last = (per_host(result, COLLECTION, case.name, figure) for result in (before, after))
            if first and last:
                goal = f"{case.title}: {figure} per host, growth"
                yield judge_at_most(goal, f"{small} to {large}", last / first, GROWTH)


def judge_at_most(goal: str, where: str, measured: float, limit: float) -> Row:
    """Return the verdict on a figure that should be small."""
    return f"{goal}: at most {limit:g}", where, f"{measured:.2f}", "yes" if measured <= limit else "**no**"


def judge_at_least(goal: str, where: str, measured: float, limit: float) -> Row:
    """Return the verdict on a figure that should be large."""
    return f"{goal}: at least {limit:g}", where, f"{measured:.2f}", "yes" if measured >= limit else "**no**"
