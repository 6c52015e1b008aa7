# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Each module works under exactly the IAM policy that its documentation calls minimal, and every action is needed."""

from __future__ import annotations

import dataclasses
import random
import sys
import uuid
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._issuance_options import select_ledger
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._ledger.opening import open_ledger
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._x509.keys import generate_key
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._x509.requests import build_request
from issued_leaf import issue
from service_policies import documented_statements, sharing_policy

from playbook_run import PlaybookRun
from source_tree import CHECKOUT

ARN = "certificate_authority_arn"
SIGNED = {"signing_algorithm": "SHA256WITHECDSA"}
Options = Callable[[Any, Mapping[str, Any]], dict[str, Any]]
ROOT = {"name": "made", "type": "ROOT", "key_algorithm": "EC_prime256v1", "subject": {"common_name": "Made"}}

SUBORDINATE = {**ROOT, "type": "SUBORDINATE"}


def leaf_serial(account: Any, root: Mapping[str, Any]) -> dict[str, Any]:
    return {ARN: root["arn"], "serial": issue(account, root).serial}


def leaf_arn(account: Any, root: Mapping[str, Any]) -> dict[str, Any]:
    return {ARN: root["arn"], "certificate_arn": issue(account, root).arn}


def leaf_with_responder(account: Any, root: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options that predict the revocation of a certificate which says where its OCSP responder is."""
    responder = {"custom_cname": account.endpoint_url.removeprefix("http://")}
    account.must_run("acm_pca_certificate_authority", certificate_authority_arn=root["arn"], ocsp=responder)
    return {ARN: root["arn"], "certificate": issue(account, root).pem, "check_mode": True}


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


def with_report(account: Any, root: Mapping[str, Any]) -> dict[str, Any]:
    """Have a report written; return the options that read it."""
    options = {ARN: root["arn"], "s3_bucket_name": account.create_bucket("audit")}
    account.must_run("acm_pca_audit_report", **options)
    return options


def ledger_of(account: Any) -> dict[str, Any]:
    """Make the table of a ledger; return the options that name it."""
    table = {"ledger": "dynamodb", "ledger_endpoint_url": account.endpoint_url, "ledger_region": account.region}
    with open_ledger(select_ledger({**account.connection, **table, "ledger_create_table": True})):
        return table


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
    "read a ledger": (
        "acm_pca_ledger_info",
        ("to read a ledger in DynamoDB",),
        [lambda account, _root: ledger_of(account)],
    ),
}


@pytest.fixture
def least(account, control, checkout) -> Callable[[list[dict[str, Any]]], Any]:
    """Return a function that gives the account another access key, with these statements only."""

    def limit(statements: list[dict[str, Any]]) -> Any:
        key = f"AKIA{account.number}LEAST"
        place = {"region": account.region, "account": account.number}
        concrete = [{**one, "Resource": one["Resource"].format(**place)} for one in statements]
        control.add_access_key(
            key,
            account.number,
            f"arn:aws:iam::{account.number}:user/least",
            [{"Version": "2012-10-17", "Statement": concrete}],
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
        assert result["changed"] or "info" in module or case == "audit again"


BESIDE = {
    "list": "without ListTags it lists CAs without their tags",
    "audit again": "without ListBucket it has another report written",
}


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


def from_acm_by_arn(account: Any, root: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options that install a certificate which ACM has."""
    return {"source": "acm", "common_name": None, **managed(account, root), ARN: None}


def from_acm_by_names(account: Any, root: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options that install a certificate which ACM is to be asked for."""
    unissued(account, root)
    return {"source": "acm", "key_algorithm": "EC_prime256v1"}


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


@pytest.fixture
def keep(root, run_playbook, tmp_path) -> Callable[..., bool]:
    """Return a function that keeps a certificate on a host of its own as a user, and tells whether that succeeded."""

    def run(user: Any, *steps: Mapping[str, Any]) -> bool:
        place = tmp_path / uuid.uuid4().hex
        common = {
            **user.connection,
            "name": "web",
            "base_directory": str(place),
            "certificate_authority_arn": root["arn"],
            "common_name": f"{place.name}.example.com",
        }
        given = [{name: value for name, value in {**common, **step}.items() if value is not None} for step in steps]
        tasks = [{"name": "Keep", "fleet_pki.aws_private_ca.host_certificate": one} for one in given]
        play = {"name": "Keep", "hosts": "localhost", "gather_facts": False, "tasks": tasks}
        extra, environment = {"ansible_python_interpreter": sys.executable}, {"XDG_STATE_HOME": str(tmp_path / "state")}
        local = ("--connection", "local")
        done: PlaybookRun = run_playbook([play], "localhost,", *local, extra_vars=extra, environment=environment)
        return done.returncode == 0

    return run


@pytest.mark.parametrize("case", HOST_CASES)
def test_host_certificate_works_under_its_documented_policy_and_needs_all_of_it(account, root, least, keep, case):
    purposes, given = HOST_CASES[case]
    documented = documented_statements(CHECKOUT, "host_certificate")
    base = [one for purpose in purposes[:-1] for one in documented[purpose]]
    own = documented[purposes[-1]]
    assert keep(least([*base, *own]), *(step(account, root) for step in given))
    for number, one in enumerate(own):
        for action in one["Action"]:
            user, steps = least([*base, *without(own, number, action)]), [step(account, root) for step in given]
            assert not keep(user, *steps), f"{action} is not needed"


def test_every_policy_that_a_module_documents_is_tried(checkout):
    tried = {(module, purpose) for module, purposes, _runs in CASES.values() for purpose in purposes}
    tried |= {("host_certificate", purpose) for purposes, _steps in HOST_CASES.values() for purpose in purposes}
    modules = {path.stem for path in (checkout / "plugins/modules").glob("*.py")}
    documented = {(name, purpose) for name in modules for purpose in documented_statements(checkout, name)}
    assert documented == tried
    assert modules - {name for name, _purpose in documented} == {
        "host_certificate_info", "host_certificate_install", "host_certificate_request",
    }  # fmt: skip


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
