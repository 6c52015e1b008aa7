# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The checkout's own sources as tests of its architecture see them: files, imports, functions."""

from __future__ import annotations

import ast
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]
COLLECTION = "ansible_collections.fleet_pki.aws_private_ca"


def list_files(*patterns: str) -> list[Path]:
    """Return the files of the checkout, tracked or new, whose path matches one of git's patterns; relative paths."""
    listing = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", *patterns]
    names = subprocess.run(listing, cwd=CHECKOUT, check=True, capture_output=True, text=True).stdout.split("\0")
    return sorted(path for path in map(Path, filter(None, names)) if (CHECKOUT / path).is_file())


@cache
def parse(path: Path) -> ast.Module:
    """Return the syntax tree of a Python file of the checkout."""
    return ast.parse((CHECKOUT / path).read_text(encoding="utf-8"), str(path))


def name_module(path: Path) -> str:
    """Return the name under which Ansible imports the file."""
    parts = path.with_suffix("").parts
    return ".".join([COLLECTION, *(parts[:-1] if parts[-1] == "__init__" else parts)])


def find_imports(path: Path) -> Iterator[str]:
    """Yield the absolute name of all that the file imports, anywhere in it; `from a import b` yields `a.b`."""
    package = name_module(path).split(".")[: None if path.name == "__init__.py" else -1]
    for node in ast.walk(parse(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            stem = [*base, *((node.module or "").split(".") if node.module else [])]
            yield from (".".join([*stem, alias.name]) for alias in node.names)


def find_own_file(name: str) -> Path | None:
    """Return the file of the collection that the imported name stands for (a module, or a name in one), or None."""
    if not name.startswith(f"{COLLECTION}."):
        return None
    relative = Path(*name.removeprefix(f"{COLLECTION}.").split("."))
    candidates = (relative.with_suffix(".py"), relative / "__init__.py", relative.parent.with_suffix(".py"))
    return next((path for path in candidates if (CHECKOUT / path).is_file()), None)


def close_over_imports(start: Path) -> dict[Path, set[str]]:
    """Return every file of the collection that `start` imports directly or not, itself included, with its imports."""
    closure: dict[Path, set[str]] = {}
    pending = [start]
    while pending:
        path = pending.pop()
        if path not in closure:
            closure[path] = set(find_imports(path))
            pending += [found for name in closure[path] if (found := find_own_file(name)) is not None]
    return closure


def find_functions(path: Path) -> Iterator[tuple[str, int]]:
    """Yield each function of the file with the number of lines that it takes, decorators not counted."""
    for node in ast.walk(parse(path)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name, (node.end_lineno or node.lineno) - node.lineno + 1
