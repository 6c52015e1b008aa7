# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""CAs of a seed whose CRL bucket is of another partition, or lets only the CA of one ARN in."""

from __future__ import annotations

import json
import uuid
from typing import Any

import pytest

from .world import World, crl_in


def write_entry(arn: str, bucket: str, **members: Any) -> dict[str, Any]:
    """A root of a seed with its CRL in the bucket."""
    subject = {"CommonName": "Seeded Root CA"}
    return {"arn": arn, "type": "ROOT", "subject": subject, "revocation_configuration": crl_in(bucket), **members}


def name_authority(partition: str, region: str) -> str:
    return f"arn:{partition}:acm-pca:{region}:123456789012:certificate-authority/{uuid.uuid4()}"


@pytest.mark.parametrize(
    ("partition", "region", "standard"),
    [
        ("aws-cn", "cn-north-1", "CCPC_LEVEL_1_OR_HIGHER"),
        ("aws-us-gov", "us-gov-west-1", "FIPS_140_2_LEVEL_3_OR_HIGHER"),
    ],
)
def test_a_seed_makes_a_bucket_for_authorities_of_another_partition(
    world: World, partition: str, region: str, standard: str
) -> None:
    bucket, arn = f"bucket-{uuid.uuid4()}", name_authority(partition, region)
    entry = write_entry(arn, bucket, key_storage_security_standard=standard)
    made = world.control.seed(buckets=[{"name": bucket, "region": region}], certificate_authorities=[entry])
    assert made == [arn]
    (listed,) = world.connect("s3", region=region).list_objects_v2(Bucket=bucket)["Contents"]
    assert listed["Key"] == "acm-pca-permission-test-key"


def test_a_bucket_may_let_in_the_authority_of_the_seed_alone(world: World) -> None:
    s3, arn = world.connect("s3"), name_authority("aws", "eu-central-1")
    policy = json.loads(s3.get_bucket_policy(Bucket=world.bucket)["Policy"])
    policy["Statement"][0]["Condition"] = {"StringEquals": {"aws:SourceArn": arn}}
    s3.put_bucket_policy(Bucket=world.bucket, Policy=json.dumps(policy))
    assert world.control.seed(certificate_authorities=[write_entry(arn, world.bucket)]) == [arn]
