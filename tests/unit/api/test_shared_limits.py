# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The limits that issuers share: the circuit breaker and the pace. The service is a fake client."""

from __future__ import annotations

from typing import Callable

import pytest
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._errors import IssuanceLimit, Unreachable
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._issuance_token import derive_token
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._issuing import Issuer
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._ledger.limits import Breaker, Limits, Pace
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._ledger.stores import Ledger
from ansible_collections.fleet_pki.aws_private_ca.tests.unit.api.fakes import (
    FakeClient,
    FakeClock,
    Killed,
    client_error,
    make_request,
    orphan,
)
from botocore.exceptions import ReadTimeoutError

MakeIssuer = Callable[..., Issuer]


def test_the_circuit_breaker_refuses_before_the_call_and_says_how_many_were_asked(
    make_issuer: MakeIssuer, client: FakeClient, clock: FakeClock
) -> None:
    limits = Limits(breaker=Breaker(max_issuances=2, period=3600))
    for _number in range(2):
        make_issuer(limits=limits).issue(make_request())
    refused = make_request()
    for _run in range(2):  # the first leaves a claim, which is no leave to ask
        with pytest.raises(IssuanceLimit, match="2 certificates were asked") as caught:
            make_issuer(limits=limits).issue(refused)
        assert caught.value.details == {"asked": 2, "max_issuances": 2}
    assert client.count("IssueCertificate") == 2
    clock.advance(3600)
    make_issuer(limits=limits).issue(refused)


def test_issuers_wait_for_their_turn_of_the_pace_that_they_share_at_each_call(
    make_issuer: MakeIssuer, client: FakeClient, clock: FakeClock
) -> None:
    limits, begun = Limits(pace=Pace(per_second=0.1)), clock.now()
    client.issue_faults = [client_error("ThrottlingException")]
    for _number in range(3):
        make_issuer(limits=limits).issue(make_request())
    assert client.count("IssueCertificate") == 4
    assert clock.now() - begun >= 30


def test_the_circuit_breaker_counts_a_request_that_is_sent_again_once(
    make_issuer: MakeIssuer, client: FakeClient, ledger: Ledger
) -> None:
    limits = Limits(breaker=Breaker(max_issuances=1, period=3600))
    request = make_request()
    client.issue_faults = [("after", Killed())]
    with pytest.raises(Killed):
        make_issuer(limits=limits).issue(request)
    orphan(ledger, derive_token(request))
    assert make_issuer(limits=limits).issue(request).asked_now


def test_the_circuit_breaker_counts_what_is_asked_again_because_its_reply_was_lost(
    make_issuer: MakeIssuer, client: FakeClient, clock: FakeClock, log: list[str]
) -> None:
    limits, request = Limits(breaker=Breaker(max_issuances=2, period=86400 * 365)), make_request()
    for expected in (Unreachable, Unreachable, IssuanceLimit, IssuanceLimit):
        client.issue_faults = [("after", ReadTimeoutError(endpoint_url="https://here"))] * 1000
        with pytest.raises(expected):
            make_issuer(limits=limits).issue(request)
        clock.advance(3600)
    assert len(client.certificates) == 2
    assert ["is asked for again" in sentence for sentence in log] == [True]


def test_the_circuit_breaker_lets_through_what_was_asked_before(make_issuer: MakeIssuer, client: FakeClient) -> None:
    limits = Limits(breaker=Breaker(max_issuances=1, period=3600))
    request = make_request()
    make_issuer(limits=limits).issue(request)
    assert not make_issuer(limits=limits).issue(request).asked_now
