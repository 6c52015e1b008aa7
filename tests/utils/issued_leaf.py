# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A certificate issued straight from the API, for tests of what comes after its issuance."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec


@dataclass(frozen=True)
class Leaf:
    """A certificate that the test issued."""

    arn: str
    pem: str
    serial: str


def issue(
    account: Any,
    authority: Mapping[str, str],
    name: str = "www.example.com",
    algorithm: str = "SHA256WITHECDSA",
    **validity: int,
) -> Leaf:
    """Issue a certificate straight from the API."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    csr = x509.CertificateSigningRequestBuilder().subject_name(subject).sign(key, hashes.SHA256())
    client = account.client()
    arn = client.issue_certificate(
        CertificateAuthorityArn=authority["arn"],
        Csr=csr.public_bytes(serialization.Encoding.PEM),
        SigningAlgorithm=algorithm,
        Validity={"Type": "DAYS", "Value": validity.get("days", 30)},
        IdempotencyToken=str(uuid.uuid4()),
    )["CertificateArn"]
    client.get_waiter("certificate_issued").wait(CertificateAuthorityArn=authority["arn"], CertificateArn=arn)
    pem = client.get_certificate(CertificateAuthorityArn=authority["arn"], CertificateArn=arn)["Certificate"]
    return Leaf(arn, pem, format(x509.load_pem_x509_certificate(pem.encode()).serial_number, "x"))
