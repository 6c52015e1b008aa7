# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a request asks of a service that moto serves, in boto3's names, and that service's shape of an error.

A service has the name in its signatures, and an operation is `service:Operation`: `dynamodb:PutItem`, `s3:GetObject`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from xml.sax.saxutils import escape

from botocore.exceptions import UnknownServiceError
from moto.core.parse import PROTOCOL_PARSERS, RequestParserError
from moto.core.request import Request, determine_request_protocol
from moto.core.routing import get_service_router
from werkzeug.exceptions import NotFound

from private_ca_emulator.errors import ServiceError
from private_ca_emulator.other_services import build_environ
from private_ca_emulator.protocol import HttpRequest, HttpResponse, encode_error
from private_ca_emulator.validation import load_service_model

_XML = {
    "query": "<ErrorResponse>{}</ErrorResponse>",
    "ec2": "<Response><Errors>{}</Errors></Response>",
    "rest-xml": "{}",
}
"""The errors of services that speak XML; the others' are JSON."""
_OWN_CODES = {
    ("query", "ThrottlingException"): ("Throttling", 400),
    ("query", "AccessDeniedException"): ("AccessDenied", 403),
    ("ec2", "ThrottlingException"): ("RequestLimitExceeded", 503),
    ("ec2", "AccessDeniedException"): ("UnauthorizedOperation", 403),
    ("rest-xml", "ThrottlingException"): ("SlowDown", 503),
    ("rest-xml", "AccessDeniedException"): ("AccessDenied", 403),
}
"""What services that speak XML say instead."""


@dataclass(frozen=True)
class OtherCall:
    """One request: its operation, its members, and the protocol that its service speaks."""

    operation: str
    protocol: str
    members: dict[str, Any]


def is_known(operation: str) -> bool:
    """Whether botocore knows `service:Operation`."""
    service, _colon, name = operation.partition(":")
    try:
        return name in load_service_model(service).operation_names
    except UnknownServiceError:
        return False


def read_call(service: str, request: HttpRequest) -> OtherCall | None:
    """What a request asks; None for one that moto cannot read either."""
    asked = Request(build_environ(request))
    try:
        operation, labels = get_service_router(service).match(asked)
        protocol = determine_request_protocol(operation.service_model, asked.content_type)
        parts = {
            "method": asked.method,
            "values": asked.values,
            "headers": asked.headers,
            "body": request.body,
            "url_path": asked.path,
            "url_params": labels,
        }
        members = PROTOCOL_PARSERS[protocol](operation).parse(parts)
    except (UnknownServiceError, NotFound, NotImplementedError, RequestParserError, ValueError, AttributeError):
        return None
    return OtherCall(f"{service}:{operation.name}", protocol, members)


def encode_refusal(protocol: str, error: ServiceError) -> HttpResponse:
    """An error as a service of the protocol sends it."""
    if protocol not in _XML:
        return encode_error(error)
    code, status = _OWN_CODES.get((protocol, error.code), (error.code, error.status))
    text = f"<Error><Code>{escape(code)}</Code><Message>{escape(error.message)}</Message></Error>"
    return HttpResponse(status, _XML[protocol].format(text).encode(), [("Content-Type", "application/xml")])
