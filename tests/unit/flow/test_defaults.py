# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Options that come as one mapping."""

from __future__ import annotations

import pytest
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._errors import InvalidInput
from ansible_collections.fleet_pki.aws_private_ca.plugins.plugin_utils._defaults import (
    apply_defaults,
    warn_of_repeated_options,
)
from ansible_collections.fleet_pki.aws_private_ca.plugins.plugin_utils._options import ARGUMENT_SPEC, CONSTRAINTS

TASK = {"name": "web", "certificate_authority_arn": "arn:ca"}


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
    assert apply_defaults(arguments, ARGUMENT_SPEC) == options


@pytest.mark.parametrize(
    ("own", "default"),
    [
        pytest.param("assume_role_arn", "iam_role_arn", id="the default uses an alias"),
        pytest.param("iam_role_arn", "assume_role_arn", id="the task uses an alias"),
        pytest.param("aws_access_key", "aws_access_key_id", id="both do"),
        pytest.param("template", "template", id="neither does"),
    ],
)
def test_what_the_task_gives_goes_before_whatever_alias_is_used(own: str, default: str) -> None:
    arguments = apply_defaults({**TASK, own: "mine", "defaults": {default: "theirs"}}, ARGUMENT_SPEC)
    validated = ArgumentSpecValidator(ARGUMENT_SPEC, **CONSTRAINTS).validate(arguments)
    assert validated.error_messages == []
    assert "mine" in validated.validated_parameters.values()
    assert "theirs" not in validated.validated_parameters.values()
    assert warn_of_repeated_options(arguments, ARGUMENT_SPEC) == []


def test_a_default_may_use_an_alias() -> None:
    arguments = apply_defaults({**TASK, "defaults": {"template_arn": "theirs"}}, ARGUMENT_SPEC)
    validated = ArgumentSpecValidator(ARGUMENT_SPEC, **CONSTRAINTS).validate(arguments)
    assert validated.validated_parameters["template"] == "theirs"


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param({"template": "A", "template_arn": "B"}, id="by the task"),
        pytest.param({"defaults": {"template_arn": "B", "template": "A"}}, id="by its defaults"),
    ],
)
def test_an_option_that_is_given_twice_is_told_with_the_name_that_counts(arguments: dict[str, object]) -> None:
    given = apply_defaults({**TASK, **arguments}, ARGUMENT_SPEC)
    (warning,) = warn_of_repeated_options(given, ARGUMENT_SPEC)
    assert warning == "template and template_arn are one option; what template_arn says counts."
    validated = ArgumentSpecValidator(ARGUMENT_SPEC, **CONSTRAINTS).validate(given)
    assert validated.validated_parameters["template"] == "B"


@pytest.mark.parametrize("defaults", ["name=web", ["name"], 3])
def test_defaults_that_are_no_mapping_are_refused(defaults: object) -> None:
    with pytest.raises(InvalidInput, match="defaults"):
        apply_defaults({"defaults": defaults}, ARGUMENT_SPEC)
