# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The program that the action sends, as a host runs it: from standard input, with nothing else of the collection."""

from __future__ import annotations

import ast
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._host_call import HOST_MODULES
from ansible_collections.fleet_pki.aws_private_ca.plugins.plugin_utils._host_calls import build_program
from host_lineage import HostLineage, find_fault

PROGRAM = build_program()
PYTHON = os.environ.get("FLEET_PKI_HOST_PYTHON", sys.executable)
SECRET = "correct horse battery"


def start(program: str, directory: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the program in a directory, as pipelining does."""
    clean = {"PATH": os.environ["PATH"], "HOME": str(directory), **environment}
    return subprocess.run(
        [PYTHON], input=program, cwd=directory, env=clean, capture_output=True, text=True, check=False
    )


def fill_in(module: str, options: dict[str, Any], *, check_mode: bool = False, rehearse: bool = False) -> str:
    """Return the program with the call in it, as Ansible puts it there."""
    spec = HOST_MODULES[module].argument_spec
    given = {name: options.get(name, option.get("default")) for name, option in spec.items()}
    call = {"module": module, "options": given, "_ansible_check_mode": check_mode, "rehearse": rehearse}
    return PROGRAM.replace("<<INCLUDE_ANSIBLE_MODULE_JSON_ARGS>>", json.dumps(call))


def call(directory: Path, module: str, options: dict[str, Any], **modes: bool) -> dict[str, Any]:
    done = start(fill_in(module, options, **modes), directory)
    assert (done.returncode, done.stderr) == (0, "")
    return dict(json.loads(done.stdout))


def test_a_host_goes_through_the_five_steps(lineage: HostLineage, tmp_path: Path) -> None:
    options = lineage.options
    checked = call(tmp_path, "host_certificate_request", options, check_mode=True)
    assert (checked["action"], checked["changed"]) == ("issue", True) and not lineage.base.exists()
    asked = call(tmp_path, "host_certificate_request", options)
    issued = {**options, **lineage.issue(asked)}
    assert call(tmp_path, "host_certificate_install", issued, check_mode=True)["changed"] and not lineage.live.exists()
    done = call(tmp_path, "host_certificate_install", issued)
    assert done["changed"] and find_fault(lineage.live) is None
    for check_mode in (False, True):
        again = call(tmp_path, "host_certificate_request", options, check_mode=check_mode)
        assert (again["action"], again["changed"], again["current"]) == ("none", False, done["current"])
    listed = call(tmp_path, "host_certificate_info", {"base_directory": str(lineage.base)})
    assert [each["current"] for each in listed["lineages"]] == [done["current"]]
    other = call(tmp_path, "host_certificate_request", {**options, "key_algorithm": "RSA_2048"}, check_mode=True)
    assert [each["reason"] for each in other["reasons"]] == ["key_parameters_changed"]


def test_a_rehearsal_writes_nothing_though_the_task_is_not_in_check_mode(lineage: HostLineage, tmp_path: Path) -> None:
    lineage.run()
    options = {**lineage.options, "state": "absent"}
    assert call(tmp_path, "host_certificate_install", options, rehearse=True)["changed"] and lineage.live.exists()
    assert call(tmp_path, "host_certificate_install", options)["changed"] and not lineage.path.exists()


def test_bad_input_is_a_failed_result_with_a_sentence(lineage: HostLineage, tmp_path: Path) -> None:
    failed = call(tmp_path, "host_certificate_request", {**lineage.options, "name": "../escape"})
    assert failed["failed"] and failed["msg"].startswith("Failed to accept the name of a lineage (../escape)")


def test_text_of_every_kind_arrives_as_it_was_sent(lineage: HostLineage, tmp_path: Path) -> None:
    name = "\"\"\"'''\\n\\ é \N{SNOWMAN} <<SOURCES>>"
    assert name in call(tmp_path, "host_certificate_request", {**lineage.options, "name": name})["msg"]


def test_a_home_directory_in_a_path_is_the_hosts(lineage: HostLineage, tmp_path: Path) -> None:
    call(tmp_path, "host_certificate_request", {**lineage.options, "base_directory": "~/certificates"})
    assert (tmp_path / "certificates/web/pending/request.pem").is_file()
    variable = {**lineage.options, "base_directory": "${HOME}/others", "adopt": {"key": "~/k", "certificate": "~/c"}}
    refused = call(tmp_path, "host_certificate_request", variable)
    assert f"{tmp_path}/" in json.dumps(refused) and "~" not in json.dumps(refused)


def test_a_secret_that_a_command_prints_is_in_no_result(lineage: HostLineage, tmp_path: Path) -> None:
    options = {**lineage.options, "key_passphrase": SECRET, "validate_command": ["sh", "-c", f"echo '{SECRET}'; false"]}
    asked = call(tmp_path, "host_certificate_request", options)
    failed = call(tmp_path, "host_certificate_install", {**options, **lineage.issue(asked)})
    assert failed["step"] == "validate" and "********" in failed["output"]
    assert SECRET not in json.dumps(failed)
    readable = [path for path in lineage.path.rglob("*") if path.is_file() and path.stat().st_mode & 0o077]
    recorded = [lineage.path / "state.json", *readable]
    assert not [path for path in recorded if SECRET in path.read_text(encoding="utf-8")]


def test_a_secret_that_is_part_of_a_name_leaves_the_facts_alone(lineage: HostLineage, tmp_path: Path) -> None:
    options = {**lineage.options, "key_passphrase": "example.com"}
    asked = call(tmp_path, "host_certificate_request", options)
    done = call(tmp_path, "host_certificate_install", {**options, **lineage.issue(asked)})
    assert done["current"]["subject_alternative_names"] == options["subject_alternative_names"]
    assert any("example.com" in name for name in options["subject_alternative_names"])


def test_modules_that_lie_where_the_user_happens_to_be_are_not_imported(lineage: HostLineage, tmp_path: Path) -> None:
    for name in ("json", "zlib", "typing", "hashlib", "cryptography", "ansible_collections"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit('hijacked')")
    assert call(tmp_path, "host_certificate_request", lineage.options)["action"] == "issue"


def test_a_fault_of_ours_names_module_and_line(lineage: HostLineage, tmp_path: Path) -> None:
    program = fill_in("host_certificate_request", {**lineage.options, "terms": 7})
    done = start(program, tmp_path)
    assert done.returncode != 0 and not done.stdout
    assert re.search(r'module_utils\._lineage\.options", line \d+, in read_lineage_options', done.stderr)


def test_a_python_that_is_too_old_is_refused_in_a_sentence(lineage: HostLineage, tmp_path: Path) -> None:
    program = fill_in("host_certificate_request", lineage.options)
    done = start(program.replace("OLDEST_PYTHON = (3, 8)", "OLDEST_PYTHON = (9, 9)"), tmp_path)
    failed = json.loads(done.stdout)
    assert failed["failed"] and "and 9.9 or newer is needed. Install it" in failed["msg"]


@pytest.mark.parametrize("minor", [6, 8])
def test_old_pythons_can_read_the_program(minor: int) -> None:
    assert ast.parse(PROGRAM, feature_version=(3, minor))
