# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.fleet_pki.aws_private_ca.plugins.plugin_utils._announcement import compose_line

RENEWED: dict[str, Any] = {
    "changed": True,
    "msg": "web: issued and installed (a third of its life is left)",
    "next_renewal": "2027-01-18T00:00:00Z",
}


def test_what_happened_and_why_is_one_line_with_the_next_date() -> None:
    line = compose_line("web-01", RENEWED, "default", censored=False)
    assert line == "web-01: web: issued and installed (a third of its life is left), next renewal 2027-01-18T00:00:00Z"


def test_what_has_no_next_date_has_none_in_its_line() -> None:
    removed = {"changed": True, "msg": "web: removed", "next_renewal": None}
    assert compose_line("web-01", removed, "ansible.builtin.default", censored=False) == "web-01: web: removed"


@pytest.mark.parametrize(
    ("result", "callback", "censored"),
    [
        pytest.param({**RENEWED, "changed": False}, "default", False, id="nothing happened"),
        pytest.param({"failed": True, "changed": True, "msg": "..."}, "default", False, id="Ansible shows a failure"),
        pytest.param(RENEWED, "ansible.posix.json", False, id="a program reads the output"),
        pytest.param(RENEWED, "default", True, id="the task is no_log"),
    ],
)
def test_there_is_no_line_when(result: dict[str, Any], callback: str, censored: bool) -> None:
    assert compose_line("web-01", result, callback, censored=censored) is None


def test_what_a_host_says_cannot_reach_for_the_terminal_of_its_reader() -> None:
    result = {"changed": True, "msg": "web: put into service (printed\n\x1b[2J\x1b]0;owned\x07 twice\r\x9b1m)"}
    line = compose_line("web-01", result, "default", censored=False)
    assert line is not None and line.isprintable() and line.startswith("web-01: web: put into service (printed ")
