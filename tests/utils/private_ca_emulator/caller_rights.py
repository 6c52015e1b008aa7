# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the caller itself must be allowed on the bucket of a CRL, beside the service (reference 6.1, 6.3, 8.3).

The model asks of who creates or updates a CA, or revokes, that he can write to the bucket; reference 8.3 has the two
actions that look at it for who administers the CA. Which of them the service tries is the setting `crl_caller_rights`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from private_ca_emulator import buckets
from private_ca_emulator.authorization import NO_IDENTITY_POLICY, build_context, deny, names_principal
from private_ca_emulator.bucket_grants import BUCKET_ACTIONS, OBJECT_ACTIONS
from private_ca_emulator.errors import refused
from private_ca_emulator.policy_documents import ALLOWED, DENIED, SILENT, evaluate, read_statements
from private_ca_emulator.service import Call, PrivateCa


def require_rights_to_publish(service: PrivateCa, call: Call, crl: Mapping[str, Any]) -> None:
    """Refuse a caller who turns on a CRL in a bucket that he himself can neither look at nor write to."""
    if crl["Enabled"]:
        _require(service, call, crl["S3BucketName"], BUCKET_ACTIONS + OBJECT_ACTIONS)


def require_rights_to_list(service: PrivateCa, call: Call, crl: Mapping[str, Any]) -> None:
    """Refuse a caller who revokes what is listed in a CRL whose bucket he himself cannot write to."""
    if crl["Enabled"]:
        _require(service, call, crl["S3BucketName"], OBJECT_ACTIONS)


def _require(service: PrivateCa, call: Call, bucket: str, actions: tuple[str, ...]) -> None:
    key, asked = service.accounts.keys.get(call.caller.access_key), service.settings.crl_caller_rights
    if key is None or key.policies is None:
        return
    for action in actions:
        if asked not in ("look_and_write", "look" if action in BUCKET_ACTIONS else "write"):
            continue
        place = f"arn:{call.caller.partition}:s3:::{bucket}"
        resource = place if action in BUCKET_ACTIONS else f"{place}/{buckets.TEST_KEY}"
        identity = evaluate(key.policies, action, resource, build_context(service, call, resource))
        verdict = _unite(identity, *_judge_by_bucket(service, call, bucket, action, resource))
        if verdict != ALLOWED:
            if service.settings.crl_caller_error == "ValidationException":
                message = f"{call.caller.arn} requires {action} permissions for your S3 bucket '{bucket}'."
                raise refused(f"{message} Check your S3 bucket permissions and try again.")
            raise deny(call, action, resource, DENIED if verdict == DENIED else NO_IDENTITY_POLICY)


def _judge_by_bucket(service: PrivateCa, call: Call, name: str, action: str, resource: str) -> tuple[str, bool]:
    """What the bucket's policy says of the caller, and whether the bucket is of the caller's account."""
    bucket = buckets.find_bucket(name)
    if bucket is None:
        return SILENT, True
    try:
        statements = read_statements(bucket.policy or b'{"Statement": []}')
    except ValueError:
        statements = []
    mine = [one for one in statements if names_principal(one, call.caller)]
    return (
        evaluate([{"Statement": mine}], action, resource, build_context(service, call, resource)),
        bucket.account_id == call.caller.account,
    )


def _unite(identity: str, bucket: str, is_own: bool) -> str:
    """One verdict: in one account either policy allows, between accounts both must; a refusal wins."""
    if DENIED in (identity, bucket):
        return DENIED
    allowed = [identity == ALLOWED, bucket == ALLOWED]
    return ALLOWED if (any(allowed) if is_own else all(allowed)) else SILENT
