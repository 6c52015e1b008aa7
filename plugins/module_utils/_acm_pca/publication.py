# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a CA has published about a revocation: its CRL (RFC 5280, section 5) and OCSP responder (RFC 6960)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Callable, Protocol

from .._errors import InvalidInput, Unreachable
from .._x509.chains import is_signed_by
from .._x509.facts import find_extension

if TYPE_CHECKING:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import rsa
    from cryptography.x509 import ocsp

OCSP_ACCESS = "1.3.6.1.5.5.7.48.1"  # id-ad-ocsp, RFC 6960
OCSP_SIGNING = "1.3.6.1.5.5.7.3.9"  # id-kp-OCSPSigning
RSA_PSS = "1.2.840.113549.1.1.10"  # id-RSASSA-PSS, RFC 4055
_LARGEST = 64 * 1024 * 1024


def fetch_url(url: str, body: bytes | None = None) -> bytes:
    """Get a URL, or post an OCSP request to it, through the proxies of the environment; raise Unreachable."""
    from http.client import HTTPException

    from ansible.module_utils.urls import open_url

    headers = None if body is None else {"Content-Type": "application/ocsp-request"}
    method = "GET" if body is None else "POST"
    try:
        return bytes(open_url(url, data=body, headers=headers, method=method, timeout=20).read(_LARGEST))
    except (OSError, ValueError, HTTPException) as error:
        remedy = "Let this machine reach the URL (a proxy is taken from the environment), or leave wait_for out"
        raise Unreachable("Failed to fetch what the CA publishes", because=str(error), on=url, remedy=remedy) from error


class Fetch(Protocol):
    """Gets a URL, or posts ``body`` to it, and returns what it answered; raises Unreachable."""

    def __call__(self, url: str, body: bytes | None = None) -> bytes:
        """Return the body of the answer."""


@dataclass(frozen=True)
class Publication:
    """What one source says: ``revoked`` with its reason (the API's name, None: none is given)."""

    source: str
    url: str
    revoked: bool
    reason: str | None = None


# reason code of RFC 5280, section 5.3.1 -> the API's name
REASONS = {
    "unspecified": "UNSPECIFIED",
    "keyCompromise": "KEY_COMPROMISE",
    "cACompromise": "CERTIFICATE_AUTHORITY_COMPROMISE",
    "affiliationChanged": "AFFILIATION_CHANGED",
    "superseded": "SUPERSEDED",
    "cessationOfOperation": "CESSATION_OF_OPERATION",
    "privilegeWithdrawn": "PRIVILEGE_WITHDRAWN",
    "aACompromise": "A_A_COMPROMISE",
}


def crl_url(certificate: x509.Certificate) -> str | None:
    """Return the first HTTP URL of the certificate's CRL distribution points, or None."""
    points = find_extension(certificate, lambda x509: x509.CRLDistributionPoints) or ()
    names = [name.value for point in points for name in point.full_name or () if hasattr(name, "value")]
    return next((name for name in names if isinstance(name, str) and name.startswith("http")), None)


def ocsp_url(certificate: x509.Certificate) -> str | None:
    """Return the URL of the certificate's OCSP responder, or None."""
    accesses = find_extension(certificate, lambda x509: x509.AuthorityInformationAccess) or ()
    responders = [access for access in accesses if access.access_method.dotted_string == OCSP_ACCESS]
    return next((str(access.access_location.value) for access in responders), None)


def read_crl(certificate: x509.Certificate, issuer: x509.Certificate, fetch: Fetch) -> Publication | None:
    """Return what the certificate's CRL says, or None while it is not published; InvalidInput when there is none."""
    from cryptography import x509

    url = require_url("crl", certificate)
    try:
        crl = x509.load_der_x509_crl(fetch(url))
    except (ValueError, Unreachable):
        return None
    if not crl.is_signature_valid(issuer.public_key()):  # type: ignore[arg-type]
        raise _forged("the CRL", url)
    entry = crl.get_revoked_certificate_by_serial_number(certificate.serial_number)
    if entry is None:
        return Publication("crl", url, False)
    return Publication("crl", url, True, _entry_reason(entry))


def read_ocsp(certificate: x509.Certificate, issuer: x509.Certificate, fetch: Fetch) -> Publication | None:
    """Return what the OCSP responder says, or None when it has no answer; raise InvalidInput when there is none."""
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.x509 import ocsp

    url = require_url("ocsp", certificate)
    request = ocsp.OCSPRequestBuilder().add_certificate(certificate, issuer, hashes.SHA1()).build()  # noqa: S303 RFC 5019
    try:
        response = ocsp.load_der_ocsp_response(fetch(url, request.public_bytes(serialization.Encoding.DER)))
    except (ValueError, Unreachable):
        return None
    if response.response_status != ocsp.OCSPResponseStatus.SUCCESSFUL:
        return None
    if response.serial_number != certificate.serial_number or not _is_answer_of(response, issuer):
        raise _forged("the OCSP response", url)
    if response.certificate_status == ocsp.OCSPCertStatus.UNKNOWN:
        return None
    revoked = response.certificate_status == ocsp.OCSPCertStatus.REVOKED
    reason = REASONS.get(response.revocation_reason.value) if revoked and response.revocation_reason else None
    return Publication("ocsp", url, revoked, reason)


READERS: dict[str, Callable[[x509.Certificate, x509.Certificate, Fetch], Publication | None]] = {
    "crl": read_crl,
    "ocsp": read_ocsp,
}


ADDRESSES: dict[str, tuple[Callable[[x509.Certificate], str | None], str]] = {
    "crl": (crl_url, "has no CRL distribution point"),
    "ocsp": (ocsp_url, "names no OCSP responder"),
}


def require_url(source: str, certificate: x509.Certificate) -> str:
    """Return where the certificate says that ``source`` (crl, ocsp) is; raise InvalidInput when it does not say."""
    find_url, lack = ADDRESSES[source]
    url = find_url(certificate)
    if url is not None:
        return url
    raise InvalidInput(
        f"Failed to look the certificate up ({source})",
        because=f"the certificate {lack}",
        on=format(certificate.serial_number, "x"),
        remedy="Only certificates that were issued after the CA was configured for it point there: "
        f"leave {source} out of wait_for",
    )


def _forged(what: str, url: str) -> InvalidInput:
    remedy = "Look who answers at this address in place of the CA"
    return InvalidInput(f"Failed to verify {what}", because="the CA did not sign it", on=url, remedy=remedy)


def _entry_reason(entry: x509.RevokedCertificate) -> str | None:
    reason = find_extension(entry, lambda x509: x509.CRLReason)
    return None if reason is None else REASONS.get(reason.reason.value)


def _is_answer_of(response: ocsp.OCSPResponse, issuer: x509.Certificate) -> bool:
    """Tell whether the issuer signed the response, itself or by a responder that it certified (RFC 6960, 4.2.2.2)."""
    from cryptography.exceptions import InvalidSignature

    for signer in (issuer, *(one for one in response.certificates if _is_responder(one, issuer))):
        try:
            _verify(response, signer.public_key())
        except InvalidSignature:
            continue
        return True
    return False


def _is_responder(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    usages = find_extension(certificate, lambda x509: x509.ExtendedKeyUsage) or ()
    return OCSP_SIGNING in [usage.dotted_string for usage in usages] and is_signed_by(certificate, issuer)


def _verify(response: ocsp.OCSPResponse, key: Any) -> None:
    """Raise InvalidSignature unless the key signed the response; one of a kind unknown here has signed nothing."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

    signature, signed = response.signature, response.tbs_response_bytes
    if response.signature_algorithm_oid.dotted_string == RSA_PSS:
        _verify_pss(signature, signed, key)
    elif isinstance(key, rsa.RSAPublicKey):
        key.verify(signature, signed, padding.PKCS1v15(), _hash_of(response))
    elif isinstance(key, ec.EllipticCurvePublicKey):
        key.verify(signature, signed, ec.ECDSA(_hash_of(response)))
    elif hasattr(key, "verify"):
        key.verify(signature, signed)
    else:
        raise InvalidSignature


def _hash_of(response: ocsp.OCSPResponse) -> hashes.HashAlgorithm:
    from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm

    try:
        algorithm = response.signature_hash_algorithm
    except UnsupportedAlgorithm:
        algorithm = None
    if algorithm is None:
        raise InvalidSignature
    return algorithm


def _verify_pss(signature: bytes, signed: bytes, key: Any) -> None:
    """Verify with each hash that the service offers: ``cryptography`` reads no parameters of a response's algorithm."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import padding, rsa

    for algorithm in (hashes.SHA256(), hashes.SHA384(), hashes.SHA512()):
        scheme = padding.PSS(padding.MGF1(algorithm), algorithm.digest_size)
        if isinstance(key, rsa.RSAPublicKey) and _fits(key, signature, signed, scheme, algorithm):
            return
    raise InvalidSignature


def _fits(key: rsa.RSAPublicKey, signature: bytes, signed: bytes, scheme: Any, algorithm: hashes.HashAlgorithm) -> bool:
    from cryptography.exceptions import InvalidSignature

    try:
        key.verify(signature, signed, scheme, algorithm)
    except InvalidSignature:
        return False
    return True
