# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What each documented IAM policy must allow: the module, the purposes taken together, and the runs."""

from __future__ import annotations

import random
import time
import uuid
from collections.abc import Callable, Mapping
from typing import Any

from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._issuance_options import select_ledger
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._ledger.opening import open_ledger
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._x509.keys import generate_key
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._x509.requests import build_request
from issued_leaf import issue
from service_policies import sharing_policy

from private_ca_emulator.control import EmulatorControl

ARN = "certificate_authority_arn"
SIGNED = {"signing_algorithm": "SHA256WITHECDSA"}
Options = Callable[[Any, Mapping[str, Any]], dict[str, Any]]
ROOT = {"name": "made", "type": "ROOT", "key_algorithm": "EC_prime256v1", "subject": {"common_name": "Made"}}

SUBORDINATE = {**ROOT, "type": "SUBORDINATE"}


def unissued(account: Any, root: Mapping[str, Any]) -> dict[str, Any]:
    """Let ACM issue from the root; return the options of a certificate that is not there yet."""
    account.must_run("acm_pca_permission", certificate_authority_arn=root["arn"])
    return {ARN: root["arn"], "domain_name": f"{uuid.uuid4()}.example.com", "key_algorithm": "EC_prime256v1"}


def managed(account: Any, root: Mapping[str, Any], **options: Any) -> dict[str, Any]:
    """Return the ARN of a new certificate of ACM as options."""
    made = account.must_run("acm_private_certificate", **unissued(account, root), **options)
    return {"certificate_arn": made["certificate"]["arn"]}


def ledger_of(account: Any) -> dict[str, Any]:
    """Make the table of a ledger; return the options that name it."""
    table = {"ledger": "dynamodb", "ledger_endpoint_url": account.endpoint_url, "ledger_region": account.region}
    with open_ledger(select_ledger({**account.connection, **table, "ledger_create_table": True})):
        return table


def leaf_serial(account: Any, root: Mapping[str, Any]) -> dict[str, Any]:
    return {ARN: root["arn"], "serial": issue(account, root).serial}


def leaf_arn(account: Any, root: Mapping[str, Any]) -> dict[str, Any]:
    return {ARN: root["arn"], "certificate_arn": issue(account, root).arn}


def leaf_with_responder(account: Any, root: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options that predict the revocation of a certificate which says where its OCSP responder is."""
    responder = {"custom_cname": account.endpoint_url.removeprefix("http://")}
    account.must_run("acm_pca_certificate_authority", certificate_authority_arn=root["arn"], ocsp=responder)
    return {ARN: root["arn"], "certificate": issue(account, root).pem, "check_mode": True}


def new_crl(account: Any, _root: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options that turn on a CRL in a bucket of its own."""
    return {"crl": {"s3_bucket_name": account.create_bucket("crl"), "expiration_in_days": 7}}


def publish(account: Any, root: Mapping[str, Any]) -> None:
    """Turn on the CRL of the root."""
    account.must_run("acm_pca_certificate_authority", certificate_authority_arn=root["arn"], **new_crl(account, root))


def publisher_without_ocsp(account: Any, root: Mapping[str, Any]) -> dict[str, Any]:
    """Turn on the CRL of the root; return the options that turn on OCSP."""
    publish(account, root)
    return {ARN: root["arn"], "ocsp": {}}


def leaf_of_publisher(account: Any, root: Mapping[str, Any]) -> dict[str, Any]:
    """Turn on the CRL of the root; return the options that revoke a certificate of it."""
    publish(account, root)
    return leaf_serial(account, root)


def as_role(account: Any, root: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options that read the root as a role of the account."""
    return {ARN: root["arn"], "assume_role_arn": f"arn:aws:iam::{account.number}:role/issuer"}


def some_csr() -> dict[str, Any]:
    """Return the options of a request that was never made before."""
    key = generate_key("EC_prime256v1")
    return {"csr": build_request(key, {"CN": f"{uuid.uuid4()}.example.com"[:64]}, []), "ledger": "none"}


def with_report(account: Any, root: Mapping[str, Any]) -> dict[str, Any]:
    """Have a report written; return the options that read it."""
    options = {ARN: root["arn"], "s3_bucket_name": account.create_bucket("audit")}
    account.must_run("acm_pca_audit_report", **options)
    return options


def lost(account: Any, root: Mapping[str, Any], **ledger: Any) -> dict[str, Any]:
    """Lose the reply to a request, and let the service forget its token; return the options of the same request."""
    control, place = EmulatorControl(account.endpoint_url), {ARN: root["arn"], **SIGNED, **some_csr(), **ledger}
    struck = {"operation": "IssueCertificate", "match": {"CertificateAuthorityArn": root["arn"]}}
    control.fault("lost_reply", calls=[1], **struck)
    control.fault("error", calls=[2], code="AccessDeniedException", status=400, **struck)
    ahead = control.now() - time.time()
    assert account.run("acm_pca_issue_certificate", later=ahead, **place)["failed"]
    control.clear_faults()
    control.advance(600)
    return {**place, "later": ahead + 600, "recovery_bucket": account.create_bucket("audit")}


def no_table(account: Any, root: Mapping[str, Any]) -> dict[str, Any]:
    """Remove the table of the ledger; return the options that make it."""
    table = ledger_of(account)
    account.client("dynamodb").delete_table(TableName="fleet-pki-ledger")
    return {ARN: root["arn"], **some_csr(), **SIGNED, **table, "ledger_create_table": True}


def some_account() -> str:
    """Return an account that no other attempt shares with, so that every attempt has something to do."""
    return str(random.randrange(10**11, 10**12))


# module, purposes whose policies are taken together, runs of the module that they must allow
CASES: dict[str, tuple[str, tuple[str, ...], list[Options]]] = {
    "make a root": ("acm_pca_certificate_authority", ("to make a root",), [lambda _account, _root: ROOT]),
    "sign a subordinate": (
        "acm_pca_certificate_authority",
        ("to make a root", "to sign a subordinate"),
        [lambda _account, root: {**SUBORDINATE, "parent_certificate_authority_arn": root["arn"]}],
    ),
    "renew a subordinate": (
        "acm_pca_certificate_authority",
        ("to make a root", "to sign a subordinate", "to keep a subordinate signed or imported"),
        [
            lambda _account, root: {**SUBORDINATE, "parent_certificate_authority_arn": root["arn"]},
            lambda _account, root: {
                "name": "made",
                "parent_certificate_authority_arn": root["arn"],
                "renew_before": "1200d",
            },
        ],
    ),
    "change, delete and restore": (
        "acm_pca_certificate_authority",
        ("to make a root", "to change, delete and restore"),
        [
            lambda _account, root: {ARN: root["arn"], "ocsp": {}, "tags": {"team": "pki"}},
            lambda _account, root: {ARN: root["arn"], "tags": {}},
            lambda _account, root: {ARN: root["arn"], "state": "absent"},
            lambda _account, root: {ARN: root["arn"], "restore": True, "enabled": True},
        ],
    ),
    "make a root with a CRL": (
        "acm_pca_certificate_authority",
        ("to make a root", "with a CRL"),
        [lambda account, root: {**ROOT, **new_crl(account, root)}],
    ),
    "turn a CRL on": (
        "acm_pca_certificate_authority",
        ("to make a root", "to change, delete and restore", "with a CRL"),
        [lambda account, root: {ARN: root["arn"], **new_crl(account, root)}],
    ),
    "turn OCSP on beside a CRL": (
        "acm_pca_certificate_authority",
        ("to make a root", "to change, delete and restore", "with a CRL"),
        [publisher_without_ocsp],
    ),
    "list": ("acm_pca_certificate_authority_info", ("to list",), [lambda _account, _root: {}]),
    "read": (
        "acm_pca_certificate_authority_info",
        ("to read by ARN",),
        [lambda _account, root: {ARN: root["arn"]}],
    ),
    "revoke by serial": ("acm_pca_revoke_certificate", ("to revoke by serial or PEM",), [leaf_serial]),
    "predict a revocation": (
        "acm_pca_revoke_certificate",
        ("to revoke by serial or PEM", "for check mode and waiting"),
        [leaf_with_responder],
    ),
    "revoke by ARN": (
        "acm_pca_revoke_certificate",
        ("to revoke by serial or PEM", "to revoke by ARN"),
        [leaf_arn],
    ),
    "revoke by a CA with a CRL": (
        "acm_pca_revoke_certificate",
        ("to revoke by serial or PEM", "by a CA with a CRL"),
        [leaf_of_publisher],
    ),
    "read as a role": ("acm_pca_certificate_authority_info", ("to act as a role",), [as_role]),
    "grant and withdraw": (
        "acm_pca_permission",
        ("to grant and withdraw",),
        [lambda _account, root: {ARN: root["arn"]}, lambda _account, root: {ARN: root["arn"], "state": "absent"}],
    ),
    "set and delete": (
        "acm_pca_policy",
        ("to set and delete",),
        [
            lambda _account, root: {ARN: root["arn"], "policy": sharing_policy(root["arn"], some_account())},
            lambda _account, root: {ARN: root["arn"], "state": "absent"},
        ],
    ),
    "read permissions": ("acm_pca_permission_info", ("to read",), [lambda _account, root: {ARN: root["arn"]}]),
    "read a policy": ("acm_pca_policy_info", ("to read",), [lambda _account, root: {ARN: root["arn"]}]),
    "issue": (
        "acm_pca_issue_certificate",
        ("to issue",),
        [lambda _account, root: {ARN: root["arn"], **some_csr(), "signing_algorithm": "SHA256WITHECDSA"}],
    ),
    "issue without a signing algorithm": (
        "acm_pca_issue_certificate",
        ("to issue", "without a signing algorithm"),
        [lambda _account, root: {ARN: root["arn"], **some_csr()}],
    ),
    "read an issued one": (
        "acm_pca_certificate_info",
        ("to read by ARN",),
        [lambda account, root: {"certificate_arns": [issue(account, root).arn]}],
    ),
    "request of ACM": ("acm_private_certificate", ("to find or request",), [unissued]),
    "tag in ACM": (
        "acm_private_certificate",
        ("to find or request", "to set and remove tags"),
        [
            lambda account, root: {**unissued(account, root), "tags": {"team": "pki"}},
            lambda account, root: {**managed(account, root), "tags": {"team": "pki"}},
            lambda account, root: {**managed(account, root, tags={"team": "pki"}), "tags": {}},
        ],
    ),
    "export from ACM": (
        "acm_private_certificate",
        ("to find or request", "to export"),
        [lambda account, root: {**unissued(account, root), "export_passphrase": "passphrase"}],
    ),
    "renew in ACM": (
        "acm_private_certificate",
        ("to find or request", "to renew"),
        [lambda account, root: {**managed(account, root, export_passphrase="passphrase"), "renew_before": "400d"}],
    ),
    "delete from ACM": (
        "acm_private_certificate",
        ("to find or request", "to delete"),
        [lambda account, root: {**managed(account, root), "state": "absent"}],
    ),
    "audit": (
        "acm_pca_audit_report",
        ("to request and read",),
        [lambda account, root: {ARN: root["arn"], "s3_bucket_name": account.create_bucket("audit")}],
    ),
    "audit again": ("acm_pca_audit_report", ("to request and read", "to take a recent report"), [with_report]),
    "list from a report": (
        "acm_pca_certificate_info",
        ("to list from an audit report",),
        [lambda account, root: {ARN: root["arn"], "audit_report_bucket": with_report(account, root)["s3_bucket_name"]}],
    ),
    "issue with a ledger in DynamoDB": (
        "acm_pca_issue_certificate",
        ("to issue", "with a ledger in DynamoDB"),
        [lambda account, root: {ARN: root["arn"], **some_csr(), **SIGNED, **ledger_of(account)}],
    ),
    "issue with a limit": (
        "acm_pca_issue_certificate",
        ("to issue", "with a ledger in DynamoDB", "with a limit in that ledger"),
        [lambda account, root: {ARN: root["arn"], **some_csr(), **SIGNED, **ledger_of(account), "max_issuances": 1000}],
    ),
    "issue with a new ledger": (
        "acm_pca_issue_certificate",
        ("to issue", "with a ledger in DynamoDB", "to create that table"),
        [no_table],
    ),
    "recover": (
        "acm_pca_issue_certificate",
        ("to issue", "to recover a lost reply"),
        [lambda account, root: lost(account, root, ledger="sqlite")],
    ),
    "recover by a ledger in DynamoDB": (
        "acm_pca_issue_certificate",
        (
            "to issue",
            "with a ledger in DynamoDB",
            "to recover a lost reply",
            "to recover a lost reply by a ledger in DynamoDB",
        ),
        [lambda account, root: lost(account, root, **ledger_of(account))],
    ),
    "read a ledger": (
        "acm_pca_ledger_info",
        ("to read a ledger in DynamoDB",),
        [lambda account, _root: ledger_of(account)],
    ),
}


def from_acm_by_arn(account: Any, root: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options that install a certificate which ACM has."""
    return {"source": "acm", "common_name": None, **managed(account, root), ARN: None}


def from_acm_by_names(account: Any, root: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options that install a certificate which ACM is to be asked for."""
    unissued(account, root)
    return {"source": "acm", "key_algorithm": "EC_prime256v1"}


def publish_and_keep(account: Any, root: Mapping[str, Any]) -> dict[str, Any]:
    """Turn on the CRL of the root; return the options that keep a certificate of it."""
    publish(account, root)
    return SIGNED


HOST_CASES: dict[str, tuple[tuple[str, ...], list[Options]]] = {
    "keep": (("to keep a certificate",), [lambda _account, _root: SIGNED]),
    "keep without a signing algorithm": (
        ("to keep a certificate", "without a signing algorithm"),
        [lambda _account, _root: {}],
    ),
    "remove and revoke": (
        ("to keep a certificate", "to revoke"),
        [lambda _account, _root: SIGNED, lambda _account, _root: {"state": "absent", "revoke_removed": "SUPERSEDED"}],
    ),
    "keep with a ledger in DynamoDB": (
        ("to keep a certificate", "with a ledger in DynamoDB"),
        [lambda account, _root: {**SIGNED, **ledger_of(account)}],
    ),
    "keep with a limit": (
        ("to keep a certificate", "with a ledger in DynamoDB", "with a limit in that ledger"),
        [lambda account, _root: {**SIGNED, **ledger_of(account), "max_issuances": 1000}],
    ),
    "revoke by a CA with a CRL": (
        ("to keep a certificate", "to revoke", "to revoke by a CA with a CRL"),
        [publish_and_keep, lambda _account, _root: {"state": "absent", "revoke_removed": "SUPERSEDED"}],
    ),
    "revoke by a ledger in DynamoDB": (
        ("to keep a certificate", "with a ledger in DynamoDB", "to revoke", "to revoke by a ledger in DynamoDB"),
        [
            lambda account, _root: {**SIGNED, **ledger_of(account)},
            lambda account, _root: {**ledger_of(account), "state": "absent", "revoke_removed": "SUPERSEDED"},
        ],
    ),
    "from ACM by ARN": (("from ACM, by ARN",), [from_acm_by_arn]),
    "from ACM by names": (("from ACM, by ARN", "from ACM, by names"), [from_acm_by_names]),
}
