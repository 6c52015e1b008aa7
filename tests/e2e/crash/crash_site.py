# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a crash strikes: control nodes that can be killed and replaced, hosts, and the emulated CA between them."""

from __future__ import annotations

import itertools
import json
import sys
from collections import Counter
from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import boto3

from emulator_process import REGION, EmulatorProcess
from playbook_run import PlaybookRun, PlaybookRunner, StartedRun
from private_ca_emulator.control import EmulatorControl
from private_ca_emulator.seeding import allow_service_writes, create_active_hierarchy

ACTION = "fleet_pki.aws_private_ca.host_certificate"
BUCKET = "audit-reports"
SHIFTED_CLOCK = Path(__file__).resolve().parents[2] / "utils/shifted_clock"
_NUMBERS = itertools.count(1)


@dataclass(frozen=True)
class ControlNode:
    """A machine that runs playbooks. All that it remembers lies below its home."""

    runner: PlaybookRunner
    environment: Mapping[str, str]

    @classmethod
    def make(cls, collections_path: Path, directory: Path, environment: Mapping[str, str]) -> ControlNode:
        """Return a new one, with an empty home below `directory`, whose clock is right."""
        home = directory / f"n{next(_NUMBERS)}"
        (home / "tmp").mkdir(parents=True)
        own = {"XDG_STATE_HOME": str(home / "state"), "TMPDIR": str(home / "tmp")}
        return cls(
            PlaybookRunner(collections_path, home),
            {**environment, **own, "ANSIBLE_LOCAL_TEMP": str(home / "tmp"), "ANSIBLE_FORKS": "25"},
        )

    @property
    def ledger(self) -> Path:
        """Return the file of its SQLite ledger."""
        return self.runner.home / "state/fleet_pki.aws_private_ca/ledger.sqlite3"

    def later(self, seconds: float, jump: float = 0) -> ControlNode:
        """Return the same machine when so much time has passed, in which its time of day was set by `jump` seconds."""
        shift = {"PYTHONPATH": str(SHIFTED_CLOCK), "CLOCK_SHIFT": str(seconds + jump), "BOOT_SHIFT": str(seconds)}
        return replace(self, environment={**self.environment, **shift})

    def start(self, inventory: Path, *options: str, **arguments: Any) -> AbstractContextManager[StartedRun]:
        """Start a play of one task, host_certificate with the arguments, on all hosts."""
        play = {"hosts": "all", "gather_facts": False, "tasks": [{ACTION: arguments}]}
        return self.runner.start([play], inventory, *options, environment=self.environment)

    def run(self, inventory: Path, *options: str, **arguments: Any) -> PlaybookRun:
        """Run that play to its end."""
        with self.start(inventory, *options, **arguments) as started:
            return started.wait()


@dataclass
class LocalHost:
    """A host that is a directory of this machine; its commands stop at gates."""

    name: str
    directory: Path
    variables: dict[str, Any] = field(default_factory=dict)

    @property
    def live(self) -> Path:
        """Return the link that a service is pointed at."""
        return self.directory / "pki/web/live"

    def describe(self) -> dict[str, Any]:
        """Return its inventory variables."""
        return {
            "ansible_connection": "local",
            "ansible_python_interpreter": sys.executable,
            "base_directory": str(self.directory / "pki"),
            "gates": str(self.directory),
            **self.variables,
        }


@dataclass
class Site:
    """A CA with a bucket for its audit reports, and hosts below a directory."""

    emulator: EmulatorProcess
    control: EmulatorControl
    authority: str
    directory: Path
    collections_path: Path
    short_directory: Path
    hosts: dict[str, LocalHost] = field(default_factory=dict)
    waited: float = 0

    @classmethod
    def make(cls, emulator: EmulatorProcess, collections_path: Path, short_directory: Path, directory: Path) -> Site:
        """Return a site whose CA and control node are its own."""
        control = EmulatorControl(emulator.endpoint_url)
        s3 = connect(emulator, "s3")
        s3.create_bucket(Bucket=BUCKET)
        allow_service_writes(s3, BUCKET)
        authority = create_active_hierarchy(connect(emulator, "acm-pca")).subordinate_arn
        return cls(emulator, control, authority, directory, collections_path, short_directory)

    def add_control_node(self) -> ControlNode:
        """Return a control node that has never run a playbook, and whose clock shows what was waited so far."""
        node = ControlNode.make(self.collections_path, self.short_directory, self.emulator.environment)
        return node.later(self.waited) if self.waited else node

    def wait(self, seconds: float) -> None:
        """Let time pass on the clocks of the emulator, and of the hosts and control nodes of later runs."""
        self.control.advance(seconds)
        self.waited += seconds

    def add_host(self, name: str, **variables: Any) -> LocalHost:
        """Return a new host that has nothing yet."""
        host = self.hosts[name] = LocalHost(name, self.directory / name, variables)
        (host.directory / "pki").mkdir(parents=True)
        return host

    def write_inventory(self) -> Path:
        """Write the inventory of all hosts and return its path."""
        path = self.directory / "inventory.json"
        described = {name: host.describe() for name, host in self.hosts.items()}
        path.write_text(json.dumps({"all": {"hosts": described}}))
        return path

    def arguments(self, **changes: Any) -> dict[str, Any]:
        """Return the task's arguments. What is held is not given up, however slow the machine."""
        return {
            "aws_config": {"read_timeout": 600},
            "command_timeout": 600,
            "name": "web",
            "base_directory": "{{ base_directory }}",
            "certificate_authority_arn": self.authority,
            "common_name": "{{ inventory_hostname }}",
            "signing_algorithm": "SHA256WITHECDSA",
            **changes,
        }

    def count_issued(self) -> Counter[str]:
        """Return how many certificates each host name stands in, by distinct ARN."""
        arns = {one["certificate_arn"]: one["subject"] for one in self.control.certificates(self.authority)}
        return Counter(subject.removeprefix("CN=") for subject in arns.values())


def connect(emulator: EmulatorProcess, service: str) -> Any:
    """Return a boto3 client of the emulator."""
    make_client: Any = boto3.client
    return make_client(
        service,
        endpoint_url=emulator.endpoint_url,
        region_name=REGION,
        aws_access_key_id=emulator.environment["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=emulator.environment["AWS_SECRET_ACCESS_KEY"],
    )
