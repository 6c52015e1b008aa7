# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Walks botocore's model of the service: nothing in it may be without an answer here."""

from __future__ import annotations

import ast
import inspect
from pathlib import Path

import pytest

import private_ca_emulator
from private_ca_emulator.accounts import Caller
from private_ca_emulator.errors import ServiceError
from private_ca_emulator.operations.catalogue import OPERATIONS
from private_ca_emulator.quotas import limit_rate
from private_ca_emulator.request_log import RequestLog
from private_ca_emulator.service import Call, PrivateCa
from private_ca_emulator.settings import Settings
from private_ca_emulator.validation import compile_pattern, load_service_model

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


REQUESTS_A_SECOND = {
    # as the Service Quotas of AWS list them
    1: "CreateCertificateAuthority CreateCertificateAuthorityAuditReport CreatePermission DeletePermission",
    5: "ListPermissions PutPolicy GetPolicy DeletePolicy",
    10: "GetCertificateAuthorityCsr ImportCertificateAuthorityCertificate UpdateCertificateAuthority "
    "DeleteCertificateAuthority TagCertificateAuthority UntagCertificateAuthority",
    20: "RevokeCertificate GetCertificateAuthorityCertificate RestoreCertificateAuthority "
    "DescribeCertificateAuthority ListCertificateAuthorities DescribeCertificateAuthorityAuditReport ListTags",
    25: "IssueCertificate",
    75: "GetCertificate",
}


@pytest.mark.parametrize("operation", MODEL.operation_names)
def test_every_operation_is_carried_out_and_throttled_at_its_quota(operation: str) -> None:
    assert operation in OPERATIONS
    service = PrivateCa(OPERATIONS, settings=Settings(quotas_enabled=True))
    service.clock.freeze()
    call = Call(operation, Caller("123456789012", "", "", "eu-central-1", "aws"), {})
    expected = next(limit for limit, operations in REQUESTS_A_SECOND.items() if operation in operations.split())
    for _second in range(2):
        for _request in range(expected):
            limit_rate(service, call)
        with pytest.raises(ServiceError, match="ThrottlingException"):
            limit_rate(service, call)
        service.clock.advance(1)


def test_a_reset_forgets_what_was_taken_of_the_quotas() -> None:
    service = PrivateCa(OPERATIONS)
    call = Call("CreatePermission", Caller("123456789012", "", "", "eu-central-1", "aws"), {})
    for ahead in (86400, 0):
        service.clock.freeze()
        service.clock.advance(ahead)
        service.settings.change({"quotas_enabled": True})
        limit_rate(service, call)
        service.reset()


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


def test_the_log_forgets_the_oldest_when_it_is_full() -> None:
    log = RequestLog(limit=2)
    for number in range(3):
        log.open(0.0, str(number))
    assert [entry["operation"] for entry in log.select(None, 0)] == ["1", "2"]
