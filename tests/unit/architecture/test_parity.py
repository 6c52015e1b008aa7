# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is written twice by necessity says the same twice; what can be written once is."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from source_tree import CHECKOUT, list_files

ROLES = sorted({path.parts[1] for path in list_files("roles/*/meta/argument_specs.yml")})


def read_yaml(path: str) -> Any:
    return yaml.safe_load((CHECKOUT / path).read_text("utf-8"))


def test_the_version_is_written_in_galaxy_yml_only() -> None:
    version = read_yaml("galaxy.yml")["version"]
    sources = list_files("plugins", "roles", "playbooks", "meta", "docs", "README.md", "Makefile", "pyproject.toml")
    repeated = [
        f"{path}: {line.strip()}"
        for path in sources
        for line in (CHECKOUT / path).read_text("utf-8", errors="replace").splitlines()
        if version in line and "version_added" not in line
    ]
    assert not repeated


def test_the_action_group_has_every_module_that_takes_aws_options() -> None:
    modules = {path.stem for path in list_files("plugins/modules/acm_*.py")} | {"host_certificate"}
    assert set(read_yaml("meta/runtime.yml")["action_groups"]["acm_pca"]) == modules
    fragment = "  - fleet_pki.aws_private_ca.attributes.action_group\n"
    assert {
        path.stem for path in list_files("plugins/modules/*.py") if fragment in (CHECKOUT / path).read_text()
    } == modules


@pytest.mark.parametrize("role", ROLES)
def test_the_defaults_of_a_role_are_those_of_its_argument_specs(role: str) -> None:
    options = read_yaml(f"roles/{role}/meta/argument_specs.yml")["argument_specs"]["main"]["options"]
    defaults_file = f"roles/{role}/defaults/main.yml"
    defaults = (read_yaml(defaults_file) or {}) if Path(CHECKOUT, defaults_file).exists() else {}
    documented = {name: option["default"] for name, option in options.items() if "default" in option}
    assert defaults == documented


@pytest.mark.parametrize("role", ROLES)
def test_the_tags_of_a_role_are_those_that_its_description_names(role: str) -> None:
    tasks = "".join((CHECKOUT / path).read_text("utf-8") for path in list_files(f"roles/{role}/tasks/*.yml"))
    carried = {tag.strip() for tags in re.findall(r"tags: \[(.*)\]", tasks) for tag in tags.split(",")}
    description = read_yaml(f"roles/{role}/meta/argument_specs.yml")["argument_specs"]["main"]["description"]
    assert set(re.findall(rf"C\(({role}\w*)\)", " ".join(description))) == carried - {"always"}


@pytest.mark.parametrize("role", ROLES)
def test_the_variables_of_a_role_carry_its_name(role: str) -> None:
    options = read_yaml(f"roles/{role}/meta/argument_specs.yml")["argument_specs"]["main"]["options"]
    assert [name for name in options if not name.startswith(f"{role}_")] == []
