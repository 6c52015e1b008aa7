# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Identity policies on what moto serves: objects of S3, items of DynamoDB, roles of STS, EC2 and load balancers.

Moto itself allows everything.

What is not in the tables here is not bounded: other services, and what S3 does with buckets beyond listing them.
"""

from __future__ import annotations

import json
import urllib.parse
from collections.abc import Callable
from functools import partial

from private_ca_emulator.accounts import Accounts, Caller
from private_ca_emulator.errors import ServiceError
from private_ca_emulator.other_calls import encode_refusal
from private_ca_emulator.policy_documents import ALLOWED, evaluate
from private_ca_emulator.protocol import CredentialScope, HttpRequest, HttpResponse

Demand = tuple[str, str]
"""An action and the resource that it is asked on."""
_ON_OBJECTS = {"GET": "GetObject", "HEAD": "GetObject", "PUT": "PutObject", "DELETE": "DeleteObject"}
_OF_LISTING = {"list-type", "prefix", "max-keys", "delimiter", "continuation-token", "encoding-type", "start-after"}


def _read_s3(request: HttpRequest, caller: Caller) -> Demand | None:
    """What a request in path style demands (ListBucket, GetObject, PutObject, DeleteObject)."""
    bucket, _slash, key = urllib.parse.unquote(request.path.lstrip("/")).partition("/")
    asked = set(urllib.parse.parse_qs(request.query, keep_blank_values=True))
    arn = f"arn:{caller.partition}:s3:::{bucket}"
    if key and request.method in _ON_OBJECTS:
        return f"s3:{_ON_OBJECTS[request.method]}", f"{arn}/{key}"
    if bucket and not key and request.method == "GET" and asked <= _OF_LISTING:
        return "s3:ListBucket", arn
    return None


def _read_dynamodb(request: HttpRequest, caller: Caller) -> Demand | None:
    """What a request demands: its operation, on its table; nothing when it is not JSON, which moto refuses."""
    operation = request.headers.get("x-amz-target", "").rpartition(".")[2]
    try:
        members = json.loads(request.body or b"{}")
    except (ValueError, RecursionError):
        return None
    table = members.get("TableName", "*") if isinstance(members, dict) else "*"
    return f"dynamodb:{operation}", f"arn:{caller.partition}:dynamodb:{caller.region}:{caller.account}:table/{table}"


def _read_sts(request: HttpRequest, _caller: Caller) -> Demand | None:
    """What a request demands (AssumeRole); who one is may be asked by everyone."""
    members = dict(urllib.parse.parse_qsl(request.body.decode("latin-1")))
    return ("sts:AssumeRole", members.get("RoleArn", "*")) if members.get("Action") == "AssumeRole" else None


def _read_query(service: str, request: HttpRequest, _caller: Caller) -> Demand | None:
    """What a request demands: its operation, on anything."""
    operation = dict(urllib.parse.parse_qsl(request.body.decode("latin-1"))).get("Action")
    return None if operation is None else (f"{service}:{operation}", "*")


_READERS: dict[str, Callable[[HttpRequest, Caller], Demand | None]] = {
    "s3": _read_s3,
    "dynamodb": _read_dynamodb,
    "sts": _read_sts,
    "ec2": partial(_read_query, "ec2"),
    "elasticloadbalancing": partial(_read_query, "elasticloadbalancing"),
}
_PROTOCOLS = {"s3": "rest-xml", "dynamodb": "json", "sts": "query", "ec2": "ec2", "elasticloadbalancing": "query"}


def refuse_beyond_policies(accounts: Accounts, request: HttpRequest, scope: CredentialScope) -> HttpResponse | None:
    """The service's refusal where the access key has policies and they do not allow the request; None otherwise."""
    registered = accounts.keys.get(scope.access_key)
    if registered is None or registered.policies is None or scope.service not in _READERS:
        return None
    caller = accounts.identify(scope)
    demand = _READERS[scope.service](request, caller)
    if demand is None or evaluate(registered.policies, *demand, {}) == ALLOWED:
        return None
    action, resource = demand
    message = f"User: {caller.arn} is not authorized to perform: {action} on resource: {resource}"
    return encode_refusal(_PROTOCOLS[scope.service], ServiceError("AccessDeniedException", message))
