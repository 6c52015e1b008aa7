# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""IAM policy documents: enough of their grammar to decide acm-pca requests (reference 8)."""

from __future__ import annotations

import fnmatch
import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

ALLOWED, DENIED, SILENT = "allowed", "denied", "silent"
Context = Mapping[str, list[str]]


def as_list(value: Any) -> list[Any]:
    """A value that may stand alone or in a list, as a list."""
    return list(value) if isinstance(value, (list, tuple)) else [value]


def read_statements(text: str | bytes) -> list[Mapping[str, Any]]:
    """The statements of a policy document in JSON; ValueError for what is none, or has members of the wrong type."""
    try:
        document = json.loads(text)
    except RecursionError:
        raise ValueError("it is nested too deeply.") from None
    except ValueError:
        raise ValueError("it is not JSON.") from None
    return check_document(document)


def check_document(document: Any) -> list[Mapping[str, Any]]:
    """The statements of a policy document; ValueError for what is none, or what could not be evaluated here."""
    if not isinstance(document, Mapping) or "Statement" not in document:
        raise ValueError("it has no statement.")
    statements = as_list(document["Statement"])
    for statement in statements:
        _check_statement(statement)
    return statements


def _check_statement(statement: Any) -> None:
    if not isinstance(statement, Mapping):
        raise ValueError("a statement is not an object.")
    for name in ("Action", "NotAction", "Resource", "NotResource"):
        if not all(isinstance(item, str) for item in as_list(statement.get(name, []))):
            raise ValueError(f"the {name} of a statement must be a string, or a list of strings.")
    conditions = statement.get("Condition", {})
    if not isinstance(conditions, Mapping) or not all(isinstance(keys, Mapping) for keys in conditions.values()):
        raise ValueError("the Condition of a statement must have keys and values by operator.")
    for operator in conditions:
        _find_comparison(operator)
    if statement.get("Effect") not in ("Allow", "Deny"):
        raise ValueError(f"the Effect of a statement must be Allow or Deny, not {statement.get('Effect')!r}.")
    for name in ("Action", "Resource"):
        if (name in statement) == (f"Not{name}" in statement):
            raise ValueError(f"a statement must have either {name} or Not{name}.")


def _wildcard(pattern: str, value: str, ignore_case: bool = False) -> bool:
    expression = fnmatch.translate(pattern.replace("[", "[[]"))
    return re.match(expression, value, re.IGNORECASE if ignore_case else 0) is not None


def _same(wanted: str, value: str) -> bool:
    return wanted == value


def _same_ignoring_case(wanted: str, value: str) -> bool:
    return wanted.lower() == value.lower()


_OPERATORS: dict[str, Callable[[str, str], bool]] = {
    "StringEquals": _same,
    "StringEqualsIgnoreCase": _same_ignoring_case,
    "StringLike": _wildcard,
    "ArnEquals": _wildcard,
    "ArnLike": _wildcard,
    "Bool": _same_ignoring_case,
    "Null": _same_ignoring_case,
}


def _split_operator(operator: str) -> tuple[str, str, bool]:
    qualifier, _colon, name = operator.rpartition(":")
    if_exists = name.endswith("IfExists")
    return qualifier, name.removesuffix("IfExists"), if_exists


def _find_comparison(operator: str) -> Callable[[str, str], bool]:
    _qualifier, name, _if_exists = _split_operator(operator)
    compare = _OPERATORS.get(name.replace("Not", ""))
    if compare is None:
        known = ", ".join(sorted(_OPERATORS))
        raise ValueError(f"the condition operator {operator} is not supported; those supported are: {known}.")
    return compare


def _condition_holds(operator: str, key: str, wanted: list[str], context: Context) -> bool:
    """One condition; ValueError for an operator that is not known here."""
    compare = _find_comparison(operator)
    qualifier, name, if_exists = _split_operator(operator)
    values = next((found for held, found in context.items() if held.lower() == key.lower()), None)
    if name == "Null":
        return (values is None) == ([item.lower() for item in wanted] == ["true"])
    negated = "Not" in name
    if values is None:
        return if_exists or negated or qualifier == "ForAllValues"
    matches = [any(compare(str(one), value) for one in wanted) != negated for value in values]
    return all(matches) if qualifier == "ForAllValues" or negated else any(matches)


def conditions_hold(statement: Mapping[str, Any], context: Context) -> bool:
    """Whether every condition of a statement holds."""
    return all(
        _condition_holds(operator, key, [str(item) for item in as_list(wanted)], context)
        for operator, keys in statement.get("Condition", {}).items()
        for key, wanted in keys.items()
    )


def _applies(statement: Mapping[str, Any], action: str, resource: str, context: Context) -> bool:
    return (
        _names(statement, "Action", action, ignore_case=True)
        and _names(statement, "Resource", resource)
        and conditions_hold(statement, context)
    )


def _names(statement: Mapping[str, Any], element: str, value: str, ignore_case: bool = False) -> bool:
    """Whether a statement's Action or Resource, or what it has in its place, includes a value."""
    patterns = as_list(statement.get(element, statement.get(f"Not{element}")))
    return any(_wildcard(pattern, value, ignore_case) for pattern in patterns) == (element in statement)


def evaluate(documents: Sequence[Mapping[str, Any]], action: str, resource: str, context: Context) -> str:
    """`denied` when a Deny of the checked documents applies, else `allowed` when an Allow does, else `silent`."""
    effects = {
        statement["Effect"]
        for document in documents
        for statement in as_list(document["Statement"])
        if _applies(statement, action, resource, context)
    }
    return DENIED if "Deny" in effects else ALLOWED if "Allow" in effects else SILENT
