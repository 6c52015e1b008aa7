# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One certificate, wherever an issuer is killed or stands still, and whatever the clocks of those who go on show.

Every call that an issuer makes of the ledger and of the service is a step; it is stopped before and after each.
"""

from __future__ import annotations

import dataclasses
import itertools
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3
import pytest
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._acm_pca.api import PrivateCaApi
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._acm_pca.models import IssuanceRequest, Validity
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._acm_pca.retries import RetryPolicy
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._acm_pca.waiting import Patience
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._clock import Clock
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._errors import PrivateCaError
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._issuing import Issuer
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._ledger.dynamodb_store import DynamoDbLedger
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._ledger.holders import this_process
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._ledger.limits import Breaker, Limits
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._ledger.memory_store import MemoryLedger
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._ledger.records import Holder, Instant
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._ledger.sqlite_store import SqliteLedger
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._ledger.stores import Ledger
from ansible_collections.fleet_pki.aws_private_ca.tests.unit.api.fakes import (
    FakeClient,
    FakeClock,
    Killed,
    client_error,
    make_csr,
    make_request,
)
from botocore.exceptions import ReadTimeoutError
from cryptography import x509
from moto import mock_aws

CSR = make_csr()
STEPS = ("read", "swap", "reserve_turn", "count_up", "issue_certificate", "get_certificate")
WINDOW = 300
LOST = ("after", ReadTimeoutError(endpoint_url="https://here"))
THROTTLED = client_error("ThrottlingException")
Place = tuple[int, str]


@dataclass
class Steps:
    """Numbers the steps of one issuer, from 1, and has it stop before or after one of them."""

    place: Place | None = None
    stop: Callable[[], None] = lambda: None
    made: list[str] = field(default_factory=list)

    def of(self, target: Any) -> Any:
        """Return the target with its steps watched."""
        steps = self

        class Watched:
            def __getattr__(self, name: str) -> Any:
                method = getattr(target, name)
                return steps.watch(name, method) if name in STEPS else method

        return Watched()

    def watch(self, name: str, method: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **options: Any) -> Any:
            self.made.append(name)
            number = len(self.made)
            self._pass(number, "before")
            try:
                return method(*arguments, **options)
            finally:
                self._pass(number, "after")

        return call

    def _pass(self, *place: Any) -> None:
        if place == self.place:
            self.stop()


@dataclass(frozen=True)
class SetClock:
    """The test's clock as a machine shows it whose time of day is off by ``offset``."""

    clock: FakeClock
    offset: float = 0.0

    def now(self) -> float:
        return self.clock.now() + self.offset

    def monotonic(self) -> float:
        return self.clock.monotonic()

    def sleep(self, seconds: float) -> None:
        self.clock.sleep(seconds)


class SharedLedger(MemoryLedger):
    """A ledger whose users have a second clock in common, as those of one machine and those of DynamoDB have."""

    def instant(self, clock: Clock) -> Instant:
        return Instant(clock.now(), clock.monotonic(), "in common")


def find_by_key(client: FakeClient) -> Callable[..., str | None]:
    """Return a recovery that knows all that the CA has issued."""

    def recover(request: IssuanceRequest, _sent_at: float, known: Any) -> str | None:
        key = x509.load_pem_x509_csr(request.csr.encode()).public_key()
        made = {arn: x509.load_pem_x509_certificate(pem.encode()) for arn, pem in client.certificates.items()}
        return next((arn for arn, one in made.items() if arn not in known and one.public_key() == key), None)

    return recover


def make_issuer(client: FakeClient, ledger: Ledger, clock: Clock, me: Holder, steps: Steps | None = None) -> Issuer:
    steps = steps or Steps()
    retries = RetryPolicy(jitter=lambda: 1.0)
    return Issuer(
        PrivateCaApi(steps.of(client), clock=clock, retries=retries),
        steps.of(ledger),
        clock,
        lambda _sentence: None,
        Patience(retries=retries, holder_interval=30.0),
        Limits(breaker=Breaker(max_issuances=10**6)),
        find_by_key(client),
        me=lambda: me,
    )


def list_steps(faults: tuple[Any, ...]) -> list[str]:
    """Return the steps of an issuer that meets these faults of the service."""
    clock = FakeClock()
    client, steps = FakeClient(clock), Steps()
    client.issue_faults = list(faults)
    make_issuer(client, SharedLedger(), clock, this_process(), steps).issue(make_request(CSR))
    assert set(steps.made) == set(STEPS)
    return steps.made


def list_places(faults: tuple[Any, ...]) -> list[Place]:
    """Return every place that such an issuer comes by."""
    return list(itertools.product(range(1, len(list_steps(faults)) + 1), ("before", "after")))


DEAD = dataclasses.replace(this_process(), pid=2**22 + 1, started="1")
ELSEWHERE = dataclasses.replace(this_process(), machine="another boot/1", pid=7)


@pytest.fixture(params=["SQLite", "DynamoDB"])
def ledger(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Ledger]:
    if request.param == "SQLite":
        file = SqliteLedger(tmp_path / "ledger.sqlite3")
        yield file
        file.close()
        return
    with mock_aws():
        keys = {"aws_access_key_id": "testing", "aws_secret_access_key": "testing"}
        make_client: Any = boto3.client
        table = DynamoDbLedger(make_client("dynamodb", region_name="eu-central-1", **keys), "ledger")
        table.create_table()
        yield table


@pytest.mark.parametrize("killed", [DEAD, ELSEWHERE], ids=["of this machine", "of another machine"])
def test_a_kill_at_any_step_costs_no_second_certificate(ledger: Ledger, killed: Holder) -> None:
    def die() -> None:
        raise Killed

    clock = FakeClock()
    client = FakeClient(clock)
    cases = enumerate(itertools.product(list_places((LOST,)), (0, 2 * WINDOW)), 1)
    for number, (place, later) in cases:
        request = make_request(CSR, validity=Validity("DAYS", number))
        client.issue_faults = [LOST]
        with pytest.raises(Killed):
            make_issuer(client, ledger, clock, killed, Steps(place, die)).issue(request)
        clock.advance(later)
        client.issue_faults = []
        issuance = make_issuer(client, ledger, clock, this_process()).issue(request)
        assert list(client.certificates)[number - 1 :] == [issuance.certificate.arn], (place, later)


@dataclass(frozen=True)
class Pause:
    """One issuer stands still for ``before`` seconds, then another one runs to its end, and ``after`` seconds later
    the first one goes on. The other's time of day is off by ``offset``."""

    place: Place
    before: float
    after: float
    offset: float


def run_interleaved(pause: Pause, client: FakeClient, clock: FakeClock, rival: Holder) -> set[str]:
    """Return the ARNs that the two got, and a plain run after them; one of the two may give up."""
    ledger, stopped, resumed = SharedLedger(), threading.Event(), threading.Event()
    arns: set[str] = set()

    def stand_still() -> None:
        stopped.set()
        assert resumed.wait(60)

    def run(issuer: Issuer) -> None:
        with suppress(PrivateCaError):  # it gave up, on the other one or on the service
            arns.add(issuer.issue(make_request(CSR)).certificate.arn)

    first = make_issuer(client, ledger, clock, this_process(), Steps(pause.place, stand_still))
    thread = threading.Thread(target=run, args=(first,), daemon=True)
    thread.start()
    assert stopped.wait(60)
    clock.advance(pause.before)
    run(make_issuer(client, ledger, SetClock(clock, pause.offset), rival))
    clock.advance(pause.after)
    resumed.set()
    thread.join(60)
    return {*arns, make_issuer(client, ledger, clock, this_process()).issue(make_request(CSR)).certificate.arn}


def list_pauses(faults: tuple[Any, ...]) -> Iterator[Pause]:
    steps = list_steps(faults)
    times = itertools.product((0, 61, 245, WINDOW + 20), (0, WINDOW + 20), (0, -200, 3600))
    for place, (before, after, offset) in itertools.product(list_places(faults), times):
        about_to_send = place[1] == "before" and steps[place[0] - 1] == "issue_certificate"
        if not (about_to_send and before + after > WINDOW):  # docs/decisions/0002-lost-replies.md: what is left
            yield Pause(place, before, after, offset)


@pytest.mark.parametrize("faults", [(), (THROTTLED, LOST)], ids=["no fault", "throttling and a lost reply"])
def test_one_who_stood_still_at_any_step_and_was_replaced_asks_for_no_second_certificate(
    faults: tuple[Any, ...],
) -> None:
    for pause in list_pauses(faults):
        clock = FakeClock()
        client = FakeClient(clock)
        client.issue_faults = list(faults)
        assert run_interleaved(pause, client, clock, ELSEWHERE) == set(client.certificates), pause
        assert len(client.certificates) == 1, pause
