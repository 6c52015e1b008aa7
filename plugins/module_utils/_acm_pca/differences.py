# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What came back against what was asked: the key must be the CSR's, the rest is told as differences."""

from __future__ import annotations

import calendar
from typing import Any

from .._errors import IssuanceFailed
from .models import IssuanceRequest, IssuedCertificate


def _public_key_bytes(parsed: Any) -> bytes:
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat  # noqa: PLC0415

    encoded: bytes = parsed.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return encoded


def _load_certificate(pem: str) -> Any:
    from cryptography import x509  # noqa: PLC0415

    return x509.load_pem_x509_certificate(pem.encode())


def require_key_of_csr(csr: str, issued: IssuedCertificate, token: str) -> None:
    """Raise IssuanceFailed unless the certificate carries the CSR's key.

    A token that served another request makes the service return that request's certificate.
    """
    from cryptography import x509  # noqa: PLC0415

    asked = _public_key_bytes(x509.load_pem_x509_csr(csr.encode()))
    if _public_key_bytes(_load_certificate(issued.certificate)) != asked:
        raise IssuanceFailed(
            "Failed to issue a certificate",
            because=f"AWS returned a certificate with another key: the token {token} stands for another request there",
            on=issued.arn,
            remedy="Run again: the next run asks with a new token",
            certificate_arn=issued.arn,
        )


def certificate_end(pem: str) -> tuple[str, float]:
    """Return (serial in lower-case hex, NotAfter in epoch seconds) of the certificate."""
    certificate = _load_certificate(pem)
    return f"{certificate.serial_number:x}", float(calendar.timegm(_not_after(certificate).timetuple()))


def _not_after(certificate: Any) -> Any:
    # cryptography 42 warns of the naive property and has the aware one; older releases have the naive one only
    aware = getattr(certificate, "not_valid_after_utc", None)
    return certificate.not_valid_after if aware is None else aware


def describe_differences(request: IssuanceRequest, issued: IssuedCertificate) -> tuple[str, ...]:
    """Return, as sentences, what the CA dropped or overrode of what was asked."""
    return ()
