# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Issued once: what the issuing core does at every crash, refusal and delay. The service is a fake client."""

from __future__ import annotations

import dataclasses
from types import SimpleNamespace
from typing import Callable

import pytest
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._acm_pca.api import PrivateCaApi
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._acm_pca.models import LineageId, Validity
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._errors import (
    AccessDenied,
    AuthorityUnusable,
    IssuanceFailed,
    QuotaExceeded,
    Throttled,
    TokenConflict,
    Unreachable,
    WaitTimeout,
)
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._issuance_token import derive_token
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._issuing import Issuer, issue
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._ledger.memory_store import MemoryLedger
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._ledger.stores import Ledger
from ansible_collections.fleet_pki.aws_private_ca.tests.unit.api.fakes import (
    FakeClient,
    FakeClock,
    Killed,
    client_error,
    make_csr,
    make_request,
    orphan,
    record_of,
)
from botocore.exceptions import EndpointConnectionError, ReadTimeoutError

MakeIssuer = Callable[..., Issuer]
TEN_MINUTES = 600.0


def test_a_second_run_a_year_later_gets_the_first_certificate_and_asks_nothing(
    make_issuer: MakeIssuer, client: FakeClient, clock: FakeClock
) -> None:
    request = make_request()
    first = make_issuer().issue(request, LineageId("web1", "web"))
    clock.advance(365 * 86400)
    second = make_issuer().issue(request, LineageId("web1", "web"))
    assert (first.asked_now, second.asked_now) == (True, False)
    assert second.certificate == first.certificate
    assert client.count("IssueCertificate") == 1


def test_the_module_function_is_the_issuer(
    api: PrivateCaApi, ledger: Ledger, clock: FakeClock, log: list[str], client: FakeClient
) -> None:
    request = make_request()
    issuance = issue(request, api=api, ledger=ledger, lineage=None, clock=clock, log=log.append)
    assert issuance.token == derive_token(request) == client.tokens_sent()[0]
    assert issuance.certificate.certificate.endswith("-----END CERTIFICATE-----\n")
    assert len(issuance.certificate.chain) == 2


@pytest.mark.parametrize(
    "fault",
    [
        client_error("ThrottlingException"),
        client_error("InternalFailure", status=500),
        EndpointConnectionError(endpoint_url="https://here"),
        ReadTimeoutError(endpoint_url="https://here"),
        ("after", ReadTimeoutError(endpoint_url="https://here")),
        ("after", client_error("ServiceUnavailable", status=503)),
    ],
)
def test_a_transient_fault_is_tried_again_with_the_same_token(
    make_issuer: MakeIssuer, client: FakeClient, fault: object
) -> None:
    client.issue_faults = [fault, fault]
    make_issuer().issue(make_request())
    assert client.count("IssueCertificate") == 3
    assert len(set(client.tokens_sent())) == 1
    assert len(client.certificates) == 1


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("LimitExceededException", QuotaExceeded),
        ("AccessDeniedException", AccessDenied),
        ("InvalidStateException", AuthorityUnusable),
        ("ResourceNotFoundException", AuthorityUnusable),
    ],
)
def test_a_final_refusal_is_not_tried_again_and_leaves_the_token_free(
    make_issuer: MakeIssuer, client: FakeClient, ledger: Ledger, code: str, expected: type[Exception]
) -> None:
    request = make_request()
    client.issue_faults = [client_error(code)]
    with pytest.raises(expected):
        make_issuer().issue(request)
    record = record_of(ledger, derive_token(request))
    assert (record.state, record.sent, record.holder) == ("claimed", None, None)
    assert make_issuer().issue(request).asked_now
    assert client.count("IssueCertificate") == 2


def test_the_status_of_an_unusable_ca_and_its_remedy_are_told(make_issuer: MakeIssuer, client: FakeClient) -> None:
    client.status = "DISABLED"
    client.issue_faults = [client_error("InvalidStateException", "not in a valid state")]
    with pytest.raises(AuthorityUnusable, match=r"the CA is DISABLED.*Enable the CA"):
        make_issuer().issue(make_request())


def test_throttling_that_outlives_the_deadline_is_reported_and_the_next_run_succeeds(
    make_issuer: MakeIssuer, client: FakeClient
) -> None:
    request = make_request()
    client.issue_faults = [client_error("ThrottlingException")] * 100
    with pytest.raises(Throttled):
        make_issuer().issue(request)
    client.issue_faults = []
    make_issuer().issue(request)
    assert len(client.certificates) == 1


def test_a_run_killed_before_the_call_costs_nothing(
    make_issuer: MakeIssuer, client: FakeClient, clock: FakeClock, ledger: Ledger
) -> None:
    request = make_request()
    client.issue_faults = [Killed()]
    with pytest.raises(Killed):
        make_issuer().issue(request)
    orphan(ledger, derive_token(request))
    clock.advance(30)
    make_issuer().issue(request)
    assert len(client.certificates) == 1


def test_a_run_killed_with_its_reply_lost_gets_the_same_certificate_inside_the_window(
    make_issuer: MakeIssuer, client: FakeClient, clock: FakeClock, ledger: Ledger, log: list[str]
) -> None:
    request = make_request()
    client.issue_faults = [("after", Killed())]
    with pytest.raises(Killed):
        make_issuer().issue(request)
    orphan(ledger, derive_token(request))
    clock.advance(200)
    assert make_issuer().issue(request).asked_now
    assert len(client.certificates) == 1
    assert log == []


def test_past_the_window_a_lost_certificate_is_found_again_where_recovery_can(
    make_issuer: MakeIssuer, client: FakeClient, clock: FakeClock, ledger: Ledger, log: list[str]
) -> None:
    request = make_request()
    client.issue_faults = [("after", Killed())]
    with pytest.raises(Killed):
        make_issuer().issue(request)
    orphan(ledger, derive_token(request))
    sent_at = clock.now()
    clock.advance(TEN_MINUTES)
    other = make_issuer().issue(make_request()).certificate.arn
    looked_for: list[object] = []

    def recover(asked: object, since: float, known: object) -> str:
        looked_for.append((since, known))
        return next(iter(client.certificates))

    make_issuer(recover=recover).issue(request)
    assert looked_for == [(sent_at, {other})]
    assert client.count("IssueCertificate") == 2
    assert "its certificate was found" in log[0]


def test_past_the_window_without_recovery_it_asks_once_more_and_says_so(
    make_issuer: MakeIssuer, client: FakeClient, clock: FakeClock, ledger: Ledger, log: list[str]
) -> None:
    request = make_request()
    client.issue_faults = [("after", Killed())]
    with pytest.raises(Killed):
        make_issuer().issue(request)
    orphan(ledger, derive_token(request))
    clock.advance(TEN_MINUTES)
    make_issuer().issue(request)
    make_issuer().issue(request)
    assert client.count("IssueCertificate") == 2
    assert len(log) == 1
    assert "was lost" in log[0]


@pytest.mark.parametrize(
    ("elsewhere", "passed", "lost"), [(False, 5, False), (False, TEN_MINUTES, True), (True, 5, True)]
)
def test_how_long_a_call_is_open_is_told_by_a_clock_that_no_one_sets_back_where_there_is_one(
    make_issuer: MakeIssuer,
    client: FakeClient,
    clock: FakeClock,
    ledger: Ledger,
    log: list[str],
    *,
    elsewhere: bool,
    passed: float,
    lost: bool,
) -> None:
    request = make_request()
    client.issue_faults = [("after", Killed())]
    with pytest.raises(Killed):
        make_issuer().issue(request)
    sent = record_of(ledger, derive_token(request)).sent
    assert sent is not None
    orphan(ledger, derive_token(request), sent=dataclasses.replace(sent, source="another boot") if elsewhere else sent)
    clock.advance(passed)
    clock.time -= TEN_MINUTES
    make_issuer().issue(request)
    assert ["was lost" in sentence for sentence in log] == [True] * lost
    assert len(set(client.tokens_sent())) == 1


def test_a_run_killed_while_waiting_goes_on_from_the_arn(
    make_issuer: MakeIssuer, client: FakeClient, clock: FakeClock
) -> None:
    request = make_request()
    client.get_faults = [Killed()]
    with pytest.raises(Killed):
        make_issuer().issue(request)
    clock.advance(TEN_MINUTES)
    assert not make_issuer().issue(request).asked_now
    assert len(client.certificates) == 1


def test_waiting_bears_throttling_and_lost_connections(make_issuer: MakeIssuer, client: FakeClient) -> None:
    client.get_faults = [client_error("ThrottlingException"), ReadTimeoutError(endpoint_url="https://here")]
    client.polls = 3
    make_issuer().issue(make_request())
    assert client.count("IssueCertificate") == 1


def test_a_wait_that_times_out_tells_the_arn_and_the_next_run_goes_on_from_it(
    make_issuer: MakeIssuer, client: FakeClient
) -> None:
    request = make_request()
    client.polls = 10**6
    with pytest.raises(WaitTimeout) as caught:
        make_issuer().issue(request)
    client.polls = 0
    issuance = make_issuer().issue(request)
    assert caught.value.details["certificate_arn"] == issuance.certificate.arn
    assert client.count("IssueCertificate") == 1


def test_throttling_that_outlives_the_wait_tells_the_arn(make_issuer: MakeIssuer, client: FakeClient) -> None:
    client.get_faults = [client_error("ThrottlingException")] * 1000
    with pytest.raises(WaitTimeout) as caught:
        make_issuer().issue(make_request())
    assert caught.value.details["certificate_arn"] in client.certificates


def test_an_error_after_the_arn_is_known_tells_the_arn(make_issuer: MakeIssuer, client: FakeClient) -> None:
    client.get_faults = [client_error("AccessDeniedException")]
    with pytest.raises(AccessDenied) as caught:
        make_issuer().issue(make_request())
    assert caught.value.details["certificate_arn"] in client.certificates


def test_a_failed_issuance_is_final_and_the_next_run_asks_with_a_new_token(
    make_issuer: MakeIssuer, client: FakeClient
) -> None:
    request = make_request()
    client.fail_next = "name constraints"
    with pytest.raises(IssuanceFailed, match="name constraints"):
        make_issuer().issue(request)
    assert client.count("IssueCertificate") == 1
    make_issuer().issue(request)
    assert client.tokens_sent() == [derive_token(request), derive_token(dataclasses.replace(request, attempt=1))]


def test_a_failure_that_an_earlier_run_never_saw_is_answered_with_a_new_attempt_at_once(
    make_issuer: MakeIssuer, client: FakeClient
) -> None:
    request = make_request()
    client.fail_next = "late"
    client.get_faults = [Killed()]
    with pytest.raises(Killed):
        make_issuer().issue(request)
    assert make_issuer().issue(request).asked_now
    assert client.count("IssueCertificate") == 2


def test_one_token_for_two_requests_is_refused_with_the_difference(make_issuer: MakeIssuer, client: FakeClient) -> None:
    csr = make_csr()
    make_issuer().issue(make_request(csr), token="1234")
    with pytest.raises(TokenConflict, match="validity") as caught:
        make_issuer().issue(make_request(csr, validity=Validity("DAYS", 91)), token="1234")
    assert caught.value.details["differs_in"] == ["validity"]
    assert client.count("IssueCertificate") == 1


def test_a_certificate_with_another_key_is_refused_and_its_token_never_used_again(
    make_issuer: MakeIssuer, client: FakeClient
) -> None:
    make_issuer(ledger=MemoryLedger()).issue(make_request(), token="1234")
    request = make_request()
    with pytest.raises(IssuanceFailed, match="another key"):
        make_issuer().issue(request, token="1234")
    assert make_issuer().issue(request, token="1234").asked_now
    assert client.tokens_sent()[:2] == ["1234", "1234"]
    assert client.tokens_sent()[2] != "1234"


def test_nothing_is_open_once_the_arn_is_written(make_issuer: MakeIssuer, ledger: Ledger) -> None:
    request = make_request()
    asked = make_issuer().ask(request, None, None)
    record = record_of(ledger, asked.token)
    assert (record.state, record.certificate_arn) == ("asked", asked.certificate_arn)
    assert (record.sent, record.holder) == (None, None)


def test_a_reply_that_is_not_of_aws_is_told_and_leaves_the_call_open(make_issuer: MakeIssuer, ledger: Ledger) -> None:
    request = make_request()
    page = SimpleNamespace(issue_certificate=lambda **_parameters: {"message": "<html>Log in</html>"})
    with pytest.raises(Unreachable, match=r"no CertificateArn.*Check its endpoint"):
        make_issuer(api=PrivateCaApi(page)).issue(request)
    assert record_of(ledger, derive_token(request)).sent is not None
    assert make_issuer().issue(request).asked_now


def test_an_endpoint_that_is_not_there_is_given_up_early(
    make_issuer: MakeIssuer, client: FakeClient, clock: FakeClock
) -> None:
    client.issue_faults = [EndpointConnectionError(endpoint_url="https://nowhere")] * 1000
    begun = clock.now()
    with pytest.raises(Unreachable, match="endpoint_url"):
        make_issuer().issue(make_request())
    assert clock.now() - begun < 20
