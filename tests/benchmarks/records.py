# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The figures as they are measured: build/bench/results.json, written after every turn, so that none is lost."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from .scenarios import Scenario


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

    def clear(self) -> None:
        """Forget all results."""
        self._scenarios = {}
        self._save()

    def begin(self, scenario: Scenario, machine: dict[str, Any]) -> None:
        """Forget what there is of this scenario and note its settings."""
        names = ("name", "size", "forks", "rounds", "strategy", "connection", "contestants")
        settings = {name: value for name, value in asdict(scenario).items() if name in names}
        self._scenarios[scenario.name] = {"settings": settings, "machine": machine, "counts": [], "turns": []}
        self._save()

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
