# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the emulator's tests share: CSRs, one call to issue, and the judges."""

from __future__ import annotations

import base64
import uuid
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from openssl_command import openssl
from private_ca_emulator import seeding

LEAF_KEY = ec.generate_private_key(ec.SECP256R1())


def make_csr(
    common_name: str | None = "web.example.com",
    dns_names: tuple[str, ...] = ("web.example.com",),
    key: Any = LEAF_KEY,
    extensions: tuple[tuple[x509.ExtensionType, bool], ...] = (),
) -> bytes:
    attributes = [x509.NameAttribute(NameOID.COMMON_NAME, common_name)] if common_name else []
    builder = x509.CertificateSigningRequestBuilder().subject_name(x509.Name(attributes))
    if dns_names:
        builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(name) for name in dns_names]), False)
    for extension, critical in extensions:
        builder = builder.add_extension(extension, critical)
    return builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


def issue(client: Any, authority_arn: str, **changes: Any) -> str:
    request = {
        "CertificateAuthorityArn": authority_arn,
        "Csr": make_csr(),
        "SigningAlgorithm": "SHA256WITHECDSA",
        "Validity": {"Type": "DAYS", "Value": 30},
        "IdempotencyToken": str(uuid.uuid4()),
        **changes,
    }
    arn: str = client.issue_certificate(**{name: value for name, value in request.items() if value is not None})[
        "CertificateArn"
    ]
    return arn


def fetch(client: Any, authority_arn: str, certificate_arn: str) -> dict[str, str]:
    reply = client.get_certificate(CertificateAuthorityArn=authority_arn, CertificateArn=certificate_arn)
    return {"Certificate": reply["Certificate"], "CertificateChain": reply.get("CertificateChain", "")}


def issue_and_load(client: Any, authority_arn: str, **changes: Any) -> x509.Certificate:
    pem = fetch(client, authority_arn, issue(client, authority_arn, **changes))["Certificate"]
    return x509.load_pem_x509_certificate(pem.encode())


def create_constrained(client: Any, root_arn: str, constraints: x509.NameConstraints, path_length: int = 0) -> str:
    """An ACTIVE subordinate CA whose certificate has these name constraints. Its ARN."""
    value = base64.b64encode(constraints.public_bytes()).decode()
    custom = {"ObjectIdentifier": "2.5.29.30", "Value": value, "Critical": True}
    return seeding.create_active_subordinate(
        client,
        root_arn,
        template=f"SubordinateCACertificate_PathLen{path_length}_APIPassthrough",
        api_passthrough={"Extensions": {"CustomExtensions": [custom]}},
    )


def refusal(call: Any, *args: Any, **kwargs: Any) -> tuple[str, str]:
    """(code, message) of the error that the call must end with."""
    with pytest.raises(ClientError) as caught:
        call(*args, **kwargs)
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]


def verify_with_openssl(directory: Path, certificate: str, chain: str, *options: str) -> str:
    (directory / "leaf.pem").write_text(certificate + "\n")
    blocks = chain.split("-----END CERTIFICATE-----")
    root = blocks[-2] + "-----END CERTIFICATE-----\n"
    (directory / "root.pem").write_text(root)
    (directory / "chain.pem").write_text(chain + "\n")
    return openssl(
        "verify", "-CAfile", directory / "root.pem", "-untrusted", directory / "chain.pem", *options,
        directory / "leaf.pem",
    )  # fmt: skip
