# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What moto answers behind the emulator's endpoint keeps the promises that its clients build on."""

from __future__ import annotations

import sys
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import pytest
from botocore import xform_name
from botocore.exceptions import ConnectionClosedError

from conditions import wait_until
from private_ca_emulator.control import ControlError, EmulatorControl

from .support import refusal

LIMIT, CLIENTS, ATTEMPTS = 40, 8, 20


@pytest.fixture
def hasty_threads() -> Iterator[None]:
    """Let Python change threads every few instructions, so that what is not atomic shows."""
    usual = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(usual)


def test_a_request_to_another_service_is_counted_beside_those_to_the_ca(
    make_client: Callable[..., Any], control: EmulatorControl
) -> None:
    make_client("sts").get_caller_identity()
    make_client("acm-pca").list_certificate_authorities()
    assert [request["service"] for request in control.other_requests()] == ["sts"]
    assert [request["operation"] for request in control.requests()] == ["ListCertificateAuthorities"]
    control.clear_requests()
    assert control.requests() == control.other_requests() == []


def make_table(client: Any, name: str) -> str:
    """Make a table of items by `pk`, and return its name."""
    client.create_table(
        TableName=name,
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    return name


@pytest.mark.usefixtures("hasty_threads")
def test_a_conditional_write_to_a_table_is_atomic(make_client: Callable[..., Any]) -> None:
    clients = [make_client("dynamodb") for _number in range(CLIENTS)]
    make_table(clients[0], "counters")

    def count_up(client: Any) -> int:
        return sum(add_one(client) for _attempt in range(ATTEMPTS))

    with ThreadPoolExecutor(CLIENTS) as threads:
        counted = sum(threads.map(count_up, clients))
    item = clients[0].get_item(TableName="counters", Key={"pk": {"S": "one"}})["Item"]
    assert counted == int(item["count"]["N"]) == LIMIT


def add_one(client: Any) -> int:
    """Add one to the counter below its limit; return how much was added."""
    try:
        client.update_item(
            TableName="counters",
            Key={"pk": {"S": "one"}},
            UpdateExpression="ADD #count :one",
            ConditionExpression="attribute_not_exists(#count) OR #count < :limit",
            ExpressionAttributeNames={"#count": "count"},
            ExpressionAttributeValues={":one": {"N": "1"}, ":limit": {"N": str(LIMIT)}},
        )
    except client.exceptions.ConditionalCheckFailedException:
        return 0
    return 1


@dataclass(frozen=True)
class Shelf:
    """A table of DynamoDB whose writes are struck."""

    client: Any
    table: str

    def put(self, key: str, version: int = 1) -> Any:
        """Write an item."""
        item = {"pk": {"S": key}, "version": {"N": str(version)}}
        return self.client.put_item(TableName=self.table, Item=item)

    def keys(self) -> list[str]:
        """Return the keys of what was written, sorted."""
        return sorted(item["pk"]["S"] for item in self.client.scan(TableName=self.table)["Items"])


@pytest.fixture
def shelf(make_client: Callable[..., Any]) -> Shelf:
    client = make_client("dynamodb")
    return Shelf(client, make_table(client, f"shelf-{uuid.uuid4()}"))


@pytest.mark.parametrize(("point", "written_while_held"), [("before", ["other"]), ("after", ["held", "other"])])
def test_a_request_to_another_service_is_held_by_what_it_carries_and_the_rest_goes_on(
    shelf: Shelf, control: EmulatorControl, point: str, written_while_held: list[str]
) -> None:
    control.fault("hold", "dynamodb:PutItem", point=point, match={"Item.version.N": "3", "access_key": "AKIAEXAMPLE"})
    with ThreadPoolExecutor() as pool:
        waiting = pool.submit(shelf.put, "held", 3)
        wait_until(control.held, "the write is held")
        shelf.put("other", 2)
        assert shelf.keys() == written_while_held
        (held,) = control.held()
        assert (held["operation"], held["point"]) == ("dynamodb:PutItem", point)
        assert control.release(held["id"]) == 1 and waiting.result()
    assert shelf.keys() == ["held", "other"]


@pytest.mark.parametrize(("point", "written"), [("before", ["third"]), ("after", ["second", "third"])])
def test_a_reply_of_another_service_is_lost_at_the_call_with_the_number(
    shelf: Shelf, control: EmulatorControl, point: str, written: list[str]
) -> None:
    control.fault("throttle", "dynamodb:PutItem", calls=[1])
    control.fault("lost_reply", "dynamodb:PutItem", calls=[2], point=point)
    assert refusal(shelf.put, "first")[0] == "ThrottlingException"
    with pytest.raises(ConnectionClosedError):
        shelf.put("second")
    shelf.put("third")
    assert shelf.keys() == written


REFUSALS = [
    ("dynamodb:ListTables", {}, ("ThrottlingException", "AccessDeniedException")),
    ("s3:ListBuckets", {}, ("SlowDown", "AccessDenied")),
    ("s3:GetObject", {"Bucket": "reports", "Key": "audit-report/1.json"}, ("SlowDown", "AccessDenied")),
    ("sts:GetCallerIdentity", {}, ("Throttling", "AccessDenied")),
]


@pytest.mark.parametrize(("operation", "members", "codes"), REFUSALS)
def test_each_service_refuses_in_its_own_shape(
    make_client: Callable[..., Any],
    control: EmulatorControl,
    operation: str,
    members: dict[str, str],
    codes: tuple[str, str],
) -> None:
    service, _colon, name = operation.partition(":")
    call = getattr(make_client(service), xform_name(name))
    for kind, code in zip(("throttle", "access_denied", "unavailable"), (*codes, "ServiceUnavailable"), strict=True):
        fault = control.fault(kind, operation, match=members)
        told, message = refusal(call, **members)
        assert told == code and message
        control.clear_faults(fault)
    control.fault("error", operation, code="Scripted", message="Said <so>", status=500)
    assert refusal(call, **members) == ("Scripted", "Said <so>")


@pytest.mark.parametrize("operation", ["dynamodb:IssueCertificate", "dynamo:PutItem", "acm:IssueCertificate", ":"])
def test_a_fault_for_an_operation_that_no_service_has_is_refused(control: EmulatorControl, operation: str) -> None:
    with pytest.raises(ControlError, match="no operation"):
        control.fault("throttle", operation)


def test_what_only_the_ca_does_late_is_refused_elsewhere(control: EmulatorControl) -> None:
    with pytest.raises(ControlError, match="fails late"):
        control.fault("late_failure", "dynamodb:PutItem")
    control.fault("late_failure", "acm-pca:IssueCertificate")
    assert [fault["operation"] for fault in control.faults()] == ["IssueCertificate"]
