# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Write the tables of docs/docsite/rst/reference_errors.rst from the code that raises: `python -m setup.error_page`."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils import _errors
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._acm_pca import errors as service_errors

from source_tree import CHECKOUT, list_files, parse

PAGE = CHECKOUT / "docs/docsite/rst/reference_errors.rst"
_BEGIN = "..\n   Written by setup.error_page: {name}\n"
_END = "..\n   End of {name}\n"
_NAMED = "What the message names."
_BY_ACTION = "Allow the action that the message names, on the resource that it names, to this identity."


@dataclass(frozen=True, order=True)
class RaisedError:
    """One place that raises: the kind of error, the first words of its message, the cause and what to do about it."""

    kind: str
    failed: str
    cause: str
    remedy: str


def list_kinds() -> dict[str, type[_errors.PrivateCaError]]:
    """Return every class of the error tree by its name."""
    found = {"PrivateCaError": _errors.PrivateCaError}
    for kind in found["PrivateCaError"].__subclasses__():
        found.update({each.__name__: each for each in (kind, *kind.__subclasses__())})
    return found


def list_raised() -> list[RaisedError]:
    """Return what the code raises, sorted, each once. A message that another one wraps is where it is first raised."""
    kinds = list_kinds()
    raised = {
        error
        for path in list_files("plugins/*.py")
        for node in ast.walk(parse(path))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in kinds
        for error in _read_call(node.func.id, node)
    }
    return sorted(raised)


def _read_call(kind: str, call: ast.Call) -> Iterator[RaisedError]:
    given: dict[str, ast.expr] = dict(zip(("failed", "because", "on", "remedy"), call.args, strict=False))
    given.update({keyword.arg: keyword.value for keyword in call.keywords if keyword.arg})
    cause = next(iter(_read_text(given.get("because"))), "")
    remedy = next(iter(_read_text(given.get("remedy"))), "")
    for failed in _read_text(given.get("failed")):
        yield RaisedError(kind, failed, cause, remedy)


def _read_text(node: ast.expr | None) -> list[str]:
    """Return the text of a literal, with an ellipsis for what is filled in; both ends of a choice; else nothing."""
    if isinstance(node, ast.IfExp):
        return _read_text(node.body) + _read_text(node.orelse)
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return [node.value]
    if isinstance(node, ast.JoinedStr):
        parts = [str(part.value) if isinstance(part, ast.Constant) else "…" for part in node.values]
        return ["".join(parts)]
    return []


def write_table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a list-table of reStructuredText."""
    lines = [".. list-table::", "   :header-rows: 1", ""]
    for row in (header, *rows):
        lines += [f"   {'* -' if not number else '  -'} {cell}".rstrip() for number, cell in enumerate(row)]
    return "\n".join(lines) + "\n"


def _escape(text: str) -> str:
    return re.sub(r"([*`|\\]|_(?=\W|$))", r"\\\1", text)


def _write_raised() -> str:
    rows = [
        [f"``{error.kind}``", _escape(error.failed), _escape(error.cause), _escape(error.remedy) or _NAMED]
        for error in list_raised()
    ]
    return write_table(["Kind", "Message", "Cause", "Remedy"], rows)


def _write_codes() -> str:
    rows = [
        [f"``{code}``", f"``{kind.__name__}``", _escape(remedy) or _BY_ACTION]
        for code, (kind, remedy) in sorted(service_errors.CODES.items())
    ]
    return write_table(["Code", "Kind", "Remedy"], rows)


def _write_local() -> str:
    causes: Mapping[str, tuple[str, str]] = service_errors.LOCAL_CAUSES
    rows = [[f"``{code}``", _escape(cause), _escape(remedy)] for code, (cause, remedy) in sorted(causes.items())]
    return write_table(["Code", "Cause", "Remedy"], rows)


def _write_states() -> str:
    rows = [[f"``{status}``", _escape(remedy)] for status, remedy in sorted(service_errors.REMEDY_BY_STATUS.items())]
    return write_table(["Status", "Remedy"], rows)


def renew_tables(page: str) -> str:
    """Return the page with its four tables as the code has them now. Raises ValueError if one has no place in it."""
    tables = {"messages": _write_raised(), "codes": _write_codes(), "local": _write_local(), "states": _write_states()}
    for name, table in tables.items():
        begin, end = _BEGIN.format(name=name), _END.format(name=name)
        if begin not in page or end not in page:
            raise ValueError(f"{PAGE.name} has no place for the table {name}")
        head, tail = page[: page.index(begin)], page[page.index(end) :]
        page = f"{head}{begin}\n{table}\n{tail}"
    return page


if __name__ == "__main__":
    PAGE.write_text(renew_tables(PAGE.read_text("utf-8")), "utf-8")
