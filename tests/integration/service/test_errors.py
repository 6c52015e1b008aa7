# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every error that the service declares for a module's operations is explained, or borne on purpose."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import botocore.session
import pytest
from service_policies import sharing_policy

ARN = "certificate_authority_arn"
ROOT = {"name": "made", "type": "ROOT", "key_algorithm": "EC_prime256v1", "subject": {"common_name": "Made"}}
MODEL = botocore.session.get_session().get_service_model("acm-pca")


@dataclass(frozen=True)
class Case:
    """Options under which a module calls these operations, on the active root that they are given.

    ``earlier`` are options of the same module that bring about what these operations take.
    """

    module: str
    operations: tuple[str, ...]
    options: Callable[[Mapping[str, Any]], dict[str, Any]]
    earlier: Callable[[Mapping[str, Any]], dict[str, Any]] | None = None


CASES = {
    "create": Case(
        "acm_pca_certificate_authority",
        (
            "ListCertificateAuthorities",
            "CreateCertificateAuthority",
            "DescribeCertificateAuthority",
            "GetCertificateAuthorityCsr",
            "IssueCertificate",
            "GetCertificate",
            "ImportCertificateAuthorityCertificate",
        ),
        lambda root: {**ROOT, "wait_timeout": 1},
    ),
    "change": Case(
        "acm_pca_certificate_authority",
        ("UpdateCertificateAuthority", "TagCertificateAuthority", "UntagCertificateAuthority", "ListTags"),
        lambda root: {ARN: root["arn"], "ocsp": {}, "tags": {"team": "pki"}},
    ),
    "delete": Case(
        "acm_pca_certificate_authority",
        ("DeleteCertificateAuthority",),
        lambda root: {ARN: root["arn"], "state": "absent"},
    ),
    "restore": Case(
        "acm_pca_certificate_authority",
        ("RestoreCertificateAuthority",),
        lambda root: {ARN: root["arn"], "restore": True, "enabled": True},
        earlier=lambda root: {ARN: root["arn"], "state": "absent"},
    ),
    "withdraw": Case(
        "acm_pca_permission",
        ("DeletePermission",),
        lambda root: {ARN: root["arn"], "state": "absent"},
        earlier=lambda root: {ARN: root["arn"]},
    ),
    "unshare": Case(
        "acm_pca_policy",
        ("DeletePolicy",),
        lambda root: {ARN: root["arn"], "state": "absent"},
        earlier=lambda root: {ARN: root["arn"], "policy": sharing_policy(root["arn"], "444455556666")},
    ),
    "read": Case(
        "acm_pca_certificate_authority_info",
        (
            "DescribeCertificateAuthority",
            "GetCertificateAuthorityCertificate",
            "GetCertificateAuthorityCsr",
            "ListTags",
        ),
        lambda root: {ARN: root["arn"]},
    ),
    "revoke": Case(
        "acm_pca_revoke_certificate", ("RevokeCertificate",), lambda root: {ARN: root["arn"], "serial": "0a"}
    ),
    "grant": Case("acm_pca_permission", ("ListPermissions", "CreatePermission"), lambda root: {ARN: root["arn"]}),
    "share": Case(
        "acm_pca_policy",
        ("GetPolicy", "PutPolicy"),
        lambda root: {ARN: root["arn"], "policy": {"Version": "2012-10-17", "Statement": []}},
    ),
    "audit": Case(
        "acm_pca_audit_report",
        ("CreateCertificateAuthorityAuditReport", "DescribeCertificateAuthorityAuditReport"),
        lambda root: {ARN: root["arn"], "s3_bucket_name": root["bucket"], "wait_timeout": 1},
    ),
}
# what is no failure, and why
BORNE = {
    ("change", "ListTags", "InvalidStateException"),
    ("read", "DescribeCertificateAuthority", "ResourceNotFoundException"),
    ("read", "GetCertificateAuthorityCertificate", "InvalidStateException"),
    ("read", "GetCertificateAuthorityCsr", "InvalidStateException"),
    ("read", "GetCertificateAuthorityCsr", "RequestInProgressException"),
    ("read", "ListTags", "InvalidStateException"),
    ("revoke", "RevokeCertificate", "RequestAlreadyProcessedException"),
    ("revoke", "RevokeCertificate", "RequestInProgressException"),
}
# what is waited out until the deadline, and then says so
WAITED = {
    ("create", "GetCertificateAuthorityCsr", "RequestInProgressException"),
    ("create", "GetCertificate", "RequestInProgressException"),
    ("create", "IssueCertificate", "InvalidStateException"),
    ("audit", "CreateCertificateAuthorityAuditReport", "RequestInProgressException"),
    ("audit", "CreateCertificateAuthorityAuditReport", "RequestFailedException"),
}
SETTLING = "ConcurrentModificationException"
DECLARED = [
    (case, operation, shape.name)
    for case, described in CASES.items()
    for operation in described.operations
    for shape in MODEL.operation_model(operation).error_shapes
]


@pytest.fixture
def subject_of_case(account, root):
    return {**root, "bucket": account.create_bucket("audit")}


def prepare(account: Any, described: Case, root: Mapping[str, Any]) -> None:
    if described.earlier is not None:
        account.must_run(described.module, **described.earlier(root))


@pytest.mark.parametrize("entry", [entry for entry in DECLARED if entry[2] != SETTLING], ids="-".join)
def test_a_declared_error_is_explained(account, subject_of_case, control, entry):
    case, operation, code = entry
    described = CASES[case]
    prepare(account, described, subject_of_case)
    control.fault("error", operation, code=code, message="Scripted.", status=400)
    result = account.run(described.module, **described.options(subject_of_case))
    if entry in BORNE:
        assert not result.get("failed"), result["msg"]
    elif entry in WAITED:
        said = ("not done after", "still in progress", "makes one in 30 minutes")
        assert any(text in result["msg"] for text in said)
    else:
        assert result["failed"]
        assert (result["code"], result["operation"]) == (code, operation)
        assert "Scripted" in result["msg"]
        assert len(result["msg"].split(". ")) > 1, "it does not say what to do"


@pytest.mark.parametrize(("case", "operation"), [entry[:2] for entry in DECLARED if entry[2] == SETTLING])
def test_a_change_that_meets_another_is_tried_again(account, subject_of_case, control, case, operation):
    described = CASES[case]
    prepare(account, described, subject_of_case)
    control.fault("error", operation, code=SETTLING, message="Scripted.", status=400, times=1)
    result = account.run(described.module, **described.options(subject_of_case))
    assert result.get("code") != SETTLING


UNDECLARED = [(case, operation) for case, described in CASES.items() for operation in described.operations]


@pytest.mark.parametrize(("case", "operation"), UNDECLARED)
def test_denied_access_names_the_action_to_allow(account, subject_of_case, control, case, operation):
    described = CASES[case]
    prepare(account, described, subject_of_case)
    control.fault("access_denied", operation)
    result = account.run(described.module, **described.options(subject_of_case))
    if case == "read" and operation != "DescribeCertificateAuthority":
        assert result["certificate_authorities"][0]["denied"] == [operation]
    elif (case, operation) == ("change", "ListTags"):
        assert f"Allow acm-pca:{operation}" in result["msg"]
    else:
        assert result["failed"]
        assert f"Allow acm-pca:{operation} on {'*' if result_is_general(operation) else 'arn:'}" in result["msg"]


def result_is_general(operation: str) -> bool:
    return operation in ("ListCertificateAuthorities", "CreateCertificateAuthority")


@pytest.mark.parametrize(("case", "operation"), UNDECLARED)
def test_throttling_is_borne(account, subject_of_case, control, case, operation):
    described = CASES[case]
    prepare(account, described, subject_of_case)
    control.fault("throttle", operation, times=1)
    assert account.run(described.module, **described.options(subject_of_case)).get("code") != "ThrottlingException"
