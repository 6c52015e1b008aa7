# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Pages of a list: MaxResults and NextToken (reference 1.1).

Keys order a list. A token names the key of the last item that was handed out, so what is added or removed meanwhile
moves no other item out of the pages that follow. It carries a seal of the request, so it is good for no other one.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from private_ca_emulator.errors import ServiceError

if TYPE_CHECKING:
    from private_ca_emulator.service import Call

Item = TypeVar("Item")
Key = TypeVar("Key", bound=tuple[Any, ...])
_OF_ONE_PAGE = ("NextToken", "MaxResults", "MaxItems")
_SEAL_LENGTH = hashlib.sha256().digest_size


def cut_page(
    call: Call,
    items: Mapping[Key, Item],
    limit: int,
    token_error: str = "InvalidNextTokenException",
    *,
    descending: bool = False,
) -> tuple[list[Item], dict[str, str]]:
    """One page and the `NextToken` member of the next one; `token_error` for a token of another request."""
    keys = sorted(items, reverse=descending)
    last = _read_token(call, token_error)
    if last is not None:
        keys = [key for key in keys if (key < last if descending else key > last)]
    size = min(call.members.get("MaxResults", limit), call.members.get("MaxItems", limit), limit)
    token = {"NextToken": _write_token(call, keys[size - 1])} if size < len(keys) else {}
    return [items[key] for key in keys[:size]], token


def _seal(call: Call, position: bytes) -> bytes:
    asked = {name: value for name, value in call.members.items() if name not in _OF_ONE_PAGE}
    request = [call.operation, call.caller.account, call.caller.region, asked]
    return hashlib.sha256(json.dumps(request, sort_keys=True).encode() + position).digest()


def _write_token(call: Call, last: tuple[Any, ...]) -> str:
    position = json.dumps(last).encode()
    return base64.b64encode(_seal(call, position) + position).decode()


def _read_token(call: Call, error: str) -> tuple[Any, ...] | None:
    """The key in the token of a request; None where it has none."""
    if "NextToken" not in call.members:
        return None
    try:
        decoded = base64.b64decode(call.members["NextToken"], validate=True)
    except ValueError:
        decoded = b""
    seal, position = decoded[:_SEAL_LENGTH], decoded[_SEAL_LENGTH:]
    if seal != _seal(call, position):
        raise ServiceError(error, "The token specified in the NextToken argument is not valid.")
    return tuple(json.loads(position))
