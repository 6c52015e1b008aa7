# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The layers import one way, and what runs on a host can never reach AWS."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest
from ansible_collections.fleet_pki.aws_private_ca.plugins.plugin_utils._host_calls import read_sources

from source_tree import (
    CHECKOUT,
    COLLECTION,
    close_over_imports,
    find_imports,
    list_files,
    name_module,
    parse,
)

LAYERS = {
    "plugins/modules": {"module_utils"},
    "plugins/module_utils": {"module_utils"},
    "plugins/plugin_utils": {"module_utils", "plugin_utils"},
    "plugins/action": {"module_utils", "plugin_utils"},
}
SHIPPED_TO_HOSTS = ("plugins/modules", "plugins/module_utils")
HOST_MODULES = list_files("plugins/modules/host_certificate_*.py")
AWS_LIBRARIES = {"boto3", "botocore"}
FORBID_AWS = """
import importlib, sys

class Refusal:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in ("boto3", "botocore"):
            raise ImportError(f"a host has no {name}")

sys.meta_path.insert(0, Refusal())
importlib.import_module(sys.argv[1])
assert not {"boto3", "botocore"} & set(sys.modules)
"""


@pytest.mark.parametrize("layer", LAYERS)
def test_a_layer_imports_itself_and_those_below_only(layer: str) -> None:
    prefix = f"{COLLECTION}.plugins."
    wrong = [
        f"{path}: {name}"
        for path in list_files(f"{layer}/*.py")
        for name in find_imports(path)
        if name.startswith(prefix) and name.removeprefix(prefix).split(".")[0] not in LAYERS[layer] | {"doc_fragments"}
    ]
    assert not wrong


@pytest.mark.parametrize("layer", SHIPPED_TO_HOSTS)
def test_what_is_shipped_to_hosts_needs_of_ansible_only_what_is_shipped_too(layer: str) -> None:
    wrong = [
        f"{path}: {name}"
        for path in list_files(f"{layer}/*.py")
        for name in find_imports(path)
        if name.split(".")[0] == "ansible" and not name.startswith("ansible.module_utils.")
    ]
    assert not wrong


def test_only_entry_points_know_ansible_modules() -> None:
    knowing = [
        path
        for path in list_files("plugins/module_utils/*.py", "plugins/plugin_utils/*.py")
        if any(
            (isinstance(node, ast.Name) and node.id in ("AnsibleModule", "AnsibleAWSModule"))
            or (isinstance(node, ast.alias) and node.name in ("AnsibleModule", "AnsibleAWSModule"))
            for node in ast.walk(parse(path))
        )
    ]
    assert not knowing


@pytest.mark.parametrize("path", HOST_MODULES, ids=str)
def test_nothing_that_a_host_module_imports_names_an_aws_library(path: Path) -> None:
    wrong = [
        f"{file}: {name}"
        for file, names in close_over_imports(path).items()
        for name in names
        if name.split(".")[0] in AWS_LIBRARIES or name.startswith("ansible_collections.amazon.")
    ]
    assert not wrong


@pytest.mark.parametrize("path", HOST_MODULES, ids=str)
def test_a_host_module_is_imported_where_there_is_no_boto3(path: Path, stage: Path) -> None:
    command = [sys.executable, "-c", FORBID_AWS, name_module(path)]
    done = subprocess.run(command, env={"PYTHONPATH": str(stage)}, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_the_action_sends_hosts_every_source_that_a_call_can_import_and_nothing_that_names_an_aws_library() -> None:
    sent = {name for name, source in read_sources(CHECKOUT / "plugins/module_utils") if source is not None}
    needed = close_over_imports(Path("plugins/module_utils/_host_call.py"))
    assert {name_module(path) for path in needed if path.name != "__init__.py"} <= sent
    assert not [
        name for names in needed.values() for name in names if name.split(".")[0] in {*AWS_LIBRARIES, "ansible"}
    ]


def test_code_shared_by_plugins_is_private() -> None:
    shared = list_files("plugins/module_utils/*", "plugins/plugin_utils/*")
    assert not [path for path in shared if not path.parts[2].startswith("_")]


def test_package_files_are_empty() -> None:
    assert not [path for path in list_files("*__init__.py") if (CHECKOUT / path).stat().st_size]
