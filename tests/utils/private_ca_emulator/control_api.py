# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The control API under `/_emulator/`: clock, request log, settings, faults, held requests, access keys."""

from __future__ import annotations

import json
import urllib.parse
from collections.abc import Callable, Mapping
from typing import Any

from private_ca_emulator.accounts import RegisteredKey
from private_ca_emulator.errors import ServiceError, refused
from private_ca_emulator.operations.policies import build_share_policy
from private_ca_emulator.other_calls import is_known
from private_ca_emulator.protocol import HttpRequest, HttpResponse
from private_ca_emulator.seed_file import SeedError, apply_seed
from private_ca_emulator.service import PrivateCa

PREFIX = "/_emulator/"
Query = Mapping[str, str]
Body = dict[str, Any]
Endpoint = Callable[[PrivateCa, str, Query, Body], Any]


def _show_health(_service: PrivateCa, _name: str, _query: Query, _body: Body) -> Any:
    return {"status": "ok"}


def _show_clock(service: PrivateCa, _name: str, _query: Query, _body: Body) -> Any:
    return service.clock.describe()


def _move_clock(service: PrivateCa, _name: str, _query: Query, body: Body) -> Any:
    if set(body) - {"advance", "freeze", "set"} or not body:
        raise refused('the clock takes {"advance": seconds}, {"set": epoch} or {"freeze": true|false}')
    for number in ("advance", "set"):
        if number in body and (isinstance(body[number], bool) or not isinstance(body[number], (int, float))):
            raise refused(f"'{number}' must be a number of seconds")
    if "freeze" in body:
        (service.clock.freeze if body["freeze"] else service.clock.thaw)()
    if "set" in body:
        service.clock.set(body["set"])
    service.clock.advance(body.get("advance", 0))
    service.run_due_errands()
    return service.clock.describe()


def _show_requests(service: PrivateCa, _name: str, query: Query, _body: Body) -> Any:
    return service.log.select(query.get("operation"), int(query.get("since", "0")))


def _show_other_requests(service: PrivateCa, _name: str, _query: Query, _body: Body) -> Any:
    entries = service.others_log.select(None, 0)
    return [{"service": entry["operation"].partition(":")[0], "time": entry["time"]} for entry in entries]


def _clear_requests(service: PrivateCa, _name: str, _query: Query, _body: Body) -> Any:
    service.log.clear()
    service.others_log.clear()
    return {}


def _show_certificates(service: PrivateCa, _name: str, query: Query, _body: Body) -> Any:
    with service.store.lock:
        return [
            describe_issued(authority, issued)
            for authority in service.store.authorities.values()
            if query.get("certificate_authority_arn") in (None, authority.arn)
            for issued in authority.certificates.values()
        ]


def describe_issued(authority: Any, issued: Any) -> dict[str, Any]:
    """One issuance as the control API shows it; serial in lower-case hex, times in epoch seconds."""
    revocation = issued.revocation
    return {
        "certificate_arn": authority.certificate_arn(issued),
        "certificate_authority_arn": authority.arn,
        "serial": f"{issued.serial:032x}",
        "subject": issued.subject_text(),
        "template": issued.template,
        "idempotency_token": issued.token,
        "account": issued.account,
        "not_before": issued.not_before,
        "not_after": issued.not_after,
        "issued_at": issued.issued_at,
        "failure": issued.failure,
        "revoked_at": revocation.at if revocation else None,
        "revocation_reason": revocation.reason if revocation else None,
    }


def _show_settings(service: PrivateCa, _name: str, _query: Query, _body: Body) -> Any:
    return service.settings.describe()


def _change_settings(service: PrivateCa, _name: str, _query: Query, body: Body) -> Any:
    service.settings.change(body)
    return service.settings.describe()


def _show_faults(service: PrivateCa, _name: str, _query: Query, _body: Body) -> Any:
    return service.faults.describe()


def _add_fault(service: PrivateCa, _name: str, _query: Query, body: Body) -> Any:
    operation = str(body.get("operation") or "").removeprefix("acm-pca:")
    if operation and operation not in service.operations and not is_known(operation):
        raise refused(f"there is no operation {body['operation']!r}")
    return service.faults.add({**body, "operation": operation or None}).describe()


def _remove_faults(service: PrivateCa, name: str, _query: Query, _body: Body) -> Any:
    return {"removed": service.faults.remove(name or None)}


def _show_held(service: PrivateCa, _name: str, _query: Query, _body: Body) -> Any:
    return service.faults.describe_held()


def _release_held(service: PrivateCa, _name: str, _query: Query, body: Body) -> Any:
    return {"released": service.faults.release(body.get("id"))}


def _show_access_keys(service: PrivateCa, _name: str, _query: Query, _body: Body) -> Any:
    return {name: vars(key) for name, key in service.accounts.keys.items()}


def _put_access_key(service: PrivateCa, _name: str, _query: Query, body: Body) -> Any:
    try:
        key = RegisteredKey(str(body["account"]), body.get("arn"), body.get("policies"), body.get("secret_access_key"))
        service.accounts.keys[str(body["access_key_id"])] = key
    except KeyError as missing:
        raise refused(f"an access key needs {missing}") from None
    except ValueError as error:
        raise refused(str(error)) from None
    return vars(key)


def _share(service: PrivateCa, _name: str, _query: Query, body: Body) -> Any:
    authority = service.store.authorities.get(str(body.get("certificate_authority_arn")))
    if authority is None:
        raise refused("'certificate_authority_arn' must be the ARN of a certificate authority")
    try:
        with service.store.change():
            authority.policy = build_share_policy(authority, body["accounts"], body["permissions"])
            authority.policy_from_share = True
            service.store.note_authority(authority)
    except KeyError as missing:
        raise refused(f"a share needs {missing}") from None
    except (TypeError, ValueError) as error:
        raise refused(f"a share takes lists of accounts and permissions: {error}") from None
    return json.loads(authority.policy)


def _seed(service: PrivateCa, _name: str, _query: Query, body: Body) -> Any:
    try:
        return {"certificate_authorities": apply_seed(service, body)}
    except SeedError as error:
        raise refused(str(error)) from None


def _stop(service: PrivateCa, _name: str, _query: Query, _body: Body) -> Any:
    service.stop_requested.set()
    return {"status": "stopping"}


def _reset(service: PrivateCa, _name: str, _query: Query, _body: Body) -> Any:
    service.reset()
    return {"status": "ok"}


ENDPOINTS: dict[tuple[str, str], Endpoint] = {
    ("GET", "health"): _show_health,
    ("GET", "clock"): _show_clock,
    ("POST", "clock"): _move_clock,
    ("GET", "requests"): _show_requests,
    ("DELETE", "requests"): _clear_requests,
    ("GET", "other-requests"): _show_other_requests,
    ("GET", "certificates"): _show_certificates,
    ("GET", "settings"): _show_settings,
    ("PATCH", "settings"): _change_settings,
    ("GET", "faults"): _show_faults,
    ("POST", "faults"): _add_fault,
    ("DELETE", "faults"): _remove_faults,
    ("GET", "held"): _show_held,
    ("POST", "release"): _release_held,
    ("GET", "access_keys"): _show_access_keys,
    ("POST", "access_keys"): _put_access_key,
    ("POST", "shares"): _share,
    ("POST", "seed"): _seed,
    ("POST", "reset"): _reset,
    ("POST", "stop"): _stop,
}


def _parse(request: HttpRequest) -> tuple[str, str, Query, Body]:
    resource, _slash, name = request.path[len(PREFIX) :].partition("/")
    query = dict(urllib.parse.parse_qsl(request.query))
    try:
        body = json.loads(request.body or b"{}")
    except (ValueError, RecursionError):
        raise refused("the body is not JSON") from None
    if not isinstance(body, dict):
        raise refused("the body is not a JSON object")
    if not query.get("since", "0").isdigit():
        raise refused("'since' is a sequence number")
    return resource, name, query, body


def answer_control(service: PrivateCa, request: HttpRequest) -> HttpResponse:
    """Answer one request below `/_emulator/`; errors are `{"error": text}`."""
    try:
        resource, name, query, body = _parse(request)
        endpoint = ENDPOINTS.get((request.method, resource))
        if endpoint is None:
            known: list[str] = sorted(f"{method} {path}" for method, path in ENDPOINTS)
            raise ServiceError("NotFound", f"there is no {request.method} {request.path}; there are: {known}", 404)
        status, reply = 200, endpoint(service, name, query, body)
    except ServiceError as error:
        status, reply = error.status, {"error": error.message}
    return HttpResponse(status, json.dumps(reply).encode(), [("Content-Type", "application/json")])
