# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An AWS account of its own for every test, in the emulator of the worker."""

from __future__ import annotations

import dataclasses
import json
import random
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import boto3
import pytest
from module_run import run_module
from service_policies import place_statements, service_write_policy

from private_ca_emulator.control import EmulatorControl

REGION = "eu-central-1"
SESSION: Any = boto3.Session()  # one for all, so that each model is loaded once


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
        return SESSION.client(
            service,
            region_name=self.region,
            endpoint_url=self.endpoint_url,
            aws_access_key_id=self.number,
            aws_secret_access_key="emulator",
        )

    def create_bucket(self, kind: str) -> str:
        """Create a bucket that AWS Private CA may write to, and return its name."""
        bucket, s3 = f"{kind}-{uuid.uuid4().hex}", self.client("s3")
        s3.create_bucket(
            Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": self.region}, ObjectOwnership="ObjectWriter"
        )
        s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps(service_write_policy(bucket)))
        return bucket

    def run(self, module: str, /, check_mode: bool = False, later: float = 0.0, **options: Any) -> dict[str, Any]:
        """Run a module as this account, on a machine whose clock is so many seconds ahead."""
        return run_module(module, {**self.connection, **options}, check_mode, later)

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
def new_root(account: Account, control: EmulatorControl) -> Callable[[str], dict[str, Any]]:
    """Return a function that gives the account an active root of this name, made in one request to the emulator."""

    def make(name: str) -> dict[str, Any]:
        entry = {
            "arn": f"arn:aws:acm-pca:{account.region}:{account.number}:certificate-authority/{uuid.uuid4()}",
            "type": "ROOT",
            "subject": {"Organization": "Example", "CommonName": "Example Root"},
            "tags": {"Name": name},
        }
        return {"arn": control.seed(certificate_authorities=[entry])[0]}

    return make


@pytest.fixture
def root(new_root: Callable[[str], dict[str, Any]]) -> dict[str, Any]:
    """Return the ARN of an active root of the account, in the shape of its facts."""
    return new_root("root")


@pytest.fixture
def root_facts(account: Account, root: Mapping[str, Any]) -> dict[str, Any]:
    """Return all facts of the root."""
    found = account.must_run("acm_pca_certificate_authority_info", certificate_authority_arn=root["arn"])
    return found["certificate_authorities"][0]


@pytest.fixture
def least(account: Account, control: EmulatorControl) -> Callable[[list[dict[str, Any]]], Account]:
    """Return a function that gives the account an access key of its own, with these statements of policy only."""

    def limit(statements: list[dict[str, Any]]) -> Account:
        key = f"AKIA{uuid.uuid4().hex[:16].upper()}"
        placed = place_statements(statements, account.region, account.number)
        user = f"arn:aws:iam::{account.number}:user/least"
        control.add_access_key(key, account.number, user, [{"Version": "2012-10-17", "Statement": placed}])
        return dataclasses.replace(account, key=key)

    return limit
