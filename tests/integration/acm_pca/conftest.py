# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""CAs on the emulator, playbooks of API modules on this machine, CSRs by openssl."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import boto3
import pytest

from emulator_process import EmulatorProcess
from playbook_run import PlaybookRun
from private_ca_emulator import seeding
from private_ca_emulator.control import EmulatorControl

RunTasks = Callable[..., PlaybookRun]
MakeCsr = Callable[..., Path]
ACCESS_KEY = "AKIAEMULATORTESTING0"
ISSUE = "fleet_pki.aws_private_ca.acm_pca_issue_certificate"


def task(name: str, module: str = ISSUE, check: bool = False, may_fail: bool = False, **options: Any) -> dict[str, Any]:
    given = {option: value for option, value in options.items() if value is not None}
    keywords = {"check_mode": True} if check else {}
    return {"name": name, module: given, "ignore_errors": may_fail, "diff": True, **keywords}


def results(run: PlaybookRun) -> dict[str, dict[str, Any]]:
    return {result.task: {**result.result, "failed": result.status == "failed"} for result in run.results}


@pytest.fixture
def control(emulator: EmulatorProcess) -> EmulatorControl:
    """Return the emulator's control API."""
    return EmulatorControl(emulator.endpoint_url)


@pytest.fixture
def client(emulator: EmulatorProcess, control: EmulatorControl) -> Any:
    return boto3.client(
        "acm-pca",
        endpoint_url=emulator.endpoint_url,
        region_name="eu-central-1",
        aws_access_key_id=ACCESS_KEY,
        aws_secret_access_key="emulator",
    )


@pytest.fixture
def authority_arn(client: Any) -> str:
    """Return a subordinate CA below a root, both ACTIVE, with EC keys."""
    return seeding.create_active_hierarchy(client).subordinate_arn


@pytest.fixture
def make_csr(tmp_path: Path) -> MakeCsr:
    """Return a function that makes a key and a CSR with openssl and returns the CSR's path."""

    def make(name: str = "web", subject: str = "/CN=web.example.com", *options: str) -> Path:
        csr = tmp_path / f"{name}.csr"
        command = ["openssl", "req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
        command += ["-keyout", str(tmp_path / f"{name}.key"), "-out", str(csr), "-subj", subject, *options]
        subprocess.run(command, check=True, capture_output=True)
        return csr

    return make


@pytest.fixture
def run_tasks(run_playbook: Callable[..., PlaybookRun], emulator: EmulatorProcess, tmp_path: Path) -> RunTasks:
    """Return a function that runs tasks on this machine against the emulator, with a ledger of the test's own."""

    def run(tasks: Sequence[Mapping[str, Any]], *options: str, **environment: str) -> PlaybookRun:
        play = {
            "hosts": "localhost",
            "connection": "local",
            "gather_facts": False,
            "vars": {"ansible_python_interpreter": sys.executable},
            "module_defaults": {
                "fleet_pki.aws_private_ca.acm_pca_issue_certificate": {"ledger_path": str(tmp_path / "ledger.sqlite3")}
            },
            "tasks": list(tasks),
        }
        variables = {"AWS_URL": emulator.endpoint_url, **emulator.environment, **environment}
        return run_playbook([play], "localhost,", *options, environment=variables)

    return run
