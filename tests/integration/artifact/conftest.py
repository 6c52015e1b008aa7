# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The artifact that users get, in an environment that has what it declares to need and nothing else."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
import tarfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest
import yaml

from emulator_process import REGION, EmulatorProcess
from playbook_run import PlaybookRunner
from private_ca_emulator.seeding import create_active_hierarchy
from setup.environments import make_engine
from source_tree import CHECKOUT

TOOLS = Path(sys.executable).parent
DEFINITION = "docs/execution_environment/execution-environment.yml"


@dataclass(frozen=True)
class Installed:
    """The artifact and its one dependency in a collections path, and the environment that runs them."""

    collections: Path
    python: Path
    home: Path

    @property
    def environment(self) -> dict[str, str]:
        """Return all that a command of this environment knows."""
        return {
            "PATH": f"{self.python.parent}:{os.environ['PATH']}",
            "HOME": str(self.home),
            "LANG": "C.UTF-8",
            "ANSIBLE_COLLECTIONS_PATH": str(self.collections),
        }

    def install(self, tarball: Path, stage: Path) -> None:
        """Install the tarball without a network; its dependency is there already."""
        (self.collections / "ansible_collections").mkdir()
        (self.collections / "ansible_collections/amazon").symlink_to((stage / "ansible_collections/amazon").resolve())
        (line,) = re.findall(r"^ansible-galaxy .+$", (CHECKOUT / "README.md").read_text("utf-8"), re.MULTILINE)
        command, *words, artifact = shlex.split(line)
        assert tarball.match(artifact.removeprefix("build/"))
        self.call(command, *words, "--offline", tarball, "-p", self.collections)

    def call(self, command: str, *arguments: str | Path) -> str:
        """Return what a command of this environment prints; it must succeed."""
        line = [str(self.python.with_name(command)), *map(str, arguments)]
        done = subprocess.run(line, cwd=self.home, env=self.environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    @property
    def runner(self) -> PlaybookRunner:
        """Return what runs playbooks in this environment."""
        return PlaybookRunner(self.collections, self.home, self.python)

    def read_documentation(self, kind: str, names: list[str]) -> dict[str, Any]:
        """Return what ansible-doc knows of the plugins of the kind."""
        return json.loads(self.call("ansible-doc", "--json", "--type", kind, *names))


def make_authority(emulator: EmulatorProcess) -> str:
    """Return the ARN of a new active CA."""
    client = boto3.client(
        "acm-pca",
        endpoint_url=emulator.endpoint_url,
        region_name=REGION,
        aws_access_key_id=emulator.environment["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=emulator.environment["AWS_SECRET_ACCESS_KEY"],
    )
    return create_active_hierarchy(client).subordinate_arn


@pytest.fixture(scope="session")
def tarball(checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the tarball for Galaxy, built by the README's command with all that lies about in the checkout."""
    output = tmp_path_factory.mktemp("build")
    subprocess.run(["make", "build", f"DIST={output}"], cwd=checkout, check=True, capture_output=True)
    (built,) = output.glob("fleet_pki-aws_private_ca-*.tar.gz")
    return built


@pytest.fixture(scope="session")
def declared(tarball: Path, stage: Path, tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Return the Python packages that ansible-builder finds declared by the artifact and its dependency."""
    folder = tmp_path_factory.mktemp("introspected")
    own = folder / "ansible_collections/fleet_pki/aws_private_ca"
    own.mkdir(parents=True)
    with tarfile.open(tarball) as archive:
        archive.extractall(own, filter="data")
    (folder / "ansible_collections/amazon").symlink_to((stage / "ansible_collections/amazon").resolve())
    written = folder / "requirements.txt"
    introspect = [str(TOOLS / "ansible-builder"), "introspect", str(folder), "--write-pip", str(written)]
    subprocess.run(introspect, check=True, capture_output=True)
    return [line.split("#")[0].strip() for line in written.read_text().splitlines() if line.strip()]


@pytest.fixture(scope="session")
def engine(declared: list[str], checkout: Path) -> Path:
    """Return the Python of an environment with Ansible, ansible-runner and what is declared, as an image has them."""
    dependencies = yaml.safe_load((checkout / DEFINITION).read_text())["dependencies"]
    return make_engine([dependencies[key]["package_pip"] for key in ("ansible_core", "ansible_runner")] + declared)


@pytest.fixture(scope="session")
def installed(
    tarball: Path, engine: Path, stage: Path, short_directory: Path, tmp_path_factory: pytest.TempPathFactory
) -> Installed:
    """Return the artifact, installed without a network into an empty collections path of a clean environment."""
    made = Installed(tmp_path_factory.mktemp("collections"), engine, short_directory)
    made.install(tarball, stage)
    return made
