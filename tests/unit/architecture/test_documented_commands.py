# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every command that README, guides and the other pages below docs/ show is run by a test, or is named here."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from pages import list_commands, list_pages, quote_command
from source_tree import CHECKOUT, list_files, parse

NOT_RUN = {
    "make test": "it is what runs this",
    "ansible-test sanity": "tests/ends runs it, with options and a home that a machine without containers needs",
    "make test-matrix": "tests/ends runs the two ends of it by the same functions; all of it takes hours",
    "make test-hosts": "tests/ends runs the two ends of it by the same functions; all of it takes long",
}


def find_commands_run() -> set[str]:
    """Return each command that some test quotes in order to run it."""
    calls = (
        node
        for path in list_files("tests/*.py")
        if path.name != Path(__file__).name and "quote_command" in (CHECKOUT / path).read_text("utf-8")
        for node in ast.walk(parse(path))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "quote_command"
    )
    return {quote_command(*(ast.literal_eval(argument) for argument in call.args)) for call in calls}


def test_every_command_of_the_pages_is_run_by_a_test_or_named_with_a_reason() -> None:
    shown = {command: page.name for page in list_pages() for command in list_commands(page.stem)}
    run = find_commands_run()
    assert {command: page for command, page in shown.items() if command not in run | NOT_RUN.keys()} == {}
    assert NOT_RUN.keys() <= shown.keys() - run


def test_every_shell_block_is_of_a_kind_that_is_read() -> None:
    opening = re.compile(r"^ *(?:```|\.\. (?:code|code-block|sourcecode):: *)(\S.*)$", re.MULTILINE)
    kinds = {kind for page in list_pages() for kind in opening.findall(page.read_text("utf-8"))}
    assert kinds <= {"bash", "console", "ini", "json", "nginx", "python", "text", "yaml"}


def test_every_reload_that_is_shown_starts_a_service_that_could_not_run_before_its_first_certificate() -> None:
    texts = [page.read_text("utf-8") for page in list_pages()]
    texts += [(CHECKOUT / path).read_text("utf-8") for path in list_files("plugins/modules/*.py", "roles", "playbooks")]
    shown = re.findall(r"reload_command: systemctl ([\w-]+)", "\n".join(texts))
    assert set(shown) == {"reload-or-restart"}


def test_every_target_of_make_that_is_not_run_is_one() -> None:
    defined = set(re.findall(r"^([a-z-]+):", (CHECKOUT / "Makefile").read_text(), re.MULTILINE))
    assert {command.split()[1] for command in NOT_RUN if command.startswith("make ")} <= defined
