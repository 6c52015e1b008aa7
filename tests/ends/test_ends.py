# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The oldest and the newest of what is supported, on hosts and on the control node: every test run takes them along."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import warnings
from collections.abc import Callable
from pathlib import Path

import pytest

from setup.ends import (
    CORE_TESTS,
    HOST_TESTS,
    HOST_TESTS_OF_THE_DISK,
    HOST_TESTS_OVER_ANSIBLE,
    End,
    choose_ends,
)
from setup.environments import make_copy
from setup.nested_tests import NestedRun, count_tests, run_tests
from setup.sanity import run_sanity

Say = Callable[[str, object], None]
CORE_ENDS = ["core-oldest", "core-newest"]
PYTHON = "import platform; print('Python', platform.python_version())"
ENDS = choose_ends()
HOST_ENDS = [name for name in ENDS if name.startswith("hosts-")]


def require_passed(run: NestedRun, wanted: int) -> None:
    if run.passed != wanted or not wanted:
        pytest.fail(f"{wanted} tests were to pass:\n{run.output}", pytrace=False)


def ask(python: Path, question: str) -> str:
    return subprocess.run([python, "-W", "ignore", "-c", question], check=True, capture_output=True, text=True).stdout


def say(record: Say, end: End, what: str) -> None:
    record("end", f"{end.name}: {what}")
    if end.notice:
        warnings.warn(end.notice, stacklevel=2)


@pytest.mark.parametrize("name", HOST_ENDS)
def test_the_host_modules_work_at_this_end_without_boto3(name: str, record_property: Say) -> None:
    end = ENDS[name]
    python = end.provide()
    assert ask(python, "import importlib.util; print(importlib.util.find_spec('boto3'))") == "None\n"
    left_out = (*HOST_TESTS_OVER_ANSIBLE, *(HOST_TESTS_OF_THE_DISK if name == "hosts-newest" else ()))
    inside = [*HOST_TESTS, *(f"--ignore={path}" for path in left_out)]
    run = run_tests(python, inside, f"{end.folder}/stage .stage tests/utils", {})
    require_passed(run, count_tests(inside))
    over = {"FLEET_PKI_HOST_PYTHON": str(python), "PYTHONPATH": ""}
    over_ansible = run_tests(sys.executable, HOST_TESTS_OVER_ANSIBLE, ".stage tests/utils", over)
    require_passed(over_ansible, count_tests(HOST_TESTS_OVER_ANSIBLE))
    versions = (
        "import platform, cryptography as c; print('Python', platform.python_version(), 'cryptography', c.__version__)"
    )
    say(record_property, end, f"{ask(python, versions).strip()}: {run.closing}; over Ansible {over_ansible.closing}")


@pytest.mark.parametrize("name", CORE_ENDS)
def test_flow_role_and_modules_work_at_this_end(name: str, record_property: Say) -> None:
    end = ENDS[name]
    python = end.provide()
    stage = end.folder / "stage"
    variables = {"FLEET_PKI_STAGE": str(stage), "PATH": f"{python.parent}{os.pathsep}{os.environ['PATH']}"}
    variables["ANSIBLE_COLLECTIONS_PATH"] = str(stage)
    run = run_tests(python, CORE_TESTS, f"{stage} tests/utils", variables)
    require_passed(run, count_tests(CORE_TESTS))
    core = ask(python, "import ansible.release; print(ansible.release.__version__)").strip()
    say(record_property, end, f"{ask(python, PYTHON).strip()}, ansible-core {core}: {run.closing}")


@pytest.mark.parametrize("name", CORE_ENDS)
def test_sanity_passes_at_this_end(name: str, record_property: Say, tmp_path: Path) -> None:
    end = ENDS[name]
    python = end.provide()
    copy = make_copy(tmp_path, end.folder, python, str(end.distribution))
    if name == "core-oldest":  # nobody installs the tests; the newest reads them as well
        shutil.rmtree(copy / "tests")
    run = run_sanity(copy, end.folder / "home", python.parent)
    if run.returncode or run.skipped:
        pytest.fail("\n".join([f"ansible-test sanity (all of it: {run.log})", *run.findings, *run.skipped]))
    for line in run.missing_interpreters:
        warnings.warn(line, stacklevel=1)
    say(record_property, end, "ansible-test sanity passed")


def test_no_sanity_check_is_ignored(checkout: Path) -> None:
    ignored = [path for path in (checkout / "tests/sanity").glob("ignore-*.txt") if path.read_text().strip()]
    assert not ignored
