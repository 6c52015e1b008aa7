# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Options that come as one mapping: one template for Ansible, where forty options would be forty. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..module_utils._errors import InvalidInput

DEFAULTS = "defaults"
_EMPTY: tuple[Any, ...] = (None, "", [], {})


def apply_defaults(arguments: Mapping[str, Any], spec: Mapping[str, Any]) -> dict[str, Any]:
    """Return the task's arguments, and for what they leave out the values of ``defaults`` that are not empty.

    An option is left out when neither its name nor an alias of ``spec``, the argument specification, is given.
    Raises InvalidInput when ``defaults`` is no mapping.
    """
    given = {name: value for name, value in arguments.items() if name != DEFAULTS}
    defaults = arguments.get(DEFAULTS) or {}
    if not isinstance(defaults, Mapping):
        raise InvalidInput(
            "Failed to read defaults", because="it is not a mapping", remedy="Give names of options with their values"
        )
    taken = {name for names in _list_spellings(spec) if not given.keys().isdisjoint(names) for name in names}
    wanted = {name: value for name, value in defaults.items() if value not in _EMPTY and name not in taken}
    return {**wanted, **given}


def warn_of_repeated_options(arguments: Mapping[str, Any], spec: Mapping[str, Any]) -> list[str]:
    """Return a warning for each option that is given by several names: Ansible takes the last alias of ``spec``."""
    repeated = [[name for name in spellings if name in arguments] for spellings in _list_spellings(spec)]
    return [
        f"{' and '.join(names)} are one option; what {names[-1]} says counts." for names in repeated if len(names) > 1
    ]


def _list_spellings(spec: Mapping[str, Any]) -> list[tuple[str, ...]]:
    return [(name, *option.get("aliases", ())) for name, option in spec.items()]
