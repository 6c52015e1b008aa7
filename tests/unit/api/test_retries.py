# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A change whose reply was lost is not mistaken for one that AWS refuses, nor a refusal for a change."""

from __future__ import annotations

import io
from typing import Any

import boto3
import pytest
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._acm_pca.errors import UnreadableReply
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._acm_pca.retries import (
    RetryPolicy,
    call_with_retries,
    carry_out,
)
from ansible_collections.fleet_pki.aws_private_ca.tests.unit.api.fakes import FakeClock, client_error
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders
from botocore.config import Config
from botocore.exceptions import ClientError, EndpointConnectionError, ReadTimeoutError

LOST = ReadTimeoutError(endpoint_url="https://acm-pca")
BROKEN = client_error("InternalFailure", status=500)
NEVER_SENT = EndpointConnectionError(endpoint_url="https://acm-pca")
THROTTLED = client_error("ThrottlingException")
GONE = client_error("ResourceNotFoundException")
OTHER = client_error("InvalidStateException")


def name(answers: tuple[Exception | None, ...]) -> str:
    told = [one.response["Error"]["Code"] if isinstance(one, ClientError) else type(one).__name__ for one in answers]
    return " then ".join(told)


def attempt(*answers: Exception | None) -> None:
    """Carry out a deletion that is answered so, in turn; None stands for success."""
    waiting = list(answers)

    def call() -> None:
        answer = waiting.pop(0)
        if answer is not None:
            raise answer

    carry_out(call, RetryPolicy(), FakeClock(), lambda refusal: refusal.code == "ResourceNotFoundException")
    assert waiting == []


@pytest.mark.parametrize(
    "answers",
    [(None,), (LOST, None), (LOST, GONE), (BROKEN, GONE), (LOST, THROTTLED, GONE), (LOST, NEVER_SENT, GONE)],
    ids=name,
)
def test_it_is_done_when_it_is_refused_after_a_reply_was_lost(answers: tuple[Exception | None, ...]) -> None:
    attempt(*answers)


@pytest.mark.parametrize("answers", [(GONE,), (THROTTLED, GONE), (NEVER_SENT, GONE), (LOST, OTHER), (OTHER,)], ids=name)
def test_it_is_refused_when_no_attempt_can_have_done_it(answers: tuple[Exception | None, ...]) -> None:
    with pytest.raises(ClientError):
        attempt(*answers)


class Body(io.BytesIO):
    """A body as urllib3 gives it."""

    def stream(self) -> Any:
        yield self.read()


def connect_stranger(service: str, status: int, body: str) -> Any:
    """Return a boto3 client whose every request is answered with this body."""
    config = Config(retries={"total_max_attempts": 1, "mode": "standard"})
    keys = {"aws_access_key_id": "a", "aws_secret_access_key": "b"}
    client: Any = boto3.client(service, region_name="eu-central-1", config=config, **keys)  # type: ignore[call-overload]
    answer = AWSResponse("https://here", status, HTTPHeaders(), Body(body.encode()))
    client.meta.events.register("before-send", lambda **_request: answer)
    return client


@pytest.mark.parametrize(
    ("service", "operation", "status", "body"),
    [
        ("sts", "get_caller_identity", 200, "<html><body>Please log in</body></html>"),
        ("sts", "get_caller_identity", 200, "{}"),
        ("acm-pca", "list_certificate_authorities", 200, "[]"),
        ("acm-pca", "list_certificate_authorities", 200, "null"),
        ("acm-pca", "list_certificate_authorities", 200, '"Please log in"'),
        ("acm-pca", "list_certificate_authorities", 200, '{"CertificateAuthorities": 5}'),
        ("acm-pca", "list_certificate_authorities", 200, '{"CertificateAuthorities": [{"CreatedAt": "now"}]}'),
        ("acm-pca", "list_certificate_authorities", 403, "[]"),
        ("dynamodb", "list_tables", 200, "[]"),
    ],
)
def test_a_reply_on_which_a_parser_of_botocore_stumbles_is_one_that_cannot_be_read(
    service: str, operation: str, status: int, body: str
) -> None:
    client = connect_stranger(service, status, body)
    with pytest.raises(UnreadableReply, match="its reply cannot be read: "):
        call_with_retries(getattr(client, operation), RetryPolicy(), FakeClock())


def test_an_error_of_programming_beside_a_reply_stays_one() -> None:
    def read_beside(reply: dict[str, Any]) -> Any:
        return reply["Nothing"]

    client = connect_stranger("acm-pca", 200, "{}")
    with pytest.raises(KeyError, match="Nothing"):
        call_with_retries(lambda: read_beside(client.list_certificate_authorities()), RetryPolicy(), FakeClock())
