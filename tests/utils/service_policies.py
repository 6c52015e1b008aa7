# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Policies as the service's guide shows them, for buckets and shared CAs, and as the modules' notes do: the least."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import Any

import yaml

NOTE = re.compile(r"Minimal IAM policy \((?P<purpose>[^)]*)\) - (?P<parts>.*)\.$", re.DOTALL)
RESOURCES = {
    "C(*)": "*",
    "the CA": "arn:aws:acm-pca:{region}:{account}:certificate-authority/*",
    "the parent": "arn:aws:acm-pca:{region}:{account}:certificate-authority/*",
    "the certificate": "arn:aws:acm:{region}:{account}:certificate/*",
    "the bucket": "arn:aws:s3:::audit-????????????????????????????????",
    "C(audit-report/*) of the bucket": "arn:aws:s3:::audit-????????????????????????????????/audit-report/*",
    "the table": "arn:aws:dynamodb:{region}:{account}:table/fleet-pki-ledger",
}
PART = re.compile(r"on (?P<where>[^:,]+)(, template C\((?P<template>[^)]*)\))?: (?P<actions>.*)", re.DOTALL)
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


def documented_statements(checkout: Path, module: str) -> dict[str, list[dict[str, Any]]]:
    """Return the policy statements of the module's notes by their purpose; resources are keys of RESOURCES."""
    tree = ast.parse((checkout / f"plugins/modules/{module}.py").read_text())
    assigned = [node.value for node in tree.body if isinstance(node, ast.Assign)]
    texts = [value.value for value in assigned if isinstance(value, ast.Constant)]
    found: dict[str, list[dict[str, Any]]] = {}
    for note in yaml.safe_load(str(texts[0])).get("notes", []):
        match = NOTE.match(note)
        if match:
            found[match["purpose"].removesuffix(", besides")] = [statement(part) for part in match["parts"].split("; ")]
    return found


def statement(part: str) -> dict[str, Any]:
    match = PART.match(part)
    assert match is not None, part
    described: dict[str, Any] = {
        "Effect": "Allow",
        "Action": re.findall(r"C\(((?:acm|acm-pca|dynamodb|s3):\w+)\)", match["actions"]),
        "Resource": RESOURCES[match["where"]],
    }
    if match["template"]:
        template = f"arn:aws:acm-pca:::template/{match['template']}"
        described["Condition"] = {"StringEquals": {"acm-pca:TemplateArn": template}}
    return described
