# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every error that the service declares for a module's operations is explained, or borne on purpose."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import botocore.session
import pytest
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._x509.keys import generate_key
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._x509.requests import build_request
from issued_leaf import issue
from service_policies import sharing_policy

ARN = "certificate_authority_arn"
ROOT = {"name": "made", "type": "ROOT", "key_algorithm": "EC_prime256v1", "subject": {"common_name": "Made"}}
ACTIONS = ["IssueCertificate", "GetCertificate", "ListPermissions"]
SESSION = botocore.session.get_session()
MODELS = {service: SESSION.get_service_model(service) for service in ("acm-pca", "acm")}


@dataclass(frozen=True)
class Case:
    """Options under which a module calls these operations, on the active root that they are given.

    ``earlier`` are options of the same module that bring about what these operations take; its result is the
    member ``earlier`` of what ``options`` are given. An operation of ACM has the prefix ``acm:``.
    """

    module: str
    operations: tuple[str, ...]
    options: Callable[[Mapping[str, Any]], dict[str, Any]]
    earlier: Callable[[Mapping[str, Any]], dict[str, Any]] | None = None


def request(root: Mapping[str, Any]) -> dict[str, Any]:
    csr = build_request(generate_key("EC_prime256v1"), {"CN": "www.example.com"}, [])
    return {ARN: root["arn"], "csr": csr, "ledger": "none", "wait_timeout": 1}


def managed(root: Mapping[str, Any]) -> dict[str, Any]:
    return {
        ARN: root["arn"], "domain_name": "www.example.com", "key_algorithm": "EC_prime256v1", "wait_timeout": 1,
    }  # fmt: skip


def exported(root: Mapping[str, Any]) -> dict[str, Any]:
    return {**managed(root), "export_passphrase": "passphrase", "tags": {"team": "pki"}}


def of_earlier(subject: Mapping[str, Any]) -> dict[str, Any]:
    return {"certificate_arn": subject["earlier"]["certificate"]["arn"], "wait_timeout": 1}


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
        (
            "UpdateCertificateAuthority",
            "TagCertificateAuthority",
            "UntagCertificateAuthority",
            "ListTags",
            "GetCertificateAuthorityCertificate",
        ),
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
        "acm_pca_revoke_certificate", ("RevokeCertificate",), lambda root: {ARN: root["arn"], "serial": root["leaf"]}
    ),
    "grant": Case("acm_pca_permission", ("ListPermissions", "CreatePermission"), lambda root: {ARN: root["arn"]}),
    "share": Case(
        "acm_pca_policy",
        ("GetPolicy", "PutPolicy"),
        lambda root: {ARN: root["arn"], "policy": sharing_policy(root["arn"], "444455556666")},
    ),
    "issue": Case(
        "acm_pca_issue_certificate", ("DescribeCertificateAuthority", "IssueCertificate", "GetCertificate"), request
    ),
    "look up": Case(
        "acm_pca_certificate_info",
        ("GetCertificate",),
        lambda root: {"certificate_arns": [root["leaf_arn"]]},
    ),
    "read permissions": Case("acm_pca_permission_info", ("ListPermissions",), lambda root: {ARN: root["arn"]}),
    "read a policy": Case("acm_pca_policy_info", ("GetPolicy",), lambda root: {ARN: root["arn"]}),
    "request of ACM": Case(
        "acm_private_certificate",
        (
            "acm:ListCertificates",
            "DescribeCertificateAuthority",
            "ListPermissions",
            "acm:RequestCertificate",
            "acm:DescribeCertificate",
            "acm:ListTagsForCertificate",
            "acm:GetCertificate",
        ),
        managed,
    ),
    "export from ACM": Case("acm_private_certificate", ("acm:ExportCertificate",), exported),
    "find in ACM": Case(
        "acm_private_certificate", ("acm:DescribeCertificate", "acm:ListTagsForCertificate"), of_earlier, managed
    ),
    "change in ACM": Case(
        "acm_private_certificate",
        ("acm:RenewCertificate", "acm:AddTagsToCertificate", "acm:RemoveTagsFromCertificate"),
        lambda subject: {**of_earlier(subject), "tags": {"site": "one"}, "renew_before": "400d"},
        earlier=exported,
    ),
    "delete from ACM": Case(
        "acm_private_certificate",
        ("acm:DeleteCertificate",),
        lambda subject: {**of_earlier(subject), "state": "absent"},
        earlier=managed,
    ),
    "audit": Case(
        "acm_pca_audit_report",
        ("CreateCertificateAuthorityAuditReport", "DescribeCertificateAuthorityAuditReport"),
        lambda root: {ARN: root["arn"], "s3_bucket_name": root["bucket"], "wait_timeout": 1},
    ),
}
# what is no failure, and why
BORNE = {
    ("change", "GetCertificateAuthorityCertificate", "InvalidStateException"),
    ("change", "ListTags", "InvalidStateException"),
    ("read", "DescribeCertificateAuthority", "ResourceNotFoundException"),
    ("read", "GetCertificateAuthorityCertificate", "InvalidStateException"),
    ("read", "GetCertificateAuthorityCsr", "InvalidStateException"),
    ("read", "GetCertificateAuthorityCsr", "RequestInProgressException"),
    ("read", "ListTags", "InvalidStateException"),
    ("look up", "GetCertificate", "RequestFailedException"),
    ("look up", "GetCertificate", "RequestInProgressException"),
    ("revoke", "RevokeCertificate", "RequestAlreadyProcessedException"),
    ("revoke", "RevokeCertificate", "RequestInProgressException"),
}
# what is waited out until the deadline, and then says so
WAITED = {
    ("create", "GetCertificateAuthorityCsr", "RequestInProgressException"),
    ("create", "GetCertificate", "RequestInProgressException"),
    ("create", "IssueCertificate", "InvalidStateException"),
    ("issue", "GetCertificate", "RequestInProgressException"),
    ("request of ACM", "acm:DescribeCertificate", "ResourceNotFoundException"),
    ("request of ACM", "acm:ListTagsForCertificate", "ResourceNotFoundException"),
    ("audit", "CreateCertificateAuthorityAuditReport", "RequestInProgressException"),
    ("audit", "CreateCertificateAuthorityAuditReport", "RequestFailedException"),
}
# what says itself that the certificate is not there
GONE = {
    ("find in ACM", "acm:DescribeCertificate", "ResourceNotFoundException"),
    ("find in ACM", "acm:ListTagsForCertificate", "ResourceNotFoundException"),
}
PASSING = ("ConcurrentModificationException", "ThrottlingException")  # tried again until the deadline


def declared_errors(operation: str) -> list[str]:
    """Return the errors that botocore's model of the service declares for the operation."""
    service, _colon, name = operation.rpartition(":")
    return [shape.name for shape in MODELS[service or "acm-pca"].operation_model(name).error_shapes]


EXPLAINED = re.compile(r"Failed to [^:]+ \(.+\): .*Scripted.*\. [A-Z].+\.")  # what, on what, why, what to do
DECLARED = [
    (case, operation, code)
    for case, described in CASES.items()
    for operation in described.operations
    for code in declared_errors(operation)
]


def prepare(account: Any, described: Case, root: dict[str, Any]) -> None:
    """Bring about what the case takes, and nothing else: every one of hundreds of tests pays for it."""
    if described.module in ("acm_pca_revoke_certificate", "acm_pca_certificate_info"):
        leaf = issue(account, root)
        root.update({"leaf": leaf.serial, "leaf_arn": leaf.arn})
    if described.module == "acm_pca_audit_report":
        root["bucket"] = account.create_bucket("audit")
    if described.module == "acm_private_certificate":
        account.client().create_permission(
            CertificateAuthorityArn=root["arn"], Principal="acm.amazonaws.com", Actions=ACTIONS
        )
    if described.earlier is not None:
        root["earlier"] = account.must_run(described.module, **described.earlier(root))


@pytest.mark.parametrize("entry", [entry for entry in DECLARED if entry[2] not in PASSING], ids="-".join)
def test_a_declared_error_is_explained(account, root, control, entry):
    case, operation, code = entry
    described = CASES[case]
    prepare(account, described, root)
    control.fault("error", operation, code=code, message="Scripted.", status=400)
    result = account.run(described.module, **described.options(root))
    if entry in BORNE:
        assert not result.get("failed"), result["msg"]
    elif entry in GONE:
        assert re.fullmatch(r"Failed to find the certificate \(arn:.+\): it does not exist\. Give .+\.", result["msg"])
    elif entry in WAITED:
        said = ("not done after", "still in progress", "makes one in 30 minutes")
        assert any(text in result["msg"] for text in said)
    else:
        assert result["failed"]
        assert (result["code"], result["operation"]) == (code, operation)
        assert EXPLAINED.fullmatch(result["msg"]), result["msg"]


def wait_longer(options: dict[str, Any]) -> dict[str, Any]:
    """Return the options with time for what passes: the pause before another attempt may take a second by itself."""
    return {**options, **({"wait_timeout": 60} if "wait_timeout" in options else {})}


@pytest.mark.parametrize("entry", [entry for entry in DECLARED if entry[2] in PASSING], ids="-".join)
def test_a_declared_error_that_passes_is_tried_again(account, root, control, entry):
    case, operation, code = entry
    described = CASES[case]
    prepare(account, described, root)
    control.fault("error", operation, code=code, message="Scripted.", status=400, times=1)
    account.must_run(described.module, **wait_longer(described.options(root)))


def test_every_module_that_calls_the_services_has_cases(checkout):
    modules = {path.stem for path in (checkout / "plugins/modules").glob("acm_*.py")}
    of_its_own = {"acm_pca_ledger_info"}  # reads a ledger: tests/unit/api/test_ledger_stores.py
    assert {described.module for described in CASES.values()} == modules - of_its_own


@pytest.mark.parametrize("module", sorted({described.module for described in CASES.values()}))
def test_every_operation_that_a_module_calls_is_in_its_cases(account, new_root, control, module):
    listed: set[str] = set()
    called: set[str] = set()
    for case, described in CASES.items():
        if described.module == module:
            subject = new_root(case)
            prepare(account, described, subject)
            begun = len(control.requests())
            account.run(described.module, **described.options(subject))
            called |= {entry["operation"] for entry in control.requests()[begun:]}
            listed |= set(described.operations)
    assert called <= listed


UNDECLARED = [(case, operation) for case, described in CASES.items() for operation in described.operations]


@pytest.mark.parametrize(("case", "operation"), UNDECLARED)
def test_denied_access_names_the_action_to_allow(account, root, control, case, operation):
    described = CASES[case]
    prepare(account, described, root)
    control.fault("access_denied", operation)
    result = account.run(described.module, **described.options(root))
    if case == "read" and operation != "DescribeCertificateAuthority":
        assert result["certificate_authorities"][0]["denied"] == [operation]
    elif (case, operation) == ("change", "GetCertificateAuthorityCertificate"):
        assert result["certificate_authority"]["denied"] == [operation]
    elif case == "request of ACM" and operation in UNASKED:
        assert result["certificate"]["status"] == "ISSUED"
    elif (case, operation) == ("change", "ListTags"):
        assert f"Allow acm-pca:{operation}" in result["msg"]
    else:
        assert result["failed"]
        action = operation if operation.startswith("acm:") else f"acm-pca:{operation}"
        resource = r"\*" if operation in GENERAL else "arn:"
        assert re.search(f"[Aa]llow {action} on {resource}", result["msg"])


UNASKED = ("DescribeCertificateAuthority", "ListPermissions")  # who may not look at the CA first, requests at once
GENERAL = (
    "ListCertificateAuthorities", "CreateCertificateAuthority", "acm:ListCertificates", "acm:RequestCertificate",
)  # fmt: skip


READING = ("List", "Describe", "Get")
READS = [entry for entry in UNDECLARED if entry[1].removeprefix("acm:").startswith(READING)]


@pytest.mark.parametrize(("case", "operation"), READS)
def test_throttling_is_borne(account, root, control, case, operation):
    described = CASES[case]
    prepare(account, described, root)
    control.fault("throttle", operation, times=1)
    account.must_run(described.module, **wait_longer(described.options(root)))


OF_ANOTHER = {  # whose report it is cannot be told when the reply with its id was lost
    ("audit", "CreateCertificateAuthorityAuditReport"),
}


@pytest.mark.parametrize(("case", "operation"), [entry for entry in UNDECLARED if entry not in READS])
def test_a_change_whose_reply_is_lost_is_made_once_and_told(account, root, control, case, operation):
    described = CASES[case]
    prepare(account, described, root)
    control.fault("lost_reply", operation, times=1)
    result = account.must_run(described.module, **wait_longer(described.options(root)))
    assert result["changed"] == ((case, operation) not in OF_ANOTHER)
