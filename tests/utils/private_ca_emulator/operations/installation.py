# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""GetCertificateAuthorityCsr, Import- and GetCertificateAuthorityCertificate (reference 5.3)."""

from __future__ import annotations

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.x509.oid import ExtensionOID

from private_ca_emulator.authorization import find_authority
from private_ca_emulator.certificates import (
    build_installed,
    encode_public_key,
    find_path_length,
    is_self_signed,
    to_pem,
)
from private_ca_emulator.errors import ServiceError, invalid_state, refused
from private_ca_emulator.issuance import check_level
from private_ca_emulator.operations.states import refuse_failed, refuse_while_updating
from private_ca_emulator.records import CertificateAuthority
from private_ca_emulator.service import Call, Members, PrivateCa

_CRITICAL_ALLOWED = {
    ExtensionOID.AUTHORITY_KEY_IDENTIFIER,
    ExtensionOID.BASIC_CONSTRAINTS,
    ExtensionOID.CERTIFICATE_POLICIES,
    ExtensionOID.EXTENDED_KEY_USAGE,
    ExtensionOID.INHIBIT_ANY_POLICY,
    ExtensionOID.ISSUER_ALTERNATIVE_NAME,
    ExtensionOID.KEY_USAGE,
    ExtensionOID.NAME_CONSTRAINTS,
    ExtensionOID.POLICY_MAPPINGS,
    ExtensionOID.SUBJECT_ALTERNATIVE_NAME,
    ExtensionOID.SUBJECT_DIRECTORY_ATTRIBUTES,
    ExtensionOID.SUBJECT_KEY_IDENTIFIER,
    ExtensionOID.SUBJECT_INFORMATION_ACCESS,
}


def _no_csr(authority: CertificateAuthority) -> ServiceError:
    return invalid_state(
        f"The certificate authority {authority.arn} is not in the correct state to have a certificate signing request."
    )


def get_certificate_authority_csr(service: PrivateCa, call: Call) -> Members:
    """GetCertificateAuthorityCsr: from PENDING_CERTIFICATE on."""
    authority = find_authority(service, call)
    refuse_failed(service, call, authority)
    status = authority.status_at(service.clock.now())
    if status == "CREATING":
        raise ServiceError(
            "RequestInProgressException", f"The certificate authority {authority.arn} is still being created."
        )
    if status in ("DELETED", "FAILED"):
        raise _no_csr(authority)
    return {"Csr": authority.csr}


def get_certificate_authority_certificate(service: PrivateCa, call: Call) -> Members:
    """GetCertificateAuthorityCertificate: the chain leaves out the CA's own certificate and is absent for a root."""
    authority = find_authority(service, call)
    if authority.installed is None or authority.status == "DELETED":
        raise _no_csr(authority)
    reply = {"Certificate": authority.installed.pem}
    if authority.installed.chain:
        reply["CertificateChain"] = authority.installed.chain
    return reply


def import_certificate_authority_certificate(service: PrivateCa, call: Call) -> Members:
    """ImportCertificateAuthorityCertificate: checks the certificate and its chain, then the CA is ACTIVE."""
    authority, now = find_authority(service, call), service.clock.now()
    refuse_failed(service, call, authority)
    refuse_while_updating(service, authority)
    _check_state(authority, now, service.settings.import_into_disabled)
    certificate = _parse_certificate(call.members["Certificate"])
    _check_match(authority, certificate)
    _check_extensions(certificate)
    chain = _parse_chain(call.members.get("CertificateChain", b""))
    _check_kind(authority, certificate, chain)
    _check_chain(certificate, chain)
    check_level(len(chain) + 1, service.settings)
    _check_time(certificate, now)
    pem_chain = "\n".join(to_pem(link.public_bytes(serialization.Encoding.DER)) for link in chain)
    authority.installed = build_installed(certificate, pem_chain or None)
    if authority.status != "DISABLED":
        authority.status = "ACTIVE"
    service.crls.resume([authority])
    authority.changed_at = now
    authority.ready_at = now + service.settings.import_delay
    service.store.note_authority(authority)
    return {}


def _check_state(authority: CertificateAuthority, now: float, into_disabled: str) -> None:
    status = authority.status_at(now)
    if status == "CREATING":
        raise ServiceError("RequestInProgressException", f"The certificate authority {authority.arn} is being created.")
    allowed = ["PENDING_CERTIFICATE", "ACTIVE", "EXPIRED"] + (["DISABLED"] if into_disabled == "accept" else [])
    if status not in allowed:
        raise invalid_state("The certificate authority is not in a valid state for importing a certificate.")


def _malformed(message: str) -> ServiceError:
    return ServiceError("MalformedCertificateException", message)


def _parse_certificate(pem: bytes) -> x509.Certificate:
    parsed = _parse_chain(pem)
    if len(parsed) != 1:
        raise _malformed("The certificate must be one certificate in PEM format.")
    return parsed[0]


def _parse_chain(pem: bytes) -> list[x509.Certificate]:
    if not pem.strip():
        return []
    try:
        parsed = x509.load_pem_x509_certificates(pem)
        for certificate in parsed:
            certificate.public_key()
            list(certificate.extensions)
    except (ValueError, TypeError, UnsupportedAlgorithm, x509.DuplicateExtension) as error:
        raise _malformed("A certificate could not be parsed.") from error
    return parsed


def _check_match(authority: CertificateAuthority, certificate: x509.Certificate) -> None:
    csr = x509.load_pem_x509_csr(authority.csr.encode())
    same_key = encode_public_key(certificate.public_key()) == encode_public_key(csr.public_key())
    if not same_key or certificate.subject != csr.subject:
        message = "The certificate does not match the certificate signing request of the certificate authority."
        raise ServiceError("CertificateMismatchException", message)


def _check_extensions(certificate: x509.Certificate) -> None:
    for extension in certificate.extensions:
        if extension.critical and extension.oid not in _CRITICAL_ALLOWED:
            raise _malformed(f"The extension {extension.oid.dotted_string} must not be marked critical.")
    try:
        constraints = certificate.extensions.get_extension_for_class(x509.BasicConstraints)
    except x509.ExtensionNotFound:
        raise refused("The certificate must have the basic constraints extension.") from None
    if not constraints.critical or not constraints.value.ca:
        raise refused("The basic constraints extension must be marked critical and have CA set to true.")


def _check_kind(authority: CertificateAuthority, certificate: x509.Certificate, chain: list[x509.Certificate]) -> None:
    root = is_self_signed(certificate)
    if root != (authority.kind == "ROOT"):
        kind = "self-signed certificate" if root else "certificate that is not self-signed"
        raise ServiceError("InvalidRequestException", f"A {kind} cannot be imported into a {authority.kind} CA.")
    if root and chain:
        raise ServiceError("InvalidRequestException", "A certificate chain must not be given for a root CA.")
    if not root and not chain:
        raise ServiceError("InvalidRequestException", "A certificate chain is required for a subordinate CA.")


def _check_chain(certificate: x509.Certificate, chain: list[x509.Certificate]) -> None:
    child = certificate
    for depth, parent in enumerate(chain):
        try:
            child.verify_directly_issued_by(parent)
        except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm):
            message = "The certificate chain must run from the issuer to the root, each certificate signed by the next."
            raise _malformed(message) from None
        if not _is_ca(parent):
            raise refused("Each certificate of the chain must have basic constraints with CA set to true.")
        limit = find_path_length(parent)
        if limit is not None and limit < depth + 1:
            raise refused("The certificate breaks the path length constraint of its chain.")
        child = parent
    if chain and not is_self_signed(chain[-1]):
        raise _malformed("The certificate chain must end with a self-signed root certificate.")
    own, parent_limit = find_path_length(certificate), find_path_length(chain[0]) if chain else None
    if parent_limit is not None and (own is None or own >= parent_limit):
        raise refused("The path length of the certificate must be less than that of its issuer.")


def _is_ca(certificate: x509.Certificate) -> bool:
    try:
        return certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except x509.ExtensionNotFound:
        return False


def _check_time(certificate: x509.Certificate, now: float) -> None:
    begins, ends = certificate.not_valid_before_utc.timestamp(), certificate.not_valid_after_utc.timestamp()
    if not begins <= now <= ends:
        raise _malformed("The certificate is not within its validity period.")
