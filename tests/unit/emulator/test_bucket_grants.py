# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Into which buckets the service writes: by Region, by the name that a policy grants to, and by encryption."""

from __future__ import annotations

import json
import uuid
from typing import Any

from cryptography import x509

from private_ca_emulator import seeding

from .input_members import outcome_of
from .test_revocation import HALF_HOUR, create_revoking_root, crl_location, read_crl, revoke
from .world import World, create_members, crl_in

GLOBAL = "acm-pca.amazonaws.com"
REGIONS = [
    # of the CA, of the bucket, what the bucket's policy names, whether the service writes
    ("eu-central-1", "us-east-2", GLOBAL, True),
    ("eu-central-1", "us-east-2", "acm-pca.us-east-2.amazonaws.com", False),
    ("eu-central-1", "eu-central-1", "acm-pca.ap-east-1.amazonaws.com", False),
    ("eu-central-1", "eu-central-1", "acm-pca.amazonaws.com.example.com", False),
    ("ap-east-1", "eu-central-1", "acm-pca.ap-east-1.amazonaws.com", True),
    ("ap-east-1", "eu-central-1", "acm-pca.af-south-1.amazonaws.com", False),
    ("ap-east-1", "eu-central-1", GLOBAL, False),
    ("ap-east-1", "ap-east-1", GLOBAL, True),
    ("eu-central-1", "ap-east-1", GLOBAL, False),
    ("eu-central-1", "ap-east-1", "*", False),
    ("us-gov-west-1", "us-gov-west-1", GLOBAL, True),
    ("cn-north-1", "cn-north-1", GLOBAL, True),
]


def make_bucket(world: World, region: str, principal: str) -> str:
    name, s3 = f"bucket-{uuid.uuid4()}", world.connect("s3", region=region)
    s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": region})
    seeding.allow_service_writes(s3, name)
    policy = json.loads(s3.get_bucket_policy(Bucket=name)["Policy"])
    policy["Statement"][0]["Principal"] = "*" if principal == "*" else {"Service": principal}
    s3.put_bucket_policy(Bucket=name, Policy=json.dumps(policy))
    return name


def can_publish(world: World, bucket: str, region: str = "eu-central-1") -> bool:
    """Whether a CA of the Region can be made with its CRL in the bucket."""
    china = {"KeyStorageSecurityStandard": "CCPC_LEVEL_1_OR_HIGHER"} if region.startswith("cn-") else {}
    request = {**create_members(), "RevocationConfiguration": crl_in(bucket), **china}
    outcome = outcome_of(world.connect(region=region).create_certificate_authority, **request)
    if isinstance(outcome, tuple):
        assert outcome[0] == "ValidationException"
        assert outcome[1].endswith("Check your S3 bucket permissions and try again.")
    return not isinstance(outcome, tuple)


def test_the_service_goes_by_one_name_and_from_an_opt_in_region_by_that_regions(world: World) -> None:
    for region, bucket_region, principal, writes in REGIONS:
        bucket = make_bucket(world, bucket_region, principal)
        assert can_publish(world, bucket, region) == writes, (region, bucket_region, principal)


def make_key(world: World, bucket: str, **changes: Any) -> Any:
    """A KMS key whose policy lets the service encrypt what it writes into a bucket, and nothing else."""
    kms = world.connect("kms")
    objects = ("acm-pca-permission-test-key", "acm-pca-permission-test-key-private", "audit-report/*", "crl/*")
    encrypted = [f"arn:aws:s3:::{bucket}/{name}" for name in objects]
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": GLOBAL},
        "Action": ["kms:GenerateDataKey", "kms:Decrypt"],
        "Resource": "*",
        "Condition": {"StringLike": {"kms:EncryptionContext:aws:s3:arn": encrypted}},
        **changes,
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    return kms.create_key(Policy=policy)["KeyMetadata"]


def name_by_alias(world: World, key_id: str) -> str:
    alias = f"alias/{key_id}"
    world.connect("kms").create_alias(AliasName=alias, TargetKeyId=key_id)
    return alias


def list_keys(world: World, bucket: str) -> list[tuple[str, str | None, bool]]:
    """What a bucket may be encrypted with: what it is, its name, whether the service can use it."""
    kms, key, disabled = world.connect("kms"), make_key(world, bucket), make_key(world, bucket)["KeyId"]
    kms.disable_key(KeyId=disabled)
    elsewhere = {"StringLike": {"kms:EncryptionContext:aws:s3:arn": ["arn:aws:s3:::another-bucket/*"]}}
    return [
        ("a key of the customer", key["Arn"], True),
        ("its id", key["KeyId"], True),
        ("its alias", name_by_alias(world, key["KeyId"]), True),
        ("a key with the policy that KMS gives", kms.create_key()["KeyMetadata"]["Arn"], False),
        ("a key for another bucket", make_key(world, bucket, Condition=elsewhere)["Arn"], False),
        ("a key to encrypt with alone", make_key(world, bucket, Action="kms:GenerateDataKey")["Arn"], False),
        ("a key that is disabled", disabled, False),
        ("no key", None, False),
        ("a key that does not exist", str(uuid.uuid4()), False),
        ("a key of no Region", key["Arn"].replace("eu-central-1", "mars-1"), False),
        ("the key of S3", "alias/aws/s3", False),
    ]


def encrypt(world: World, bucket: str, algorithm: str, key: str | None = None, **rule: Any) -> None:
    default = {"SSEAlgorithm": algorithm, **({"KMSMasterKeyID": key} if key else {})}
    rules = [{"ApplyServerSideEncryptionByDefault": default, **rule}]
    world.connect("s3").put_bucket_encryption(Bucket=bucket, ServerSideEncryptionConfiguration={"Rules": rules})


def test_a_bucket_that_kms_encrypts_needs_a_customers_key_that_lets_the_service_in(world: World) -> None:
    encrypt(world, world.bucket, "AES256")
    assert can_publish(world, world.bucket)
    for kind, key, writes in list_keys(world, world.bucket):
        encrypt(world, world.bucket, "aws:kms", key)
        assert can_publish(world, world.bucket) == writes, kind


def test_a_bucket_key_is_asked_for_the_bucket(world: World) -> None:
    named = [f"arn:aws:s3:::{world.bucket}"]
    of_bucket = make_key(world, world.bucket, Condition={"StringEquals": {"kms:EncryptionContext:aws:s3:arn": named}})
    for key, writes in ((of_bucket["Arn"], True), (make_key(world, world.bucket)["Arn"], False)):
        encrypt(world, world.bucket, "aws:kms", key, BucketKeyEnabled=True)
        assert can_publish(world, world.bucket) == writes


def test_lists_and_reports_fail_where_the_key_shuts_the_service_out(world: World) -> None:
    world.control.freeze()
    root, leaf = create_revoking_root(world.client, world.connect, S3ObjectAcl="BUCKET_OWNER_FULL_CONTROL")
    bucket = crl_location(leaf).netloc.partition(".s3.")[0]
    revoke(world.client, root, leaf)
    encrypt(world, bucket, "aws:kms")
    assert report_status(world, root, bucket) == "FAILED"
    world.control.advance(HALF_HOUR)
    assert len(x509.load_der_x509_crl(read_crl(world.connect, leaf))) == 0
    encrypt(world, bucket, "aws:kms", make_key(world, bucket)["Arn"])
    assert report_status(world, root, bucket) == "SUCCESS"
    world.control.advance(900)
    assert len(x509.load_der_x509_crl(read_crl(world.connect, leaf))) == 1
    head = world.connect("s3").head_object(Bucket=bucket, Key=crl_location(leaf).path.lstrip("/"))
    assert head["ServerSideEncryption"] == "aws:kms"


def report_status(world: World, root: str, bucket: str) -> str:
    asked = {"CertificateAuthorityArn": root}
    ordered = world.client.create_certificate_authority_audit_report(
        **asked, S3BucketName=bucket, AuditReportResponseFormat="JSON"
    )
    described = world.client.describe_certificate_authority_audit_report(
        **asked, AuditReportId=ordered["AuditReportId"]
    )
    return str(described["AuditReportStatus"])
