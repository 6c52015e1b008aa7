# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""AWS JSON 1.1 over HTTP and the part of SigV4 that tells callers apart (reference 0.1)."""

from __future__ import annotations

import functools
import json
import re
import uuid
from dataclasses import dataclass, field
from typing import Any

from private_ca_emulator.errors import ServiceError

CONTENT_TYPE = "application/x-amz-json-1.1"
_CREDENTIAL = re.compile(r"Credential=([^/,\s]+)/(\d{8})/([a-z0-9-]+)/([A-Za-z0-9_.-]+)/aws4_request")


@dataclass(frozen=True)
class HttpRequest:
    """One HTTP request as the server read it; header names are lower case, `target` is as sent."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes

    @property
    def path(self) -> str:
        """The path without the query, still percent-encoded."""
        return self.target.partition("?")[0]

    @property
    def query(self) -> str:
        """The raw query string."""
        return self.target.partition("?")[2]


@dataclass(frozen=True)
class HttpResponse:
    """One HTTP reply."""

    status: int
    body: bytes = b""
    headers: list[tuple[str, str]] = field(default_factory=list)


@dataclass(frozen=True)
class CredentialScope:
    """Who signed, on which day (YYYYMMDD), for which region and service, from the SigV4 Authorization header."""

    access_key: str
    date: str
    region: str
    service: str


@functools.lru_cache(maxsize=256)
def parse_credential_scope(authorization: str) -> CredentialScope | None:
    """The scope of an Authorization header; None when there is none or it is not SigV4."""
    found = _CREDENTIAL.search(authorization)
    return CredentialScope(*found.groups()) if found else None


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def decode_body(request: HttpRequest) -> dict[str, Any]:
    """The JSON object of a request; an error of the service's shape for anything else."""
    content_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if content_type != CONTENT_TYPE:
        message = f"Content-Type must be {CONTENT_TYPE}, not '{content_type}'"
        raise ServiceError("UnsupportedMediaTypeException", message, 415)
    return parse_object(request.body)


def parse_object(body: bytes) -> dict[str, Any]:
    """The JSON object of a body, an empty one where there is none; SerializationException for anything else."""
    try:
        decoded = json.loads(body.decode("utf-8") or "{}", parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        raise ServiceError("SerializationException", "The request body is not valid JSON") from None
    if not isinstance(decoded, dict):
        raise ServiceError("SerializationException", "The request body is not a JSON object")
    return decoded


def encode_reply(reply: dict[str, Any] | None) -> HttpResponse:
    """A success; operations without output send an empty body."""
    body = b"" if reply is None else json.dumps(reply, separators=(",", ":")).encode()
    return HttpResponse(200, body, _headers())


def encode_error(error: ServiceError) -> HttpResponse:
    """An error of the service's shape."""
    body = json.dumps({"__type": error.code, "message": error.message}).encode()
    return HttpResponse(error.status, body, [*_headers(), ("x-amzn-ErrorType", error.code)])


def _headers() -> list[tuple[str, str]]:
    return [("Content-Type", CONTENT_TYPE), ("x-amzn-RequestId", str(uuid.uuid4()))]
