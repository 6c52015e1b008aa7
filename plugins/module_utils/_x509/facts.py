# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Facts of certificates and requests in the one shape that every module returns (see CONTRIBUTING.md)."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any, Callable

from .._errors import InvalidInput
from .keys import digest_public_key, name_key_algorithm
from .names import read_general_name
from .pem import GET_ANEW, MAKE_ANEW, load_certificate, load_request
from .subjects import read_subject
from .times import show_time

if TYPE_CHECKING:
    from cryptography import x509


SIGNATURE_ALGORITHMS = {
    "1.2.840.113549.1.1.5": "SHA1WITHRSA",
    "1.2.840.113549.1.1.11": "SHA256WITHRSA",
    "1.2.840.113549.1.1.12": "SHA384WITHRSA",
    "1.2.840.113549.1.1.13": "SHA512WITHRSA",
    "1.2.840.113549.1.1.10": "RSASSA_PSS",
    "1.2.840.10045.4.3.2": "SHA256WITHECDSA",
    "1.2.840.10045.4.3.3": "SHA384WITHECDSA",
    "1.2.840.10045.4.3.4": "SHA512WITHECDSA",
    "1.2.156.10197.1.501": "SM3WITHSM2",
    "2.16.840.1.101.3.4.3.17": "ML_DSA_44",
    "2.16.840.1.101.3.4.3.18": "ML_DSA_65",
    "2.16.840.1.101.3.4.3.19": "ML_DSA_87",
}
KEY_USAGES = {
    "digital_signature": "digitalSignature",
    "content_commitment": "nonRepudiation",
    "key_encipherment": "keyEncipherment",
    "data_encipherment": "dataEncipherment",
    "key_agreement": "keyAgreement",
    "key_cert_sign": "keyCertSign",
    "crl_sign": "cRLSign",
}
EXTENDED_KEY_USAGES = {
    "1.3.6.1.5.5.7.3.1": "serverAuth",
    "1.3.6.1.5.5.7.3.2": "clientAuth",
    "1.3.6.1.5.5.7.3.3": "codeSigning",
    "1.3.6.1.5.5.7.3.4": "emailProtection",
    "1.3.6.1.5.5.7.3.8": "timeStamping",
    "1.3.6.1.5.5.7.3.9": "OCSPSigning",
    "1.3.6.1.4.1.311.20.2.2": "smartcardLogon",
    "2.5.29.37.0": "anyExtendedKeyUsage",
}


def certificate_facts(pem: str, origin: str = "the certificate") -> dict[str, Any]:
    """Return the facts of the one certificate in a PEM text; ``InvalidInput`` for a text without exactly one."""
    certificate = load_certificate(pem, origin)
    try:
        return describe_certificate(certificate)
    except ValueError as error:
        because = f"it is malformed: {error}"
        raise InvalidInput("Failed to read a certificate", on=origin, because=because, remedy=GET_ANEW) from error


def describe_certificate(certificate: x509.Certificate) -> dict[str, Any]:
    """Return the facts of a parsed certificate; ``ValueError`` when its inner encoding is broken."""
    from cryptography.hazmat.primitives import hashes

    not_before, not_after = read_validity(certificate)
    authority, subject = _key_identifiers(certificate)
    return {
        "serial": format(certificate.serial_number, "x"),
        "issuer": read_subject(certificate.issuer),
        "not_before": show_time(not_before),
        "not_after": show_time(not_after),
        "fingerprint_sha256": certificate.fingerprint(hashes.SHA256()).hex(),
        "authority_key_identifier": authority,
        "subject_key_identifier": subject,
        **_describe_both(certificate),
    }


def request_facts(pem: str, origin: str = "the CSR") -> dict[str, Any]:
    """Return the facts that a CSR has in common with a certificate, and ``extensions``: the dotted OIDs it asks for."""
    request = load_request(pem, origin)
    try:
        return describe_request(request)
    except ValueError as error:
        because = f"it is malformed: {error}"
        raise InvalidInput("Failed to read a CSR", on=origin, because=because, remedy=MAKE_ANEW) from error


def describe_request(request: x509.CertificateSigningRequest) -> dict[str, Any]:
    """Return the facts of a parsed CSR; ``ValueError`` when its inner encoding is broken."""
    return {**_describe_both(request), "extensions": [entry.oid.dotted_string for entry in request.extensions]}


def read_validity(certificate: x509.Certificate) -> tuple[int, int]:
    """Return NotBefore and NotAfter in epoch seconds, from releases with and without the time-zone-aware properties."""
    if hasattr(certificate, "not_valid_before_utc"):
        return _seconds(certificate.not_valid_before_utc), _seconds(certificate.not_valid_after_utc)
    return _seconds(certificate.not_valid_before), _seconds(certificate.not_valid_after)


def _seconds(moment: datetime) -> int:
    return int(moment.replace(tzinfo=timezone.utc).timestamp())


def _describe_both(document: Any) -> dict[str, Any]:
    return {
        "subject": read_subject(document.subject),
        "subject_alternative_names": _alternative_names(document),
        **_describe_key(document),
        "signature_algorithm": _name_signature_algorithm(document),
        "key_usage": _key_usage(document),
        "extended_key_usage": _extended_key_usage(document),
        "basic_constraints": _basic_constraints(document),
    }


def _describe_key(document: Any) -> dict[str, str]:
    from cryptography.exceptions import UnsupportedAlgorithm

    try:
        key = document.public_key()
        return {"key_algorithm": name_key_algorithm(key), "public_key_sha256": digest_public_key(key)}
    except (UnsupportedAlgorithm, NotImplementedError) as error:  # the latter from old releases, of other curves
        raise ValueError(f"its key is of no kind that this host's cryptography library knows: {error}") from error


def find_extension(document: Any, choose: Callable[[Any], Any]) -> Any | None:
    """Return the value of the extension whose class ``choose`` picks from ``cryptography.x509``, or None."""
    from cryptography import x509

    try:
        return document.extensions.get_extension_for_class(choose(x509)).value
    except x509.ExtensionNotFound:
        return None
    except (x509.DuplicateExtension, x509.UnsupportedGeneralNameType) as error:
        raise ValueError(str(error)) from error


def _alternative_names(document: Any) -> list[str]:
    extension = find_extension(document, lambda x509: x509.SubjectAlternativeName)
    return sorted(read_general_name(name) for name in extension) if extension is not None else []


def _name_signature_algorithm(document: Any) -> str:
    dotted = str(document.signature_algorithm_oid.dotted_string)
    return SIGNATURE_ALGORITHMS.get(dotted, dotted)


def _key_usage(document: Any) -> list[str]:
    usage = find_extension(document, lambda x509: x509.KeyUsage)
    if usage is None:
        return []
    named = [name for attribute, name in KEY_USAGES.items() if getattr(usage, attribute)]
    if usage.key_agreement:
        named += [name for name in ("encipherOnly", "decipherOnly") if getattr(usage, _snake(name))]
    return named


def _snake(name: str) -> str:
    return {"encipherOnly": "encipher_only", "decipherOnly": "decipher_only"}[name]


def _extended_key_usage(document: Any) -> list[str]:
    usage = find_extension(document, lambda x509: x509.ExtendedKeyUsage)
    return [EXTENDED_KEY_USAGES.get(oid.dotted_string, oid.dotted_string) for oid in usage or ()]


def _basic_constraints(document: Any) -> dict[str, Any] | None:
    constraints = find_extension(document, lambda x509: x509.BasicConstraints)
    return None if constraints is None else {"ca": constraints.ca, "path_length": constraints.path_length}


def _key_identifiers(certificate: x509.Certificate) -> tuple[str | None, str | None]:
    authority = find_extension(certificate, lambda x509: x509.AuthorityKeyIdentifier)
    subject = find_extension(certificate, lambda x509: x509.SubjectKeyIdentifier)
    key_identifier = None if authority is None else authority.key_identifier
    return (
        key_identifier.hex() if key_identifier is not None else None,
        subject.digest.hex() if subject is not None else None,
    )
