# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Command line: `python -m benchmarks --profile small` measures and writes results, table and plots to build/bench."""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import hashlib
import math
import os
import platform
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

from .measurement import BenchmarkError, ControlNode
from .plots import draw_plots
from .publish import publish
from .records import OUTPUT, Records
from .report import render_report
from .rounds import Stage, order_turns
from .scenarios import PROFILES, Scenario
from .sites import Authority, Sites, open_authority, open_sites

CHECKOUT = Path(__file__).resolve().parents[2]
_COUNTED_HOSTS = 2


def parse_arguments(words: list[str] | None = None) -> argparse.Namespace:
    """Return the command line."""
    parser = argparse.ArgumentParser(prog="benchmarks", description=__doc__)
    parser.add_argument("--profile", choices=PROFILES, default="small", help="how much to measure (default: small)")
    parser.add_argument("--scenario", action="append", metavar="NAME", help="only these scenarios of the profile")
    parser.add_argument("--add", action="store_true", help="keep the results of other scenarios that are there")
    parser.add_argument("--resume", action="store_true", help="keep all results and measure only what is missing")
    parser.add_argument("--minutes", type=float, metavar="N", help="begin nothing after N minutes; --resume goes on")
    parser.add_argument("--output", type=Path, default=OUTPUT, metavar="DIRECTORY")
    parser.add_argument(
        "--publish", action="store_true", help="measure nothing: put the results into docs/benchmarks.md"
    )
    return parser.parse_args(words)


def choose_scenarios(arguments: argparse.Namespace) -> tuple[Scenario, ...]:
    """Return the scenarios that the command line names. Raises SystemExit for an unknown one."""
    scenarios = PROFILES[arguments.profile]
    wanted = arguments.scenario or [scenario.name for scenario in scenarios]
    known = {scenario.name for scenario in scenarios}
    if unknown := set(wanted) - known:
        sys.exit(f"profile {arguments.profile} has no scenario {', '.join(sorted(unknown))}; it has {sorted(known)}")
    return tuple(scenario for scenario in scenarios if scenario.name in wanted)


@contextlib.contextmanager
def open_home() -> Iterator[Path]:
    """Return a home for the control node, short enough for sockets below it; it is gone afterwards."""
    home = Path(tempfile.mkdtemp(prefix="bench-"))
    try:
        yield home
    finally:
        shutil.rmtree(home)


def describe_machine(sites: Sites) -> dict[str, Any]:
    """Return what the figures depend on."""
    return {
        "date": time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime()),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "load": round(os.getloadavg()[0], 1),
        "sources": digest_sources(),
        "hosts": sites.hosts_are,
        **{name: version(name) for name in ("ansible-core", "boto3", "awscli", "cryptography")},
    }


def digest_sources() -> str:
    """Return what tells whether results are of the same collection and playbooks."""
    digest = hashlib.sha256()
    for folder in ("plugins", "roles", "tests/benchmarks/playbooks"):
        for path in sorted((CHECKOUT / folder).rglob("*")):
            if path.suffix in (".py", ".yml"):
                digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


def run_scenario(
    scenario: Scenario, sites: Sites, node: ControlNode, authority: Authority, records: Records, *, end: float
) -> None:
    """Measure every turn of the scenario that is not in the records and keep each result; begin none after `end`."""
    counted = dataclasses.replace(scenario, size=min(_COUNTED_HOSTS, scenario.size), rounds=1)
    few = Stage(counted, sites.write_inventory(counted), node, authority)
    for turn in order_turns(counted):
        if not records.has_count(scenario, turn.contestant, turn.case.name) and time.monotonic() < end:
            records.add_count(scenario, few.count(turn))
    whole = Stage(scenario, sites.write_inventory(scenario), node, authority)
    for turn in order_turns(scenario):
        if not records.has_turn(scenario, turn.contestant, turn.case.name, turn.round) and time.monotonic() < end:
            figures = whole.measure(turn)
            records.add_turn(scenario, figures)
            wall, cpu = figures["wall"] / scenario.size, figures["cpu"] / scenario.size
            print(
                f"{scenario.name:22} round {turn.round} {turn.case.name:8} {turn.contestant:11}"
                f" {wall:7.3f} s {cpu:7.3f} CPU-s a host",
                flush=True,
            )


def measure_scenarios(arguments: argparse.Namespace, records: Records) -> None:
    """Measure what the command line asks for, the scenarios in turn. Raises BenchmarkError."""
    end = time.monotonic() + 60 * (arguments.minutes or math.inf)
    scenarios = choose_scenarios(arguments)
    if not (arguments.add or arguments.resume):
        records.clear()
    with open_home() as home, open_authority() as authority, open_sites(home, scenarios) as sites:
        node = ControlNode(home, CHECKOUT / ".stage", authority.environment)
        for scenario in scenarios:
            if time.monotonic() < end:
                records.begin(scenario, describe_machine(sites), resume=arguments.resume)
                run_scenario(scenario, sites, node, authority, records, end=end)


def main() -> int:
    """Measure and report. A run that did not do its work ends the benchmark: its figures would be worth nothing."""
    arguments = parse_arguments()
    records = Records(arguments.output)
    if not arguments.publish:
        try:
            measure_scenarios(arguments, records)
        except BenchmarkError as error:
            print(error, file=sys.stderr)
            return 1
    report = render_report(records.scenarios(), records.issuing())
    (arguments.output / "report.md").write_text(report, encoding="utf-8")
    draw_plots(records.scenarios(), arguments.output)
    if arguments.publish:
        publish(arguments.output, CHECKOUT / "docs", records.list_issuing_scenarios())
    print(f"{arguments.output}: results.json, report.md and plots")
    return 0


if __name__ == "__main__":
    sys.exit(main())
