# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A ledger that fails or forgets in the middle of an issuance: what AWS issued is used, and its ARN told."""

from __future__ import annotations

import math
from typing import Callable

import pytest
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._errors import IssuanceFailed, LedgerError
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._issuing import Issuer
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._ledger.memory_store import MemoryLedger
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._ledger.records import Record
from ansible_collections.fleet_pki.aws_private_ca.tests.unit.api.fakes import FakeClient, FakeClock, make_request

MakeIssuer = Callable[..., Issuer]
TEN_MINUTES = 600.0


class FullDisk(MemoryLedger):
    """A ledger whose disk is full for so many writes, from the one of the ARN on."""

    def __init__(self, refusals: float) -> None:
        super().__init__()
        self.refusals = refusals

    def swap(self, record: Record, expected_version: int | None) -> bool:
        if record.certificate_arn is not None and self.refusals > 0:
            self.refusals -= 1
            raise LedgerError("Failed to write to the ledger", because="the disk is full")
        return super().swap(record, expected_version)


@pytest.mark.parametrize("refusals", [pytest.param(1, id="for a moment"), pytest.param(math.inf, id="for good")])
def test_a_certificate_in_hand_is_used_though_the_ledger_cannot_be_written_and_a_warning_tells_its_arn(
    make_issuer: MakeIssuer, client: FakeClient, log: list[str], refusals: float
) -> None:
    issuance = make_issuer(ledger=FullDisk(refusals)).issue(make_request())
    assert [issuance.certificate.arn] == list(client.certificates)
    assert all("the disk is full" in sentence and issuance.certificate.arn in sentence for sentence in log)
    assert log


def test_an_arn_that_could_not_be_written_at_once_is_written_with_the_outcome(
    make_issuer: MakeIssuer, client: FakeClient, clock: FakeClock
) -> None:
    ledger, request = FullDisk(refusals=1), make_request()
    first = make_issuer(ledger=ledger).issue(request)
    clock.advance(TEN_MINUTES)
    assert make_issuer(ledger=ledger).issue(request).certificate == first.certificate
    assert client.count("IssueCertificate") == 1


class HidesFailures(MemoryLedger):
    """A ledger that takes no record of a failure."""

    def swap(self, record: Record, expected_version: int | None) -> bool:
        if record.failure is not None:
            raise LedgerError("Failed to write to the ledger", because="the disk is full")
        return super().swap(record, expected_version)


def test_a_failed_issuance_tells_the_services_reason_though_the_ledger_cannot_be_written(
    make_issuer: MakeIssuer, client: FakeClient, log: list[str]
) -> None:
    ledger, request, client.fail_next = HidesFailures(), make_request(), "The CA lost its key."
    for told in range(1, 3):
        with pytest.raises(IssuanceFailed, match=r"The CA lost its key.*Mend the cause"):
            make_issuer(ledger=ledger).issue(request)
        assert len(log) >= told
    assert all("the disk is full" in sentence and "asks AWS for its outcome again" in sentence for sentence in log)
    assert client.count("IssueCertificate") == 1


class Forgets(MemoryLedger):
    """A ledger whose records someone takes away while the service is asked, or while the certificate is waited for."""

    def __init__(self, client: FakeClient, after: str) -> None:
        super().__init__()
        self.client, self.after = client, after

    def read(self, token: str) -> Record | None:
        if self.client.calls and self.client.calls[-1][0] == self.after:
            self._records.clear()
            self.after = ""
        return super().read(token)


@pytest.mark.parametrize("after", ["IssueCertificate", "GetCertificate"])
def test_a_record_that_was_taken_away_meanwhile_costs_no_second_certificate(
    make_issuer: MakeIssuer, client: FakeClient, clock: FakeClock, after: str
) -> None:
    ledger, request = Forgets(client, after), make_request()
    first = make_issuer(ledger=ledger).issue(request)
    assert (ledger.read(first.token) is None) == (after == "GetCertificate")
    if after == "IssueCertificate":
        clock.advance(TEN_MINUTES)
    assert make_issuer(ledger=ledger).issue(request).certificate == first.certificate
    assert len(client.certificates) == 1
