# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is written twice must say the same: options and their documentation, the role and its action."""

from __future__ import annotations

import ast
import importlib
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._assumed_role import ASSUME_ROLE_OPTIONS
from ansible_collections.fleet_pki.aws_private_ca.plugins.plugin_utils._options import (
    ARGUMENT_SPEC,
    list_connection_options,
)
from ansible_collections.fleet_pki.aws_private_ca.plugins.plugin_utils._outcome import Outcome, build_result

COLLECTION = Path(__file__).resolve().parents[3]
COMPARED = ("type", "default", "choices", "aliases", "required", "elements")


def read_documentation(name: str) -> dict[str, Any]:
    module = ast.parse((COLLECTION / "plugins/modules/host_certificate.py").read_text())
    for node in module.body:
        if isinstance(node, ast.Assign) and [ast.unparse(target) for target in node.targets] == [name]:
            return yaml.safe_load(ast.literal_eval(node.value))
    raise LookupError(name)


def documented_options() -> dict[str, Any]:
    documentation = read_documentation("DOCUMENTATION")
    documented = dict(documentation["options"])
    for fragment in documentation["extends_documentation_fragment"]:
        namespace, name, file, variable = [*fragment.split("."), "documentation"][:4]
        module = importlib.import_module(f"ansible_collections.{namespace}.{name}.plugins.doc_fragments.{file}")
        documented.update(yaml.safe_load(getattr(module.ModuleDocFragment, variable.upper())).get("options", {}))
    return documented


def describe(option: Mapping[str, Any], inner: str) -> dict[str, Any]:
    described = {name: option[name] for name in COMPARED if option.get(name) not in (None, False, [])}
    if "aliases" in described:
        described["aliases"] = sorted(described["aliases"])  # their order means nothing, and differs between releases
    described.setdefault("type", "str")
    if inner in option:
        described["options"] = {name: describe(each, inner) for name, each in option[inner].items()}
    return described


def test_every_option_of_the_action_is_documented_as_it_is() -> None:
    documented = {name: describe(option, "suboptions") for name, option in documented_options().items()}
    accepted = {name: describe(option, "options") for name, option in ARGUMENT_SPEC.items()}
    assert accepted == documented


def test_every_key_of_the_result_is_documented() -> None:
    outcome = Outcome(name="web", action="none", reasons=(), predicted=False, before=None, after=None)
    assert set(build_result(outcome)) - {"changed", "diff", "warnings"} == set(read_documentation("RETURN"))


def test_the_role_passes_on_every_option_of_the_action_but_those_of_the_connection() -> None:
    tasks = yaml.safe_load((COLLECTION / "roles/host_certificate/tasks/certificates.yml").read_text())
    given = tasks[0]["fleet_pki.aws_private_ca.host_certificate"]
    assert list(given) == ["defaults"]
    passed = dict(re.findall(r"\b(\w+)=(host_certificate_\w+)\b", given["defaults"]))
    assert passed == {name: f"host_certificate_{name}" for name in passed}
    of_connection = {"profile", "region", "endpoint_url", *ASSUME_ROLE_OPTIONS}
    expected = set(ARGUMENT_SPEC) - set(list_connection_options()) | of_connection
    assert set(passed) == expected - {"name", "defaults"}


def test_defaults_of_the_role_are_those_of_the_action() -> None:
    defaults = yaml.safe_load((COLLECTION / "roles/host_certificate/defaults/main.yml").read_text())
    for name, option in ARGUMENT_SPEC.items():
        if option.get("default") not in (None, False) and f"host_certificate_{name}" in defaults:
            assert defaults[f"host_certificate_{name}"] == option["default"], name


SAID_SHORTER = {"source", "certificate_arn", "revoke_superseded"}


def test_the_role_says_of_an_option_what_the_action_says() -> None:
    specs = yaml.safe_load((COLLECTION / "roles/host_certificate/meta/argument_specs.yml").read_text())
    options = specs["argument_specs"]["main"]["options"]
    for name, option in read_documentation("DOCUMENTATION")["options"].items():
        if f"host_certificate_{name}" in options and name not in SAID_SHORTER:
            said = yaml.safe_dump(option["description"]).replace("O(", "O(host_certificate_")
            assert yaml.safe_load(said) == options[f"host_certificate_{name}"]["description"], name
