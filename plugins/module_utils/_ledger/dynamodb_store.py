# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The store for several control nodes: one DynamoDB table, written by conditional writes only.

A record is an item ``record#<token>``, a pace ``pace:...``, a counter ``issuances:...``. A write whose reply was lost
is told from one that another process won by reading the item back: a record names its writer. Items that no one can
need any more go by the table's time to live (attribute ``expires``). The service's own clock, which dates its replies,
is the one that all control nodes have in common.
"""

from __future__ import annotations

from contextlib import contextmanager
from email.utils import parsedate_to_datetime
from typing import Any, Callable, Iterable, Iterator, Mapping, TypeVar

from .._acm_pca.errors import THROTTLING_CODES, BotoCoreError, ClientError, IncompleteReply, read_fault, take_member
from .._acm_pca.retries import RetryPolicy, call_with_retries
from .._clock import Clock, SystemClock
from .._errors import LedgerError
from .holders import this_instant
from .limits import Counter, Pace, next_turn
from .records import DamagedRecord, Instant, Record, dump_record, load_record, refuse_newer

_RECORD_PREFIX = "record#"
_KEPT_AFTER_EXPIRY = 90 * 86400
_KEPT_UNFINISHED = 400 * 86400
_KEPT_COUNTERS = 35 * 86400
_SCHEMA = 1
_CREATION_SECONDS = 120.0
_NOT_THERE = "ResourceNotFoundException"
_MARKS = ("x-amzn-requestid", "x-amz-crc32")  # headers of DynamoDB's replies, some of which have no member at all
_UNFINISHED = ", and set the table's time to live by hand, on the attribute expires: later runs do not"
_STRANGER = "What answers is not DynamoDB: check ledger_endpoint_url and the proxies on the way"

Result = TypeVar("Result")

_REMEDIES = {
    _NOT_THERE: "Create the table, or set ledger_create_table: true",
    "AccessDeniedException": "Allow dynamodb:GetItem, PutItem, UpdateItem and Scan on the table (with "
    "ledger_create_table also CreateTable, DescribeTable, DescribeTimeToLive and UpdateTimeToLive)",
    "NoCredentialsError": "Give AWS credentials",
    "LimitExceededException": "Let the other tables of the account be made first, and run again",
    "DamagedRecord": DamagedRecord.remedy,
    "IncompleteReply": _STRANGER,
    "UnreadableReply": _STRANGER,
    **dict.fromkeys(THROTTLING_CODES, "Run again later, with fewer at once, or give the table more capacity"),
}


class DynamoDbLedger:
    """A ledger in the table ``table``, over an injected boto3 DynamoDB client whose own retries are off.

    With ``create_missing`` the first call that misses the table creates it; with ``read_only`` besides, a table that is
    not there is empty and stays away.
    """

    remembers = True

    def __init__(
        self,
        client: Any,
        table: str,
        *,
        clock: Clock | None = None,
        create_missing: bool = False,
        read_only: bool = False,
    ) -> None:
        self._client = client
        self._table = table
        self._clock: Clock = clock or SystemClock()
        self._create_missing = create_missing
        self._read_only = read_only
        self._retries = RetryPolicy(deadline=30.0)
        self._service_ahead: float | None = None  # of this clock's ticks

    def create_table(self) -> None:
        """Create the table, billed on demand and with a time to live, unless it is there; return when it is usable.

        An error after the creation says that the time to live is missing: no later run meets a missing table.
        """
        with self._translated("create the ledger's table"):
            try:
                self._send(
                    "create_table",
                    AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
                    KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
                    BillingMode="PAY_PER_REQUEST",
                )
            except (BotoCoreError, ClientError) as error:
                if read_fault(error).code not in ("ResourceInUseException", "TableAlreadyExistsException"):
                    raise
        with self._translated("finish the ledger's table", _UNFINISHED):
            self._wait_until_active()
            self._expire_items()

    def _wait_until_active(self) -> None:
        until = self._clock.monotonic() + _CREATION_SECONDS
        while not self._is_active():
            if self._clock.monotonic() > until:
                raise LedgerError(
                    "Failed to create the ledger's table",
                    because=f"it is not active after {_CREATION_SECONDS:g} seconds",
                    on=f"DynamoDB table {self._table}",
                    remedy=f"Run again{_UNFINISHED}",
                )
            self._clock.sleep(1.0)

    def _is_active(self) -> bool:
        try:
            status = self._send("describe_table")["Table"]["TableStatus"]
        except (BotoCoreError, ClientError) as error:
            if read_fault(error).code != _NOT_THERE:
                raise
            return False  # what was created is not seen everywhere at once
        return status in ("ACTIVE", "UPDATING")

    def _expire_items(self) -> None:
        described = self._send("describe_time_to_live")["TimeToLiveDescription"]
        if described.get("TimeToLiveStatus", "DISABLED") != "DISABLED":
            return
        try:
            specification = {"Enabled": True, "AttributeName": "expires"}
            self._send("update_time_to_live", TimeToLiveSpecification=specification)
        except (BotoCoreError, ClientError) as error:
            if read_fault(error).code != "ValidationException":  # another process was faster
                raise

    def instant(self, clock: Clock) -> Instant:
        """Return the time by ``clock`` and by the service's own, as its last reply told."""
        if self._service_ahead is None:
            return this_instant(clock)
        return Instant(at=clock.now(), ticks=self._clock.monotonic() + self._service_ahead, source="DynamoDB")

    def read(self, token: str) -> Record | None:
        """Return the record of ``token``."""
        with self._translated("read the ledger"):
            item = self._get(_RECORD_PREFIX + token)
            return None if item is None else self._record_of(item)

    def swap(self, record: Record, expected_version: int | None) -> bool:
        """Write ``record`` if ``expected_version`` is stored (None: nothing is); tell whether it was written."""
        condition: dict[str, Any] = {"ConditionExpression": "attribute_not_exists(pk)"}
        if expected_version is not None:
            condition = {
                "ConditionExpression": "version = :expected",
                "ExpressionAttributeValues": {":expected": {"N": str(expected_version)}},
            }
        with self._translated("write to the ledger"):
            if self._write("put_item", Item=_item_of(record), **condition) is not None:
                return True
            item = self._get(_RECORD_PREFIX + record.token)
            return item is not None and self._record_of(item) == record

    def reserve_turn(self, key: str, pace: Pace, now: float) -> float:
        """Take the next turn of the pace ``key`` and return the seconds until it comes."""
        with self._translated("write to the ledger"):
            while True:
                item = self._get(key)
                planned = None if item is None else float(item["planned"]["N"])
                wait, next_planned = next_turn(pace, planned, now)
                condition: dict[str, Any] = {"ConditionExpression": "attribute_not_exists(pk)"}
                if item is not None:
                    condition = {
                        "ConditionExpression": "planned = :old",
                        "ExpressionAttributeValues": {":old": item["planned"]},
                    }
                written = {"pk": {"S": key}, "planned": {"N": f"{next_planned:.6f}"}}
                if self._write("put_item", Item=written, **condition) is not None:
                    return wait

    def count_up(self, counter: Counter) -> int | None:
        """Add one to the counter unless it has reached its limit; return the new count, or None."""
        if counter.limit < 1:
            return None
        with self._translated("write to the ledger"):
            reply = self._write(
                "update_item",
                Key={"pk": {"S": counter.key}},
                UpdateExpression="ADD issuances :one SET expires = :expires",
                ConditionExpression="attribute_not_exists(issuances) OR issuances < :limit",
                ExpressionAttributeValues={
                    ":one": {"N": "1"},
                    ":limit": {"N": str(counter.limit)},
                    ":expires": {"N": str(int(counter.until) + _KEPT_COUNTERS)},
                },
                ReturnValues="UPDATED_NEW",
            )
            return None if reply is None else int(reply["Attributes"]["issuances"]["N"])

    def count(self, key: str) -> int:
        """Return the counter ``key``."""
        with self._translated("read the ledger"):
            item = self._get(key)
            return 0 if item is None else int(item["issuances"]["N"])

    def records(self) -> Iterable[Record]:
        """Return all records (a scan of the table)."""
        found: list[Record] = []
        start: dict[str, Any] = {}
        with self._translated("read the ledger"):
            while True:
                page = self._call(
                    "scan",
                    ConsistentRead=True,
                    FilterExpression="begins_with(pk, :prefix)",
                    ExpressionAttributeValues={":prefix": {"S": _RECORD_PREFIX}},
                    **start,
                )
                found += [self._record_of(item) for item in take_member(page, "Items")]
                if "LastEvaluatedKey" not in page:
                    return found
                start = {"ExclusiveStartKey": page["LastEvaluatedKey"]}

    def _record_of(self, item: dict[str, Any]) -> Record:
        token = item["pk"]["S"][len(_RECORD_PREFIX) :]
        try:
            schema, version, text = int(item["schema"]["N"]), int(item["version"]["N"]), item["record"]["S"]
        except (KeyError, ValueError) as error:
            raise DamagedRecord(f"the record of token {token} is damaged: it lacks {error}") from error
        refuse_newer(schema, _SCHEMA, f"DynamoDB table {self._table}")
        return load_record(token, text, version)

    def _get(self, key: str) -> dict[str, Any] | None:
        item: dict[str, Any] | None = self._call("get_item", Key={"pk": {"S": key}}, ConsistentRead=True).get("Item")
        return item

    def _write(self, name: str, **parameters: Any) -> dict[str, Any] | None:
        """Return the reply of a conditional write, None when its condition does not hold."""
        try:
            reply: dict[str, Any] = self._call(name, **parameters)
        except (BotoCoreError, ClientError) as error:
            if read_fault(error).code == "ConditionalCheckFailedException":
                return None
            raise
        return reply

    def _call(self, name: str, **parameters: Any) -> Any:
        """Return the reply of a call for items: an empty one, or that after its creation, where a table is missing."""
        try:
            return self._send(name, **parameters)
        except (BotoCoreError, ClientError) as error:
            if not self._create_missing or read_fault(error).code != _NOT_THERE:
                raise
        if self._read_only:
            return {"Items": []}
        self.create_table()
        return self._send(name, **parameters)

    def _send(self, name: str, **parameters: Any) -> Any:
        call: Callable[..., Any] = getattr(self._client, name)
        reply = call_with_retries(lambda: call(TableName=self._table, **parameters), self._retries, self._clock)
        headers = reply.get("ResponseMetadata", {}).get("HTTPHeaders", {})
        if not any(mark in headers for mark in _MARKS):
            raise IncompleteReply(name=" or ".join(_MARKS))
        self._read_date(headers)
        return reply

    def _read_date(self, headers: Mapping[str, str]) -> None:
        try:
            date = parsedate_to_datetime(headers.get("date", "")).timestamp()
        except (TypeError, ValueError):  # a proxy took it away
            return
        self._service_ahead = date - self._clock.monotonic()

    @contextmanager
    def _translated(self, doing: str, besides: str = "") -> Iterator[None]:
        try:
            yield
        except (BotoCoreError, ClientError, ValueError, KeyError) as error:
            fault = read_fault(error)
            raise LedgerError(
                f"Failed to {doing}",
                because=f"{fault.message.rstrip('. ')} ({fault.code})",
                on=f"DynamoDB table {self._table}",
                remedy=_REMEDIES.get(fault.code, "Check the table and its region, then run again") + besides,
                transient=fault.transient or None,
            ) from error


def _item_of(record: Record) -> dict[str, Any]:
    end = record.not_after
    kept_until = record.updated_at + _KEPT_UNFINISHED if end is None else end + _KEPT_AFTER_EXPIRY
    return {
        "pk": {"S": _RECORD_PREFIX + record.token},
        "schema": {"N": str(_SCHEMA)},
        "version": {"N": str(record.version)},
        "record": {"S": dump_record(record)},
        "expires": {"N": str(int(kept_until))},
    }
