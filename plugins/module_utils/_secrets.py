# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Stars in place of secret options, wherever a command may have printed them."""

from __future__ import annotations

from typing import Any, Mapping, Sequence

HIDDEN = "*" * 8


def list_secrets(options: Mapping[str, Any], argument_spec: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the values of those options that the specification calls secret (``no_log``), the longest first.

    One may be the beginning of another, whose rest would be shown.
    """
    values = [options.get(name) for name, option in argument_spec.items() if option.get("no_log")]
    return tuple(sorted((str(value) for value in values if value), key=len, reverse=True))


def hide(secrets: Sequence[str], value: Any) -> Any:
    """Return the JSON value with stars for each secret in its strings."""
    if isinstance(value, str):
        for secret in secrets:
            value = value.replace(secret, HIDDEN)
        return value
    if isinstance(value, dict):
        return {name: hide(secrets, each) for name, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [hide(secrets, each) for each in value]
    return value
