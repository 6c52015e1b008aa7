# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The page of errors has every error that the code can raise, with its remedy."""

from __future__ import annotations

import ast
import re

import pytest
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._acm_pca.errors import CODES

from setup.error_page import PAGE, list_kinds, list_raised, renew_tables
from source_tree import list_files, parse


def test_the_tables_of_the_page_are_those_of_the_code() -> None:
    page = PAGE.read_text("utf-8")
    assert page == renew_tables(page), "write them anew: `make errors`"


@pytest.mark.parametrize("kind", list_kinds())
def test_every_class_of_the_error_tree_is_explained(kind: str) -> None:
    explained = PAGE.read_text("utf-8").partition("Codes of the service")[0]
    assert f"* - ``{kind}``\n     - " in explained


@pytest.mark.parametrize("code", sorted(CODES))
def test_every_code_of_the_service_has_its_row(code: str) -> None:
    assert f"   * - ``{code}``\n" in PAGE.read_text("utf-8")


def test_the_code_raises_far_more_than_one_kind() -> None:
    raised = list_raised()
    assert len(raised) > 100
    assert len({error.kind for error in raised}) > 10


def list_warnings() -> list[str]:
    """Return the texts of each function that warns the user, but for those that pass on what another one says."""
    functions = [
        node
        for path in list_files("plugins/*.py")
        for node in ast.walk(parse(path))
        if isinstance(node, ast.FunctionDef)
        and (node.name.startswith("warn_of_") or "self.warn or" in ast.unparse(node))
    ]
    texts = []
    for function in functions:
        inside = list(ast.walk(function))
        passes_on = any(isinstance(node, ast.Name) and node.id.startswith("warn_of_") for node in inside)
        if not passes_on:
            texts.append(" ".join(str(node.value) for node in inside if isinstance(node, ast.Constant)))
    return texts


def test_every_warning_has_its_row() -> None:
    section = PAGE.read_text("utf-8").partition("Warnings\n---")[2].partition("Messages\n---")[0]
    rows = [re.split(" ?… ?", row) for row in re.findall(r"^   \* - (.+)$", section, re.MULTILINE)[1:]]
    warnings = list_warnings()
    assert len(rows) == len(warnings)
    assert [text for text in warnings if not any(all(part in text for part in row) for row in rows)] == []


COMPLETED = {
    "plugins/module_utils/_lineage/adoption.py": "says why a pair in place is not taken over, which is no failure",
    "plugins/module_utils/_lineage/service.py": "a failed step; what it left behind decides the remedy",
}


def test_every_error_says_what_to_do() -> None:
    without = {
        path.as_posix()
        for path in list_files("plugins/*.py")
        for call in ast.walk(parse(path))
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id in list_kinds()
        if "remedy" not in {keyword.arg for keyword in call.keywords} and len(call.args) < 4
    }
    assert without == set(COMPLETED)
