# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Each module works under exactly the IAM policy that its documentation calls minimal, and every action is needed."""

from __future__ import annotations

import ast
import dataclasses
import random
import re
import uuid
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._x509.keys import generate_key
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._x509.requests import build_request
from issued_leaf import issue
from service_policies import sharing_policy

ARN = "certificate_authority_arn"
ROOT = {"name": "made", "type": "ROOT", "key_algorithm": "EC_prime256v1", "subject": {"common_name": "Made"}}
NOTE = re.compile(r"Minimal IAM policy \((?P<purpose>[^)]*)\) - (?P<parts>.*)\.$", re.DOTALL)
RESOURCES = {
    "C(*)": "*",
    "the CA": "arn:aws:acm-pca:{region}:{account}:certificate-authority/*",
    "the parent": "arn:aws:acm-pca:{region}:{account}:certificate-authority/*",
    "the certificate": "arn:aws:acm:{region}:{account}:certificate/*",
}
PART = re.compile(r"on (?P<where>[^:,]+)(, template C\((?P<template>[^)]*)\))?: (?P<actions>.*)", re.DOTALL)


def documented_statements(checkout: Path, module: str) -> dict[str, list[dict[str, Any]]]:
    """Return the policy statements of the module's notes by their purpose; resources are keys of RESOURCES."""
    tree = ast.parse((checkout / f"plugins/modules/{module}.py").read_text())
    assigned = [node.value for node in tree.body if isinstance(node, ast.Assign)]
    texts = [value.value for value in assigned if isinstance(value, ast.Constant)]
    found: dict[str, list[dict[str, Any]]] = {}
    for note in yaml.safe_load(str(texts[0]))["notes"]:
        match = NOTE.match(note)
        if match:
            found[match["purpose"].removesuffix(", besides")] = [statement(part) for part in match["parts"].split("; ")]
    return found


def statement(part: str) -> dict[str, Any]:
    match = PART.match(part)
    assert match is not None, part
    described: dict[str, Any] = {
        "Effect": "Allow",
        "Action": re.findall(r"C\((acm(?:-pca)?:\w+)\)", match["actions"]),
        "Resource": RESOURCES[match["where"]],
    }
    if match["template"]:
        template = f"arn:aws:acm-pca:::template/{match['template']}"
        described["Condition"] = {"StringEquals": {"acm-pca:TemplateArn": template}}
    return described


def leaf_serial(account: Any, root: Mapping[str, Any]) -> dict[str, Any]:
    return {ARN: root["arn"], "serial": issue(account, root).serial}


def leaf_arn(account: Any, root: Mapping[str, Any]) -> dict[str, Any]:
    return {ARN: root["arn"], "certificate_arn": issue(account, root).arn}


def unissued(account: Any, root: Mapping[str, Any]) -> dict[str, Any]:
    """Let ACM issue from the root; return the options of a certificate that is not there yet."""
    account.must_run("acm_pca_permission", certificate_authority_arn=root["arn"])
    return {ARN: root["arn"], "domain_name": f"{uuid.uuid4()}.example.com", "key_algorithm": "EC_prime256v1"}


def managed(account: Any, root: Mapping[str, Any], **options: Any) -> dict[str, Any]:
    """Return the ARN of a new certificate of ACM as options."""
    made = account.must_run("acm_private_certificate", **unissued(account, root), **options)
    return {"certificate_arn": made["certificate"]["arn"]}


def some_csr() -> dict[str, Any]:
    """Return the options of a request that was never made before."""
    key = generate_key("EC_prime256v1")
    return {"csr": build_request(key, {"CN": f"{uuid.uuid4()}.example.com"[:64]}, []), "ledger": "none"}


def some_account() -> str:
    """Return an account that no other attempt shares with, so that every attempt has something to do."""
    return str(random.randrange(10**11, 10**12))


# module, purposes whose policies are taken together, runs of the module that they must allow
CASES: dict[str, tuple[str, tuple[str, ...], list[Callable[[Any, Mapping[str, Any]], dict[str, Any]]]]] = {
    "make a root": ("acm_pca_certificate_authority", ("to make a root",), [lambda _account, _root: ROOT]),
    "sign a subordinate": (
        "acm_pca_certificate_authority",
        ("to make a root", "to sign a subordinate"),
        [lambda _account, root: {**ROOT, "type": "SUBORDINATE", "parent_certificate_authority_arn": root["arn"]}],
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
    "list": ("acm_pca_certificate_authority_info", ("to list",), [lambda _account, _root: {}]),
    "read": (
        "acm_pca_certificate_authority_info",
        ("to read by ARN",),
        [lambda _account, root: {ARN: root["arn"]}],
    ),
    "revoke by serial": ("acm_pca_revoke_certificate", ("to revoke by serial or PEM",), [leaf_serial]),
    "revoke by ARN": (
        "acm_pca_revoke_certificate",
        ("to revoke by serial or PEM", "to revoke by ARN"),
        [leaf_arn],
    ),
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
}


@pytest.fixture
def least(account, control, checkout) -> Callable[[list[dict[str, Any]]], Any]:
    """Return a function that gives the account another access key, with these statements only."""

    def limit(statements: list[dict[str, Any]]) -> Any:
        key = f"AKIA{account.number}LEAST"
        place = {"region": account.region, "account": account.number}
        concrete = [{**one, "Resource": one["Resource"].format(**place)} for one in statements]
        s3 = {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}
        control.add_access_key(
            key,
            account.number,
            f"arn:aws:iam::{account.number}:user/least",
            [{"Version": "2012-10-17", "Statement": [*concrete, s3]}],
        )
        return dataclasses.replace(account, key=key)

    return limit


@pytest.mark.parametrize("case", CASES)
def test_a_module_works_under_its_documented_policy(account, root, least, checkout, case):
    module, purposes, runs = CASES[case]
    documented = documented_statements(checkout, module)
    user = least([one for purpose in purposes for one in documented[purpose]])
    for options in runs:
        result = user.must_run(module, **options(account, root))
        assert result["changed"] or "info" in module


BESIDE = {"list": "without ListTags it lists CAs without their tags"}


@pytest.mark.parametrize("case", [name for name in CASES if name not in BESIDE])
def test_no_action_of_the_documented_policy_can_be_left_out(account, root, least, checkout, case):
    module, purposes, runs = CASES[case]
    documented = documented_statements(checkout, module)
    own = documented[purposes[-1]]
    base = [one for purpose in purposes[:-1] for one in documented[purpose]]
    given = {action for one in base for action in one["Action"] if "Condition" not in one}
    for number, one in enumerate(own):
        for action in sorted(set(one["Action"]) - given):
            user = least([*base, *without(own, number, action)])
            fresh = account.must_run("acm_pca_certificate_authority", **{**ROOT, "name": f"root without {action}"})
            results = [
                user.run(module, **unlike(options(account, fresh["certificate_authority"]), action)) for options in runs
            ]
            assert any(result.get("failed") for result in results), f"{action} is not needed"


def without(statements: list[dict[str, Any]], number: int, action: str) -> list[dict[str, Any]]:
    """Return the statements, with one action of one of them left out."""
    kept = [
        {**one, "Action": [name for name in one["Action"] if (place, name) != (number, action)]}
        for place, one in enumerate(statements)
    ]
    return [one for one in kept if one["Action"]]


def unlike(options: dict[str, Any], action: str) -> dict[str, Any]:
    """Return the options with a name of their own, so that every attempt starts from nothing."""
    return {**options, "name": f"made without {action}"} if "name" in options else options
