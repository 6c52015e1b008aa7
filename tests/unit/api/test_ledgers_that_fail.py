# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A ledger that fails or forgets in the middle of an issuance: the ARN is told, and no second certificate asked for."""

from __future__ import annotations

from typing import Callable

import pytest
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._errors import LedgerError
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._issuing import Issuer
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._ledger.memory_store import MemoryLedger
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._ledger.records import Record
from ansible_collections.fleet_pki.aws_private_ca.tests.unit.api.fakes import FakeClient, FakeClock, make_request

MakeIssuer = Callable[..., Issuer]
TEN_MINUTES = 600.0


class FailsToKeepArns(MemoryLedger):
    """A ledger whose disk is full when the ARN is to be written."""

    def swap(self, record: Record, expected_version: int | None) -> bool:
        if record.certificate_arn is not None:
            raise LedgerError("Failed to write to the ledger", because="the disk is full")
        return super().swap(record, expected_version)


def test_a_ledger_that_fails_after_the_reply_tells_the_arn(make_issuer: MakeIssuer, client: FakeClient) -> None:
    with pytest.raises(LedgerError, match="the disk is full") as caught:
        make_issuer(ledger=FailsToKeepArns()).issue(make_request())
    assert caught.value.details["certificate_arn"] in client.certificates


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
