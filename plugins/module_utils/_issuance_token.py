# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From a request to its idempotency token (API operation IssueCertificate, member IdempotencyToken).

The token is the start of a SHA-256 over a canonical text of everything that shapes the certificate. Whatever AWS would
sign alike gives the same token: the spelling of the CSR's PEM and a fresh ECDSA signature under it, the order of keys,
names and usages in ApiPassthrough, the letter case of DNS names and the notation of IP addresses. All else changes it.
"""

from __future__ import annotations

import base64
import hashlib
import ipaddress
import json
from typing import Any, Mapping

from ._acm_pca.models import IssuanceRequest, Validity
from ._x509.pem import load_request

TOKEN_LENGTH = 36
_ORDER_IS_MEANINGLESS = ("SubjectAlternativeNames", "ExtendedKeyUsage")


def derive_token(request: IssuanceRequest) -> str:
    """Return the token of ``request``: 36 lower-case hex digits. Raise InvalidInput for a CSR that cannot be parsed."""
    return _digest(describe_terms(request))


def token_of_attempt(token: str, attempt: int) -> str:
    """Return the token for a later attempt of a request whose token the user chose; attempt 0 keeps the user's own."""
    return token if attempt == 0 else _digest({"token": token, "attempt": str(attempt)})


def describe_terms(request: IssuanceRequest) -> dict[str, str]:
    """Return everything that shapes the certificate, as canonical texts by name."""
    terms = {
        "certificate_authority_arn": request.certificate_authority_arn,
        "csr": hashlib.sha256(certification_request_info(request.csr)).hexdigest(),
        "template_arn": request.template_arn,
        "signing_algorithm": request.signing_algorithm,
        "validity": _validity_text(request.validity),
        "attempt": str(request.attempt),
    }
    if request.validity_not_before is not None:
        terms["validity_not_before"] = _validity_text(request.validity_not_before)
    passthrough = canonical_passthrough(request.api_passthrough or {})
    if passthrough != "{}":
        terms["api_passthrough"] = passthrough
    if request.replaces is not None:
        terms["replaces"] = request.replaces
    return terms


def certification_request_info(csr: str) -> bytes:
    """Return the DER of CertificationRequestInfo: what a PKCS#10 request signs (RFC 2986, section 4)."""
    return load_request(csr).tbs_certrequest_bytes


def canonical_passthrough(passthrough: Mapping[str, Any]) -> str:
    """Return ApiPassthrough (the API's own shape) as JSON in which equal meanings have equal texts."""
    return _json(_canonical(passthrough, name=""))


def _validity_text(validity: Validity) -> str:
    return f"{validity.type}:{validity.value}"


def _canonical(value: Any, name: str) -> Any:
    if isinstance(value, Mapping):
        members = {key: _canonical(member, key) for key, member in value.items()}
        return {key: member for key, member in members.items() if member not in (None, {}, [])}
    if isinstance(value, (list, tuple)):
        values = [_canonical(member, name) for member in value]
        return sorted(values, key=_json) if name in _ORDER_IS_MEANINGLESS else values
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    return _canonical_name(value, name)


def _canonical_name(value: Any, name: str) -> Any:
    if name == "DnsName":
        return value.lower()
    if name == "IpAddress":
        try:
            return ipaddress.ip_address(value).compressed
        except ValueError:
            return value
    return value


def _json(value: Any) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"))


def _digest(terms: Mapping[str, str]) -> str:
    return hashlib.sha256(_json(terms).encode()).hexdigest()[:TOKEN_LENGTH]
