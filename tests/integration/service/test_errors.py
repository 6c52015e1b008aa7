# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every error that the service declares for a module's operations is explained, or borne on purpose."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import botocore.session
import pytest
from ansible_collections.fleet_pki.aws_private_ca.tests.integration.service.accounts import Account, NewRoot, Options
from ansible_collections.fleet_pki.aws_private_ca.tests.integration.service.occasions import (
    ARN,
    RENEWED,
    ROOT,
    Occasion,
    absent,
    leaf_serial,
    managed,
    of_root,
    requested,
    revived,
    shared,
    unissued,
    unread_leaf,
    unreported,
)

from private_ca_emulator.control import EmulatorControl

EXPORTED: Options = {"export_passphrase": "passphrase", "tags": {"team": "pki"}}
SESSION = botocore.session.get_session()
MODELS = {service: SESSION.get_service_model(service) for service in ("acm-pca", "acm")}


@dataclass(frozen=True)
class Case:
    """An occasion on which a module calls these operations; one of ACM has the prefix ``acm:``."""

    module: str
    operations: tuple[str, ...]
    occasion: Occasion


def deleted(account: Account, root: str) -> Options:
    account.must_run("acm_pca_certificate_authority", **absent(account, root))
    return revived(account, root)


def permitted(account: Account, root: str) -> Options:
    account.permit_acm(root)
    return absent(account, root)


def unshared(account: Account, root: str) -> Options:
    account.must_run("acm_pca_policy", **shared(account, root))
    return absent(account, root)


def brief(occasion: Occasion) -> Occasion:
    """Return the occasion for a module that waits no longer than a second."""
    return lambda account, root: {**occasion(account, root), "wait_timeout": 1}


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
        lambda _account, _root: {**ROOT, "wait_timeout": 1},
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
        lambda _account, root: {ARN: root, "ocsp": {}, "tags": {"team": "pki"}},
    ),
    "delete": Case("acm_pca_certificate_authority", ("DeleteCertificateAuthority",), absent),
    "restore": Case("acm_pca_certificate_authority", ("RestoreCertificateAuthority",), deleted),
    "withdraw": Case("acm_pca_permission", ("DeletePermission",), permitted),
    "unshare": Case("acm_pca_policy", ("DeletePolicy",), unshared),
    "read": Case(
        "acm_pca_certificate_authority_info",
        (
            "DescribeCertificateAuthority",
            "GetCertificateAuthorityCertificate",
            "GetCertificateAuthorityCsr",
            "ListTags",
        ),
        of_root,
    ),
    "revoke": Case("acm_pca_revoke_certificate", ("RevokeCertificate",), leaf_serial),
    "grant": Case("acm_pca_permission", ("ListPermissions", "CreatePermission"), of_root),
    "share": Case("acm_pca_policy", ("GetPolicy", "PutPolicy"), shared),
    "issue": Case(
        "acm_pca_issue_certificate",
        ("DescribeCertificateAuthority", "IssueCertificate", "GetCertificate"),
        brief(requested),
    ),
    "look up": Case("acm_pca_certificate_info", ("GetCertificate",), unread_leaf),
    "read permissions": Case("acm_pca_permission_info", ("ListPermissions",), of_root),
    "read a policy": Case("acm_pca_policy_info", ("GetPolicy",), of_root),
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
        brief(unissued),
    ),
    "export from ACM": Case(
        "acm_private_certificate",
        ("acm:ExportCertificate",),
        lambda account, root: {**brief(unissued)(account, root), **EXPORTED},
    ),
    "find in ACM": Case(
        "acm_private_certificate", ("acm:DescribeCertificate", "acm:ListTagsForCertificate"), brief(managed)
    ),
    "change in ACM": Case(
        "acm_private_certificate",
        ("acm:RenewCertificate", "acm:AddTagsToCertificate", "acm:RemoveTagsFromCertificate"),
        lambda account, root: {
            **managed(account, root, **EXPORTED),
            "tags": {"site": "one"},
            **RENEWED,
            "wait_timeout": 1,
        },
    ),
    "delete from ACM": Case(
        "acm_private_certificate",
        ("acm:DeleteCertificate",),
        lambda account, root: {**brief(managed)(account, root), "state": "absent"},
    ),
    "audit": Case(
        "acm_pca_audit_report",
        ("CreateCertificateAuthorityAuditReport", "DescribeCertificateAuthorityAuditReport"),
        brief(unreported),
    ),
}
# what is no failure, and why
BORNE = {
    ("change", "GetCertificateAuthorityCertificate", "InvalidStateException"),
    ("change", "ListTags", "InvalidStateException"),
    ("read", "DescribeCertificateAuthority", "InvalidArnException"),
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


@pytest.mark.parametrize("entry", [entry for entry in DECLARED if entry[2] not in PASSING], ids="-".join)
def test_a_declared_error_is_explained(
    account: Account, root: str, control: EmulatorControl, entry: tuple[str, str, str]
) -> None:
    case, operation, code = entry
    described = CASES[case]
    options = described.occasion(account, root)
    control.fault("error", operation, code=code, message="Scripted.", status=400)
    result = account.run(described.module, **options)
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


def wait_longer(options: Options) -> Options:
    """Return the options with time for what passes: the pause before another attempt may take a second by itself."""
    return {**options, **({"wait_timeout": 60} if "wait_timeout" in options else {})}


@pytest.mark.parametrize("entry", [entry for entry in DECLARED if entry[2] in PASSING], ids="-".join)
def test_a_declared_error_that_passes_is_tried_again(
    account: Account, root: str, control: EmulatorControl, entry: tuple[str, str, str]
) -> None:
    case, operation, code = entry
    described = CASES[case]
    options = described.occasion(account, root)
    control.fault("error", operation, code=code, message="Scripted.", status=400, times=1)
    account.must_run(described.module, **wait_longer(options))


def test_every_module_that_calls_the_services_has_cases(checkout: Path) -> None:
    modules = {path.stem for path in (checkout / "plugins/modules").glob("acm_*.py")}
    of_its_own = {"acm_pca_ledger_info"}  # reads a ledger: tests/unit/api/test_ledger_stores.py
    assert {described.module for described in CASES.values()} == modules - of_its_own


@pytest.mark.parametrize("module", sorted({described.module for described in CASES.values()}))
def test_every_operation_that_a_module_calls_is_in_its_cases(
    account: Account, new_root: NewRoot, control: EmulatorControl, module: str
) -> None:
    listed: set[str] = set()
    called: set[str] = set()
    for case, described in CASES.items():
        if described.module == module:
            options = described.occasion(account, new_root(case))
            begun = len(control.requests())
            account.run(described.module, **options)
            called |= {entry["operation"] for entry in control.requests()[begun:]}
            listed |= set(described.operations)
    assert called <= listed


UNDECLARED = [(case, operation) for case, described in CASES.items() for operation in described.operations]


@pytest.mark.parametrize(("case", "operation"), UNDECLARED)
def test_denied_access_names_the_action_to_allow(
    account: Account, root: str, control: EmulatorControl, case: str, operation: str
) -> None:
    described = CASES[case]
    options = described.occasion(account, root)
    control.fault("access_denied", operation)
    result = account.run(described.module, **options)
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
def test_throttling_is_borne(account: Account, root: str, control: EmulatorControl, case: str, operation: str) -> None:
    described = CASES[case]
    options = described.occasion(account, root)
    control.fault("throttle", operation, times=1)
    account.must_run(described.module, **wait_longer(options))


OF_ANOTHER = {  # whose report it is cannot be told when the reply with its id was lost
    ("audit", "CreateCertificateAuthorityAuditReport"),
}


@pytest.mark.parametrize(("case", "operation"), [entry for entry in UNDECLARED if entry not in READS])
def test_a_change_whose_reply_is_lost_is_made_once_and_told(
    account: Account, root: str, control: EmulatorControl, case: str, operation: str
) -> None:
    described = CASES[case]
    options = described.occasion(account, root)
    control.fault("lost_reply", operation, times=1)
    result = account.must_run(described.module, **wait_longer(options))
    assert result["changed"] == ((case, operation) not in OF_ANOTHER)
