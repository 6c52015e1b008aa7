# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every error that botocore's model declares for an operation is provoked over HTTP, by boto3."""

from __future__ import annotations

import pytest
from botocore import xform_name
from botocore.exceptions import ClientError

from .declared_errors import MODEL, SCENARIOS
from .declared_errors_by_request import SCRIPTED
from .support import refusal
from .world import World

DECLARED = [
    (operation, shape.name)
    for operation in MODEL.operation_names
    for shape in MODEL.operation_model(operation).error_shapes
]


@pytest.mark.parametrize(("operation", "code"), DECLARED)
def test_the_operation_answers_with_the_declared_error(world: World, operation: str, code: str) -> None:
    request, message = SCENARIOS[operation, code](world)
    with pytest.raises(world.client.exceptions.from_code(code)) as caught:
        getattr(world.client, xform_name(operation))(**request)
    reply = caught.value.response
    assert reply["Error"] == {"Code": code, "Message": message}
    assert reply["ResponseMetadata"]["HTTPStatusCode"] == 400
    assert reply["message"] == message
    errors = [fault for fault in world.control.faults() if fault["kind"] == "error"]
    assert bool(errors) == ((operation, code) in SCRIPTED), "the state of the CA is to bring the error about"


def test_an_authority_whose_creation_failed_is_in_a_wrong_state_unless_set_otherwise(world: World) -> None:
    assert refusal(world.client.get_policy, ResourceArn=world.fail())[0] == "InvalidStateException"


def test_no_scenario_is_left_of_an_error_that_is_no_longer_declared() -> None:
    assert set(SCENARIOS) == set(DECLARED)


def test_an_undeclared_code_is_the_clients_general_error(world: World) -> None:
    assert world.client.exceptions.from_code("ValidationException") is ClientError
