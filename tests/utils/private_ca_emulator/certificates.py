# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Certificates as PEM and DER: how the service prints them, and what it reads from them."""

from __future__ import annotations

import hashlib
import ssl
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import serialization

from private_ca_emulator import der
from private_ca_emulator.records import InstalledCertificate


def to_pem(certificate_der: bytes) -> str:
    """PEM in lines of 64 columns, without a final newline (reference 2.4)."""
    return ssl.DER_cert_to_PEM_cert(certificate_der).rstrip("\n")


def encode_public_key(key: Any) -> bytes:
    """SubjectPublicKeyInfo, DER."""
    encoded: bytes = key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return encoded


def is_self_signed(certificate: x509.Certificate) -> bool:
    """Whether the certificate is its own issuer, signature included."""
    try:
        certificate.verify_directly_issued_by(certificate)
    except Exception as error:  # noqa: BLE001 - ValueError, TypeError, InvalidSignature and UnsupportedAlgorithm alike mean no
        del error
        return False
    return True


def find_key_identifier(certificate: x509.Certificate) -> bytes:
    """The certificate's SKI, or SHA-1 over its public key where it has none (RFC 5280 section 4.2.1.2)."""
    try:
        return certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.digest
    except x509.ExtensionNotFound:
        return x509.SubjectKeyIdentifier.from_public_key(certificate.public_key()).digest


def _find_name_constraints(certificate: x509.Certificate) -> list[x509.NameConstraints]:
    try:
        return [certificate.extensions.get_extension_for_class(x509.NameConstraints).value]
    except x509.ExtensionNotFound:
        return []


def find_path_length(certificate: x509.Certificate) -> int | None:
    """The path length constraint; None without one."""
    try:
        return certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.path_length
    except x509.ExtensionNotFound:
        return None


def build_installed(certificate: x509.Certificate, chain: str | None) -> InstalledCertificate:
    """What a CA remembers of its own certificate."""
    pem = to_pem(certificate.public_bytes(serialization.Encoding.DER))
    path = [certificate, *(x509.load_pem_x509_certificates(chain.encode()) if chain else [])]
    return InstalledCertificate(
        pem=pem,
        chain=chain,
        certificate=certificate,
        subject_key_identifier=find_key_identifier(certificate),
        path_length=find_path_length(certificate),
        not_before=int(certificate.not_valid_before_utc.timestamp()),
        not_after=int(certificate.not_valid_after_utc.timestamp()),
        full_chain=f"{pem}\n{chain}" if chain else pem,
        level=len(path),
        name_constraints=tuple(item for link in path for item in _find_name_constraints(link)),
    )


def digest_of(*parts: bytes) -> bytes:
    """A short digest that tells different requests apart."""
    summed = hashlib.sha256()
    for part in parts:
        summed.update(len(part).to_bytes(8, "big") + part)
    return summed.digest()


def find_key_octets(encoded_key: bytes) -> bytes:
    """The octets of the subjectPublicKey bit string of a SubjectPublicKeyInfo, which OCSP and key identifiers hash."""
    _algorithm, (_bit_string, content) = der.walk(der.content_of(encoded_key, der.SEQUENCE))
    return content[1:]


def format_serial(serial: int) -> str:
    """Lower-case hex pairs with colons."""
    octets = serial.to_bytes(max(16, (serial.bit_length() + 7) // 8), "big")
    return octets.hex(":")
