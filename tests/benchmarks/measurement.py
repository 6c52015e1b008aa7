# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One measured run of ansible-playbook: what it cost the control node, and what the service saw of it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
_CALLBACK = {False: ("count_outcomes", "COUNT_OUTCOMES"), True: ("count_round_trips", "COUNT_ROUND_TRIPS")}


class BenchmarkError(Exception):
    """A run did not do what its case says, so its figures are worth nothing."""


@dataclass(frozen=True)
class Cost:
    """What one run cost: seconds of wall and processor time, bytes of memory.

    Processor time is of ansible-playbook and all its descendants, SSH clients included; the hosts' own is not in it
    (it is where the connection is local). `largest_process` is a resident set, `all_processes` a sum of proportional
    sets.
    """

    wall: float
    cpu: float
    largest_process: int
    all_processes: int


@dataclass(frozen=True)
class Playbook:
    """What to run: a playbook of this folder, its variables and options, and the strategy of its play."""

    name: str
    variables: Mapping[str, Any]
    options: Sequence[str] = ()
    strategy: str = "linear"


@dataclass(frozen=True)
class ControlNode:
    """Runs playbooks in a home of its own, with the environment of a user who has pipelining switched on."""

    home: Path
    collections_path: Path
    environment: Mapping[str, str]

    def measure(self, playbook: Playbook, inventory: Path) -> tuple[Cost, dict[str, dict[str, int]]]:
        """Return the cost of the run and the recap of each host. Raises BenchmarkError when the run failed."""
        with tempfile.TemporaryDirectory(dir=self.home) as scratch:
            report, recap = Path(scratch, "report.json"), Path(scratch, "recap.json")
            self._run(playbook, inventory, [sys.executable, str(HERE / "supervise.py"), str(report), "--"], recap)
            cost = json.loads(report.read_text())
            cost.pop("returncode")
            return Cost(**cost), json.loads(recap.read_text())

    def count_round_trips(self, playbook: Playbook, inventory: Path) -> Counter[str]:
        """Return how often modules, commands and transfers went to "host" and "control node", by "kind to where"."""
        with tempfile.TemporaryDirectory(dir=self.home) as scratch:
            report, record = Path(scratch, "report.json"), Path(scratch, "round_trips.jsonl")
            supervisor = [sys.executable, str(HERE / "supervise.py"), str(report), "--"]
            self._run(playbook, inventory, supervisor, record, counting=True)
            lines = [json.loads(line) for line in record.read_text().splitlines()]
        return Counter(f"{line['kind']} to {line['where']}" for line in lines)

    def _run(
        self, playbook: Playbook, inventory: Path, supervisor: list[str], record: Path, *, counting: bool = False
    ) -> None:
        command = [str(Path(sys.executable).with_name("ansible-playbook")), "--inventory", str(inventory)]
        command += [*playbook.options, "--extra-vars", json.dumps(dict(playbook.variables))]
        output = self.home / "output"
        with output.open("wb") as sink:
            subprocess.run(
                [*supervisor, *command, str(HERE / "playbooks" / f"{playbook.name}.yml")],
                stdin=subprocess.DEVNULL,
                stdout=sink,
                stderr=subprocess.STDOUT,
                env={
                    **self._ansible_settings(),
                    **self.environment,
                    **self._callback(record, counting),
                    "ANSIBLE_STRATEGY": playbook.strategy,
                },
                check=True,
            )
        returncode = json.loads(Path(supervisor[2]).read_text())["returncode"]
        if returncode:
            raise BenchmarkError(f"{playbook.name} ended with {returncode}:\n{output.read_text()[-4000:]}")

    def _callback(self, record: Path, counting: bool) -> dict[str, str]:
        name, variable = _CALLBACK[counting]
        return {"ANSIBLE_CALLBACKS_ENABLED": name, variable: str(record)}

    def _ansible_settings(self) -> dict[str, str]:
        settings = self.home / "ansible.cfg"
        settings.touch()
        return {
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "HOME": str(self.home),
            "LANG": "C.UTF-8",
            "ANSIBLE_CALLBACK_PLUGINS": str(HERE / "callback_plugins"),
            "ANSIBLE_COLLECTIONS_PATH": str(self.collections_path),
            "ANSIBLE_CONFIG": str(settings),
            "ANSIBLE_HOME": str(self.home / ".ansible"),
            "ANSIBLE_NOCOLOR": "1",
            "ANSIBLE_PIPELINING": "1",
            "ANSIBLE_RETRY_FILES_ENABLED": "0",
            "ANSIBLE_SSH_CONTROL_PATH_DIR": str(self.home / "cp"),
        }
