# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The OCSP responder (RFC 6960, RFC 5019) of every CA that has OCSP enabled (reference 6.4)."""

from __future__ import annotations

import base64
import binascii
import hashlib
import urllib.parse

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.x509 import ocsp

from private_ca_emulator import der
from private_ca_emulator.certificates import encode_public_key, find_key_octets
from private_ca_emulator.crls import REASONS, to_datetime
from private_ca_emulator.protocol import HttpRequest, HttpResponse
from private_ca_emulator.records import CertificateAuthority, IssuedCertificate
from private_ca_emulator.service import PrivateCa
from private_ca_emulator.signing import SCHEMES, SignatureScheme

PREFIX = "/_emulator/ocsp"
_CONTENT_TYPE = "application/ocsp-request"
_LIFETIME = 3600
_BASIC_RESPONSE = "1.3.6.1.5.5.7.48.1.1"
_EXPLICIT_0 = 0xA0


def is_for_responder(request: HttpRequest) -> bool:
    """Whether a request is an OCSP request: by path, media type, or the responder's host name."""
    host = request.headers.get("host", "")
    media_type = request.headers.get("content-type", "").partition(";")[0].strip()
    return request.path.startswith(PREFIX) or media_type == _CONTENT_TYPE or host.startswith("ocsp.acm-pca.")


def answer_ocsp(service: PrivateCa, request: HttpRequest) -> HttpResponse:
    """Answer a GET or POST; always HTTP 200 with an OCSPResponse, as RFC 6960 has it."""
    try:
        encoded = request.body if request.method == "POST" else _decode_path(request.path)
        asked = ocsp.load_der_ocsp_request(encoded)
        reply = _answer(service, asked)
    except (ValueError, binascii.Error, UnsupportedAlgorithm, NotImplementedError):
        reply = ocsp.OCSPResponseBuilder.build_unsuccessful(ocsp.OCSPResponseStatus.MALFORMED_REQUEST)
    content = reply.public_bytes(serialization.Encoding.DER)
    return HttpResponse(200, content, [("Content-Type", "application/ocsp-response")])


def _decode_path(path: str) -> bytes:
    encoded = urllib.parse.unquote(path.removeprefix(PREFIX).lstrip("/"))
    return base64.b64decode(encoded, validate=True)


def _answer(service: PrivateCa, asked: ocsp.OCSPRequest) -> ocsp.OCSPResponse:
    now = service.clock.now()
    with service.store.lock:
        for authority in service.store.authorities.values():
            if _is_issuer(authority, asked):
                answers = authority.revocation["OcspConfiguration"]["Enabled"] and authority.status_at(now) in (
                    "ACTIVE",
                    "DISABLED",
                )
                if answers:
                    return _build_response(service, authority, asked, now)
    return ocsp.OCSPResponseBuilder.build_unsuccessful(ocsp.OCSPResponseStatus.UNAUTHORIZED)


def _is_issuer(authority: CertificateAuthority, asked: ocsp.OCSPRequest) -> bool:
    if authority.installed is None:
        return False
    certificate, name = authority.installed.certificate, asked.hash_algorithm.name
    name_hash = hashlib.new(name, certificate.subject.public_bytes()).digest()
    key_hash = hashlib.new(name, find_key_octets(encode_public_key(certificate.public_key()))).digest()
    return (name_hash, key_hash) == (asked.issuer_name_hash, asked.issuer_key_hash)


def _is_visible(issued: IssuedCertificate, service: PrivateCa, now: float) -> bool:
    return issued.revocation is not None and now >= issued.revocation.at + service.settings.ocsp_delay


def _build_response(
    service: PrivateCa, authority: CertificateAuthority, asked: ocsp.OCSPRequest, now: float
) -> ocsp.OCSPResponse:
    issued = authority.by_serial.get(asked.serial_number)
    known = issued is not None and not issued.failure
    status = ocsp.OCSPCertStatus.GOOD if known else ocsp.OCSPCertStatus.UNKNOWN
    revoked_at = reason = None
    if issued is not None and issued.revocation is not None and _is_visible(issued, service, now):
        status, revoked_at = ocsp.OCSPCertStatus.REVOKED, to_datetime(issued.revocation.at)
        reason = REASONS.get(issued.revocation.reason)
    if authority.installed is None:
        raise ValueError(f"{authority.arn} has no certificate")
    builder = ocsp.OCSPResponseBuilder().add_response_by_hash(
        asked.issuer_name_hash,
        asked.issuer_key_hash,
        asked.serial_number,
        asked.hash_algorithm,
        status,
        to_datetime(now),
        to_datetime(now + _LIFETIME),
        revoked_at,
        reason,
    )
    builder = builder.responder_id(ocsp.OCSPResponderEncoding.HASH, authority.installed.certificate)
    scheme = SCHEMES[authority.configuration["SigningAlgorithm"]]
    signed = builder.sign(authority.key, scheme.digest)
    return signed if scheme.padding is None else _sign_again(signed, authority, scheme)


def _sign_again(
    signed: ocsp.OCSPResponse, authority: CertificateAuthority, scheme: SignatureScheme
) -> ocsp.OCSPResponse:
    """The same response with an RSA-PSS signature, which the builder of `cryptography` cannot make (RFC 6960, 4.2.1).

    The CA's own CSR is signed with the same algorithm, so its AlgorithmIdentifier is the one to name.
    """
    content = signed.tbs_response_bytes
    csr = x509.load_pem_x509_csr(authority.csr.encode()).public_bytes(serialization.Encoding.DER)
    _signed_part, algorithm, _signature = der.walk(der.content_of(csr, der.SEQUENCE))
    signature = b"\0" + scheme.sign_octets(content, authority.key)
    basic = der.encode(der.SEQUENCE, content + der.encode(*algorithm) + der.encode(der.BIT_STRING, signature))
    typed = der.encode_object_identifier(_BASIC_RESPONSE) + der.encode(der.OCTET_STRING, basic)
    response = der.encode(der.ENUMERATED, b"\0") + der.encode(_EXPLICIT_0, der.encode(der.SEQUENCE, typed))
    return ocsp.load_der_ocsp_response(der.encode(der.SEQUENCE, response))
