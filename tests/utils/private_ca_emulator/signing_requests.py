# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Certificate signing requests as the service reads them (reference 4): parsed, signature proved, contents copied."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, mldsa, rsa
from cryptography.x509.oid import ExtensionOID, NameOID

from private_ca_emulator import der
from private_ca_emulator.errors import ServiceError
from private_ca_emulator.settings import Settings
from private_ca_emulator.templates import EncodedExtension

SUBJECT_ALTERNATIVE_NAME = ExtensionOID.SUBJECT_ALTERNATIVE_NAME.dotted_string
_EXTENSION_REQUEST = x509.ObjectIdentifier("1.2.840.113549.1.9.14")
_SUPPORTED_CURVES = ("secp256r1", "secp384r1", "secp521r1")
_ML_DSA = (mldsa.MLDSA44PublicKey, mldsa.MLDSA65PublicKey, mldsa.MLDSA87PublicKey)


@dataclass(frozen=True)
class SigningRequest:
    """What a CSR offers; `extensions` by dotted OID, byte for byte."""

    subject: x509.Name
    public_key: Any
    encoded_key: bytes
    """SubjectPublicKeyInfo, byte for byte."""
    extensions: dict[str, EncodedExtension]


def parse_signing_request(pem: bytes, settings: Settings) -> SigningRequest:
    """Parse a PEM CSR and prove its signature; MalformedCSRException, or the code that the settings name."""
    try:
        csr = x509.load_pem_x509_csr(pem)
        encoded_key = _extract_key(csr)
        extensions = _extract_extensions(csr)
        subject = csr.subject
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise ServiceError("MalformedCSRException", "The certificate signing request could not be parsed.") from error
    try:
        public_key = csr.public_key()
        signed = csr.is_signature_valid
    except (ValueError, TypeError, UnsupportedAlgorithm, InvalidSignature):
        public_key, signed = None, False
    if public_key is not None and not _is_supported(public_key) and settings.unsupported_csr_key != "accept":
        raise ServiceError(
            settings.unsupported_csr_key, "The key type of the certificate signing request is not supported."
        )
    if not signed:
        raise ServiceError("MalformedCSRException", "The signature of the certificate signing request is not valid.")
    _check_names(subject, settings)
    return SigningRequest(subject, public_key, encoded_key, extensions)


def _is_supported(key: Any) -> bool:
    if isinstance(key, rsa.RSAPublicKey):
        return 2048 <= key.key_size <= 8192
    if isinstance(key, ec.EllipticCurvePublicKey):
        return key.curve.name in _SUPPORTED_CURVES
    return isinstance(key, _ML_DSA)


def _check_names(subject: x509.Name, settings: Settings) -> None:
    if settings.long_common_name == "accept":
        return
    for attribute in subject.get_attributes_for_oid(NameOID.COMMON_NAME):
        if len(str(attribute.value).encode()) > 64:
            raise ServiceError(settings.long_common_name, "The common name must not be longer than 64 octets.")


def require_subject_or_names(subject: x509.Name, extensions: dict[str, EncodedExtension], settings: Settings) -> None:
    """Refuse a request that names nobody: neither subject nor SAN."""
    if not list(subject) and SUBJECT_ALTERNATIVE_NAME not in extensions:
        raise ServiceError(
            settings.empty_csr_error,
            "The certificate signing request must have a subject or a subject alternative name.",
        )


def _extract_key(csr: x509.CertificateSigningRequest) -> bytes:
    _version, _subject, key, *_attributes = der.walk(der.content_of(csr.tbs_certrequest_bytes, der.SEQUENCE))
    return der.encode(*key)


def _extract_extensions(csr: x509.CertificateSigningRequest) -> dict[str, EncodedExtension]:
    try:
        requested = csr.attributes.get_attribute_for_oid(_EXTENSION_REQUEST)
    except x509.AttributeNotFound:
        return {}
    extensions: dict[str, EncodedExtension] = {}
    for _tag, content in der.walk(requested.value):
        members = list(der.walk(content))
        critical = len(members) == 3 and members[1] == (der.BOOLEAN, b"\xff")
        if not 2 <= len(members) <= 3 or members[0][0] != der.OBJECT_IDENTIFIER or members[-1][0] != der.OCTET_STRING:
            raise ValueError("malformed extension request")
        dotted = der.decode_object_identifier(members[0][1])
        if dotted in extensions:
            raise ValueError(f"the extension {dotted} occurs twice")
        extensions[dotted] = (critical, members[-1][1])
    return extensions


def encode_public_key_pem(key: Any) -> str:
    """SubjectPublicKeyInfo as PEM."""
    return str(key.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo).decode())
