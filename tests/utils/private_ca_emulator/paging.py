# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Pages of a list: MaxResults and NextToken (reference 1.1)."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from private_ca_emulator.errors import ServiceError

Item = TypeVar("Item")
_PREFIX = b"position:"


def cut_page(items: Sequence[Item], members: Mapping[str, Any], limit: int) -> tuple[list[Item], dict[str, str]]:
    """One page and the `NextToken` member of the next one; InvalidNextTokenException for a token that was not given."""
    start = _parse_token(members["NextToken"], len(items)) if "NextToken" in members else 0
    end = start + min(members.get("MaxResults", limit), limit)
    token = {"NextToken": base64.b64encode(_PREFIX + str(end).encode()).decode()} if end < len(items) else {}
    return list(items[start:end]), token


def _parse_token(token: str, count: int) -> int:
    try:
        decoded = base64.b64decode(token, validate=True)
        position = int(decoded.removeprefix(_PREFIX))
    except (binascii.Error, ValueError):
        decoded, position = b"", -1
    if not decoded.startswith(_PREFIX) or not position > 0:
        raise ServiceError("InvalidNextTokenException", "The token specified in the NextToken argument is not valid.")
    return min(position, count)
