# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The page of what is supported says what is tested, required and declared elsewhere."""

from __future__ import annotations

import re

import yaml
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._x509.library import MINIMUM_CRYPTOGRAPHY

from fleet.trees import RELEASES
from setup.ends import OLDEST_PYTHON
from setup.matrix import CONTROLLER_PYTHONS, read_supported_cores
from source_tree import CHECKOUT

PAGE = (CHECKOUT / "docs/docsite/rst/reference_support.rst").read_text("utf-8")
ROW = re.compile(r"^   \* - (.+)\n     - (.+)$", re.MULTILINE)
CONTROL_NODE, HOSTS = (dict(ROW.findall(part)) for part in PAGE.split("Hosts\n-----")[:2])


def test_each_ansible_core_of_the_matrix_is_named_with_its_pythons() -> None:
    named = {name: pythons for name, pythons in CONTROL_NODE.items() if re.fullmatch(r"2\.\d+", name)}
    tested = {core: CONTROLLER_PYTHONS[core] for core in read_supported_cores()}
    assert named == {f"2.{core}": ", ".join(f"3.{minor}" for minor in pythons) for core, pythons in tested.items()}


def test_the_libraries_of_the_control_node_are_those_that_the_collection_declares() -> None:
    declared = re.findall(r"^([a-z0-9]+)(>=.+)$", (CHECKOUT / "meta/ee-requirements.txt").read_text(), re.MULTILINE)
    dependencies = yaml.safe_load((CHECKOUT / "galaxy.yml").read_text())["dependencies"]
    required = {**dict(declared), **{f"collection ``{name}``": bound for name, bound in dependencies.items()}}
    named = {name: bound for name, bound in CONTROL_NODE.items() if bound.startswith(">=")}
    assert named == required


def test_the_library_of_all_is_one_version_everywhere() -> None:
    assert HOSTS["cryptography"] == f"{MINIMUM_CRYPTOGRAPHY} or newer"
    assert f"cryptography>={MINIMUM_CRYPTOGRAPHY}\n" in (CHECKOUT / "meta/ee-requirements.txt").read_text()


def test_hosts_are_those_that_tests_run_on() -> None:
    assert HOSTS["Python"] == f"{OLDEST_PYTHON[0]}.{OLDEST_PYTHON[1]} or newer"
    assert HOSTS["Debian"] == ", ".join(RELEASES)


def test_the_readme_and_the_page_agree() -> None:
    readme = " ".join((CHECKOUT / "README.md").read_text("utf-8").split())
    oldest = min(read_supported_cores())
    assert f"ansible-core 2.{oldest} or newer" in readme
    assert (
        f"hosts need Python {OLDEST_PYTHON[0]}.{OLDEST_PYTHON[1]} and `cryptography` {MINIMUM_CRYPTOGRAPHY}" in readme
    )
