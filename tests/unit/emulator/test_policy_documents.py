# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A policy that IAM would refuse grants nothing: an access key, a bucket, a key of KMS and a CA refuse it alike."""

from __future__ import annotations

import json
from typing import Any

import pytest

from private_ca_emulator.control import ControlError
from private_ca_emulator.policy_documents import ALLOWED, DENIED, SILENT, check_document, evaluate

from .test_bucket_grants import can_publish, encrypt, make_key
from .world import World

ALLOW = {"Effect": "Allow", "Action": "acm-pca:*", "Resource": "*"}
WRONG = {
    "an effect in lower case": {**ALLOW, "Effect": "deny"},
    "no effect": {"Action": "acm-pca:*", "Resource": "*"},
    "a list of effects": {**ALLOW, "Effect": ["Allow"]},
    "no action": {"Effect": "Allow", "Resource": "*"},
    "actions by what they are and are not": {**ALLOW, "NotAction": "s3:*"},
    "no resource": {"Effect": "Allow", "Action": "acm-pca:*"},
    "resources by what they are and are not": {**ALLOW, "NotResource": "arn:*"},
}


@pytest.mark.parametrize("statement", WRONG.values(), ids=list(WRONG))
def test_a_statement_that_iam_refuses_is_refused(statement: dict[str, Any]) -> None:
    assert check_document({"Statement": ALLOW}) == [ALLOW]
    with pytest.raises(ValueError, match=r"^(the Effect of a|a) statement "):
        check_document({"Statement": [ALLOW, statement]})


def test_a_refusal_wins_over_a_grant_and_neither_reaches_beyond_its_resource() -> None:
    deny = {"Effect": "Deny", "NotAction": "acm-pca:Get*", "NotResource": "arn:one"}
    documents = [{"Statement": [ALLOW, deny]}]
    assert evaluate(documents, "acm-pca:IssueCertificate", "arn:two", {}) == DENIED
    assert evaluate(documents, "acm-pca:IssueCertificate", "arn:one", {}) == ALLOWED
    assert evaluate(documents, "acm-pca:GetCertificate", "arn:two", {}) == ALLOWED
    assert evaluate(documents, "s3:GetObject", "arn:one", {}) == SILENT


def test_an_access_key_with_such_a_policy_is_refused(world: World) -> None:
    policies = [{"Statement": [WRONG["an effect in lower case"]]}]
    with pytest.raises(ControlError, match="policy 1 of an access key cannot be used: the Effect of a statement"):
        world.control.add_access_key("AKIAWRONG", "123456789012", policies=policies)


def test_a_bucket_or_key_with_such_a_policy_lets_nobody_in(world: World) -> None:
    s3, bucket = world.connect("s3"), world.bucket
    encrypt(world, bucket, "aws:kms", make_key(world, bucket)["Arn"])
    assert can_publish(world, bucket)
    encrypt(world, bucket, "aws:kms", make_key(world, bucket, Effect="allow")["Arn"])
    assert not can_publish(world, bucket)
    encrypt(world, bucket, "AES256")
    assert can_publish(world, bucket)
    policy = json.loads(s3.get_bucket_policy(Bucket=bucket)["Policy"])
    del policy["Statement"][0]["Effect"]
    s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps(policy))
    assert not can_publish(world, bucket)
