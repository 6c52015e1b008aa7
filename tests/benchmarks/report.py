# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Results as Markdown tables. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from .goals import judge_issuing, list_verdicts
from .ratios import Result, calls_per_host, peak, per_host, ratio, round_trips, throttled_share
from .scenarios import BASELINE, CASES, FLOOR, TITLES, Case

_MEBIBYTE = 1024 * 1024
_HEADER = (
    "case", "contestant", "wall, ms a host", "x ping", "CPU, ms a host", "modules on the host", "round trips",
    "modules on the control node", "AWS calls a host", "largest process, MiB", "all processes, MiB",
)  # fmt: skip


def render_report(results: Mapping[str, Result], issuing: Result | None = None) -> str:
    """Return all results: what was aimed at, then a table for each scenario. ``issuing`` is of `make bench-issuing`."""
    verdicts = [*list_verdicts(results), *judge_issuing(issuing)]
    parts = ["## Goals\n", *render_table(("goal", "where", "measured", "met"), verdicts), ""]
    for name, result in results.items():
        if result["turns"]:
            parts += [f"## {name}\n", describe_settings(result), "", *render_table(_HEADER, list_rows(result)), ""]
            parts += [describe_baseline(result), ""]
    return "\n".join(parts)


def describe_settings(result: Result) -> str:
    """Return a sentence on what was measured and where."""
    settings, machine = result["settings"], result["machine"]
    return (
        f"{settings['size']} hosts, connection {settings['connection']}, {settings['forks']} forks, strategy"
        f" {settings['strategy']}, {settings['rounds']} rounds; {machine['date']}, {machine['cores']} cores, load"
        f" {machine['load']} at the start, hosts: {machine['hosts']}; Python {machine['python']}, ansible-core"
        f" {machine['ansible-core']}, boto3 {machine['boto3']}, awscli {machine['awscli']}."
    )


def describe_baseline(result: Result) -> str:
    """Return, for each case, how many times more the baseline takes; and the share of throttled calls."""
    sentences = []
    for case in CASES:
        for contestant in result["settings"]["contestants"]:
            wall = ratio(result, case.name, "wall", BASELINE, contestant)
            cpu = ratio(result, case.name, "cpu", BASELINE, contestant)
            if wall and cpu and contestant not in (BASELINE, FLOOR):
                sentences.append(
                    f"{case.title}: {TITLES[contestant]} is {wall:.1f} x faster, with 1/{cpu:.1f} of the CPU"
                )
    for contestant in result["settings"]["contestants"]:
        throttled, calls = throttled_share(result, contestant)
        if calls:
            sentences.append(f"{TITLES[contestant]}: {throttled} of {calls} calls throttled")
    return "; ".join(sentences) + "." if sentences else ""


def list_rows(result: Result) -> Iterator[tuple[str, ...]]:
    """Yield the rows of a scenario's table."""
    for case in CASES:
        for contestant in result["settings"]["contestants"]:
            if per_host(result, contestant, case.name, "wall") is not None:
                yield describe_row(result, case, contestant)


def describe_row(result: Result, case: Case, contestant: str) -> tuple[str, ...]:
    """Return one row."""
    name = TITLES[contestant] if contestant != FLOOR or case.pings == 1 else "two pings"
    calls = calls_per_host(result, contestant, case.name)
    return (
        case.title,
        name,
        show(per_host(result, contestant, case.name, "wall"), 1000),
        show(ratio(result, case.name, "wall", contestant, FLOOR), 1, 2),
        show(per_host(result, contestant, case.name, "cpu"), 1000),
        show(round_trips(result, contestant, case.name, "module to host")),
        show(count_round_trips(result, contestant, case)),
        show(round_trips(result, contestant, case.name, "module to control node")),
        ", ".join(f"{number:.3g} {operation}" for operation, number in calls.items()) or "0",
        show(peak(result, contestant, case.name, "largest_process"), 1 / _MEBIBYTE, 1),
        show(peak(result, contestant, case.name, "all_processes"), 1 / _MEBIBYTE),
    )


def count_round_trips(result: Result, contestant: str, case: Case) -> float | None:
    """Return commands and file transfers to a host: with pipelining, each is a turn-around of the connection."""
    commands = round_trips(result, contestant, case.name, "command to host")
    transfers = round_trips(result, contestant, case.name, "transfer to host")
    return None if commands is None or transfers is None else commands + transfers


def show(value: float | None, factor: float = 1, digits: int = 0) -> str:
    """Return a number for a table; a dash for what was not measured."""
    return "-" if value is None else f"{value * factor:.{digits}f}"


def render_table(header: Iterable[str], rows: Iterable[Iterable[str]]) -> list[str]:
    """Return the lines of a Markdown table."""
    header = list(header)
    lines = [header, ["---"] * len(header), *rows]
    return ["| " + " | ".join(line) + " |" for line in lines]
