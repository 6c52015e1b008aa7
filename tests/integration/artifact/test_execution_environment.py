# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The execution environment as far as a machine without containers can go: its definition, and all that lies in it.

ansible-builder builds as the guide says. What it asks a container engine to do is recorded, and of the image's own
steps the two that bring collections are run, against a Galaxy on loopback. Its base and system packages are not tried.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.fleet_pki.aws_private_ca.tests.integration.artifact.conftest import (
    DEFINITION,
    IMAGE,
    TOOLS,
    Installed,
    make_authority,
)
from packaging.requirements import Requirement

from emulator_process import EmulatorProcess
from pages import quote_command
from setup.matrix import read_supported_cores

HOST = "web1.example.com"
COMMAND = quote_command("guide_renewal", "ansible-builder build")
ENGINE = '#!/bin/sh\necho "podman $*" >>"$(dirname "$0")/asked"\n'


@dataclass(frozen=True)
class Workplace:
    """A folder that has the definition where the guide's command looks for it, and a container engine that obeys."""

    folder: Path

    def build(self) -> subprocess.CompletedProcess[str]:
        """Run the guide's command."""
        environment = {"PATH": f"{self.folder / 'bin'}:{TOOLS}:/usr/bin:/bin", "HOME": str(self.folder)}
        shell = ["bash", "-euc", COMMAND]
        return subprocess.run(shell, cwd=self.folder, env=environment, capture_output=True, text=True, check=False)

    @property
    def context(self) -> Path:
        """Return the folder that the engine is given."""
        return self.folder / "context"


@pytest.fixture
def workplace(checkout: Path, tarball: Path, tmp_path: Path) -> Workplace:
    definition = tmp_path / DEFINITION
    shutil.copytree((checkout / DEFINITION).parent, definition.parent)
    (tmp_path / "build").symlink_to(tarball.parent)
    engine = tmp_path / "bin/podman"
    engine.parent.mkdir()
    engine.write_text(ENGINE)
    engine.chmod(0o755)
    return Workplace(tmp_path)


def read_requirements(text: str) -> dict[str, Requirement]:
    """Return the requirements of a requirements file by name."""
    lines = [line.split("#")[0].strip() for line in text.splitlines()]
    return {requirement.name: requirement for requirement in map(Requirement, filter(None, lines))}


@pytest.fixture
def definition(checkout: Path) -> dict[str, Any]:
    return yaml.safe_load((checkout / DEFINITION).read_text())


def test_the_guides_command_has_an_image_built_of_the_definition(workplace: Workplace, tarball: Path) -> None:
    done = workplace.build()
    assert done.returncode == 0, done.stdout + done.stderr
    asked = (workplace.folder / "bin/asked").read_text().splitlines()
    assert asked == ["podman build -f context/Containerfile -t fleet-pki-ee context"]
    assert (workplace.context / "_build/bindep.txt").read_text().startswith("openssh-clients")
    assert (workplace.context / "_build/artifact" / tarball.name).read_bytes() == tarball.read_bytes()


def test_the_builder_refuses_a_definition_with_a_misspelt_key(workplace: Workplace, definition: dict[str, Any]) -> None:
    definition["dependencies"]["ansible_cor"] = definition["dependencies"].pop("ansible_core")
    (workplace.folder / DEFINITION).write_text(yaml.safe_dump(definition))
    done = workplace.build()
    assert done.returncode != 0
    assert "ansible_cor" in done.stdout + done.stderr
    assert not (workplace.folder / "bin/asked").exists()


def test_the_definition_allows_the_ansible_core_that_the_artifact_is_tried_on(
    checkout: Path, definition: dict[str, Any]
) -> None:
    asked = Requirement(definition["dependencies"]["ansible_core"]["package_pip"])
    (pinned,) = read_requirements((checkout / IMAGE).read_text())[asked.name].specifier
    assert asked.specifier.contains(pinned.version)
    assert int(pinned.version.split(".")[1]) in read_supported_cores()


def test_what_the_artifact_declares_is_what_its_code_needs(checkout: Path, declared: list[str]) -> None:
    found = read_requirements("\n".join(declared))
    own = read_requirements((checkout / "meta/ee-requirements.txt").read_text())
    assert set(own) == {"boto3", "botocore", "cryptography"}
    assert set(own) <= set(found)


def install_collections(workplace: Workplace, like: Installed) -> Installed:
    """Return what those steps of the image that call ansible-galaxy for collections install."""
    image = replace(like, collections=workplace.folder / "share/ansible/collections")
    steps = (workplace.context / "Containerfile").read_text()
    lines = re.findall(r"^RUN (.*ansible-galaxy collection install .+)$", steps, re.MULTILINE)
    assert len(lines) == 2
    for line in lines:
        image.run_line(line.replace("/usr/share", str(workplace.folder / "share")), workplace.context / "_build")
    return image


def test_ansible_runner_runs_the_role_with_the_collections_of_the_image(
    workplace: Workplace, installed: Installed, emulator: EmulatorProcess, tmp_path: Path
) -> None:
    workplace.build()
    image = install_collections(workplace, installed)
    authority = make_authority(emulator)
    role = {"role": "fleet_pki.aws_private_ca.host_certificate"}
    play = {"name": "In the environment", "hosts": "all", "gather_facts": False, "roles": [role]}
    variables = {
        "ansible_connection": "local",
        "ansible_python_interpreter": str(image.python),
        "host_certificate_certificate_authority_arn": authority,
        "host_certificate_base_directory": str(tmp_path / "host"),
    }
    private = tmp_path / "private"
    for name in ("project", "inventory"):
        (private / name).mkdir(parents=True)
    (private / "project/site.yml").write_text(json.dumps([play]))
    (private / "inventory/hosts.json").write_text(json.dumps({"all": {"hosts": {HOST: variables}}}))
    command = [str(image.python.with_name("ansible-runner")), "run", "--ident", "job", "--playbook", "site.yml"]
    environment = {**image.environment, **emulator.environment, "HOME": str(tmp_path)}
    done = subprocess.run([*command, str(private)], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert (private / "artifacts/job/status").read_text() == "successful"
    events = [json.loads(file.read_text()) for file in (private / "artifacts/job/job_events").glob("*.json")]
    (totals,) = [event["event_data"]["changed"] for event in events if event["event"] == "playbook_on_stats"]
    assert totals == {HOST: 1}
    live = tmp_path / "host/host/live"
    ca, chain, leaf = (str(live / name) for name in ("root.pem", "chain.pem", "cert.pem"))
    subprocess.run(["openssl", "verify", "-CAfile", ca, "-untrusted", chain, leaf], check=True)
