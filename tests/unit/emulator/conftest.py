# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
from botocore.config import Config

from private_ca_emulator import seeding
from private_ca_emulator.control import EmulatorControl
from private_ca_emulator.server import EmulatorServer

from .world import World

REGION = "eu-central-1"
ClientFactory = Callable[..., Any]


@pytest.fixture
def emulator() -> Iterator[EmulatorServer]:
    with EmulatorServer() as running:
        yield running


@pytest.fixture
def control(emulator: EmulatorServer) -> EmulatorControl:
    return EmulatorControl(emulator.endpoint_url)


@pytest.fixture
def make_client(emulator: EmulatorServer) -> ClientFactory:
    def make(service: Any = "acm-pca", access_key: str = "AKIAEXAMPLE", region: str = REGION, **options: Any) -> Any:
        options = {"aws_secret_access_key": "not a secret", **options}
        return boto3.client(
            service,
            endpoint_url=emulator.endpoint_url,
            region_name=region,
            aws_access_key_id=access_key,
            config=Config(retries={"total_max_attempts": 1, "mode": "standard"}).merge(options.pop("config", Config())),
            **options,
        )

    return make


@pytest.fixture
def client(make_client: ClientFactory) -> Any:
    return make_client()


@pytest.fixture
def root_arn(client: Any) -> str:
    return seeding.create_active_root(client)


@pytest.fixture
def authorities(client: Any) -> seeding.SeededAuthorities:
    return seeding.create_active_hierarchy(client)


@pytest.fixture
def world(client: Any, control: EmulatorControl, make_client: ClientFactory) -> World:
    return World(client, control, make_client)
