# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rules of tags (reference 1.1)."""

from __future__ import annotations

from collections.abc import Mapping

from private_ca_emulator.errors import ServiceError

LIMIT = 50
_RESERVED = ("aws:", "rds:")


def _require_own(key: str) -> None:
    if key.lower().startswith(_RESERVED):
        raise ServiceError("InvalidTagException", f"The tag key '{key}' has a reserved prefix.")


def merge_tags(present: Mapping[str, str], added: list[Mapping[str, str]]) -> dict[str, str]:
    """The tags after adding; InvalidTagException for a reserved or doubled key, TooManyTagsException beyond 50."""
    keys = [tag["Key"] for tag in added]
    if len(set(keys)) != len(keys):
        raise ServiceError("InvalidTagException", "A tag key is given more than once.")
    for key in keys:
        _require_own(key)
    merged = {**present, **{tag["Key"]: tag.get("Value", "") for tag in added}}
    if len(merged) > LIMIT:
        raise ServiceError("TooManyTagsException", f"A certificate authority can have at most {LIMIT} tags.")
    return merged


def remove_tags(present: Mapping[str, str], removed: list[Mapping[str, str]]) -> dict[str, str]:
    """The tags after removing; one with a value is removed only where the value matches; InvalidTag if reserved."""
    left = dict(present)
    for tag in removed:
        _require_own(tag["Key"])
        if tag["Key"] in left and tag.get("Value", left[tag["Key"]]) == left[tag["Key"]]:
            del left[tag["Key"]]
    return left
