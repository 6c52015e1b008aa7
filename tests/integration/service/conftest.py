# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An AWS account of its own for every test, in the emulator of the worker."""

from __future__ import annotations

import json
import random
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import boto3
import pytest
from module_run import run_module
from service_policies import service_write_policy

from private_ca_emulator.control import EmulatorControl

REGION = "eu-central-1"


@dataclass(frozen=True)
class Account:
    """An account: its number is also its access key, which may do everything."""

    number: str
    endpoint_url: str
    region: str = REGION
    key: str = ""

    @property
    def connection(self) -> dict[str, str]:
        """Return the connection options of a module."""
        return {
            "access_key": self.key or self.number,
            "secret_key": "emulator",
            "region": self.region,
            "endpoint_url": self.endpoint_url,
        }

    def client(self, service: str = "acm-pca") -> Any:
        """Return a boto3 client of the account."""
        session = boto3.Session(self.number, "emulator", region_name=self.region)
        make_client: Any = session.client
        return make_client(service, endpoint_url=self.endpoint_url)

    def create_bucket(self, kind: str) -> str:
        """Create a bucket that AWS Private CA may write to, and return its name."""
        bucket, s3 = f"{kind}-{uuid.uuid4().hex}", self.client("s3")
        s3.create_bucket(
            Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": self.region}, ObjectOwnership="ObjectWriter"
        )
        s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps(service_write_policy(bucket)))
        return bucket

    def run(self, module: str, /, check_mode: bool = False, **options: Any) -> dict[str, Any]:
        """Run a module as this account."""
        return run_module(module, {**self.connection, **options}, check_mode)

    def must_run(self, module: str, /, **options: Any) -> dict[str, Any]:
        """Run a module as this account; fail the test if it fails."""
        result = self.run(module, **options)
        assert not result.get("failed"), result["msg"]
        return result


@pytest.fixture
def control(emulator: Any) -> EmulatorControl:
    """Return the emulator's control API."""
    return EmulatorControl(emulator.endpoint_url)


@pytest.fixture
def new_account(emulator: Any) -> Callable[[], Account]:
    """Return a function that opens an account."""

    def open_account() -> Account:
        number = str(random.randrange(10**11, 10**12))
        EmulatorControl(emulator.endpoint_url).add_access_key(number, number)
        return Account(number, emulator.endpoint_url)

    return open_account


@pytest.fixture
def account(new_account: Callable[[], Account]) -> Account:
    """Return an account of the test's own."""
    return new_account()


@pytest.fixture
def root(account: Account) -> Mapping[str, Any]:
    """Return the facts of an active root of the account."""
    result = account.must_run(
        "acm_pca_certificate_authority",
        name="root",
        type="ROOT",
        key_algorithm="EC_prime256v1",
        subject={"organization": "Example", "common_name": "Example Root"},
    )
    return result["certificate_authority"]
