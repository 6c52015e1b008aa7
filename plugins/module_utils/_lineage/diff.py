# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Ansible's diff of a lineage: parsed facts before and after, never PEM, never a key."""

from __future__ import annotations

from typing import Any, Mapping

SHOWN_FACTS = ("subject", "subject_alternative_names", "key_algorithm", "issuer", "serial", "not_before", "not_after")

TO_BE_NEW = "(new)"


def build_diff(
    name: str, before: Mapping[str, Any] | None, after: Mapping[str, Any] | None, state: str = "live"
) -> dict[str, Any]:
    """Return the diff of two facts, None for no certificate. ``state`` says what the second is: live or asked for.

    What is only asked for has no issuer: what the CA alone can fill in is shown as new, and not as removed.
    """
    earlier, later = select_shown(before), select_shown(after)
    if later and "issuer" not in later:
        later = {"serial": TO_BE_NEW, "not_after": TO_BE_NEW, **later}
        earlier = {fact: value for fact, value in earlier.items() if fact in later}
    return {
        "before_header": f"{name} (live)",
        "after_header": f"{name} ({state})",
        "before": earlier,
        "after": later,
    }


def select_shown(facts: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return the facts that a reader of a diff wants to see."""
    return {name: facts[name] for name in SHOWN_FACTS if facts and facts.get(name) is not None}
