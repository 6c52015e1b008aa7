# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""CONTRIBUTING.md: its picture draws the arrows that the code has, and no other; what it names is there."""

from __future__ import annotations

import re

from source_tree import CHECKOUT, COLLECTION, find_imports, list_files

GUIDE = (CHECKOUT / "CONTRIBUTING.md").read_text("utf-8")


def list_imported_layers() -> set[tuple[str, str]]:
    """Return each pair of plugin folders of which the first imports from the second."""
    prefix = f"{COLLECTION}.plugins."
    pairs = {
        (path.parts[1], name.removeprefix(prefix).split(".")[0])
        for path in list_files("plugins/*.py")
        for name in find_imports(path)
        if name.startswith(prefix)
    }
    return {(importing, imported) for importing, imported in pairs if importing != imported}


def test_the_arrows_between_the_layers_are_those_of_the_imports() -> None:
    (picture,) = (block for block in re.findall(r"^```\w*\n(.*?)^```$", GUIDE, re.M | re.S) if "▶" in block)
    drawn = set(re.findall(r"plugins/(\w+) ─+▶ (?=plugins/(\w+))", picture))
    assert drawn == list_imported_layers()


def test_every_decision_is_linked_and_every_link_leads_somewhere() -> None:
    linked = set(re.findall(r"\]\(([^)#:]+)\)", GUIDE))
    assert {str(path) for path in list_files("docs/decisions/*.md")} - linked == set()
    assert [link for link in linked if not (CHECKOUT / link).exists()] == []


def test_every_room_of_tests_is_named_and_every_command_is_one_of_make() -> None:
    rooms = {"/".join(path.parts[:2]) for path in list_files("tests/*/*.py")} - {"tests/utils"}
    assert set(re.findall(r"^\| `(tests/\w+)` \|", GUIDE, re.MULTILINE)) == rooms
    targets = set(re.findall(r"^([a-z-]+):", (CHECKOUT / "Makefile").read_text(), re.MULTILINE))
    named = set(re.findall(r"(?:^|`)make ([a-z-]+)", GUIDE, re.MULTILINE))
    assert named >= {"setup", "test", "lint"}
    assert named - targets == set()


def test_every_room_of_the_core_that_the_guide_names_is_there() -> None:
    rooms = re.findall(r"^\| `(_\w+(?:\.py|/))` \|", GUIDE, re.MULTILINE)
    assert len(rooms) > 5
    assert [room for room in rooms if not (CHECKOUT / "plugins/module_utils" / room).exists()] == []
