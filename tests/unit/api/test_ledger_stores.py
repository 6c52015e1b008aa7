# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every store of the ledger behaves alike: compare-and-swap, shared pace, counters. DynamoDB is moto's."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from email.utils import formatdate
from pathlib import Path
from typing import Any

import boto3
import botocore.session
import pytest
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._errors import LedgerError
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._ledger.dynamodb_store import DynamoDbLedger
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._ledger.holders import this_process
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._ledger.limits import (
    Breaker,
    Counter,
    Pace,
    choose_counter,
)
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._ledger.memory_store import MemoryLedger
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._ledger.records import (
    Instant,
    Record,
    dump_record,
    load_record,
)
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._ledger.sqlite_store import SqliteLedger
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._ledger.stores import Ledger
from ansible_collections.fleet_pki.aws_private_ca.tests.unit.api.fakes import AUTHORITY, START, FakeClock
from botocore.exceptions import ClientError, ReadTimeoutError
from moto import mock_aws

FIRST = Record(
    token="a" * 36,
    terms={"certificate_authority_arn": AUTHORITY, "validity": "DAYS:90"},
    host="web1",
    lineage="web",
    holder=this_process(),
    lease_until=START + 60,
    created_at=START,
    updated_at=START,
    sent=Instant(START, 7.5, "a boot"),
)


YEAR = 365 * 86400


def changed(record: Record, **members: Any) -> Record:
    return dataclasses.replace(record, version=record.version + 1, **members)


@pytest.fixture
def dynamodb(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    with mock_aws():
        yield boto3.client("dynamodb", region_name="eu-central-1")


@pytest.fixture(params=["sqlite", "dynamodb", "none"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Ledger]:
    with ExitStack() as stack:
        if request.param == "none":
            yield MemoryLedger()
        elif request.param == "sqlite":
            ledger = SqliteLedger(tmp_path / "ledger.sqlite3")
            stack.callback(ledger.close)
            yield ledger
        else:
            table = DynamoDbLedger(request.getfixturevalue("dynamodb"), "ledger", clock=FakeClock())
            table.create_table()
            yield table


def test_a_record_is_written_once_and_then_only_over_the_version_that_was_read(store: Ledger) -> None:
    assert store.read(FIRST.token) is None
    assert store.swap(FIRST, None)
    rival = dataclasses.replace(FIRST, host="web2")
    assert not store.swap(rival, None)
    second = changed(FIRST, certificate_arn="arn", state="asked", holder=None)
    assert store.swap(second, FIRST.version)
    assert not store.swap(changed(FIRST, failure="stale"), FIRST.version)
    assert not store.swap(changed(FIRST, failure="ahead"), second.version + 1)
    assert store.read(FIRST.token) == second
    assert list(store.records()) == [second]


def test_the_pace_hands_out_turns_at_its_rate_after_the_burst(store: Ledger) -> None:
    pace = Pace(per_second=5)
    waits = [store.reserve_turn("pace:x", pace, START) for _number in range(25)]
    assert waits[:5] == pytest.approx([0.0] * 5, abs=1e-5)
    assert waits[5:] == pytest.approx([number / 5 for number in range(1, 21)], abs=1e-5)
    assert store.reserve_turn("pace:other", pace, START) == 0.0
    assert store.reserve_turn("pace:x", pace, START + 60) == 0.0


def test_a_pace_planned_far_ahead_by_a_clock_that_was_set_back_is_begun_anew(store: Ledger) -> None:
    pace = Pace(per_second=20)
    store.reserve_turn("pace:x", pace, START + 86400)
    assert store.reserve_turn("pace:x", pace, START) == 0.0


def test_a_slow_pace_lets_one_through_at_a_time_however_many_wait() -> None:
    ledger, pace = MemoryLedger(), Pace(per_second=0.1)
    waits = [ledger.reserve_turn("pace:x", pace, START) for _number in range(50)]
    assert waits == pytest.approx([10.0 * number for number in range(50)])


def test_a_counter_stops_at_its_limit(store: Ledger) -> None:
    assert store.count("issuances:x") == 0
    assert [store.count_up(Counter("issuances:x", 2, START)) for _number in range(4)] == [1, 2, None, None]
    assert store.count("issuances:x") == 2
    assert store.count_up(Counter("issuances:y", 0, START)) is None


def test_a_record_of_a_later_release_keeps_what_this_one_does_not_know() -> None:
    text = dump_record(FIRST).replace('"host": "web1"', '"host": "web1", "colour": "blue"')
    loaded = load_record(FIRST.token, text, 7)
    assert (loaded.version, loaded.extra) == (7, {"colour": "blue"})
    assert load_record(FIRST.token, dump_record(loaded), 7) == loaded


class LosesReplies:
    """A DynamoDB client whose first conditional write is carried out and its reply lost."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self.lost = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)

    def put_item(self, **parameters: Any) -> Any:
        reply = self._client.put_item(**parameters)
        if not self.lost:
            self.lost += 1
            raise ReadTimeoutError(endpoint_url="https://here")
        return reply


def test_a_swap_whose_reply_was_lost_is_known_to_be_ones_own(dynamodb: Any) -> None:
    DynamoDbLedger(dynamodb, "ledger", clock=FakeClock()).create_table()
    client = LosesReplies(dynamodb)
    assert DynamoDbLedger(client, "ledger", clock=FakeClock()).swap(FIRST, None)
    assert client.lost == 1


class Dates:
    """A DynamoDB client whose replies are dated by the clock of the service."""

    def __init__(self, clock: FakeClock) -> None:
        self.clock = clock

    def get_item(self, **_parameters: Any) -> Any:
        date = formatdate(self.clock.now(), usegmt=True)
        return {"ResponseMetadata": {"HTTPHeaders": {"date": date, "x-amzn-requestid": "1"}}}


def test_control_nodes_whose_clocks_differ_agree_on_how_long_ago_something_was() -> None:
    service, fast, slow = FakeClock(), FakeClock(START + 200), FakeClock(START - 200)
    slow.ticks = 5000.0  # booted earlier
    nodes = [DynamoDbLedger(Dates(service), "ledger", clock=clock) for clock in (fast, slow)]
    nodes[0].read("token")
    sent = nodes[0].instant(fast)
    for clock in (service, fast, slow):
        clock.advance(320)
    nodes[1].read("token")
    slow.advance(5)
    assert sent.age(nodes[1].instant(slow)) == 325


def test_the_table_is_billed_on_demand_and_forgets_what_has_long_expired(dynamodb: Any) -> None:
    ledger = DynamoDbLedger(dynamodb, "ledger", clock=FakeClock())
    ledger.create_table()
    ledger.create_table()
    table = dynamodb.describe_table(TableName="ledger")["Table"]
    assert table["BillingModeSummary"]["BillingMode"] == "PAY_PER_REQUEST"
    described = dynamodb.describe_time_to_live(TableName="ledger")["TimeToLiveDescription"]
    assert (described["TimeToLiveStatus"], described["AttributeName"]) == ("ENABLED", "expires")
    ledger.swap(dataclasses.replace(FIRST, not_after=START), None)
    counter = choose_counter(Breaker(5, period=10 * YEAR), AUTHORITY, START)
    ledger.count_up(counter)
    kept_until = {}
    for key in (f"record#{FIRST.token}", counter.key):
        kept_until[key] = int(dynamodb.get_item(TableName="ledger", Key={"pk": {"S": key}})["Item"]["expires"]["N"])
    assert kept_until[f"record#{FIRST.token}"] == START + 90 * 86400
    assert START < counter.until <= START + 10 * YEAR
    assert kept_until[counter.key] > counter.until


def test_a_record_of_a_later_schema_is_left_alone(dynamodb: Any) -> None:
    ledger = DynamoDbLedger(dynamodb, "ledger", clock=FakeClock())
    ledger.create_table()
    ledger.swap(FIRST, None)
    key = {"pk": {"S": f"record#{FIRST.token}"}}
    dynamodb.update_item(
        TableName="ledger",
        Key=key,
        UpdateExpression="SET #schema = :later",
        ExpressionAttributeNames={"#schema": "schema"},
        ExpressionAttributeValues={":later": {"N": "2"}},
    )
    with pytest.raises(LedgerError, match=r"DynamoDB table ledger\): a newer release wrote it"):
        ledger.read(FIRST.token)


WITHOUT_RECORD = {"schema": {"N": "1"}, "version": {"N": "1"}}
TEXTS = ["[]", "{", '"text"', "{}", '{"token": "x"}', '{"token": "x", "terms": {}, "holder": {"pid": 1}}']
GARBAGE = [{}, WITHOUT_RECORD, *({**WITHOUT_RECORD, "record": {"S": text}} for text in TEXTS)]


@pytest.mark.parametrize("garbage", GARBAGE)
def test_a_record_that_cannot_be_read_is_told_and_left_alone(dynamodb: Any, garbage: dict[str, Any]) -> None:
    ledger = DynamoDbLedger(dynamodb, "ledger", clock=FakeClock())
    ledger.create_table()
    item = {"pk": {"S": f"record#{FIRST.token}"}, **garbage}
    dynamodb.put_item(TableName="ledger", Item=item)
    for use in (lambda: ledger.read(FIRST.token), lambda: list(ledger.records()), lambda: ledger.swap(FIRST, None)):
        with pytest.raises(LedgerError, match=rf"record of token {FIRST.token} is damaged.*\. Restore"):
            use()
    assert dynamodb.get_item(TableName="ledger", Key={"pk": item["pk"]})["Item"] == item


@pytest.mark.parametrize("read_only", [False, True])
def test_a_missing_table_is_told_with_the_option_that_creates_it(dynamodb: Any, *, read_only: bool) -> None:
    with pytest.raises(LedgerError, match="ledger_create_table"):
        DynamoDbLedger(dynamodb, "nowhere", clock=FakeClock(), read_only=read_only).read("token")


def test_a_table_that_is_to_be_created_is_empty_for_check_mode_and_stays_away(dynamodb: Any) -> None:
    ledger = DynamoDbLedger(dynamodb, "ledger", clock=FakeClock(), create_missing=True, read_only=True)
    assert ledger.read("token") is None
    assert list(ledger.records()) == []
    assert dynamodb.list_tables()["TableNames"] == []


class Watched:
    """A client of DynamoDB that notes what was called, and to which a new table is not there for some looks."""

    def __init__(self, client: Any, looks: int = 0) -> None:
        self.client, self.looks = client, looks
        self.called: list[str] = []

    def __getattr__(self, method: str) -> Any:
        self.called.append(method)
        return getattr(self.client, method)

    def describe_table(self, **parameters: Any) -> Any:
        if self.looks:
            self.looks -= 1
            raise ClientError({"Error": {"Code": "ResourceNotFoundException", "Message": "no"}}, "DescribeTable")
        return self.client.describe_table(**parameters)


def test_the_first_call_that_misses_the_table_creates_it_and_waits_until_it_is_seen(dynamodb: Any) -> None:
    ledger = DynamoDbLedger(Watched(dynamodb, looks=3), "ledger", clock=FakeClock(), create_missing=True)
    assert ledger.read(FIRST.token) is None
    assert ledger.swap(FIRST, None)
    described = dynamodb.describe_time_to_live(TableName="ledger")["TimeToLiveDescription"]
    assert described["TimeToLiveStatus"] == "ENABLED"


@pytest.mark.parametrize("operation", ["DescribeTable", "DescribeTimeToLive", "UpdateTimeToLive"])
def test_a_table_that_is_created_and_then_not_finished_is_told_with_what_it_lacks_for_good(
    dynamodb: Any, operation: str
) -> None:
    denied = Refuses(dynamodb, operation, "AccessDeniedException")
    for_good = r"Allow .+UpdateTimeToLive\), and set the table's time to live by hand, on the attribute expires"
    with pytest.raises(LedgerError, match=for_good):
        DynamoDbLedger(denied, "ledger", clock=FakeClock(), create_missing=True).read("token")
    assert dynamodb.list_tables()["TableNames"] == ["ledger"]


def test_a_table_that_could_not_be_created_lacks_nothing_yet(dynamodb: Any) -> None:
    denied = Refuses(dynamodb, "CreateTable", "AccessDeniedException")
    with pytest.raises(LedgerError, match=r"UpdateTimeToLive\)\.$"):
        DynamoDbLedger(denied, "ledger", clock=FakeClock(), create_missing=True).read("token")


def test_a_table_that_is_not_seen_in_time_is_told_with_what_it_lacks_for_good(dynamodb: Any) -> None:
    ledger = DynamoDbLedger(Watched(dynamodb, looks=1000), "ledger", clock=FakeClock(), create_missing=True)
    with pytest.raises(LedgerError, match=r"not active after 120 seconds.*Run again, and set the table's time to live"):
        ledger.read("token")


def test_a_table_that_is_there_is_used_without_a_call_for_its_creation(dynamodb: Any) -> None:
    DynamoDbLedger(dynamodb, "ledger", clock=FakeClock()).create_table()
    client = Watched(dynamodb)
    ledger = DynamoDbLedger(client, "ledger", clock=FakeClock(), create_missing=True)
    ledger.swap(FIRST, None)
    ledger.read(FIRST.token)
    assert client.called == ["put_item", "get_item"]


CALLS: dict[str, Callable[[Ledger], Any]] = {
    "GetItem": lambda ledger: ledger.read("token"),
    "PutItem": lambda ledger: ledger.swap(FIRST, None),
    "UpdateItem": lambda ledger: ledger.count_up(Counter("issuances", 5, START)),
    "Scan": lambda ledger: list(ledger.records()),
    "CreateTable": lambda ledger: ledger.create_table(),  # type: ignore[attr-defined]
    "DescribeTable": lambda ledger: ledger.create_table(),  # type: ignore[attr-defined]
    "DescribeTimeToLive": lambda ledger: ledger.create_table(),  # type: ignore[attr-defined]
    "UpdateTimeToLive": lambda ledger: ledger.create_table(),  # type: ignore[attr-defined]
}


class Portal:
    """A client of DynamoDB behind a proxy that answers every call with its own page, as botocore reads it."""

    def __getattr__(self, _method: str) -> Any:
        headers = {"content-type": "text/html", "date": formatdate(START, usegmt=True)}
        return lambda **_parameters: {"ResponseMetadata": {"HTTPStatusCode": 200, "HTTPHeaders": headers}}


@pytest.mark.parametrize("operation", CALLS)
def test_a_page_of_a_proxy_is_neither_an_empty_ledger_nor_a_write_that_was_done(operation: str) -> None:
    with pytest.raises(LedgerError, match=r"its reply has no .+What answers is not DynamoDB: check"):
        CALLS[operation](DynamoDbLedger(Portal(), "ledger", clock=FakeClock(), create_missing=True))


def test_records_are_read_page_by_page(dynamodb: Any) -> None:
    ledger = DynamoDbLedger(dynamodb, "ledger", clock=FakeClock())
    ledger.create_table()
    large = {**FIRST.terms, "api_passthrough": "x" * 100_000}
    for number in range(15):
        ledger.swap(dataclasses.replace(FIRST, token=f"{number:036x}", terms=large), None)
    assert len(list(ledger.records())) == 15


def test_denied_access_names_the_actions_to_allow(dynamodb: Any) -> None:
    class Denies:
        def get_item(self, **_parameters: Any) -> Any:
            raise ClientError({"Error": {"Code": "AccessDeniedException", "Message": "no"}}, "GetItem")

    with pytest.raises(LedgerError, match="Allow dynamodb:GetItem"):
        DynamoDbLedger(Denies(), "ledger", clock=FakeClock()).read("token")


MODEL = botocore.session.get_session().get_service_model("dynamodb")
DECLARED = [(name, shape.name) for name in CALLS for shape in MODEL.operation_model(name).error_shapes]
BORNE = {  # another process was faster
    ("PutItem", "ConditionalCheckFailedException"),
    ("UpdateItem", "ConditionalCheckFailedException"),
    ("CreateTable", "ResourceInUseException"),
}
WAITED_FOR = {("DescribeTable", "ResourceNotFoundException"): "it is not active after 120 seconds"}


class Refuses:
    """A client of DynamoDB that refuses one operation, always, and notes what was called."""

    def __init__(self, client: Any, operation: str, code: str) -> None:
        self.client, self.operation, self.code = client, operation, code
        self.called: set[str] = set()

    def __getattr__(self, method: str) -> Any:
        operation = "".join(part.capitalize() for part in method.split("_"))
        self.called.add(operation)
        if operation != self.operation:
            return getattr(self.client, method)
        error = ClientError({"Error": {"Code": self.code, "Message": "Scripted."}}, operation)

        def refuse(**_parameters: Any) -> Any:
            raise error

        return refuse


@pytest.mark.parametrize(("operation", "code"), DECLARED, ids="-".join)
def test_an_error_that_dynamodb_declares_says_what_failed_where_and_what_to_do(
    dynamodb: Any, operation: str, code: str
) -> None:
    DynamoDbLedger(dynamodb, "ledger", clock=FakeClock()).create_table()
    if operation == "UpdateTimeToLive":
        off = {"Enabled": False, "AttributeName": "expires"}
        dynamodb.update_time_to_live(TableName="ledger", TimeToLiveSpecification=off)
    client = Refuses(dynamodb, operation, code)
    ledger = DynamoDbLedger(client, "ledger", clock=FakeClock())
    if (operation, code) in BORNE:
        CALLS[operation](ledger)
    else:
        cause = WAITED_FOR.get((operation, code), rf"Scripted \({code}\)")
        told = rf"Failed to .+ \(DynamoDB table ledger\): {cause}\. [A-Z].+\."
        with pytest.raises(LedgerError, match=told):
            CALLS[operation](ledger)
    assert client.called <= set(CALLS)
