# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Policies as the service's guide shows them, for buckets and shared CAs, and as the modules' notes do: the least."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
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
    "the CRL bucket": "arn:aws:s3:::crl-????????????????????????????????",
    "the objects of the CRL bucket": "arn:aws:s3:::crl-????????????????????????????????/*",
    "the table": "arn:aws:dynamodb:{region}:{account}:table/fleet-pki-ledger",
    "the role": "arn:aws:iam::{account}:role/issuer",
}
PART = re.compile(r"on (?P<where>[^:,]+)(, template C\((?P<template>[^)]*)\))?: (?P<actions>.*)", re.DOTALL)
READS = (
    "DescribeCertificateAuthority",
    "GetCertificate",
    "GetCertificateAuthorityCertificate",
    "ListPermissions",
    "ListTags",
)


def service_write_policy(bucket: str, partition: str = "aws") -> dict[str, Any]:
    """Return the bucket policy that lets the service write CRLs and audit reports."""
    actions = ["s3:PutObject", "s3:PutObjectAcl", "s3:GetBucketAcl", "s3:GetBucketLocation"]
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "acm-pca.amazonaws.com"},
        "Action": actions,
        "Resource": [f"arn:{partition}:s3:::{bucket}/*", f"arn:{partition}:s3:::{bucket}"],
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


Statements = list[dict[str, Any]]


def documented_statements(checkout: Path, name: str) -> dict[str, Statements]:
    """Return the policy statements of a module's own notes, or a fragment's, by purpose; resources are RESOURCES'."""
    found = {}
    for note in _read_documentation(checkout, name).get("notes", []):
        match = NOTE.match(note)
        if match:
            found[match["purpose"].removesuffix(", besides")] = [statement(part) for part in match["parts"].split("; ")]
    return found


def list_fragments(checkout: Path, module: str) -> list[str]:
    """Return the fragments of this collection that a module's documentation extends, such as `ledger.limits`."""
    named = _read_documentation(checkout, module).get("extends_documentation_fragment", [])
    return [name.split(".", 2)[2] for name in named if name.startswith("fleet_pki.aws_private_ca.")]


def usable_statements(checkout: Path, module: str) -> dict[str, Statements]:
    """Return what a module documents, by itself and by its fragments."""
    found = {}
    for name in (*list_fragments(checkout, module), module):
        found.update(documented_statements(checkout, name))
    return found


def _read_documentation(checkout: Path, name: str) -> dict[str, Any]:
    """Return the documentation of the module, or of the fragment where there is no such module."""
    source, variable = checkout / f"plugins/modules/{name}.py", "DOCUMENTATION"
    if not source.exists():
        file, _dot, part = name.partition(".")
        source, variable = checkout / f"plugins/doc_fragments/{file}.py", part.upper() or variable
    for node in ast.walk(ast.parse(source.read_text())):
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == variable:
            return dict(yaml.safe_load(ast.literal_eval(node.value)))
    raise AssertionError(f"{source} has no {variable}")


def place_statements(statements: Statements, region: str, account: str) -> Statements:
    """Return the statements for this region and account."""
    return [{**one, "Resource": one["Resource"].format(region=region, account=account)} for one in statements]


def leave_each_out(statements: Statements, given: Iterable[str] = ()) -> Iterator[tuple[str, Statements]]:
    """Yield each action that is not ``given`` already, with the statements that are left without it."""
    for number, one in enumerate(statements):
        for action in one["Action"]:
            if action not in given:
                rest = {**one, "Action": [name for name in one["Action"] if name != action]}
                kept = [*statements[:number], rest, *statements[number + 1 :]]
                yield action, [part for part in kept if part["Action"]]


def statement(part: str) -> dict[str, Any]:
    match = PART.match(part)
    assert match is not None, part
    described: dict[str, Any] = {
        "Effect": "Allow",
        "Action": re.findall(r"C\(([\w-]+:\w+)\)", match["actions"]),
        "Resource": RESOURCES[match["where"]],
    }
    if match["template"]:
        template = f"arn:aws:acm-pca:::template/{match['template']}"
        described["Condition"] = {"StringEquals": {"acm-pca:TemplateArn": template}}
    return described
