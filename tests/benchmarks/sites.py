# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the plays run: SSH hosts on loopback, or the control node itself under many names; and the emulated CA."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import boto3

from emulator_process import EmulatorProcess
from fleet.fleet import Fleet
from fleet.inventory import write_inventory
from private_ca_emulator.control import EmulatorControl
from private_ca_emulator.seeding import create_active_hierarchy

from .scenarios import Scenario


class Authority:
    """An emulated CA, whose quotas are those that AWS publishes, and the log of what it was asked."""

    def __init__(self, emulator: EmulatorProcess) -> None:
        self.environment = emulator.environment
        self._control = EmulatorControl(emulator.endpoint_url)
        client = boto3.client(
            "acm-pca",
            endpoint_url=emulator.endpoint_url,
            region_name=self.environment["AWS_REGION"],
            aws_access_key_id=self.environment["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=self.environment["AWS_SECRET_ACCESS_KEY"],
        )
        self.arn = create_active_hierarchy(client).subordinate_arn
        self._control.settings(quotas_enabled=True)

    def forget_requests(self) -> None:
        """Empty the log."""
        self._control.clear_requests()

    def list_requests(self) -> list[dict[str, Any]]:
        """Return the requests since the log was emptied, each with operation and outcome."""
        return self._control.requests()


@contextmanager
def open_authority() -> Iterator[Authority]:
    """Serve a CA for as long as the block lasts."""
    with EmulatorProcess() as emulator:
        yield Authority(emulator)


class Sites:
    """Inventories of any size up to that of the one fleet behind them; `folder` holds them."""

    def __init__(self, folder: Path, fleet: Fleet | None) -> None:
        self._folder = folder
        self._fleet = fleet

    @property
    def hosts_are(self) -> str:
        """Return what an SSH host is here, for the report."""
        return "none" if self._fleet is None else f"{self._fleet.mode} of {', '.join(self._fleet.releases)}"

    def write_inventory(self, scenario: Scenario) -> Path:
        """Return an inventory of the scenario's size, whose hosts have `bench_directory`."""
        path = self._folder / f"{scenario.connection}-{scenario.size}.json"
        if scenario.connection == "local":
            path.write_text(json.dumps(self._describe_local(scenario.size)))
        elif self._fleet is not None:
            hosts = self._fleet.hosts[: scenario.size]
            write_inventory(path, hosts, {"bench_directory": self._name_directory()})
        return path

    def _name_directory(self) -> str:
        shared = {host.service_directory for host in self._fleet or ()}
        return shared.pop() if len(shared) == 1 else "{{ fleet_service_directory }}"

    def _describe_local(self, size: int) -> dict[str, Any]:
        variables = {
            "ansible_connection": "local",
            "ansible_python_interpreter": sys.executable,
            "bench_directory": f"{self._folder}/hosts/{{{{ inventory_hostname }}}}",
        }
        hosts: dict[str, dict[str, Any]] = {f"web{number:04}.local.example": {} for number in range(1, size + 1)}
        return {"all": {"children": {"fleet": {"hosts": hosts, "vars": variables}}}}


@contextmanager
def open_sites(folder: Path, scenarios: tuple[Scenario, ...]) -> Iterator[Sites]:
    """Start as many SSH hosts as the largest scenario needs, for as long as the block lasts."""
    size = max((scenario.size for scenario in scenarios if scenario.connection == "ssh"), default=0)
    if size == 0:
        yield Sites(folder, None)
        return
    with Fleet(size) as fleet:
        yield Sites(folder, fleet)
