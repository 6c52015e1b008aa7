# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""ACTIVE certificate authorities through plain API calls, as a user would make them (reference 5.3)."""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass
from typing import Any

_TEMPLATE = "arn:{partition}:acm-pca:::template/{name}/V1"
_SIGNING = {"RSA": "SHA256WITHRSA", "EC_prime256v1": "SHA256WITHECDSA", "EC_secp384r1": "SHA384WITHECDSA"}


@dataclass(frozen=True)
class SeededAuthorities:
    """A root and a subordinate below it, both ACTIVE."""

    root_arn: str
    subordinate_arn: str


def default_signing_algorithm(key_algorithm: str) -> str:
    """The signing algorithm that suits a CA key."""
    if key_algorithm.startswith("ML_DSA"):
        return key_algorithm
    return _SIGNING.get(key_algorithm) or _SIGNING.get(key_algorithm.split("_", maxsplit=1)[0], "SHA512WITHECDSA")


def template_arn(authority_arn: str, name: str) -> str:
    """The ARN of a template in the partition of a CA."""
    return _TEMPLATE.format(partition=authority_arn.split(":")[1], name=name)


def allow_service_writes(s3_client: Any, bucket: str) -> None:
    """Give a bucket the policy that CRLs and audit reports need (reference 6.3)."""
    partition = s3_client.meta.partition
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "acm-pca.amazonaws.com"},
        "Action": ["s3:PutObject", "s3:PutObjectAcl", "s3:GetBucketAcl", "s3:GetBucketLocation"],
        "Resource": [f"arn:{partition}:s3:::{bucket}", f"arn:{partition}:s3:::{bucket}/*"],
    }
    s3_client.put_bucket_policy(Bucket=bucket, Policy=json.dumps({"Version": "2012-10-17", "Statement": [statement]}))


def _create(
    client: Any,
    kind: str,
    common_name: str,
    key_algorithm: str,
    options: dict[str, Any],
    *,
    signing_algorithm: str | None = None,
) -> str:
    configuration = {
        "KeyAlgorithm": key_algorithm,
        "SigningAlgorithm": signing_algorithm or default_signing_algorithm(key_algorithm),
        "Subject": {"Country": "DE", "Organization": "Example", "CommonName": common_name},
    }
    created = client.create_certificate_authority(
        CertificateAuthorityConfiguration=configuration,
        CertificateAuthorityType=kind,
        IdempotencyToken=str(uuid.uuid4()),
        **options,
    )
    arn: str = created["CertificateAuthorityArn"]
    client.get_waiter("certificate_authority_csr_created").wait(CertificateAuthorityArn=arn)
    return arn


def _certify(
    client: Any,
    issuer_arn: str,
    subject_arn: str,
    *,
    key_algorithm: str,
    template: str,
    days: int,
    api_passthrough: dict[str, Any] | None = None,
) -> dict[str, Any]:
    csr = client.get_certificate_authority_csr(CertificateAuthorityArn=subject_arn)["Csr"]
    issued = client.issue_certificate(
        CertificateAuthorityArn=issuer_arn,
        Csr=csr.encode(),
        SigningAlgorithm=default_signing_algorithm(key_algorithm),
        TemplateArn=template_arn(issuer_arn, template),
        Validity={"Type": "DAYS", "Value": days},
        IdempotencyToken=str(uuid.uuid4()),
        **({"ApiPassthrough": api_passthrough} if api_passthrough else {}),
    )
    names = {"CertificateAuthorityArn": issuer_arn, "CertificateArn": issued["CertificateArn"]}
    client.get_waiter("certificate_issued").wait(**names)
    return dict(client.get_certificate(**names))


def create_active_root(
    client: Any,
    common_name: str = "Example Root CA",
    *,
    key_algorithm: str = "EC_prime256v1",
    days: int = 3650,
    template: str = "RootCACertificate",
    signing_algorithm: str | None = None,
    **options: Any,
) -> str:
    """An ACTIVE root CA; `options` are further members of CreateCertificateAuthority. Its ARN.

    `signing_algorithm` is what it signs CSR, CRLs and OCSP responses with; absent, the usual one of its key.
    """
    arn = _create(client, "ROOT", common_name, key_algorithm, options, signing_algorithm=signing_algorithm)
    activate_root(client, arn, key_algorithm=key_algorithm, template=template, days=days)
    return arn


def activate_root(
    client: Any,
    arn: str,
    *,
    key_algorithm: str = "EC_prime256v1",
    days: int = 3650,
    template: str = "RootCACertificate",
) -> None:
    """Have a root CA that is PENDING_CERTIFICATE sign itself."""
    signed = _certify(client, arn, arn, key_algorithm=key_algorithm, template=template, days=days)
    client.import_certificate_authority_certificate(
        CertificateAuthorityArn=arn, Certificate=signed["Certificate"].encode()
    )


def create_active_subordinate(
    client: Any,
    issuer_arn: str,
    common_name: str = "Example Issuing CA",
    *,
    key_algorithm: str = "EC_prime256v1",
    days: int = 1095,
    template: str = "SubordinateCACertificate_PathLen0",
    issuer_key_algorithm: str = "EC_prime256v1",
    api_passthrough: dict[str, Any] | None = None,
    **options: Any,
) -> str:
    """An ACTIVE subordinate CA below `issuer_arn`. Its ARN."""
    arn = _create(client, "SUBORDINATE", common_name, key_algorithm, options)
    signed = _certify(
        client,
        issuer_arn,
        arn,
        key_algorithm=issuer_key_algorithm,
        template=template,
        days=days,
        api_passthrough=api_passthrough,
    )
    client.import_certificate_authority_certificate(
        CertificateAuthorityArn=arn,
        Certificate=signed["Certificate"].encode(),
        CertificateChain=signed["CertificateChain"].encode(),
    )
    return arn


def create_active_hierarchy(client: Any, key_algorithm: str = "EC_prime256v1", **options: Any) -> SeededAuthorities:
    """A root and a subordinate, both ACTIVE; `options` apply to the subordinate."""
    root = create_active_root(client, key_algorithm=key_algorithm)
    subordinate = create_active_subordinate(
        client, root, key_algorithm=key_algorithm, issuer_key_algorithm=key_algorithm, **options
    )
    return SeededAuthorities(root, subordinate)
