# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the README says of commands and pages is so. Its steps are taken in test_demo and test_tarball."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import yaml

from pages import list_commands, quote_command
from source_tree import CHECKOUT

README = (CHECKOUT / "README.md").read_text("utf-8")


def test_every_guide_and_page_is_linked_from_the_readme() -> None:
    pages = {path.name for path in (CHECKOUT / "docs/docsite/rst").glob("*.rst")}
    assert pages - set(re.findall(r"\(docs/docsite/rst/(\w+\.rst)\)", README)) == set()
    linked = re.findall(r"\]\(([^)#:]+)\)", README)
    assert [path for path in linked if not (CHECKOUT / path).exists()] == []


def run(command: str, directory: Path, **environment: str) -> str:
    """Return what the command prints; it must succeed."""
    kept = {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}", "HOME": str(directory)}
    done = subprocess.run(
        command.split(), cwd=directory, env={**kept, **environment}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_each_command_for_documentation_prints_some(stage: Path, tmp_path: Path) -> None:
    path = str(stage)
    option = quote_command("README", "ansible-doc fleet_pki.aws_private_ca.host_certificate")
    assert "renew_before" in run(option, tmp_path, ANSIBLE_COLLECTIONS_PATH=path)
    variable = quote_command("README", "ansible-doc -t role")
    assert "host_certificate_renew_before" in run(variable, tmp_path, ANSIBLE_COLLECTIONS_PATH=path)


def test_the_help_of_make_lists_what_the_readme_names() -> None:
    listed = re.findall(r"^  make ([a-z-]+) ", run(quote_command("README", "make help"), CHECKOUT), re.MULTILINE)
    named = {command.split()[1] for command in list_commands("README") if command.startswith("make ")}
    assert named - {"help"} <= set(listed)


def test_readme_and_metadata_say_what_the_inclusion_checklist_of_ansible_asks_of_them() -> None:
    metadata = yaml.safe_load((CHECKOUT / "galaxy.yml").read_text("utf-8"))
    assert metadata["tags"] and metadata["license"] == ["GPL-3.0-or-later"]
    assert [
        bound for bound in metadata["dependencies"].values() if not re.fullmatch(r">=[1-9]\d*\.\d+\.\d+", bound)
    ] == []
    assert metadata["repository"] in README and metadata["issues"] in README
    assert re.search(r"\]\(https://\S+/code_of_conduct\.html\)", README)
    assert "CHANGELOG.rst" in README and "https://semver.org/" in README
    assert "pull requests" in (CHECKOUT / "CONTRIBUTING.md").read_text("utf-8")
