# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Requests and replies checked against botocore's own service model, with the service's error texts.

A shape is compiled once into a checker: a function of (value, path, problems) that returns the value as the operations
use it (blobs decoded to bytes) and appends each broken constraint to `problems`. Paths are lowerCamel member names
(reference 0.2). A value of the wrong JSON type ends the check with SerializationException.
"""

from __future__ import annotations

import base64
import binascii
import functools
import re
from collections.abc import Callable, Iterable
from typing import Any

import botocore.session
from botocore.model import ListShape, OperationModel, ServiceModel, Shape, StructureShape

from private_ca_emulator.errors import ServiceError

Checker = Callable[[Any, str, list[str]], Any]

_UNICODE_SPACES = "\u0020\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
_UNICODE_CLASSES = {r"\p{L}": r"\w", r"\p{N}": r"\w", r"\p{Z}": _UNICODE_SPACES}


@functools.cache
def load_service_model(service: str) -> ServiceModel:
    """The model of `service` as botocore ships it."""
    return botocore.session.get_session().get_service_model(service)


def compile_pattern(pattern: str) -> re.Pattern[str]:
    """A model pattern (Java syntax) as a Python expression; the model's Unicode classes stand beside an underscore."""
    for java, python in _UNICODE_CLASSES.items():
        pattern = pattern.replace(java, python)
    return re.compile(pattern)


def _breach(value: Any, path: str, constraint: str) -> str:
    shown = "" if value is None else f" '{value}'"
    return f"Value{shown} at '{path}' failed to satisfy constraint: Member must {constraint}"


def _wrong_type(path: str, wanted: str) -> ServiceError:
    return ServiceError("SerializationException", f"The value at '{path or 'body'}' is not a {wanted}")


def _compile_string(shape: Shape) -> Checker:
    constraints = shape.metadata
    low, high = constraints.get("min", 0), constraints.get("max", 1 << 62)
    allowed = constraints.get("enum")
    pattern = compile_pattern(constraints["pattern"]) if "pattern" in constraints else None

    def check(value: Any, path: str, problems: list[str]) -> Any:
        if not isinstance(value, str):
            raise _wrong_type(path, "string")
        if len(value) < low:
            problems.append(_breach(value, path, f"have length greater than or equal to {low}"))
        if len(value) > high:
            problems.append(_breach(value, path, f"have length less than or equal to {high}"))
        if pattern is not None and not pattern.fullmatch(value):
            problems.append(_breach(value, path, f"satisfy regular expression pattern: {constraints['pattern']}"))
        if allowed is not None and value not in allowed:
            problems.append(_breach(value, path, f"satisfy enum value set: [{', '.join(allowed)}]"))
        return value

    return check


def _compile_number(shape: Shape) -> Checker:
    whole = shape.type_name in ("integer", "long")
    low, high = shape.metadata.get("min"), shape.metadata.get("max")
    bits = {"integer": 31, "long": 63}.get(shape.type_name)

    def check(value: Any, path: str, problems: list[str]) -> Any:
        if isinstance(value, bool) or not isinstance(value, int if whole else (int, float)):
            raise _wrong_type(path, shape.type_name)
        if bits is not None and not -(1 << bits) <= value < 1 << bits:
            raise _wrong_type(path, f"{shape.type_name}: it is out of range")
        if low is not None and value < low:
            problems.append(_breach(value, path, f"have value greater than or equal to {low}"))
        if high is not None and value > high:
            problems.append(_breach(value, path, f"have value less than or equal to {high}"))
        return value

    return check


def _compile_boolean(_shape: Shape) -> Checker:
    def check(value: Any, path: str, _problems: list[str]) -> Any:
        if not isinstance(value, bool):
            raise _wrong_type(path, "boolean")
        return value

    return check


def _compile_blob(shape: Shape) -> Checker:
    low, high = shape.metadata.get("min", 0), shape.metadata.get("max", 1 << 62)

    def check(value: Any, path: str, problems: list[str]) -> Any:
        if not isinstance(value, str):
            raise _wrong_type(path, "base64 string")
        try:
            octets = base64.b64decode(value, validate=True)
        except (binascii.Error, ValueError):
            raise _wrong_type(path, "base64 string") from None
        if len(octets) < low:
            problems.append(_breach(None, path, f"have length greater than or equal to {low}"))
        if len(octets) > high:
            problems.append(_breach(None, path, f"have length less than or equal to {high}"))
        return octets

    return check


def _compile_list(shape: ListShape, seen: dict[str, Checker]) -> Checker:
    check_member = compile_shape(shape.member, seen)
    low, high = shape.metadata.get("min", 0), shape.metadata.get("max", 1 << 62)

    def check(value: Any, path: str, problems: list[str]) -> Any:
        if not isinstance(value, list):
            raise _wrong_type(path, "list")
        if len(value) < low:
            problems.append(_breach(value, path, f"have length greater than or equal to {low}"))
        if len(value) > high:
            problems.append(_breach(None, path, f"have length less than or equal to {high}"))
            return value
        return [
            check_member(member, f"{path}.{number}.member", problems) for number, member in enumerate(value, start=1)
        ]

    return check


def _lower_camel(name: str) -> str:
    return name[:1].lower() + name[1:]


def _compile_structure(shape: StructureShape, seen: dict[str, Checker]) -> Checker:
    members = {name: compile_shape(member, seen) for name, member in shape.members.items()}
    required = tuple(shape.required_members)

    def check(value: Any, path: str, problems: list[str]) -> Any:
        if not isinstance(value, dict):
            raise _wrong_type(path, "structure")
        prefix = path + "." if path else ""
        parsed: dict[str, Any] = {}
        for name, member in value.items():
            member_path = prefix + _lower_camel(name)
            if name not in members:
                problems.append(_breach(None, member_path, f"be known to {shape.name}"))
            elif member is not None:
                parsed[name] = members[name](member, member_path, problems)
        for name in required:
            if name not in parsed and value.get(name) is None:
                problems.append(_breach("null", prefix + _lower_camel(name), "not be null").replace("'null'", "null"))
        return parsed

    return check


_LEAVES = {
    "string": _compile_string,
    "integer": _compile_number,
    "long": _compile_number,
    "timestamp": _compile_number,
    "float": _compile_number,
    "double": _compile_number,
    "boolean": _compile_boolean,
    "blob": _compile_blob,
}


def compile_shape(shape: Shape, seen: dict[str, Checker]) -> Checker:
    """The checker of `shape`; `seen` keeps those already compiled, by shape name."""
    if shape.name not in seen:
        if isinstance(shape, StructureShape):
            seen[shape.name] = _compile_structure(shape, seen)
        elif isinstance(shape, ListShape):
            seen[shape.name] = _compile_list(shape, seen)
        else:
            seen[shape.name] = _LEAVES[shape.type_name](shape)
    return seen[shape.name]


class ModelValidator:
    """Checks the inputs and outputs of the operations of one service: all, or those named."""

    def __init__(
        self, model: ServiceModel, names: Iterable[str] | None = None, unchecked: frozenset[str] = frozenset()
    ) -> None:
        self._unchecked = unchecked
        seen: dict[str, Checker] = {}
        self.model = model
        self.operations: dict[str, OperationModel] = {
            name: model.operation_model(name) for name in names or model.operation_names
        }
        self._inputs = {
            name: compile_shape(operation.input_shape, seen) if operation.input_shape else None
            for name, operation in self.operations.items()
        }
        self._outputs = {
            name: compile_shape(operation.output_shape, seen) if operation.output_shape else None
            for name, operation in self.operations.items()
        }

    def check_request(self, operation: str, body: dict[str, Any]) -> dict[str, Any]:
        """The parsed members of a request; ValidationException lists every broken constraint."""
        checker = self._inputs[operation]
        problems: list[str] = []
        parsed: dict[str, Any] = checker(body, "", problems) if checker else {}
        if problems:
            detected = f"{len(problems)} validation error{'s' if len(problems) > 1 else ''} detected: "
            raise ServiceError("ValidationException", detected + "; ".join(problems))
        return parsed

    def check_reply(self, operation: str, reply: dict[str, Any]) -> None:
        """Refuse to send a reply that the model does not allow: a fault of the emulator (InternalFailure)."""
        checker = self._outputs[operation]
        problems: list[str] = []
        if checker:
            try:
                checker(reply, "", problems)
            except ServiceError as error:
                problems.append(error.message)
            problems = [text for text in problems if not any(f"at '{path}' failed" in text for path in self._unchecked)]
        elif reply:
            problems.append("the operation has no output")
        if problems:
            raise ServiceError(
                "InternalFailure", f"{operation} would reply out of the model: {'; '.join(problems)}", 500
            )
