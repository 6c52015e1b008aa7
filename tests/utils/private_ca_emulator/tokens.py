# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Idempotency tokens: a five-minute window, its scope and its conflicts as the settings choose (reference 2.1)."""

from __future__ import annotations

import json
from typing import Any

from private_ca_emulator.certificates import digest_of
from private_ca_emulator.errors import invalid_args
from private_ca_emulator.records import TokenUse
from private_ca_emulator.service import Call, PrivateCa

TokenKey = tuple[str, ...]


def _readable(value: Any) -> str:
    return value.hex() if isinstance(value, bytes) else str(value)


def digest_request(call: Call) -> bytes:
    """A digest of every member but the token."""
    members = {name: value for name, value in call.members.items() if name != "IdempotencyToken"}
    return digest_of(json.dumps(members, sort_keys=True, default=_readable).encode())


def choose_token_key(service: PrivateCa, call: Call, digest: bytes, scope: str, when_absent: bool) -> TokenKey | None:
    """The key under which the request is remembered; without a token its own digest, when that is deduplicated."""
    token = call.members.get("IdempotencyToken")
    if token is None and not when_absent:
        return None
    place = (call.operation, call.caller.account, call.caller.region, scope)
    return (*place, "token", token) if token is not None else (*place, "digest", digest.hex())


def find_earlier(service: PrivateCa, key: TokenKey | None, digest: bytes) -> str | None:
    """The ARN of the first use inside the window; None when the request is to be carried out."""
    if key is None:
        return None
    use = service.store.find_token(key, service.clock.now())
    if use is None:
        return None
    if use.digest == digest or service.settings.token_conflict == "first_arn":
        return use.arn
    if service.settings.token_conflict == "reject":
        raise invalid_args("The idempotency token was already used with different parameters.")
    return None


def remember(service: PrivateCa, key: TokenKey | None, digest: bytes, arn: str) -> None:
    """Open the window of a first use."""
    if key is not None:
        now = service.clock.now()
        use = TokenUse(digest, arn, now + service.settings.token_window)
        service.store.keep_token(key, use, now)
