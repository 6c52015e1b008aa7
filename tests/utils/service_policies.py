# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Policies as the service's guide shows them: for a bucket that it writes to, and for sharing a CA with an account."""

from __future__ import annotations

from typing import Any

READS = (
    "DescribeCertificateAuthority",
    "GetCertificate",
    "GetCertificateAuthorityCertificate",
    "ListPermissions",
    "ListTags",
)


def service_write_policy(bucket: str) -> dict[str, Any]:
    """Return the bucket policy that lets the service write CRLs and audit reports."""
    actions = ["s3:PutObject", "s3:PutObjectAcl", "s3:GetBucketAcl", "s3:GetBucketLocation"]
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "acm-pca.amazonaws.com"},
        "Action": actions,
        "Resource": [f"arn:aws:s3:::{bucket}/*", f"arn:aws:s3:::{bucket}"],
    }
    return {"Version": "2012-10-17", "Statement": [statement]}


def sharing_policy(arn: str, account: str, template: str = "EndEntityCertificate") -> dict[str, Any]:
    """Return the resource policy that lets another account issue from the CA with one template."""
    shared = {"Sid": "1", "Effect": "Allow", "Principal": {"AWS": account}, "Resource": arn}
    condition = {"StringEquals": {"acm-pca:TemplateArn": f"arn:aws:acm-pca:::template/{template}/V1"}}
    return {
        "Version": "2012-10-17",
        "Statement": [
            {**shared, "Action": [f"acm-pca:{name}" for name in READS]},
            {**shared, "Action": ["acm-pca:IssueCertificate"], "Condition": condition},
        ],
    }
