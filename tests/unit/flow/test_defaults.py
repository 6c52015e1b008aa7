# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Options that come as one mapping."""

from __future__ import annotations

import pytest
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._errors import InvalidInput
from ansible_collections.fleet_pki.aws_private_ca.plugins.plugin_utils._defaults import apply_defaults


@pytest.mark.parametrize(
    ("arguments", "options"),
    [
        pytest.param({"name": "web"}, {"name": "web"}, id="without the mapping nothing changes"),
        pytest.param({"name": "web", "defaults": None}, {"name": "web"}, id="an absent mapping gives nothing"),
        pytest.param({"defaults": {"name": "web"}}, {"name": "web"}, id="the mapping gives what is left out"),
        pytest.param(
            {"name": "web", "defaults": {"name": "mail"}}, {"name": "web"}, id="what has its own name goes before"
        ),
        pytest.param(
            {"name": None, "defaults": {"name": "mail"}}, {"name": None}, id="also when it is given as nothing"
        ),
        pytest.param(
            {"defaults": {"mode": "", "owner": None, "links": {}, "formats": []}}, {}, id="empty values give nothing"
        ),
        pytest.param(
            {"defaults": {"keep_generations": 0, "force": False}},
            {"keep_generations": 0, "force": False},
            id="zero and false are values",
        ),
    ],
)
def test_defaults_give_what_the_task_leaves_out(arguments: dict[str, object], options: dict[str, object]) -> None:
    assert apply_defaults(arguments) == options


@pytest.mark.parametrize("defaults", ["name=web", ["name"], 3])
def test_defaults_that_are_no_mapping_are_refused(defaults: object) -> None:
    with pytest.raises(InvalidInput, match="defaults"):
        apply_defaults({"defaults": defaults})
