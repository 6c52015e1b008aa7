# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The benchmark runs, and finds what it looks for; what it finds on a loaded machine is not judged."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from ansible_collections.fleet_pki.aws_private_ca.tests.benchmarks.goals import judge_issuing
from ansible_collections.fleet_pki.aws_private_ca.tests.benchmarks.ratios import Result, ratio, round_trips
from ansible_collections.fleet_pki.aws_private_ca.tests.benchmarks.records import Records
from ansible_collections.fleet_pki.aws_private_ca.tests.benchmarks.rounds import order_turns
from ansible_collections.fleet_pki.aws_private_ca.tests.benchmarks.scenarios import (
    BASELINE,
    COLLECTION,
    FIRST,
    FLOOR,
    NOTHING,
    PROFILES,
    ROLE,
    Scenario,
)


def test_every_contestant_issues_and_then_finds_nothing_due(tmp_path: Path, checkout: Path, stage: Path) -> None:
    search = os.pathsep.join(map(str, (stage, checkout / "tests" / "utils", checkout / "tests")))
    command = [sys.executable, "-m", "benchmarks", "--profile", "smoke", "--output", str(tmp_path)]
    done = subprocess.run(
        command, env={**os.environ, "PYTHONPATH": search}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    results = json.loads((tmp_path / "results.json").read_text())
    assert [turn["contestant"] for turn in results["smoke-local"]["turns"]] == [COLLECTION, FLOOR]
    result = results["smoke"]
    assert {(turn["contestant"], turn["case"]) for turn in result["turns"]} == {
        (contestant, case.name) for contestant in (COLLECTION, ROLE, BASELINE, FLOOR) for case in (FIRST, NOTHING)
    }
    assert all(min(turn["wall"], turn["cpu"], turn["largest_process"]) > 0 for turn in result["turns"])
    require_promised_round_trips(result)
    assert (tmp_path / "smoke.png").read_bytes().startswith(b"\x89PNG")
    assert "## Goals" in (tmp_path / "report.md").read_text()


def require_promised_round_trips(result: Result) -> None:
    for contestant in (COLLECTION, ROLE):
        for case in (FIRST, NOTHING):
            assert round_trips(result, contestant, case.name, "module to host") == case.pings
            assert round_trips(result, contestant, case.name, "command to host") == case.pings
            assert round_trips(result, contestant, case.name, "transfer to host") == 0
            assert round_trips(result, contestant, case.name, "module to control node") == 0


def test_contestants_take_turns_and_a_first_issuance_meets_no_certificate() -> None:
    scenario = Scenario("any", size=1, forks=1, rounds=2)
    turns = list(order_turns(scenario))
    beginners = [turns[place].contestant for place in range(0, len(turns), len(scenario.contestants))]
    assert set(beginners) == set(scenario.contestants)
    assert len({turn.certificate for turn in turns}) == scenario.rounds


def test_two_pings_come_last_where_a_run_may_be_cut_short() -> None:
    scenario = Scenario("any", size=1, forks=1, rounds=1, cases=(FIRST, NOTHING), floor_last=True)
    turns = list(order_turns(scenario))
    assert len(turns) == 6
    assert (turns[-1].contestant, turns[-1].case) == (FLOOR, FIRST)


@pytest.mark.parametrize(("sources", "kept"), [("same", True), ("other", False)])
def test_a_run_that_was_cut_short_keeps_what_it_measured_of_the_same_sources(
    tmp_path: Path, sources: str, kept: bool
) -> None:
    scenario = Scenario("any", size=1, forks=1, rounds=2)
    records = Records(tmp_path)
    records.begin(scenario, {"sources": "same"}, resume=False)
    records.add_turn(scenario, {"contestant": FLOOR, "case": FIRST.name, "round": 1})
    resumed = Records(tmp_path)
    resumed.begin(scenario, {"sources": sources}, resume=True)
    assert resumed.has_turn(scenario, FLOOR, FIRST.name, 1) is kept
    assert not resumed.has_turn(scenario, FLOOR, FIRST.name, 2)


def test_throttling_of_the_issuing_core_is_judged() -> None:
    figures = {"certificates": 500, "processes": 50, "rate": 20.0, "throttled_share": 0.02, "ratio": 1.1}
    assert [verdict[-1] for verdict in judge_issuing(figures)] == ["**no**", "yes"]
    assert list(judge_issuing(None)) == []


def test_a_ratio_is_taken_within_rounds() -> None:
    turns = [
        {"contestant": contestant, "case": "nothing", "round": number, "wall": wall}
        for number, pair in enumerate([(2.0, 1.0), (40.0, 20.0), (9.0, 3.0)])
        for contestant, wall in zip((COLLECTION, FLOOR), pair, strict=True)
    ]
    assert ratio({"turns": turns}, "nothing", "wall", COLLECTION, FLOOR) == 2.0
    assert ratio({"turns": turns}, "nothing", "wall", COLLECTION, BASELINE) is None


def test_every_scenario_has_a_name_of_its_own() -> None:
    for scenarios in PROFILES.values():
        assert len({scenario.name for scenario in scenarios}) == len(scenarios)
