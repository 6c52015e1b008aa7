# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who configures a CRL, and who revokes, needs rights of his own on its bucket (reference 6.1, 8.3)."""

from __future__ import annotations

import json
from typing import Any

import pytest

from .support import refusal
from .world import World, create_members, crl_in

ACCOUNT, NEIGHBOUR = "123456789012", "444455556666"
USER = f"arn:aws:iam::{ACCOUNT}:user/publisher"
LOOK, WRITE = ["s3:GetBucketAcl", "s3:GetBucketLocation"], ["s3:PutObject", "s3:PutObjectAcl"]
REVOKED = {"RevocationReason": "SUPERSEDED"}


def publisher(world: World, *actions: str, account: str = ACCOUNT) -> Any:
    """A client of one who may do everything with CAs, and in S3 only this."""
    bucket = [f"arn:aws:s3:::{world.bucket}{end}" for end in ("", "/*")]
    statements = [
        {"Effect": "Allow", "Action": "acm-pca:*", "Resource": "*"},
        {"Effect": "Allow", "Action": [*actions], "Resource": bucket},
    ]
    user = USER.replace(ACCOUNT, account)
    world.control.add_access_key("AKIAPUBLISHER", account, user, [{"Version": "2012-10-17", "Statement": statements}])
    return world.connect("acm-pca", access_key="AKIAPUBLISHER")


def ask_all(world: World, client: Any) -> dict[str, tuple[str, str] | None]:
    """What each operation says that has to do with the CRL: None, or code and text of the refusal."""
    serial = world.issue_serial(world.publish_crl(world.root))
    on_root = {"CertificateAuthorityArn": world.root}
    asked = {
        "create": (client.create_certificate_authority, {**create_members(), **configuration(world)}),
        "update": (client.update_certificate_authority, {**on_root, **configuration(world)}),
        "revoke": (client.revoke_certificate, {**on_root, **REVOKED, "CertificateSerial": serial}),
    }
    return {name: try_to(call, **members) for name, (call, members) in asked.items()}


def configuration(world: World) -> dict[str, Any]:
    return {"RevocationConfiguration": crl_in(world.bucket)}


def try_to(call: Any, **members: Any) -> tuple[str, str] | None:
    try:
        call(**members)
    except call.__self__.exceptions.ClientError as error:
        return error.response["Error"]["Code"], error.response["Error"]["Message"]
    return None


def test_who_may_look_at_the_bucket_and_write_to_it_configures_the_crl_and_revokes(world: World) -> None:
    assert ask_all(world, publisher(world, *LOOK, *WRITE)) == {"create": None, "update": None, "revoke": None}


@pytest.mark.parametrize("action", [*LOOK, *WRITE])
def test_each_right_that_is_missing_is_named(world: World, action: str) -> None:
    rest = [name for name in (*LOOK, *WRITE) if name != action]
    answers = ask_all(world, publisher(world, *rest))
    if action in LOOK:
        assert answers.pop("revoke") is None
    place = f"arn:aws:s3:::{world.bucket}" + ("" if action in LOOK else "/acm-pca-permission-test-key")
    text = f"User: {USER} is not authorized to perform: {action} on resource: {place} because no identity-based policy"
    for code, message in filter(None, answers.values()):
        assert (code, message) == ("AccessDeniedException", f"{text} allows the {action} action")
    assert all(answers.values())


def test_what_leaves_the_crl_as_it_is_takes_no_right_on_its_bucket(world: World) -> None:
    client = publisher(world)
    root = {"CertificateAuthorityArn": world.publish_crl(world.root)}
    assert client.create_certificate_authority(**create_members())
    client.update_certificate_authority(**root, RevocationConfiguration={"OcspConfiguration": {"Enabled": True}})
    client.update_certificate_authority(**root, Status="DISABLED")
    client.update_certificate_authority(**root, RevocationConfiguration={"CrlConfiguration": {"Enabled": False}})


def edit_policy(world: World, effect: str, principal: str) -> None:
    """Add a statement about the principal to the policy of the bucket."""
    s3, arn = world.connect("s3"), f"arn:aws:s3:::{world.bucket}"
    policy = json.loads(s3.get_bucket_policy(Bucket=world.bucket)["Policy"])
    about = {"Effect": effect, "Principal": {"AWS": principal}, "Action": "s3:*", "Resource": [arn, f"{arn}/*"]}
    policy["Statement"].append(about)
    s3.put_bucket_policy(Bucket=world.bucket, Policy=json.dumps(policy))


def test_the_policy_of_the_bucket_may_give_the_rights(world: World) -> None:
    client = publisher(world)
    edit_policy(world, "Allow", USER)
    assert ask_all(world, client) == {"create": None, "update": None, "revoke": None}


def test_a_refusal_in_the_policy_of_the_bucket_wins(world: World) -> None:
    client = publisher(world, *LOOK, *WRITE)
    edit_policy(world, "Deny", USER)
    message = refusal(client.create_certificate_authority, **create_members(), **configuration(world))[1]
    assert "explicit deny" in message


def test_on_a_bucket_of_another_account_both_policies_must_agree(world: World) -> None:
    for rights, named in (([*LOOK, *WRITE], None), ([], "Allow"), ([*LOOK, *WRITE], "Allow")):
        client = publisher(world, *rights, account=NEIGHBOUR)
        if named is not None:
            edit_policy(world, named, NEIGHBOUR)
        answer = try_to(client.create_certificate_authority, **create_members(), **configuration(world))
        assert (answer is None) == bool(rights and named)


def test_roles_are_assumed_as_the_identity_policies_say(world: World) -> None:
    role = f"arn:aws:iam::{ACCOUNT}:role/issuer"
    allowed = {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": role}
    control, session = world.control, {"RoleSessionName": "session"}
    control.add_access_key("AKIAPUBLISHER", ACCOUNT, USER, [{"Version": "2012-10-17", "Statement": [allowed]}])
    sts = world.connect("sts", access_key="AKIAPUBLISHER")
    assert sts.get_caller_identity()["Account"] == ACCOUNT
    assert sts.assume_role(RoleArn=role, **session)["Credentials"]
    code, message = refusal(sts.assume_role, RoleArn=f"{role}-of-another-kind", **session)
    assert (code, "sts:AssumeRole" in message) == ("AccessDenied", True)
