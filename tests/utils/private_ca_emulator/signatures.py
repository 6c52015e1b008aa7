# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Request signatures (SigV4): their parts and date always, the signature itself where the secret is known.

The secret is known of access keys that were registered with one, and of sessions that moto's STS handed out. The
signature is computed by botocore, from the request as it came and the headers that the client says it signed. Dates are
held against the machine's clock, not the emulator's: clients sign with the machine's.
"""

from __future__ import annotations

import datetime
import functools
import hmac
import re
import time
from hashlib import sha256

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from private_ca_emulator.errors import ServiceError
from private_ca_emulator.protocol import CredentialScope, HttpRequest, parse_credential_scope

ALGORITHM = "AWS4-HMAC-SHA256"
TOLERANCE = 300
"""Seconds by which a signature's date may lie in the past or in the future."""
_COMPLETE = re.compile(ALGORITHM + r" Credential=[^, ]+, ?SignedHeaders=[A-Za-z0-9;-]+, ?Signature=[0-9a-f]{64}")
"""The usual header: one match instead of one for each part."""
_SIGNED_HEADERS = re.compile(r"SignedHeaders=([A-Za-z0-9;-]+)")
_SIGNATURE = re.compile(r"Signature=([0-9a-f]{64})\b")


def require_signature(request: HttpRequest) -> CredentialScope:
    """The scope of a signed request; the service's errors for one without signature or with half of one."""
    authorization = request.headers.get("authorization", "")
    if not authorization:
        raise ServiceError("MissingAuthenticationTokenException", "Missing Authentication Token")
    scope = parse_credential_scope(authorization)
    if scope is None or not authorization.startswith(ALGORITHM):
        raise ServiceError("IncompleteSignatureException", "Authorization header is not a complete SigV4 signature.")
    return scope


def check_form(request: HttpRequest, scope: CredentialScope) -> None:
    """IncompleteSignature where a part lacks, InvalidSignature where the date is not now or not the scope's."""
    authorization = request.headers["authorization"]
    lacking = [] if _COMPLETE.fullmatch(authorization) else _list_lacking(authorization)
    text = request.headers.get("x-amz-date", "")
    signed_at = _parse_date(text)
    if signed_at is None:
        lacking.append("Authorization header requires existence of an 'X-Amz-Date' header in ISO-8601 basic format.")
    if lacking or signed_at is None:
        raise ServiceError("IncompleteSignatureException", " ".join(lacking))
    if text[:8] != scope.date:
        message = (
            f"Date in Credential scope does not match YYYYMMDD of the date of the request: '{scope.date}' != '{text}'."
        )
        raise _invalid(message)
    _check_age(text, signed_at)


def _list_lacking(authorization: str) -> list[str]:
    parts = (("Signature", _SIGNATURE), ("SignedHeaders", _SIGNED_HEADERS))
    lacking = [name for name, pattern in parts if not pattern.search(authorization)]
    return [f"Authorization header requires '{name}' parameter." for name in lacking]


@functools.lru_cache(maxsize=8)
def _parse_date(text: str) -> float | None:
    try:
        parsed = datetime.datetime.strptime(text, "%Y%m%dT%H%M%SZ")
    except ValueError:
        return None
    return parsed.replace(tzinfo=datetime.UTC).timestamp()


def _check_age(text: str, signed_at: float) -> None:
    age = time.time() - signed_at
    if age > TOLERANCE:
        raise _invalid(f"Signature expired: {text} is {age:.0f} seconds old; {TOLERANCE} are allowed.")
    if age < -TOLERANCE:
        raise _invalid(f"Signature not yet current: {text} is {-age:.0f} seconds ahead; {TOLERANCE} are allowed.")


def _invalid(message: str) -> ServiceError:
    return ServiceError("InvalidSignatureException", message)


def check_signature(request: HttpRequest, scope: CredentialScope, secret: str) -> None:
    """InvalidSignature unless the request was signed with `secret`, body and signed headers unchanged."""
    authorization = request.headers["authorization"]
    signed, given = _SIGNED_HEADERS.search(authorization), _SIGNATURE.search(authorization)
    names = signed.group(1).lower().split(";") if signed else []
    headers = {name: request.headers[name] for name in names if name in request.headers}
    digest = headers.get("x-amz-content-sha256")
    computed = compute_signature(request, scope, secret, headers)
    matches = given is not None and hmac.compare_digest(computed, given.group(1))
    if not matches or "host" not in headers or digest not in (None, sha256(request.body).hexdigest()):
        raise _invalid(
            "The request signature we calculated does not match the signature you provided. Check your AWS Secret "
            "Access Key and signing method. Consult the service documentation for details."
        )


def compute_signature(request: HttpRequest, scope: CredentialScope, secret: str, headers: dict[str, str]) -> str:
    """The hexadecimal signature over a request and these of its headers, as botocore makes it."""
    url = f"http://{headers.get('host', 'localhost')}{request.target}"
    described = AWSRequest(method=request.method, url=url, headers=headers, data=request.body)
    described.context["timestamp"] = request.headers["x-amz-date"]
    signer = SigV4Auth(Credentials(scope.access_key, secret), scope.service, scope.region)
    computed: str = signer.signature(signer.string_to_sign(described, signer.canonical_request(described)), described)
    return computed
