# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The execution environment as far as a machine without containers can go: its definition, and all that lies in it."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.fleet_pki.aws_private_ca.tests.integration.artifact.conftest import (
    DEFINITION,
    TOOLS,
    Installed,
    make_authority,
)
from packaging.requirements import Requirement

from emulator_process import EmulatorProcess
from setup.matrix import read_supported_cores

HOST = "web1.example.com"


def create_context(definition: Path, context: Path) -> subprocess.CompletedProcess[str]:
    """Let ansible-builder read the definition and write what a container engine would be given."""
    command = [str(TOOLS / "ansible-builder"), "create", "--file", str(definition)]
    command += ["--context", str(context), "--output-filename", "Containerfile"]
    return subprocess.run(command, cwd=context.parent, capture_output=True, text=True, check=False)


def read_requirements(text: str) -> dict[str, Requirement]:
    """Return the requirements of a requirements file by name."""
    lines = [line.split("#")[0].strip() for line in text.splitlines()]
    return {requirement.name: requirement for requirement in map(Requirement, filter(None, lines))}


@pytest.fixture
def definition(checkout: Path) -> dict[str, Any]:
    return yaml.safe_load((checkout / DEFINITION).read_text())


def test_the_builder_makes_a_build_context_of_the_definition(checkout: Path, tmp_path: Path) -> None:
    done = create_context(checkout / DEFINITION, tmp_path / "context")
    assert done.returncode == 0, done.stdout + done.stderr
    context = tmp_path / "context"
    instructions = (context / "Containerfile").read_text()
    assert "ansible-galaxy collection install" in instructions
    listed = yaml.safe_load((context / "_build/requirements.yml").read_text())["collections"]
    assert [each["name"] for each in listed] == ["fleet_pki.aws_private_ca"]
    assert (context / "_build/bindep.txt").read_text().startswith("openssh-clients")


def test_the_builder_refuses_a_definition_with_a_misspelt_key(
    checkout: Path, definition: dict[str, Any], tmp_path: Path
) -> None:
    (tmp_path / "requirements.yml").write_text((checkout / DEFINITION).with_name("requirements.yml").read_text())
    definition["dependencies"]["ansible_cor"] = definition["dependencies"].pop("ansible_core")
    (tmp_path / "execution-environment.yml").write_text(yaml.safe_dump(definition))
    done = create_context(tmp_path / "execution-environment.yml", tmp_path / "context")
    assert done.returncode != 0
    assert "ansible_cor" in done.stdout + done.stderr


def test_the_definition_asks_for_an_ansible_core_that_is_supported(definition: dict[str, Any]) -> None:
    asked = Requirement(definition["dependencies"]["ansible_core"]["package_pip"])
    assert asked.name == "ansible-core"
    assert [core for core in read_supported_cores() if asked.specifier.contains(f"2.{core}.999")]


def test_what_the_artifact_declares_is_what_its_code_needs(checkout: Path, declared: list[str]) -> None:
    found = read_requirements("\n".join(declared))
    own = read_requirements((checkout / "meta/ee-requirements.txt").read_text())
    assert set(own) == {"boto3", "botocore", "cryptography"}
    assert set(own) <= set(found)


def test_ansible_runner_runs_the_role_in_that_environment(
    installed: Installed, emulator: EmulatorProcess, tmp_path: Path
) -> None:
    authority = make_authority(emulator)
    role = {"role": "fleet_pki.aws_private_ca.host_certificate"}
    play = {"name": "In the environment", "hosts": "all", "gather_facts": False, "roles": [role]}
    variables = {
        "ansible_connection": "local",
        "ansible_python_interpreter": str(installed.python),
        "host_certificate_certificate_authority_arn": authority,
        "host_certificate_base_directory": str(tmp_path / "host"),
    }
    private = tmp_path / "private"
    for name in ("project", "inventory"):
        (private / name).mkdir(parents=True)
    (private / "project/site.yml").write_text(json.dumps([play]))
    (private / "inventory/hosts.json").write_text(json.dumps({"all": {"hosts": {HOST: variables}}}))
    command = [str(installed.python.with_name("ansible-runner")), "run", "--ident", "job", "--playbook", "site.yml"]
    environment = {**installed.environment, **emulator.environment, "HOME": str(tmp_path)}
    done = subprocess.run([*command, str(private)], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert (private / "artifacts/job/status").read_text() == "successful"
    events = [json.loads(file.read_text()) for file in (private / "artifacts/job/job_events").glob("*.json")]
    (totals,) = [event["event_data"]["changed"] for event in events if event["event"] == "playbook_on_stats"]
    assert totals == {HOST: 1}
    live = tmp_path / "host/host/live"
    ca, chain, leaf = (str(live / name) for name in ("root.pem", "chain.pem", "cert.pem"))
    subprocess.run(["openssl", "verify", "-CAfile", ca, "-untrusted", chain, leaf], check=True)
