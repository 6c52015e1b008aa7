# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whom a task acts as, and where: every module as a role of the CA's account, and in every partition of AWS."""

from __future__ import annotations

import dataclasses
import json
import sys
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._x509.keys import generate_key
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._x509.requests import build_request
from issued_leaf import issue
from service_policies import sharing_policy

ARN = "certificate_authority_arn"
Options = Callable[[Any, Mapping[str, Any]], dict[str, Any]]


def list_with_report(account: Any, root: Mapping[str, Any]) -> dict[str, Any]:
    """Have an audit report of the CA written; return the options that list from it."""
    bucket = account.create_bucket("audit")
    account.must_run("acm_pca_audit_report", certificate_authority_arn=root["arn"], s3_bucket_name=bucket)
    return {ARN: root["arn"], "audit_report_bucket": bucket}


def request(root: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options of a request to the CA."""
    return {ARN: root["arn"], "csr": build_request(generate_key("EC_prime256v1"), {"CN": "www.example.com"}, [])}


def remembered(account: Any, root: Mapping[str, Any]) -> dict[str, Any]:
    """Issue through a ledger in the account's DynamoDB; return the options that read it."""
    table = {"ledger": "dynamodb", "ledger_endpoint_url": account.endpoint_url, "ledger_region": account.region}
    account.must_run("acm_pca_issue_certificate", **request(root), **table, ledger_create_table=True)
    return {**table, "state": "issued"}


def permitted(account: Any, root: Mapping[str, Any]) -> dict[str, Any]:
    """Let ACM use the CA; return the options that request a certificate."""
    account.must_run("acm_pca_permission", certificate_authority_arn=root["arn"])
    return {ARN: root["arn"], "domain_name": "www.example.com", "key_algorithm": "EC_prime256v1"}


CASES: dict[str, Options] = {
    "acm_pca_audit_report": lambda account, root: {ARN: root["arn"], "s3_bucket_name": account.create_bucket("audit")},
    "acm_pca_certificate_authority": lambda _account, root: {ARN: root["arn"], "tags": {"team": "pki"}},
    "acm_pca_certificate_authority_info": lambda _account, root: {ARN: root["arn"]},
    "acm_pca_certificate_info": list_with_report,
    "acm_pca_issue_certificate": lambda _account, root: {**request(root), "ledger": "none"},
    "acm_pca_ledger_info": remembered,
    "acm_pca_permission": lambda _account, root: {ARN: root["arn"]},
    "acm_pca_permission_info": lambda _account, root: {ARN: root["arn"]},
    "acm_pca_policy": lambda _account, root: {ARN: root["arn"], "policy": sharing_policy(root["arn"], "444455556666")},
    "acm_pca_policy_info": lambda _account, root: {ARN: root["arn"]},
    "acm_pca_revoke_certificate": lambda account, root: {ARN: root["arn"], "serial": issue(account, root).serial},
    "acm_private_certificate": permitted,
}
READ = {"acm_pca_certificate_info": "certificates", "acm_pca_ledger_info": "records"}


@pytest.mark.parametrize("module", CASES)
def test_every_module_acts_as_a_role_of_another_account(account, new_account, root, control, module):
    trust = json.dumps({"Version": "2012-10-17", "Statement": []})
    role = account.client("iam").create_role(RoleName="pki", AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    options, begun = CASES[module](account, root), len(control.requests())
    result = new_account().must_run(module, **options, assume_role_arn=role, assume_role_external_id="tenant-7")
    assert {entry["account"] for entry in control.requests()[begun:]} <= {account.number}
    assert len(result.get(READ.get(module, ""), ["one"])) >= 1


def test_every_module_takes_the_connection_of_its_action_group_in_a_playbook(account, new_root, run_playbook):
    tasks = [
        {
            "name": module,
            f"fleet_pki.aws_private_ca.{module}": options(account, new_root(module)),
            "check_mode": module in SPENDING,
        }
        for module, options in CASES.items()
    ]
    play = {
        "name": "Run every module once",
        "hosts": "localhost",
        "gather_facts": False,
        "vars": {"ansible_python_interpreter": sys.executable},
        "module_defaults": {"group/fleet_pki.aws_private_ca.acm_pca": account.connection},
        "tasks": tasks,
    }
    run = run_playbook([play], "localhost,", "--connection", "local", "--diff").require_success()
    assert {task.task: task.status for task in run.results} == {
        module: "ok" if module.endswith("_info") else "changed" for module in CASES
    }


SPENDING = ("acm_pca_issue_certificate", "acm_private_certificate")  # what costs money: in check mode


def test_no_module_that_calls_aws_is_left_out(checkout):
    modules = {path.stem for path in (checkout / "plugins/modules").glob("acm_*.py")}
    assert modules == set(CASES), "the action host_certificate takes a role in test_private_pki.py"


CHINA = {"key_storage_security_standard": "CCPC_LEVEL_1_OR_HIGHER"}  # no other is offered there


@pytest.mark.parametrize(
    ("region", "partition", "needed"),
    [("eu-central-1", "aws", {}), ("us-gov-west-1", "aws-us-gov", {}), ("cn-north-1", "aws-cn", CHINA)],
)
def test_the_modules_work_in_every_partition(new_account, region, partition, needed):
    account = dataclasses.replace(new_account(), region=region)
    root = account.must_run(
        "acm_pca_certificate_authority",
        name="root",
        type="ROOT",
        key_algorithm="EC_prime256v1",
        subject={"common_name": "Root"},
        **needed,
    )["certificate_authority"]
    assert root["arn"].startswith(f"arn:{partition}:acm-pca:{region}:{account.number}:")
    issued = account.must_run("acm_pca_issue_certificate", **request(root), ledger="none")
    managed = account.must_run("acm_private_certificate", **permitted(account, root))["certificate"]
    assert managed["arn"].startswith(f"arn:{partition}:acm:{region}:{account.number}:")
    revoked = {ARN: root["arn"], "certificate_arn": issued["certificate_arn"]}
    assert account.must_run("acm_pca_revoke_certificate", **revoked)["changed"]
    assert account.must_run("acm_pca_permission_info", certificate_authority_arn=root["arn"])["permissions"]


def test_a_region_that_does_not_offer_the_standard_of_the_keys_is_explained(new_account):
    account = dataclasses.replace(new_account(), region="cn-north-1")
    failed = account.run("acm_pca_certificate_authority", name="root", type="ROOT", subject={"common_name": "Root"})
    assert "Give key_storage_security_standard" in failed["msg"]
