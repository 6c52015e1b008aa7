# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The body of acm_pca_issue_certificate where it does not wait: what it sees is recorded as where it does."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Callable

import pytest
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._acm_pca.api import PrivateCaApi
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._aws_connection import AwsConnection
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._certificate_issuance import CertificateIssuance
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._errors import IssuanceFailed
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._ledger.opening import (
    LedgerOptions,
    open_ledger,
)
from ansible_collections.fleet_pki.aws_private_ca.tests.unit.api.fakes import (
    AUTHORITY,
    FakeClient,
    FakeClock,
    make_csr,
    record_of,
)

RunTask = Callable[..., "dict[str, Any]"]


@pytest.fixture
def ledger_path(tmp_path: Path) -> str:
    return str(tmp_path / "ledger.sqlite3")


@pytest.fixture
def run_task(api: PrivateCaApi, clock: FakeClock, log: list[str], ledger_path: str) -> RunTask:
    """Return what runs a task that does not wait, with any option exchanged, for one CSR."""
    options = {
        "certificate_authority_arn": AUTHORITY,
        "csr": make_csr(),
        "signing_algorithm": "SHA256WITHECDSA",
        "validity": {"type": "DAYS", "value": 90},
        "ledger": "sqlite",
        "ledger_path": ledger_path,
        "requests_per_second": 20.0,
        "wait": False,
        "wait_timeout": 20,
    }

    def run(*, check_mode: bool = False, **changes: Any) -> dict[str, Any]:
        issuance = CertificateIssuance(api, AwsConnection("eu-central-1"), {**options, **changes}, clock, log.append)
        return issuance.run(check_mode=check_mode)

    return run


def begin_what_fails_late(run_task: RunTask, client: FakeClient) -> None:
    client.polls, client.fail_next = 1, "the CA could not sign"
    assert run_task()["state"] == "in_progress"


def test_a_failure_that_an_earlier_run_did_not_wait_for_is_answered_with_a_new_token(
    run_task: RunTask, client: FakeClient
) -> None:
    begin_what_fails_late(run_task, client)
    runs = [run_task() for _number in range(2)]
    assert [(run["state"], run["changed"]) for run in runs] == [("issued", True), ("issued", False)]
    assert len(set(client.tokens_sent())) == len(client.tokens_sent()) == 2


@pytest.mark.parametrize("wait", [True, False])
def test_check_mode_says_that_a_certificate_is_asked_for_anew_when_its_issuance_failed(
    run_task: RunTask, client: FakeClient, *, wait: bool
) -> None:
    begin_what_fails_late(run_task, client)
    predicted = run_task(check_mode=True, wait=wait)
    assert (predicted["state"], predicted["changed"]) == ("absent", True)
    assert run_task(wait=wait)["changed"]


def test_the_ledger_knows_the_end_of_a_certificate_that_nobody_waited_for(run_task: RunTask, ledger_path: str) -> None:
    result = run_task()
    with open_ledger(LedgerOptions("sqlite", ledger_path)) as ledger:
        record = record_of(ledger, result["idempotency_token"])
    assert (record.state, record.serial) == ("issued", result["facts"]["serial"])
    assert record.not_after is not None


def test_another_key_is_noticed_without_waiting_and_in_check_mode(run_task: RunTask, client: FakeClient) -> None:
    run_task(ledger="none", idempotency_token="1234")
    request = {"csr": make_csr(), "idempotency_token": "1234"}
    with pytest.raises(IssuanceFailed, match="another key"):
        run_task(**{**request, "ledger": "none"})
    client.polls = 1
    assert run_task(**request)["state"] == "in_progress"
    predicted = run_task(check_mode=True, **request)
    assert (predicted["state"], predicted["changed"]) == ("absent", True)
    assert run_task(**request)["changed"]
    *served_another, own = client.tokens_sent()
    assert set(served_another) == {"1234"} != {own}
