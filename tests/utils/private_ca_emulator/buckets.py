# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The service's own access to S3 buckets: what it checks, and the objects that it writes (reference 6.3, 7)."""

from __future__ import annotations

import datetime
from typing import Any

from moto.core.exceptions import ServiceException
from moto.s3.models import FakeAcl, FakeBucket, get_canned_acl, s3_backends

from private_ca_emulator.bucket_grants import Writer, grants_access
from private_ca_emulator.errors import ServiceError

TEST_KEY = "acm-pca-permission-test-key"


def create_bucket(name: str, partition: str, region: str, account: str, policy: str) -> None:
    """A bucket with a policy, unless one of that name exists."""
    if find_bucket(name) is None:
        bucket = s3_backends[account][partition].create_bucket(name, region)
        bucket.policy = policy.encode()


def find_bucket(name: str) -> FakeBucket | None:
    """The bucket of any account; None when there is none."""
    owner = s3_backends.bucket_accounts.get(name)
    return s3_backends[owner[1]][owner[0]].buckets.get(name) if owner else None


def find_region(name: str, otherwise: str) -> str:
    """Where a bucket is; `otherwise` when there is none."""
    bucket = find_bucket(name)
    return otherwise if bucket is None else str(bucket.region_name)


def is_writable(name: str, writer: Writer, key: str) -> bool:
    """Whether the service could write the object `key` to the bucket."""
    bucket = find_bucket(name)
    return writer.check == "off" or (
        bucket is not None and (writer.check == "bucket" or grants_access(bucket, key, writer))
    )


def check_writable(name: str, writer: Writer, key: str, code: str) -> None:
    """The error `code` in the service's words unless it could write the object `key` to the bucket."""
    if not is_writable(name, writer, key):
        raise ServiceError(
            code,
            "The ACM Private CA service account 'acm-pca-prod-pdx' requires getBucketAcl permissions for your S3 "
            f"bucket '{name}'. Check your S3 bucket permissions and try again.",
        )


def blocks_public_acls(name: str) -> bool:
    """Whether Block Public Access refuses an object ACL of PUBLIC_READ."""
    bucket = find_bucket(name)
    block: Any = bucket.public_access_block if bucket is not None else None
    return block is not None and "true" in (str(block.block_public_acls).lower(), str(block.ignore_public_acls).lower())


def write_object(
    name: str, key: str, content: bytes, *, writer: Writer, at: float, acl: str, content_type: str
) -> bool:
    """Write one object as the service at `at` (epoch seconds); False when the bucket is gone or refuses."""
    owner = s3_backends.bucket_accounts.get(name)
    if owner is None or find_bucket(name) is None or not is_writable(name, writer, key):
        return False
    backend = s3_backends[owner[1]][owner[0]]
    try:
        written = backend.put_object(name, key, content)
    except ServiceException:
        return False
    written.last_modified = datetime.datetime.fromtimestamp(at, datetime.UTC).replace(tzinfo=None)  # as moto has it
    canned: FakeAcl = get_canned_acl(acl)
    written.set_acl(canned)
    written.set_metadata({"Content-Type": content_type}, replace=False)
    return True
