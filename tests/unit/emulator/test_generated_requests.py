# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Requests made up by hypothesis: well-formed by the model, or broken somewhere. None may break the emulator."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import boto3
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from private_ca_emulator import seeding
from private_ca_emulator.server import EmulatorServer
from private_ca_emulator.service import Call, PrivateCa
from private_ca_emulator.templates import TEMPLATES
from private_ca_emulator.validation import ModelValidator, compile_pattern, load_service_model

from .support import issue, make_csr
from .test_validation import send

MODEL = load_service_model("acm-pca")
VALIDATOR = ModelValidator(MODEL)
CSR = base64.b64encode(make_csr()).decode()
JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=40),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=12), inner, max_size=3),
    max_leaves=8,
)
CONTROLLED = settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))


@dataclass(frozen=True)
class Target:
    """An emulator with an ACTIVE root CA, and ARNs that mean something to it."""

    emulator: EmulatorServer
    arns: tuple[str, ...]


@pytest.fixture(scope="module")
def target() -> Iterator[Target]:
    with EmulatorServer() as running:
        client = boto3.client(
            "acm-pca",
            endpoint_url=running.endpoint_url,
            region_name="eu-central-1",
            aws_access_key_id="AKIAEXAMPLE",
            aws_secret_access_key="unchecked",
        )
        root = seeding.create_active_root(client)
        templates = [seeding.template_arn(root, name) for name in TEMPLATES]
        yield Target(running, (root, root, root, issue(client, root), *templates))


def generate_text(shape: Any, target: Target) -> st.SearchStrategy[Any]:
    limits = shape.metadata
    if shape.name == "Arn":
        return st.sampled_from(target.arns)
    if getattr(shape, "enum", None):
        return st.sampled_from(shape.enum)
    low, high = limits.get("min", 0), min(limits.get("max", 60), 300)
    if "pattern" in limits:
        fitting = st.from_regex(compile_pattern(limits["pattern"]), fullmatch=True)
        return fitting.filter(lambda text: low <= len(text) <= limits.get("max", 300))
    return st.text(min_size=low, max_size=high)


def generate(shape: Any, target: Target) -> st.SearchStrategy[Any]:
    """Values that the model allows for a shape."""
    kind, limits = shape.type_name, shape.metadata
    if kind == "structure":
        members = {name: generate(member, target) for name, member in shape.members.items()}
        required = {name: members.pop(name) for name in shape.required_members}
        return st.fixed_dictionaries(required, optional=members)
    if kind == "list":
        return st.lists(generate(shape.member, target), min_size=limits.get("min", 0), max_size=2)
    if kind == "string":
        return generate_text(shape, target)
    if kind == "blob":
        return st.just(CSR) | st.binary(min_size=1, max_size=20).map(lambda octets: base64.b64encode(octets).decode())
    if kind == "boolean":
        return st.booleans()
    numbers = st.integers(limits.get("min", 0), limits.get("max", 1 << 40))
    return numbers | st.integers(limits.get("min", 0), min(limits.get("max", 400), 400))


def require_answer(target: Target, operation: str, body: Any) -> None:
    """The reply is one of the model's, or an error of the service's shape that is no fault of the emulator."""
    headers = {"X_Amz_Target": f"ACMPrivateCA.{operation}"}
    status, reply = send(target.emulator, json.dumps(body).encode(), **headers)
    if status == 200:
        VALIDATOR.check_reply(operation, reply or {})
    else:
        assert status < 500, reply
        assert set(reply) == {"__type", "message"}


@pytest.mark.parametrize("operation", MODEL.operation_names)
@CONTROLLED
@given(choices=st.data())
def test_requests_that_the_model_allows_are_answered(target: Target, operation: str, choices: st.DataObject) -> None:
    body = choices.draw(generate(MODEL.operation_model(operation).input_shape, target))
    require_answer(target, operation, body)


@pytest.mark.parametrize("operation", MODEL.operation_names)
@CONTROLLED
@given(choices=st.data())
def test_requests_with_junk_in_them_are_answered(target: Target, operation: str, choices: st.DataObject) -> None:
    body = choices.draw(generate(MODEL.operation_model(operation).input_shape, target))
    name = choices.draw(st.sampled_from(sorted(body)) if body else st.text())
    require_answer(target, operation, choices.draw(st.just({**body, name: choices.draw(JUNK)}) | JUNK))


def test_the_property_fails_when_an_operation_does_and_the_client_sees_no_trace(
    capsys: pytest.CaptureFixture[str],
) -> None:
    def explode(_service: PrivateCa, _call: Call) -> None:
        raise KeyError("a fault of the emulator")

    with EmulatorServer() as running:
        running.service.operations = {**running.service.operations, "ListCertificateAuthorities": explode}
        with pytest.raises(AssertionError, match="InternalFailure") as caught:
            require_answer(Target(running, ()), "ListCertificateAuthorities", {})
        assert "KeyError" not in str(caught.value)
        require_answer(Target(running, ()), "ListTags", {})
    assert "a fault of the emulator" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("reply", "why"),
    [
        ({"Surprise": 1}, "'surprise' failed to satisfy constraint: Member must be known"),
        ({"NextToken": 5}, "The value at 'nextToken' is not a string"),
        ({"CertificateAuthorities": [{"Status": "WELL"}]}, "'WELL' at 'certificateAuthorities.1.member.status'"),
    ],
)
def test_a_reply_out_of_the_model_is_not_sent(reply: dict[str, Any], why: str) -> None:
    with EmulatorServer() as running:
        operations = {**running.service.operations, "ListCertificateAuthorities": lambda _service, _call: reply}
        running.service.operations = operations
        headers = {"X_Amz_Target": "ACMPrivateCA.ListCertificateAuthorities"}
        status, got = send(running, b"{}", **headers)
    assert (status, got["__type"]) == (500, "InternalFailure")
    assert why in got["message"]
