# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Certificate signing requests (RFC 2986): a subject, the alternative names, and nothing else."""

from __future__ import annotations

from typing import Any, Mapping, Sequence

from .._errors import InvalidInput
from .names import build_general_name, normalise_general_names
from .subjects import build_subject, normalise_subject


def build_request(key: Any, subject: Mapping[str, Any], subject_alternative_names: Sequence[str]) -> str:
    """Return the CSR of ``key`` in PEM. The SAN extension is critical when the subject is empty (RFC 5280 4.2.1.6)."""
    from cryptography.hazmat.primitives import serialization

    request = start_request(subject, subject_alternative_names).sign(key, choose_signature_hash(key))
    return request.public_bytes(serialization.Encoding.PEM).decode("ascii")


def start_request(subject: Mapping[str, Any], subject_alternative_names: Sequence[str]) -> Any:
    """Return what a key has only to sign. Raise ``InvalidInput`` for names that a CSR cannot have."""
    from cryptography import x509

    names = normalise_general_names(subject_alternative_names)
    wanted = normalise_subject(subject)
    if not names and not wanted:
        raise InvalidInput(
            "Failed to make a CSR",
            because="it would have neither a subject nor a subject alternative name",
            remedy="Set common_name, subject or subject_alternative_names",
        )
    builder = x509.CertificateSigningRequestBuilder().subject_name(build_subject(wanted))
    if not names:
        return builder
    extension = x509.SubjectAlternativeName([build_general_name(name) for name in names])
    return builder.add_extension(extension, critical=not wanted)


def choose_signature_hash(key: Any) -> Any:
    """Return the hash to sign with: as strong as the curve, SHA-256 for RSA, none where the algorithm has its own."""
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec, rsa

    if isinstance(key, ec.EllipticCurvePrivateKey):
        strong = {384: hashes.SHA384(), 521: hashes.SHA512()}
        return strong.get(key.curve.key_size, hashes.SHA256())
    return hashes.SHA256() if isinstance(key, rsa.RSAPrivateKey) else None
