# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the policies of a bucket and of its KMS key must grant the service, and under which name (reference 6.3)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from moto.kms.models import Key, kms_backends
from moto.s3.models import FakeBucket

from private_ca_emulator.policy_documents import ALLOWED, Context, as_list, evaluate, read_statements

SERVICE_PRINCIPAL = "acm-pca.amazonaws.com"
BUCKET_ACTIONS = ("s3:GetBucketAcl", "s3:GetBucketLocation")
OBJECT_ACTIONS = ("s3:PutObject", "s3:PutObjectAcl")
KEY_ACTIONS = ("kms:GenerateDataKey", "kms:Decrypt")
OPT_IN_REGIONS = frozenset({
    "af-south-1", "ap-east-1", "ap-east-2", "ap-south-2", "ap-southeast-3", "ap-southeast-4", "ap-southeast-5",
    "ap-southeast-6", "ap-southeast-7", "ca-west-1", "eu-central-2", "eu-south-1", "eu-south-2", "il-central-1",
    "me-central-1", "me-south-1", "mx-central-1",
})  # fmt: skip
SERVICE_PRINCIPALS = (SERVICE_PRINCIPAL, *(f"acm-pca.{region}.amazonaws.com" for region in sorted(OPT_IN_REGIONS)))


@dataclass(frozen=True)
class Writer:
    """The service at work for one CA; `check` is the setting `s3_bucket_check`."""

    account: str
    arn: str
    check: str

    @property
    def region(self) -> str:
        """The CA's Region."""
        return self.arn.split(":")[3]


def dns_suffix(region: str) -> str:
    """What the host names of AWS end in."""
    return "amazonaws.com.cn" if region.startswith("cn-") else "amazonaws.com"


def name_principals(authority_region: str, bucket_region: str) -> tuple[str, ...]:
    """The service principals as which the service writes; none where it does not: into an opt-in Region from outside.

    From an opt-in Region into one of the others it is known by that Region's principal alone.
    """
    regional = f"acm-pca.{authority_region}.amazonaws.com"
    if bucket_region in OPT_IN_REGIONS:
        return (SERVICE_PRINCIPAL, regional) if authority_region == bucket_region else ()
    return (regional,) if authority_region in OPT_IN_REGIONS else (SERVICE_PRINCIPAL,)


def grants_access(bucket: FakeBucket, key: str, writer: Writer) -> bool:
    """Whether the service may read the bucket's ACL and location, and write the object `key`, encrypted where it is."""
    principals = name_principals(writer.region, bucket.region_name)
    context = {"aws:SourceAccount": [writer.account], "aws:SourceArn": [writer.arn], "aws:SecureTransport": ["true"]}
    demands = {
        **dict.fromkeys(BUCKET_ACTIONS, bucket.arn),
        **dict.fromkeys(OBJECT_ACTIONS, f"{bucket.arn}/{key}"),
    }
    granted = _allows(bucket.policy or b"{}", principals, demands, context)
    return granted and _lets_encrypt(bucket, key, principals, context)


def _allows(policy: str | bytes, principals: Collection[str], demands: Mapping[str, str], context: Context) -> bool:
    """Whether a policy lets one of the principals do every action on its resource."""
    try:
        statements = [item for item in read_statements(policy) if _names(item, principals)]
    except ValueError:
        return False
    return bool(principals) and all(
        evaluate([{"Statement": statements}], action, resource, context) == ALLOWED
        for action, resource in demands.items()
    )


def _names(statement: Mapping[str, Any], principals: Collection[str]) -> bool:
    principal = statement.get("Principal", {})
    services = as_list(principal.get("Service", [])) if isinstance(principal, Mapping) else []
    return principal == "*" or any(name in principals for name in services)


def _lets_encrypt(bucket: FakeBucket, key: str, principals: Collection[str], context: Context) -> bool:
    """Whether the service may use the KMS key that a bucket encrypts with: a customer's, with a policy that says so."""
    rule: Mapping[str, Any] = (bucket.encryption or {}).get("Rule", {})
    default = rule.get("ApplyServerSideEncryptionByDefault", {})
    if not str(default.get("SSEAlgorithm")).startswith("aws:kms"):
        return True
    held = _find_customer_key(str(default.get("KMSMasterKeyID") or ""), bucket)
    if held is None:
        return False
    encrypted = bucket.arn if rule.get("BucketKeyEnabled") == "true" else f"{bucket.arn}/{key}"
    of_key = {
        **context,
        "kms:EncryptionContext:aws:s3:arn": [encrypted],
        "kms:ViaService": [f"s3.{bucket.region_name}.{dns_suffix(bucket.region_name)}"],
    }
    return _allows(held.policy, principals, dict.fromkeys(KEY_ACTIONS, held.arn), of_key)


def _find_customer_key(name: str, bucket: FakeBucket) -> Key | None:
    """The enabled key of an ARN, an id or an alias; None where there is none, or it is AWS's own."""
    region, account = name.split(":")[3:5] if name.count(":") == 5 else (bucket.region_name, bucket.account_id)
    wanted = name.rpartition(":")[2].removeprefix("key/")
    try:
        keys = kms_backends[account][region].keys.values()
    except KeyError:
        return None
    return next(
        (
            key
            for key in keys
            if (wanted == key.id or wanted in key.aliases)
            and (key.key_manager, key.key_state) == ("CUSTOMER", "Enabled")
        ),
        None,
    )
