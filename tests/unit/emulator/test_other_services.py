# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What moto answers behind the emulator's endpoint keeps the promises that its clients build on."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from private_ca_emulator.control import EmulatorControl

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


@pytest.mark.usefixtures("hasty_threads")
def test_a_conditional_write_to_a_table_is_atomic(make_client: Callable[..., Any]) -> None:
    clients = [make_client("dynamodb") for _number in range(CLIENTS)]
    key = {"AttributeName": "pk", "KeyType": "HASH"}
    clients[0].create_table(
        TableName="counters",
        KeySchema=[key],
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )

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
