# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a person who runs a playbook is told at once: a line for each certificate with which something happened.

Ansible's own output of a changed task names the host and nothing else. The line goes out where that output is for
people, so that what a program reads of another callback stays as it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_CALLBACKS_FOR_PEOPLE = ("default", "ansible.builtin.default", "ansible.legacy.default")


def compose_line(host: str, result: Mapping[str, Any], stdout_callback: str, *, censored: bool) -> str | None:
    """Return the line for the result of one host; None when nothing happened, or it is not for such eyes.

    A failure has none: Ansible shows its message itself. ``censored`` is the task's ``no_log``.
    """
    if censored or stdout_callback not in _CALLBACKS_FOR_PEOPLE or result.get("failed") or not result["changed"]:
        return None
    line = f"{host}: {result['msg']}"
    if result.get("next_renewal"):
        line += f", next renewal {result['next_renewal']}"
    return disarm(line)


def disarm(text: str) -> str:
    """Return the text as one line without control characters: part of it is the host's, and a terminal obeys.

    Ansible's own output shows a result as JSON, which has none either.
    """
    return "".join(
        character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in " ".join(text.split())
    )
