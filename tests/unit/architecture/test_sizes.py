# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Nothing is too long to be read at one sitting."""

from __future__ import annotations

import ast

from source_tree import CHECKOUT, find_functions, list_files, parse

FILE_LINES = 400
FUNCTION_LINES = 40
ENTRY_LINES = 40
DOCUMENTATION = {"DOCUMENTATION", "EXAMPLES", "RETURN"}


def test_no_file_is_longer_than_400_lines() -> None:
    files = [path for path in list_files("*.py", "*.sh", "*.yml") if path.parts[:2] != ("plugins", "modules")]
    lengths = {str(path): (CHECKOUT / path).read_text("utf-8").count("\n") for path in files}
    assert {path: length for path, length in lengths.items() if length > FILE_LINES} == {}


def test_no_function_is_longer_than_40_lines() -> None:
    lengths = {f"{path}: {name}": length for path in list_files("*.py") for name, length in find_functions(path)}
    assert {function: length for function, length in lengths.items() if length > FUNCTION_LINES} == {}


def test_an_entry_point_has_40_lines_of_code_after_its_documentation() -> None:
    entries = list_files("plugins/modules/*.py", "plugins/action/*.py")
    lengths = {str(path): count_code_lines(path.as_posix()) for path in entries}
    assert {path: length for path, length in lengths.items() if length > ENTRY_LINES} == {}


def count_code_lines(path: str) -> int:
    """Count the lines that are neither documentation, imports, blank nor comment."""
    tree = parse(next(iter(list_files(path))))
    lines = (CHECKOUT / path).read_text("utf-8").splitlines()
    skipped: set[int] = set()
    for node in tree.body:
        names = {target.id for target in getattr(node, "targets", []) if isinstance(target, ast.Name)}
        is_text = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        if names & DOCUMENTATION or is_text or isinstance(node, ast.Import | ast.ImportFrom):
            skipped.update(range(node.lineno, (node.end_lineno or node.lineno) + 1))
    code = [line.strip() for number, line in enumerate(lines, 1) if number not in skipped]
    return len([line for line in code if line and not line.startswith("#")])
