# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the README says of commands, libraries and pages is so. Its playbook is run from the artifact (test_tarball)."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from guides import read_commands

from source_tree import CHECKOUT

README = (CHECKOUT / "README.md").read_text("utf-8")
COMMANDS = re.findall(r"`(ansible-doc [^`]+|make [^`]+)`", README)


def test_what_the_readme_has_installed_is_what_the_collection_declares_to_need() -> None:
    (libraries,) = re.findall(r"^python3 -m pip install (.+)$", README, re.MULTILINE)
    declared = (CHECKOUT / "meta/ee-requirements.txt").read_text()
    named = set(re.findall(r"^([a-z0-9]+)>=", declared, re.MULTILINE)) - {"botocore"}  # boto3 brings it
    assert set(libraries.split()) == named
    assert libraries in read_commands("guide_first_certificate")[1]


def test_every_guide_and_page_is_linked_from_the_readme() -> None:
    pages = {path.name for path in (CHECKOUT / "docs/docsite/rst").glob("*.rst")}
    assert pages - set(re.findall(r"\(docs/docsite/rst/(\w+\.rst)\)", README)) == set()
    linked = re.findall(r"\]\(([^)#:]+)\)", README)
    assert [path for path in linked if not (CHECKOUT / path).exists()] == []


@pytest.mark.parametrize("command", [command for command in COMMANDS if command.startswith("ansible-doc")])
def test_each_command_for_documentation_prints_some(command: str, stage: Path, tmp_path: Path) -> None:
    environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "ANSIBLE_COLLECTIONS_PATH": str(stage)}
    words = [str(Path(sys.executable).with_name("ansible-doc")), *shlex.split(command)[1:]]
    if words[1:] == ["-t", "role"]:
        words += ["-l", "fleet_pki.aws_private_ca"]
    done = subprocess.run(words, env=environment, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "host_certificate" in done.stdout


def test_each_target_of_make_that_the_readme_names_is_one() -> None:
    shell = re.findall(r"^make ([a-z-]+)$", README, re.MULTILINE)
    targets = {word for command in COMMANDS if command.startswith("make") for word in command.split()[1:]} | {*shell}
    defined = set(re.findall(r"^([a-z-]+):", (CHECKOUT / "Makefile").read_text(), re.MULTILINE))
    assert targets >= {"demo", "test"}
    assert targets <= defined
