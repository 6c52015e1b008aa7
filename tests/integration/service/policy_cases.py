# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What each documented IAM policy must allow: the module, the purposes taken together, and the runs."""

from __future__ import annotations

import random
import time
from typing import Any

from ansible_collections.fleet_pki.aws_private_ca.tests.integration.service.accounts import Account, Options
from ansible_collections.fleet_pki.aws_private_ca.tests.integration.service.occasions import (
    ARN,
    RENEWED,
    ROOT,
    Occasion,
    absent,
    leaf_arn,
    leaf_serial,
    ledger_of,
    listed,
    managed,
    of_root,
    reported,
    requested,
    revived,
    shared,
    unissued,
    unread_leaf,
    unreported,
)

from private_ca_emulator.control import EmulatorControl

SIGNED = {"signing_algorithm": "SHA256WITHECDSA"}
REMOVED = {"state": "absent", "revoke_removed": "SUPERSEDED"}


def subordinate(_account: Account, root: str) -> Options:
    return {**ROOT, "type": "SUBORDINATE", "parent_certificate_authority_arn": root}


def leaf_with_responder(account: Account, root: str) -> Options:
    """Return the options that predict the revocation of a certificate which says where its OCSP responder is."""
    responder = {"custom_cname": account.endpoint_url.removeprefix("http://")}
    account.must_run("acm_pca_certificate_authority", certificate_authority_arn=root, ocsp=responder)
    return {ARN: root, "certificate": account.issue(root).pem, "check_mode": True}


def new_crl(account: Account) -> Options:
    """Return the options that turn on a CRL in a bucket of its own."""
    return {"crl": {"s3_bucket_name": account.create_bucket("crl"), "expiration_in_days": 7}}


def publish(account: Account, root: str) -> None:
    """Turn on the CRL of the root."""
    account.must_run("acm_pca_certificate_authority", certificate_authority_arn=root, **new_crl(account))


def publisher_without_ocsp(account: Account, root: str) -> Options:
    """Turn on the CRL of the root; return the options that turn on OCSP."""
    publish(account, root)
    return {ARN: root, "ocsp": {}}


def leaf_of_publisher(account: Account, root: str) -> Options:
    """Turn on the CRL of the root; return the options that revoke a certificate of it."""
    publish(account, root)
    return leaf_serial(account, root)


def as_role(account: Account, root: str) -> Options:
    """Return the options that read the root as a role of the account."""
    return {ARN: root, "assume_role_arn": f"arn:aws:iam::{account.number}:role/issuer"}


def lost(account: Account, root: str, **ledger: Any) -> Options:
    """Lose the reply to a request, and let the service forget its token; return the options of the same request."""
    control, place = EmulatorControl(account.endpoint_url), {**requested(account, root), **SIGNED, **ledger}
    struck = {"CertificateAuthorityArn": root}
    control.fault("lost_reply", "IssueCertificate", calls=[1], match=struck)
    control.fault("error", "IssueCertificate", calls=[2], code="AccessDeniedException", status=400, match=struck)
    ahead = control.now() - time.time()
    assert account.run("acm_pca_issue_certificate", later=ahead, **place)["failed"]
    control.clear_faults()
    control.advance(600)
    return {**place, "later": ahead + 600, "recovery_bucket": account.create_bucket("audit")}


def with_ledger(account: Account, root: str, **limits: int) -> Options:
    """Make the table of a ledger; return the options of a request that it is to know."""
    return {**requested(account, root), **SIGNED, **ledger_of(account), **limits}


def no_table(account: Account, root: str) -> Options:
    """Remove the table of the ledger; return the options that make it."""
    options = with_ledger(account, root)
    account.client("dynamodb").delete_table(TableName="fleet-pki-ledger")
    return {**options, "ledger_create_table": True}


def shared_anew(account: Account, root: str) -> Options:
    """Return the options that share with an account of no other attempt, so that every attempt has something to do."""
    return shared(account, root, str(random.randrange(10**11, 10**12)))


# module, purposes whose policies are taken together, runs of the module that they must allow
CASES: dict[str, tuple[str, tuple[str, ...], list[Occasion]]] = {
    "make a root": ("acm_pca_certificate_authority", ("to make a root",), [lambda _account, _root: ROOT]),
    "sign a subordinate": ("acm_pca_certificate_authority", ("to make a root", "to sign a subordinate"), [subordinate]),
    "renew a subordinate": (
        "acm_pca_certificate_authority",
        ("to make a root", "to sign a subordinate", "to keep a subordinate signed or imported"),
        [
            subordinate,
            lambda _account, root: {
                "name": "made",
                "parent_certificate_authority_arn": root,
                "renew_before": "1200d",
                "validity": {"type": "YEARS", "value": 4},
            },
        ],
    ),
    "change, delete and restore": (
        "acm_pca_certificate_authority",
        ("to make a root", "to change, delete and restore"),
        [
            lambda _account, root: {ARN: root, "ocsp": {}, "tags": {"team": "pki"}},
            lambda _account, root: {ARN: root, "tags": {}},
            absent,
            revived,
        ],
    ),
    "make a root with a CRL": (
        "acm_pca_certificate_authority",
        ("to make a root", "with a CRL"),
        [lambda account, _root: {**ROOT, **new_crl(account)}],
    ),
    "turn a CRL on": (
        "acm_pca_certificate_authority",
        ("to make a root", "to change, delete and restore", "with a CRL"),
        [lambda account, root: {ARN: root, **new_crl(account)}],
    ),
    "turn OCSP on beside a CRL": (
        "acm_pca_certificate_authority",
        ("to make a root", "to change, delete and restore", "with a CRL"),
        [publisher_without_ocsp],
    ),
    "list": ("acm_pca_certificate_authority_info", ("to list",), [lambda _account, _root: {}]),
    "read": ("acm_pca_certificate_authority_info", ("to read by ARN",), [of_root]),
    "revoke by serial": ("acm_pca_revoke_certificate", ("to revoke by serial or PEM",), [leaf_serial]),
    "predict a revocation": (
        "acm_pca_revoke_certificate",
        ("to revoke by serial or PEM", "for check mode and waiting"),
        [leaf_with_responder],
    ),
    "revoke by ARN": ("acm_pca_revoke_certificate", ("to revoke by serial or PEM", "to revoke by ARN"), [leaf_arn]),
    "revoke by a CA with a CRL": (
        "acm_pca_revoke_certificate",
        ("to revoke by serial or PEM", "by a CA with a CRL"),
        [leaf_of_publisher],
    ),
    "read as a role": ("acm_pca_certificate_authority_info", ("to act as a role",), [as_role]),
    "grant and withdraw": ("acm_pca_permission", ("to grant and withdraw",), [of_root, absent]),
    "set and delete": ("acm_pca_policy", ("to set and delete",), [shared_anew, absent]),
    "read permissions": ("acm_pca_permission_info", ("to read",), [of_root]),
    "read a policy": ("acm_pca_policy_info", ("to read",), [of_root]),
    "issue": (
        "acm_pca_issue_certificate",
        ("to issue",),
        [lambda account, root: {**requested(account, root), **SIGNED}],
    ),
    "issue without a signing algorithm": (
        "acm_pca_issue_certificate",
        ("to issue", "without a signing algorithm"),
        [requested],
    ),
    "read an issued one": ("acm_pca_certificate_info", ("to read by ARN",), [unread_leaf]),
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
        [lambda account, root: {**managed(account, root, export_passphrase="passphrase"), **RENEWED}],
    ),
    "delete from ACM": (
        "acm_private_certificate",
        ("to find or request", "to delete"),
        [lambda account, root: {**managed(account, root), "state": "absent"}],
    ),
    "audit": ("acm_pca_audit_report", ("to request and read",), [unreported]),
    "audit again": ("acm_pca_audit_report", ("to request and read", "to take a recent report"), [reported]),
    "list from a report": ("acm_pca_certificate_info", ("to list from an audit report",), [listed]),
    "issue with a ledger in DynamoDB": (
        "acm_pca_issue_certificate",
        ("to issue", "with a ledger in DynamoDB"),
        [with_ledger],
    ),
    "issue with a limit": (
        "acm_pca_issue_certificate",
        ("to issue", "with a ledger in DynamoDB", "with a limit in that ledger"),
        [lambda account, root: with_ledger(account, root, max_issuances=1000)],
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


def from_acm_by_arn(account: Account, root: str) -> Options:
    """Return the options that install a certificate which ACM has."""
    return {"source": "acm", "common_name": None, **managed(account, root), ARN: None}


def from_acm_by_names(account: Account, root: str) -> Options:
    """Return the options that install a certificate which ACM is to be asked for."""
    unissued(account, root)
    return {"source": "acm", "key_algorithm": "EC_prime256v1"}


def publish_and_keep(account: Account, root: str) -> Options:
    """Turn on the CRL of the root; return the options that keep a certificate of it."""
    publish(account, root)
    return SIGNED


HOST_CASES: dict[str, tuple[tuple[str, ...], list[Occasion]]] = {
    "keep": (("to keep a certificate",), [lambda _account, _root: SIGNED]),
    "keep without a signing algorithm": (
        ("to keep a certificate", "without a signing algorithm"),
        [lambda _account, _root: {}],
    ),
    "remove and revoke": (
        ("to keep a certificate", "to revoke"),
        [lambda _account, _root: SIGNED, lambda _account, _root: REMOVED],
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
        [publish_and_keep, lambda _account, _root: REMOVED],
    ),
    "revoke by a ledger in DynamoDB": (
        ("to keep a certificate", "with a ledger in DynamoDB", "to revoke", "to revoke by a ledger in DynamoDB"),
        [
            lambda account, _root: {**SIGNED, **ledger_of(account)},
            lambda account, _root: {**ledger_of(account), **REMOVED},
        ],
    ),
    "from ACM by ARN": (("from ACM, by ARN",), [from_acm_by_arn]),
    "from ACM by names": (("from ACM, by ARN", "from ACM, by names"), [from_acm_by_names]),
}
