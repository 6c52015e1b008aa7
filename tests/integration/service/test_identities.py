# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whom a task acts as, and where: every module as a role of the CA's account, and in every partition of AWS."""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from ansible_collections.fleet_pki.aws_private_ca.tests.integration.service.accounts import (
    Account,
    NewAccount,
    NewRoot,
    Options,
)
from ansible_collections.fleet_pki.aws_private_ca.tests.integration.service.occasions import (
    ARN,
    Occasion,
    leaf_serial,
    ledger_of,
    listed,
    of_root,
    requested,
    shared,
    unissued,
    unreported,
)

from playbook_run import PlaybookRun
from private_ca_emulator.control import EmulatorControl

if TYPE_CHECKING:
    from mypy_boto3_s3.literals import BucketLocationConstraintType


def remembered(account: Account, root: str) -> Options:
    """Issue through a ledger in the account's DynamoDB; return the options that read it."""
    table = ledger_of(account)
    account.must_run("acm_pca_issue_certificate", **{**requested(account, root), **table})
    return {**table, "state": "issued"}


CASES: dict[str, Occasion] = {
    "acm_pca_audit_report": unreported,
    "acm_pca_certificate_authority": lambda _account, root: {ARN: root, "tags": {"team": "pki"}},
    "acm_pca_certificate_authority_info": of_root,
    "acm_pca_certificate_info": listed,
    "acm_pca_issue_certificate": requested,
    "acm_pca_ledger_info": remembered,
    "acm_pca_permission": of_root,
    "acm_pca_permission_info": of_root,
    "acm_pca_policy": shared,
    "acm_pca_policy_info": of_root,
    "acm_pca_revoke_certificate": leaf_serial,
    "acm_private_certificate": unissued,
}
READ = {"acm_pca_certificate_info": "listed", "acm_pca_ledger_info": "records"}


@pytest.mark.parametrize("module", CASES)
def test_every_module_acts_as_a_role_of_another_account(
    account: Account, new_account: NewAccount, root: str, control: EmulatorControl, module: str
) -> None:
    role = account.create_role("pki")
    options, begun = CASES[module](account, root), len(control.requests())
    result = new_account().must_run(module, **options, assume_role_arn=role, assume_role_external_id="tenant-7")
    assert {entry["account"] for entry in control.requests()[begun:]} <= {account.number}
    assert module not in READ or result[READ[module]]


def test_every_module_takes_the_connection_of_its_action_group_in_a_playbook(
    account: Account, new_root: NewRoot, run_playbook: Callable[..., PlaybookRun]
) -> None:
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
    environment = {"AWS_ENDPOINT_URL_STS": account.endpoint_url}
    run = run_playbook([play], "localhost,", "--connection", "local", "--diff", environment=environment)
    run.require_success()
    assert {task.task: task.status for task in run.results} == {
        module: "ok" if module.endswith("_info") else "changed" for module in CASES
    }


SPENDING = ("acm_pca_issue_certificate", "acm_private_certificate")  # what costs money: in check mode


def test_no_module_that_calls_aws_is_left_out(checkout: Path) -> None:
    modules = {path.stem for path in (checkout / "plugins/modules").glob("acm_*.py")}
    assert modules == set(CASES), "the action host_certificate takes a role in test_private_pki.py"


CHINA = {"key_storage_security_standard": "CCPC_LEVEL_1_OR_HIGHER"}  # no other is offered there


@pytest.mark.parametrize(
    ("region", "partition", "needed"),
    [("eu-central-1", "aws", {}), ("us-gov-west-1", "aws-us-gov", {}), ("cn-north-1", "aws-cn", CHINA)],
)
def test_the_modules_work_in_every_partition(
    new_account: NewAccount, region: BucketLocationConstraintType, partition: str, needed: Options
) -> None:
    account = dataclasses.replace(new_account(), region=region)
    root = account.make_authority("root", **needed)["arn"]
    assert root.startswith(f"arn:{partition}:acm-pca:{region}:{account.number}:")
    issued = account.must_run("acm_pca_issue_certificate", **requested(account, root))
    managed = account.must_run("acm_private_certificate", **unissued(account, root))["certificate"]
    assert managed["arn"].startswith(f"arn:{partition}:acm:{region}:{account.number}:")
    revoked = {ARN: root, "certificate_arn": issued["certificate_arn"]}
    assert account.must_run("acm_pca_revoke_certificate", **revoked)["changed"]
    assert account.must_run("acm_pca_permission_info", certificate_authority_arn=root)["permissions"]


def test_a_region_that_does_not_offer_the_standard_of_the_keys_is_explained(new_account: NewAccount) -> None:
    account = dataclasses.replace(new_account(), region="cn-north-1")
    failed = account.run("acm_pca_certificate_authority", name="root", type="ROOT", subject={"common_name": "Root"})
    assert "Give key_storage_security_standard" in failed["msg"]
