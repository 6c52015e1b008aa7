# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The artifact that users get, in an environment that has what the README and its own metadata have them install."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest
import yaml

from emulator_process import REGION, EmulatorProcess
from local_galaxy import LocalGalaxy
from pages import quote_command
from playbook_run import PlaybookRunner
from private_ca_emulator.seeding import create_active_hierarchy
from setup.environments import make_engine, read_pins

TOOLS = Path(sys.executable).parent
DEFINITION = "docs/execution_environment/execution-environment.yml"
IMAGE = "requirements/ends/image.txt"
BUILD = quote_command("README", "make build")
ENVIRONMENT = quote_command("README", "python3 -m venv")
LIBRARIES = quote_command("README", "python3 -m pip")
CERTBOT = "certbot~=5.8"  # a guide has a command of it
INSTALL = quote_command("README", "ansible-galaxy")


@dataclass(frozen=True)
class Installed:
    """Collections that ansible-galaxy installed, and the environment that it is in and that runs them."""

    collections: Path
    python: Path
    home: Path
    galaxy: LocalGalaxy

    @property
    def environment(self) -> dict[str, str]:
        """Return all that a command of this environment knows."""
        return {
            "PATH": f"{self.python.parent}:{os.environ['PATH']}",
            "HOME": str(self.home),
            "LANG": "C.UTF-8",
            "ANSIBLE_COLLECTIONS_PATH": str(self.collections),
            "ANSIBLE_GALAXY_SERVER": self.galaxy.url,
        }

    def try_line(self, line: str, directory: Path) -> subprocess.CompletedProcess[str]:
        """Return what came of a line of shell, as a page shows it."""
        shell = ["bash", "-ec", line]
        return subprocess.run(shell, cwd=directory, env=self.environment, capture_output=True, text=True, check=False)

    def run_line(self, line: str, directory: Path) -> str:
        """Return what a line of shell prints; it must succeed."""
        done = self.try_line(line, directory)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    @property
    def runner(self) -> PlaybookRunner:
        """Return what runs playbooks in this environment."""
        return PlaybookRunner(self.collections, self.home, self.python)

    def read_documentation(self, kind: str, names: list[str]) -> dict[str, Any]:
        """Return what ansible-doc knows of the plugins of the kind."""
        return json.loads(self.run_line(f"ansible-doc --json --type {kind} {' '.join(names)}", self.home))


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
    output = tmp_path_factory.mktemp("built") / "build"
    subprocess.run([*BUILD.split(), f"DIST={output}"], cwd=checkout, check=True, capture_output=True)
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
    """Return the Python of the environment that the README has one make, with what an image has beyond it, and certbot.

    The README's lines bring all that the collection declares to need: the third one can find nothing more.
    """
    runner = yaml.safe_load((checkout / DEFINITION).read_text())["dependencies"]["ansible_runner"]["package_pip"]
    cut_off = "PIP_CONFIG_FILE=/dev/null python3 -m pip --isolated install --no-index"
    suffices = f"{cut_off} --requirement {checkout / 'meta/ee-requirements.txt'}"
    beyond = f"python3 -m pip install {shlex.join([runner, CERTBOT, *declared])}"
    return make_engine("\n".join([ENVIRONMENT, LIBRARIES, suffices, beyond]), read_pins(checkout / IMAGE))


@pytest.fixture(scope="session")
def galaxy(stage: Path) -> Iterator[LocalGalaxy]:
    """Serve the collections depended on."""
    with LocalGalaxy(stage / "ansible_collections") as server:
        yield server
        server.shutdown()


@pytest.fixture(scope="session")
def installed(
    tarball: Path, engine: Path, galaxy: LocalGalaxy, short_directory: Path, tmp_path_factory: pytest.TempPathFactory
) -> Installed:
    """Return the artifact as the README's line installs it, into an empty collections path of a clean environment."""
    made = Installed(tmp_path_factory.mktemp("collections"), engine, short_directory, galaxy)
    made.run_line(INSTALL, tarball.parents[1])
    return made
