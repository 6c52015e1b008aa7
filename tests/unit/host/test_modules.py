# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The modules as Ansible runs them: packed, sent, and run by another process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.fleet_pki.aws_private_ca.tests.utils import host_authority
from ansible_collections.fleet_pki.aws_private_ca.tests.utils.host_lineage import HostLineage, find_fault

STAGE = str(Path(host_authority.__file__).parents[5])


def run_module(name: str, options: dict[str, Any], tmp_path: Path, *arguments: str) -> dict[str, Any]:
    """Run a host module through the ansible command on this machine; returns its result."""
    environment = {
        **os.environ,
        "ANSIBLE_COLLECTIONS_PATH": STAGE,
        "ANSIBLE_HOME": str(tmp_path / "ansible"),
        "ANSIBLE_LOCALHOST_WARNING": "False",
        "ANSIBLE_INVENTORY_UNPARSED_WARNING": "False",
        "ANSIBLE_LOAD_CALLBACK_PLUGINS": "True",
        "ANSIBLE_STDOUT_CALLBACK": "ansible.builtin.tree",
        "ANSIBLE_CALLBACK_TREE_DIR": str(tmp_path / "tree"),
        "ANSIBLE_PYTHON_INTERPRETER": sys.executable,
        "ANSIBLE_NOCOLOR": "1",
    }
    command = [str(Path(sys.executable).parent / "ansible"), "localhost", "-c", "local"]
    command += ["-m", f"fleet_pki.aws_private_ca.{name}", "-a", json.dumps(options), "--tree", str(tmp_path / "tree")]
    done = subprocess.run([*command, *arguments], env=environment, capture_output=True, text=True, check=False)
    result = tmp_path / "tree" / "localhost"
    assert result.exists(), done.stdout + done.stderr
    found: dict[str, Any] = json.loads(result.read_text())
    assert "PRIVATE KEY" not in done.stdout + done.stderr + result.read_text()
    return found


@pytest.fixture
def options(lineage: HostLineage) -> dict[str, Any]:
    return lineage.options


def test_the_five_steps_of_the_host_modules(lineage: HostLineage, options: dict[str, Any], tmp_path: Path) -> None:
    checked = run_module("host_certificate_request", options, tmp_path, "--check")
    assert (checked["action"], checked["changed"]) == ("issue", True) and not lineage.base.exists()
    asked = run_module("host_certificate_request", options, tmp_path)
    assert (asked["action"], asked["reasons"]) == (checked["action"], checked["reasons"])
    install = {each: options[each] for each in options if each not in ("host", "max_clock_skew")}
    issued = {**install, **lineage.issue(asked)}
    predicted = run_module("host_certificate_install", issued, tmp_path, "--check")
    assert predicted["changed"] and not lineage.live.exists()
    done = run_module("host_certificate_install", issued, tmp_path)
    assert done["changed"] and done["current"] == predicted["current"] and find_fault(lineage.live) is None
    assert not run_module("host_certificate_install", issued, tmp_path)["changed"]
    again = run_module("host_certificate_request", options, tmp_path)
    assert (again["action"], again["changed"]) == ("none", False)
    again = run_module("host_certificate_request", options, tmp_path, "--check")
    assert (again["action"], again["changed"]) == ("none", False)
    info = run_module("host_certificate_info", {"base_directory": options["base_directory"]}, tmp_path)
    assert [each["current"] for each in info["lineages"]] == [done["current"]]
    changed = run_module("host_certificate_request", {**options, "key_algorithm": "RSA_2048"}, tmp_path, "--check")
    assert [each["reason"] for each in changed["reasons"]] == ["key_parameters_changed"]


def test_bad_input_is_told_in_a_sentence(options: dict[str, Any], tmp_path: Path) -> None:
    failed = run_module("host_certificate_request", {**options, "name": "../escape"}, tmp_path)
    assert failed["msg"].startswith("Failed to accept the name of a lineage (../escape)")
