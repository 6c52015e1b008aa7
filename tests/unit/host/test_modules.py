# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The modules as Ansible runs them: packed, sent, and run by another process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from host_lineage import HostLineage, find_fault

BIN = Path(sys.executable).parent
ModuleRunner = Callable[..., dict[str, Any]]


@pytest.fixture
def run_module(stage: Path, tmp_path: Path) -> ModuleRunner:
    """Return a function that runs a host module through the ansible command on this machine."""

    def run(name: str, options: dict[str, Any], *arguments: str) -> dict[str, Any]:
        environment = {
            **os.environ,
            "ANSIBLE_COLLECTIONS_PATH": str(stage),
            "ANSIBLE_HOME": str(tmp_path / "ansible"),
            "ANSIBLE_PYTHON_INTERPRETER": os.environ.get("FLEET_PKI_HOST_PYTHON", sys.executable),
            "ANSIBLE_NOCOLOR": "1",
        }
        command = [str(BIN / "ansible"), "localhost", "-c", "local", "-m", f"fleet_pki.aws_private_ca.{name}"]
        command += ["-a", json.dumps(options), "--tree", str(tmp_path / "tree"), *arguments]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        result = tmp_path / "tree" / "localhost"
        assert result.exists(), done.stdout + done.stderr
        found: dict[str, Any] = json.loads(result.read_text())
        assert "PRIVATE KEY" not in done.stdout + done.stderr + result.read_text()
        return found

    return run


def test_the_five_steps_of_the_host_modules(lineage: HostLineage, run_module: ModuleRunner) -> None:
    options = lineage.options
    checked = run_module("host_certificate_request", options, "--check")
    assert (checked["action"], checked["changed"]) == ("issue", True) and not lineage.base.exists()
    asked = run_module("host_certificate_request", options)
    assert (asked["action"], asked["reasons"]) == (checked["action"], checked["reasons"])
    install = {each: options[each] for each in options if each not in ("host", "max_clock_skew")}
    issued = {**install, **lineage.issue(asked)}
    predicted = run_module("host_certificate_install", issued, "--check")
    assert predicted["changed"] and not lineage.live.exists()
    done = run_module("host_certificate_install", issued)
    assert done["changed"] and done["current"] == predicted["current"] and find_fault(lineage.live) is None
    assert not run_module("host_certificate_install", issued)["changed"]
    again = run_module("host_certificate_request", options)
    assert (again["action"], again["changed"]) == ("none", False)
    again = run_module("host_certificate_request", options, "--check")
    assert (again["action"], again["changed"]) == ("none", False)
    info = run_module("host_certificate_info", {"base_directory": options["base_directory"]})
    assert [each["current"] for each in info["lineages"]] == [done["current"]]
    changed = run_module("host_certificate_request", {**options, "key_algorithm": "RSA_2048"}, "--check")
    assert [each["reason"] for each in changed["reasons"]] == ["key_parameters_changed"]


def test_bad_input_is_told_in_a_sentence(lineage: HostLineage, run_module: ModuleRunner) -> None:
    failed = run_module("host_certificate_request", {**lineage.options, "name": "../escape"})
    assert failed["msg"].startswith("Failed to accept the name of a lineage (../escape)")


def test_no_key_and_no_passphrase_is_in_any_output_however_verbose(
    lineage: HostLineage, run_module: ModuleRunner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    passphrase, log = "correct horse battery", tmp_path / "log"
    (tmp_path / "passphrase").write_text(passphrase)
    monkeypatch.setenv("ANSIBLE_LOG_PATH", str(log))
    read = f"{{{{ lookup('ansible.builtin.file', '{tmp_path}/passphrase') }}}}"
    secret = {"key_passphrase": read, "keystore_passphrase": read, "formats": ["pkcs12", "combined"]}
    verbose = ("-vvvv", "--diff")
    asked = run_module("host_certificate_request", {**lineage.options, **secret}, *verbose)
    install = {each: lineage.options[each] for each in lineage.options if each not in ("host", "max_clock_skew")}
    done = run_module("host_certificate_install", {**install, **secret, **lineage.issue(asked)}, *verbose)
    assert done["changed"] and find_fault(lineage.live, passphrase.encode()) is None
    printed = log.read_text() + json.dumps([asked, done])
    assert "CERTIFICATE REQUEST" in printed and "PRIVATE KEY" not in printed and passphrase not in printed
    for path in tmp_path.rglob("*"):
        if path.is_file() and path.name != "passphrase":
            content = path.read_bytes()
            assert passphrase.encode() not in content, path
            assert b"PRIVATE KEY" not in content or path.stat().st_mode & 0o077 == 0, path
