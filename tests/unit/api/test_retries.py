# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A change whose reply was lost is not mistaken for one that AWS refuses, nor a refusal for a change."""

from __future__ import annotations

import pytest
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._acm_pca.retries import RetryPolicy, carry_out
from ansible_collections.fleet_pki.aws_private_ca.tests.unit.api.fakes import FakeClock, client_error
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
