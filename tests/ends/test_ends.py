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

import ansible.release
import pytest

from setup.ends import (
    CORE_TESTS,
    HOST_TESTS,
    HOST_TESTS_OF_THE_DISK,
    HOST_TESTS_OVER_ANSIBLE,
    choose_ends,
)
from setup.environments import CHECKOUT, OWN_PYTHON, make_copy
from setup.matrix import read_supported_cores
from setup.nested_tests import NestedRun, count_tests, run_tests
from setup.sanity import run_sanity

Say = Callable[[str, object], None]
ENDS = choose_ends()
HOST_ENDS = [name for name in ENDS if name.startswith("hosts-")]


def require_passed(run: NestedRun, wanted: int) -> None:
    if run.passed != wanted or not wanted:
        pytest.fail(f"{wanted} tests were to pass:\n{run.output}", pytrace=False)


def ask(python: Path, question: str) -> str:
    return subprocess.run([python, "-W", "ignore", "-c", question], check=True, capture_output=True, text=True).stdout


def describe_core(python: Path) -> str:
    question = "import platform, ansible.release as a; print('Python', platform.python_version() + ',', end=' ')"
    return ask(python, f"{question}; print('ansible-core', a.__version__)").strip()


def say(record: Say, name: str, what: str, notice: str = "") -> None:
    record("end", f"{name}: {what}")
    if notice:
        warnings.warn(notice, stacklevel=2)


def require_sane(copy: Path, folder: Path, python: Path) -> None:
    run = run_sanity(copy, folder / "home", python.parent)
    if run.returncode or run.skipped:
        pytest.fail("\n".join([f"ansible-test sanity (all of it: {run.log})", *run.findings, *run.skipped]))
    for line in run.missing_interpreters:
        warnings.warn(line, stacklevel=1)


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
    what = f"{ask(python, versions).strip()}: {run.closing}; over Ansible {over_ansible.closing}"
    say(record_property, name, what, end.notice)


def test_flow_role_and_modules_work_at_the_newest_end(record_property: Say) -> None:
    end = ENDS["core-newest"]
    python = end.provide()
    stage = end.folder / "stage"
    variables = {"FLEET_PKI_STAGE": str(stage), "PATH": f"{python.parent}{os.pathsep}{os.environ['PATH']}"}
    variables["ANSIBLE_COLLECTIONS_PATH"] = str(stage)
    run = run_tests(python, CORE_TESTS, f"{stage} tests/utils", variables)
    require_passed(run, count_tests(CORE_TESTS))
    say(record_property, "core-newest", f"{describe_core(python)}: {run.closing}", end.notice)


def test_everything_runs_at_the_oldest_end(record_property: Say) -> None:
    oldest = f"2.{read_supported_cores()[0]}."
    assert ansible.release.__version__.startswith(oldest), "development is to be on the oldest ansible-core"
    say(record_property, "core-oldest", f"{describe_core(OWN_PYTHON)}: all of these tests")


def test_sanity_passes_at_the_oldest_end_for_what_the_artifact_has(record_property: Say, tmp_path: Path) -> None:
    copy = make_copy(tmp_path)
    shutil.rmtree(copy / "tests")  # nobody installs them; the newest reads them as well
    require_sane(copy, CHECKOUT / ".cache/ends/core-oldest", OWN_PYTHON)
    say(record_property, "core-oldest", "ansible-test sanity passed")


def test_sanity_passes_at_the_newest_end(record_property: Say, tmp_path: Path) -> None:
    end = ENDS["core-newest"]
    python = end.provide()
    require_sane(make_copy(tmp_path, end.folder, python, str(end.distribution)), end.folder, python)
    say(record_property, "core-newest", "ansible-test sanity passed")


def test_no_sanity_check_is_ignored(checkout: Path) -> None:
    ignored = [path for path in (checkout / "tests/sanity").glob("ignore-*.txt") if path.read_text().strip()]
    assert not ignored
