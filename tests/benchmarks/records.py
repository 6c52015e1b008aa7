# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The figures as they are measured: build/bench/results.json, written after every turn; a run can be resumed."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from .scenarios import FIRST, Scenario

OUTPUT = Path(__file__).resolve().parents[2] / "build" / "bench"


class Records:
    """Results by scenario: settings, machine, round trips counted, turns measured."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._path = folder / "results.json"
        self._scenarios: dict[str, dict[str, Any]] = {}
        if self._path.exists():
            self._scenarios = json.loads(self._path.read_text(encoding="utf-8"))

    def scenarios(self) -> dict[str, dict[str, Any]]:
        """Return all results by the scenario's name."""
        return self._scenarios

    def list_issuing_scenarios(self) -> list[str]:
        """Return the names of the scenarios in which certificates were issued: those whose plots say most."""
        found = self._scenarios.items()
        return [name for name, result in found if any(turn["case"] == FIRST.name for turn in result["turns"])]

    def issuing(self) -> dict[str, Any] | None:
        """Return what `make bench-issuing` measured last, None if it was not run."""
        path = self._path.with_name("issuing.json")
        return json.loads(path.read_text(encoding="utf-8")) if path.exists() else None

    def keep_issuing(self, figures: dict[str, Any]) -> None:
        """Keep what `make bench-issuing` measured."""
        self._path.with_name("issuing.json").write_text(json.dumps(figures, indent=1), encoding="utf-8")

    def clear(self) -> None:
        """Forget all results."""
        self._scenarios = {}
        self._save()

    def begin(self, scenario: Scenario, machine: dict[str, Any], *, resume: bool) -> None:
        """Note the scenario's settings. What was measured before is kept to resume, if it is of the same sources."""
        names = ("name", "size", "forks", "rounds", "strategy", "connection", "contestants")
        settings = {name: value for name, value in asdict(scenario).items() if name in names}
        settings["contestants"] = list(scenario.contestants)
        kept = self._scenarios.get(scenario.name)
        if resume and kept and kept["settings"] == settings and kept["machine"]["sources"] == machine["sources"]:
            return
        self._scenarios[scenario.name] = {"settings": settings, "machine": machine, "counts": [], "turns": []}
        self._save()

    def has_count(self, scenario: Scenario, contestant: str, case: str) -> bool:
        """Return whether the round trips of the contestant in the case are known."""
        counts = self._scenarios[scenario.name]["counts"]
        return any((count["contestant"], count["case"]) == (contestant, case) for count in counts)

    def has_turn(self, scenario: Scenario, contestant: str, case: str, number: int) -> bool:
        """Return whether the turn was measured."""
        turns = self._scenarios[scenario.name]["turns"]
        return any((turn["contestant"], turn["case"], turn["round"]) == (contestant, case, number) for turn in turns)

    def add_count(self, scenario: Scenario, count: dict[str, Any]) -> None:
        """Keep the round trips of one turn."""
        self._scenarios[scenario.name]["counts"].append(count)
        self._save()

    def add_turn(self, scenario: Scenario, figures: dict[str, Any]) -> None:
        """Keep the figures of one turn."""
        self._scenarios[scenario.name]["turns"].append(figures)
        self._save()

    def _save(self) -> None:
        fresh = self._path.with_suffix(".new")
        fresh.write_text(json.dumps(self._scenarios, indent=1), encoding="utf-8")
        fresh.replace(self._path)
