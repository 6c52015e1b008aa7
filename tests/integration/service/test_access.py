# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""acm_pca_permission, acm_pca_policy and acting as a role of another account, against the emulator."""

from __future__ import annotations

import json

import pytest
from ansible_collections.fleet_pki.aws_private_ca.tests.integration.service.accounts import Account, NewAccount, Options
from module_run import EXPECTED, run_five_steps
from service_policies import sharing_policy

from private_ca_emulator.control import EmulatorControl


def test_a_permission_goes_through_the_five_steps(account: Account, root: str) -> None:
    options = {"certificate_authority_arn": root}
    changed = {**options, "actions": ["IssueCertificate", "GetCertificate"]}
    steps = run_five_steps(account.run, "acm_pca_permission", options, changed)
    assert steps.statuses == EXPECTED
    assert steps.check.result["diff"] == steps.apply.result["diff"]
    assert steps.apply.result["permission"]["actions"] == ["GetCertificate", "IssueCertificate", "ListPermissions"]
    assert steps.changed.result["permission"]["actions"] == ["GetCertificate", "IssueCertificate"]


@pytest.mark.parametrize(
    ("options", "says"),
    [({"source_account": "4455556666"}, "Give its 12 digits"), ({"actions": []}, "withdraw with state=absent")],
)
def test_what_is_no_permission_is_refused_in_check_mode_too(
    account: Account, root: str, options: Options, says: str
) -> None:
    for check_mode in (True, False):
        assert says in account.run("acm_pca_permission", check_mode, certificate_authority_arn=root, **options)["msg"]


def test_a_permission_is_withdrawn_once(account: Account, root: str) -> None:
    options = {"certificate_authority_arn": root}
    account.must_run("acm_pca_permission", **options)
    check = account.must_run("acm_pca_permission", check_mode=True, **options, state="absent")
    gone = account.must_run("acm_pca_permission", **options, state="absent")
    assert (check["changed"], gone["changed"], gone["permission"]) == (True, True, None)
    assert not account.must_run("acm_pca_permission", **options, state="absent")["changed"]


def test_the_info_module_of_permissions_returns_what_the_module_returned(account: Account, root: str) -> None:
    options = {"certificate_authority_arn": root}
    info = "acm_pca_permission_info"
    assert account.must_run(info, **options)["permissions"] == []
    granted = account.must_run("acm_pca_permission", **options)["permission"]
    steps = run_five_steps(account.run, info, options, {**options, "principal": "other.amazonaws.com"})
    assert steps.statuses == ["ok"] * 5
    assert steps.apply.result["permissions"] == steps.check.result["permissions"] == [granted]
    assert steps.changed.result["permissions"] == []


def test_a_policy_goes_through_the_five_steps(account: Account, root: str) -> None:
    options = {"certificate_authority_arn": root, "policy": sharing_policy(root, "444455556666")}
    changed = {**options, "policy": sharing_policy(root, "777788889999")}
    steps = run_five_steps(account.run, "acm_pca_policy", options, changed)
    assert steps.statuses == EXPECTED
    assert steps.check.result["diff"] == steps.apply.result["diff"]
    assert "777788889999" in json.dumps(steps.changed.result["policy"])


def test_the_info_module_of_policies_returns_what_the_module_returned(account: Account, root: str) -> None:
    options = {"certificate_authority_arn": root}
    info, other = "acm_pca_policy_info", account.make_authority("other")
    policy = sharing_policy(root, "444455556666")
    put = account.must_run("acm_pca_policy", **options, policy=policy)["policy"]
    unshared = {"certificate_authority_arn": other["arn"]}
    steps = run_five_steps(account.run, info, options, unshared)
    assert steps.statuses == ["ok"] * 5
    assert steps.apply.result["policy"] == steps.check.result["policy"] == put == policy
    assert steps.changed.result["policy"] is None


def test_policies_that_mean_the_same_are_no_change(account: Account, root: str) -> None:
    options = {"certificate_authority_arn": root}
    policy = sharing_policy(root, "444455556666")
    account.must_run("acm_pca_policy", **options, policy=policy)
    policy["Statement"][0]["Action"].reverse()
    policy["Statement"][0]["Principal"] = {"AWS": ["arn:aws:iam::444455556666:root"]}
    policy["Statement"].reverse()
    assert not account.must_run("acm_pca_policy", **options, policy=json.dumps(policy))["changed"]


def test_a_policy_is_deleted_once(account: Account, root: str) -> None:
    options = {"certificate_authority_arn": root}
    account.must_run("acm_pca_policy", **options, policy=sharing_policy(root, "444455556666"))
    assert account.must_run("acm_pca_policy", check_mode=True, **options, state="absent")["changed"]
    assert account.must_run("acm_pca_policy", **options, state="absent")["policy"] is None
    assert not account.must_run("acm_pca_policy", **options, state="absent")["changed"]


@pytest.mark.parametrize("policy", ["{", "[]", '{"Version": "2012-10-17"}'])
def test_what_is_no_policy_is_refused_before_any_call(account: Account, root: str, policy: str) -> None:
    failed = account.run("acm_pca_policy", certificate_authority_arn=root, policy=policy)
    assert failed["failed"]
    assert "policy" in failed["msg"]


def test_a_policy_of_an_authority_that_does_not_exist_is_an_error(account: Account, root: str) -> None:
    arn = root[:-12] + "000000000000"
    failed = account.run("acm_pca_policy", certificate_authority_arn=arn, state="absent")
    assert failed["code"] == "ResourceNotFoundException"


def test_a_task_acts_as_a_role_of_the_authorities_account(account: Account, new_account: NewAccount, root: str) -> None:
    role = account.create_role("ca-admin")
    found = new_account().must_run(
        "acm_pca_certificate_authority_info", name="root", assume_role_arn=role, assume_role_external_id="tenant-7"
    )
    assert [facts["arn"] for facts in found["certificate_authorities"]] == [root]


def test_the_info_module_lists_what_the_account_owns_and_what_others_share(
    account: Account, new_account: NewAccount
) -> None:
    root = account.make_authority("other")
    info, other = "acm_pca_certificate_authority_info", new_account()
    mine = account.must_run(info)["certificate_authorities"]
    assert [facts["arn"] for facts in mine] == [root["arn"]]
    assert set(mine[0]) == set(root)
    account.must_run(
        "acm_pca_policy", certificate_authority_arn=root["arn"], policy=sharing_policy(root["arn"], other.number)
    )
    shared = other.must_run(info, resource_owner="OTHER_ACCOUNTS")["certificate_authorities"]
    assert [facts["arn"] for facts in shared] == [root["arn"]]
    assert shared[0]["denied"] == ["GetCertificateAuthorityCsr"]
    assert shared[0]["certificate"] == root["certificate"]
    assert other.must_run(info, name="other")["certificate_authorities"] == []


def test_the_info_module_of_authorities_goes_through_the_five_steps(account: Account, root: str) -> None:
    info = "acm_pca_certificate_authority_info"
    steps = run_five_steps(account.run, info, {"name": "root"}, {"name": "another"})
    assert steps.statuses == ["ok"] * 5
    for step in (steps.check, steps.apply, steps.again, steps.again_check):
        assert [facts["arn"] for facts in step.result["certificate_authorities"]] == [root]
    assert steps.changed.result["certificate_authorities"] == []


def test_the_info_module_bears_that_every_sub_call_is_denied(
    account: Account, root: str, control: EmulatorControl
) -> None:
    for operation in ("ListTags", "GetCertificateAuthorityCertificate", "GetCertificateAuthorityCsr"):
        control.fault("access_denied", operation)
    facts = account.must_run("acm_pca_certificate_authority_info", arn=root)["certificate_authorities"][0]
    assert facts["denied"] == ["GetCertificateAuthorityCertificate", "GetCertificateAuthorityCsr", "ListTags"]
    assert (facts["status"], facts["tags"], facts["certificate"]) == ("ACTIVE", None, None)


def test_the_info_module_shows_deleted_authorities_on_request(account: Account, root: str) -> None:
    account.must_run("acm_pca_certificate_authority", name="root", state="absent")
    info = "acm_pca_certificate_authority_info"
    assert account.must_run(info)["certificate_authorities"] == []
    deleted = account.must_run(info, include_deleted=True)["certificate_authorities"]
    assert [facts["status"] for facts in deleted] == ["DELETED"]
    assert deleted[0]["restorable_until"] is not None
