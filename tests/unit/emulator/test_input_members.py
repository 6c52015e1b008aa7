# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every member of every request of botocore's model changes something that a client can see."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.config import Config

from private_ca_emulator.control import EmulatorControl
from private_ca_emulator.server import EmulatorServer

from .declared_errors import MODEL, SCENARIOS
from .input_members import MEMBERS, walk_pairs
from .input_members_by_operation import PUBLISHED
from .world import World

MODELLED: set[tuple[str, str]] = set()
for _operation in MODEL.operation_names:
    walk_pairs(MODEL.operation_model(_operation).input_shape, MODELLED)
NAMES_THE_AUTHORITY = {
    # a CA that does not exist is refused: `declared_errors` has the scenario
    (f"{operation}Request", "ResourceArn" if "Policy" in operation else "CertificateAuthorityArn")
    for operation, code in SCENARIOS
    if code == "ResourceNotFoundException"
} - {("IssueCertificateRequest", "CertificateAuthorityArn")}


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with EmulatorServer() as running:
        control = EmulatorControl(running.endpoint_url)
        control.freeze()

        def connect(service: str) -> Any:
            return boto3.client(
                service,  # type: ignore[call-overload]
                endpoint_url=running.endpoint_url,
                region_name="eu-central-1",
                aws_access_key_id="AKIAEXAMPLE",
                aws_secret_access_key="unchecked",
                config=Config(parameter_validation=False, retries={"total_max_attempts": 1}),
            )

        yield World(connect("acm-pca"), control, connect)


@pytest.mark.parametrize("pair", sorted(MODELLED - NAMES_THE_AUTHORITY), ids=".".join)
def test_the_member_makes_a_difference(world: World, pair: tuple[str, str]) -> None:
    first, second = MEMBERS[pair](world)
    assert first != second


def test_no_comparison_is_left_of_a_member_that_the_model_lost() -> None:
    assert set(PUBLISHED) < set(MEMBERS)
    assert set(MEMBERS) | NAMES_THE_AUTHORITY == MODELLED
