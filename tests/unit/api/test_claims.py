# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A token that another process claimed: waited for while that process may still ask, taken over when it cannot."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Callable

import pytest
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._errors import (
    WaitTimeout,
)
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._issuance_token import derive_token
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._issuing import Issuer
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._ledger.holders import this_process
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._ledger.stores import Ledger
from ansible_collections.fleet_pki.aws_private_ca.tests.unit.api.fakes import (
    AUTHORITY,
    FakeClient,
    FakeClock,
    Killed,
    make_request,
    record_of,
)

MakeIssuer = Callable[..., Issuer]


def test_the_claim_of_a_live_process_is_waited_for_and_its_certificate_shared(
    make_issuer: MakeIssuer, client: FakeClient, clock: FakeClock, ledger: Ledger, log: list[str]
) -> None:
    request = make_request()
    client.issue_faults = [Killed()]
    with pytest.raises(Killed):
        make_issuer().issue(request)
    init = dataclasses.replace(this_process(), pid=1, started=_start_of_init())
    record = record_of(ledger, derive_token(request))
    assert ledger.swap(dataclasses.replace(record, holder=init, version=record.version + 1), record.version)

    def other_process_asks() -> None:
        clock.on_sleep = lambda: None
        held = record_of(ledger, record.token)
        arn = client.issue_certificate(
            IdempotencyToken=held.token, CertificateAuthorityArn=AUTHORITY, Csr=request.csr.encode()
        )["CertificateArn"]
        ledger.swap(
            dataclasses.replace(held, state="asked", certificate_arn=arn, version=held.version + 1), held.version
        )

    clock.on_sleep = other_process_asks
    assert not make_issuer().issue(request).asked_now
    assert "Process 1 on" in log[0]


def _start_of_init() -> str:
    return Path("/proc/1/stat").read_text(encoding="ascii").rpartition(")")[2].split()[19]


def test_a_live_process_that_never_asks_is_not_waited_for_for_ever(
    make_issuer: MakeIssuer, client: FakeClient, ledger: Ledger
) -> None:
    request = make_request()
    client.issue_faults = [Killed()]
    with pytest.raises(Killed):
        make_issuer().issue(request)
    record = record_of(ledger, derive_token(request))
    init = dataclasses.replace(this_process(), pid=1, started=_start_of_init())
    assert ledger.swap(dataclasses.replace(record, holder=init, version=record.version + 1), record.version)
    with pytest.raises(WaitTimeout, match="process 1 on"):
        make_issuer().issue(request)
    assert client.count("IssueCertificate") == 1


def test_a_claim_of_another_machine_is_taken_over_when_its_lease_ends(
    make_issuer: MakeIssuer, client: FakeClient, ledger: Ledger, clock: FakeClock
) -> None:
    request = make_request()
    client.issue_faults = [("after", Killed())]
    with pytest.raises(Killed):
        make_issuer().issue(request)
    record = record_of(ledger, derive_token(request))
    elsewhere = dataclasses.replace(this_process(), machine="another boot")
    assert ledger.swap(dataclasses.replace(record, holder=elsewhere, version=record.version + 1), record.version)
    begun = clock.now()
    make_issuer().issue(request)
    assert 55 <= clock.now() - begun <= 65
    assert len(client.certificates) == 1
