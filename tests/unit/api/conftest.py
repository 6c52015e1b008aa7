# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Fixtures of the API room's unit tests."""

from __future__ import annotations

from pathlib import Path
from typing import Callable, Iterator

import pytest
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._acm_pca.api import PrivateCaApi
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._acm_pca.retries import RetryPolicy
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._acm_pca.waiting import Patience
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._issuing import Issuer
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._ledger.opening import (
    LedgerOptions,
    open_ledger,
)
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._ledger.stores import Ledger
from ansible_collections.fleet_pki.aws_private_ca.tests.unit.api.fakes import FakeClient, FakeClock


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def client(clock: FakeClock) -> FakeClient:
    return FakeClient(clock)


@pytest.fixture
def api(client: FakeClient, clock: FakeClock) -> PrivateCaApi:
    return PrivateCaApi(client, clock=clock, retries=RetryPolicy(jitter=lambda: 1.0))


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with open_ledger(LedgerOptions("sqlite", str(tmp_path / "state" / "ledger.sqlite3"))) as opened:
        yield opened


@pytest.fixture
def log() -> list[str]:
    return []


@pytest.fixture
def make_issuer(api: PrivateCaApi, ledger: Ledger, clock: FakeClock, log: list[str]) -> Callable[..., Issuer]:
    """Return a factory of issuers on the test's client, ledger and clock, with any member exchanged."""

    def make(**members: object) -> Issuer:
        patience = Patience(retries=RetryPolicy(jitter=lambda: 1.0))
        chosen = {"api": api, "ledger": ledger, "clock": clock, "log": log.append, "patience": patience, **members}
        return Issuer(**chosen)  # type: ignore[arg-type]

    return make
