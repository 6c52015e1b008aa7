# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Walks botocore's model of the service: nothing in it may be without an answer here."""

from __future__ import annotations

import ast
import inspect
import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import private_ca_emulator
from private_ca_emulator.operations.catalogue import OPERATIONS
from private_ca_emulator.quotas import PER_SECOND
from private_ca_emulator.request_log import RequestLog
from private_ca_emulator.server import EmulatorServer
from private_ca_emulator.validation import ModelValidator, compile_pattern, load_service_model

from .test_validation import send

MODEL = load_service_model("acm-pca")
PACKAGE = Path(str(inspect.getfile(private_ca_emulator))).parent
LITERALS = {
    node.value
    for path in PACKAGE.rglob("*.py")
    for node in ast.walk(ast.parse(path.read_text()))
    if isinstance(node, ast.Constant) and isinstance(node.value, str)
}
READ_AS_CHOICES = {
    # the one member of a choice is read whatever its name, and the only qualifier of a policy needs no reading
    "AccessMethodType",
    "CustomObjectIdentifier",
    "ExtendedKeyUsageType",
    "ExtendedKeyUsageObjectIdentifier",
    "PolicyQualifierId",
}


def list_members(shape: object, seen: set[str]) -> set[str]:
    """Every member name of a shape and of what it contains."""
    found: set[str] = set()
    if getattr(shape, "name", None) in seen:
        return found
    seen.add(shape.name)  # type: ignore[attr-defined]
    for name, member in getattr(shape, "members", {}).items():
        found |= {name} | list_members(member, seen)
    inner = getattr(shape, "member", None)
    return found | (list_members(inner, seen) if inner is not None else set())


@pytest.mark.parametrize("operation", MODEL.operation_names)
def test_every_operation_is_carried_out_and_has_a_quota(operation: str) -> None:
    assert operation in OPERATIONS
    assert operation in PER_SECOND


@pytest.mark.parametrize("operation", MODEL.operation_names)
def test_every_input_member_is_read_somewhere(operation: str) -> None:
    members = list_members(MODEL.operation_model(operation).input_shape, set())
    assert members - LITERALS - READ_AS_CHOICES == set()


@pytest.mark.parametrize("error", [shape.name for shape in MODEL.error_shapes])
def test_every_declared_error_can_be_raised(error: str) -> None:
    assert error in LITERALS


@pytest.mark.parametrize("operation", MODEL.operation_names)
def test_every_output_member_can_be_sent(operation: str) -> None:
    output = MODEL.operation_model(operation).output_shape
    if output is not None:
        assert list_members(output, set()) - LITERALS - READ_AS_CHOICES == set()


def test_every_pattern_of_the_model_compiles() -> None:
    patterns = {
        MODEL.shape_for(name).metadata["pattern"]
        for name in MODEL.shape_names
        if "pattern" in MODEL.shape_for(name).metadata
    }
    assert all(compile_pattern(pattern) for pattern in patterns)
    assert len(patterns) > 10


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=40),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=12), inner, max_size=3),
    max_leaves=8,
)
ARN = "arn:aws:acm-pca:eu-central-1:123456789012:certificate-authority/00000000-0000-0000-0000-000000000000"


def build_strategy(shape: object, depth: int = 0) -> st.SearchStrategy[object]:
    """Requests that are nearly right: each value from the model's shape, or any JSON at all."""
    kind = shape.type_name  # type: ignore[attr-defined]
    if kind == "structure" and depth < 4:
        members = {name: build_strategy(member, depth + 1) for name, member in shape.members.items()}  # type: ignore[attr-defined]
        required = {name: members[name] for name in shape.required_members}  # type: ignore[attr-defined]
        optional = {name: value for name, value in members.items() if name not in required}
        return st.fixed_dictionaries(required, optional=optional)
    if kind == "list" and depth < 4:
        return st.lists(build_strategy(shape.member, depth + 1), max_size=2)  # type: ignore[attr-defined]
    plain: dict[str, st.SearchStrategy[object]] = {
        "integer": st.integers(-5, 2000),
        "long": st.integers(),
        "boolean": st.booleans(),
        "blob": st.binary(max_size=20).map(lambda octets: octets.hex()),
        "timestamp": st.floats(0, 1e12),
    }
    if shape.name == "Arn":  # type: ignore[attr-defined]
        return st.just(ARN) | st.text(max_size=60)
    if getattr(shape, "enum", None):
        return st.sampled_from(shape.enum) | st.text(max_size=5)  # type: ignore[attr-defined]
    return plain.get(kind, st.text(max_size=70)) | JSON


@pytest.fixture(scope="module")
def shared_emulator() -> object:
    with EmulatorServer() as running:
        yield running


@pytest.mark.parametrize("operation", MODEL.operation_names)
@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(draw=st.data())
def test_generated_requests_get_a_reply_of_the_services_shape(
    shared_emulator: EmulatorServer, operation: str, draw: st.DataObject
) -> None:
    body = draw.draw(build_strategy(MODEL.operation_model(operation).input_shape) | JSON)
    status, reply = send(shared_emulator, json.dumps(body).encode(), X_Amz_Target=f"ACMPrivateCA.{operation}")
    if status == 200:
        ModelValidator(MODEL).check_reply(operation, reply or {})
    else:
        assert status < 500, reply
        assert set(reply) == {"__type", "message"}


def test_the_log_forgets_the_oldest_when_it_is_full() -> None:
    log = RequestLog(limit=2)
    for number in range(3):
        log.open(0.0, str(number))
    assert [entry["operation"] for entry in log.select(None, 0)] == ["1", "2"]
