# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An AWS account of its own for every test, in the emulator of the worker."""

from __future__ import annotations

import dataclasses
import random
import uuid
from pathlib import Path

import pytest
from ansible_collections.fleet_pki.aws_private_ca.tests.integration.service.accounts import (
    Account,
    Facts,
    Limit,
    NewAccount,
    NewRoot,
)
from service_policies import Statements, place_statements

from emulator_process import EmulatorProcess
from playbook_run import PlaybookRunner
from private_ca_emulator.control import EmulatorControl


@pytest.fixture
def control(emulator: EmulatorProcess) -> EmulatorControl:
    """Return the emulator's control API."""
    return EmulatorControl(emulator.endpoint_url)


@pytest.fixture(autouse=True)
def sts_endpoint(monkeypatch: pytest.MonkeyPatch, emulator: EmulatorProcess) -> None:
    """Have AWS STS found in the emulator, since no option says where it is."""
    monkeypatch.setenv("AWS_ENDPOINT_URL_STS", emulator.endpoint_url)


@pytest.fixture
def new_account(emulator: EmulatorProcess, control: EmulatorControl) -> NewAccount:
    """Return a function that opens an account."""

    def open_account() -> Account:
        number = str(random.randrange(10**11, 10**12))
        control.add_access_key(number, number)
        return Account(number, emulator.endpoint_url)

    return open_account


@pytest.fixture
def account(new_account: NewAccount) -> Account:
    """Return an account of the test's own."""
    return new_account()


@pytest.fixture
def new_root(account: Account, control: EmulatorControl) -> NewRoot:
    """Return a function that gives the account an active root of this name, made in one request to the emulator."""

    def make(name: str) -> str:
        entry = {
            "arn": f"arn:aws:acm-pca:{account.region}:{account.number}:certificate-authority/{uuid.uuid4()}",
            "type": "ROOT",
            "subject": {"Organization": "Example", "CommonName": "Example Root"},
            "tags": {"Name": name},
        }
        (arn,) = control.seed(certificate_authorities=[entry])
        return arn

    return make


@pytest.fixture
def root(new_root: NewRoot) -> str:
    """Return the ARN of an active root of the account."""
    return new_root("root")


@pytest.fixture
def root_facts(account: Account, root: str) -> Facts:
    """Return all facts of the root."""
    found = account.must_run("acm_pca_certificate_authority_info", certificate_authority_arn=root)
    (facts,) = found["certificate_authorities"]
    return dict(facts)


@pytest.fixture
def permitted_root(account: Account, root: str) -> str:
    """Return the ARN of the root, from which ACM may issue."""
    account.permit_acm(root)
    return root


@pytest.fixture
def runner(stage: Path, short_directory: Path) -> PlaybookRunner:
    """Return what runs playbooks."""
    return PlaybookRunner(stage, short_directory)


@pytest.fixture
def least(account: Account, control: EmulatorControl) -> Limit:
    """Return a function that gives the account an access key of its own, with these statements of policy only."""

    def limit(statements: Statements) -> Account:
        key = f"AKIA{uuid.uuid4().hex[:16].upper()}"
        placed = place_statements(statements, account.region, account.number)
        user = f"arn:aws:iam::{account.number}:user/least"
        control.add_access_key(key, account.number, user, [{"Version": "2012-10-17", "Statement": placed}])
        return dataclasses.replace(account, key=key)

    return limit
