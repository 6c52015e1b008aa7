# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Trying again, explicitly and the same with every release of boto3 (whose own retries are off).

Throttling, 5xx, time-outs and lost connections are tried again with full jitter inside a deadline; all else is final at
once, LimitExceededException included: that is a quota, not a rate.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Callable, TypeVar

from .._clock import Clock
from .errors import BotoCoreError, ClientError, Fault, read_fault, reading_reply

Result = TypeVar("Result")


@dataclass(frozen=True)
class RetryPolicy:
    """How long and how often to try again, in seconds; ``jitter`` returns a number from 0 to 1."""

    deadline: float = 60.0
    unreachable_deadline: float = 15.0
    base: float = 0.25
    throttled_base: float = 1.0
    longest: float = 20.0
    jitter: Callable[[], float] = random.random

    def pause_after(self, fault: Fault, attempt: int) -> float:
        """Return the pause before the attempt after ``attempt`` (from 0): full jitter under a doubling ceiling."""
        base = self.throttled_base if fault.throttled else self.base
        return self.jitter() * min(self.longest, base * 2.0 ** min(attempt, 16))

    def limit_for(self, fault: Fault) -> float:
        """Return the deadline that applies: a shorter one while no connection comes about at all."""
        return self.deadline if fault.reached else min(self.deadline, self.unreachable_deadline)


def call_with_retries(
    call: Callable[[], Result],
    policy: RetryPolicy,
    clock: Clock,
    after_fault: Callable[[Fault], None] | None = None,
) -> Result:
    """Return what ``call`` returns, trying again by ``policy``; raise its last botocore exception.

    ``after_fault`` hears of every fault, the last included, before the pause.
    """
    begun = clock.monotonic()
    attempt = 0
    while True:
        try:
            with reading_reply():
                return call()
        except (BotoCoreError, ClientError) as error:
            fault = read_fault(error)
            if after_fault is not None:
                after_fault(fault)
            pause = policy.pause_after(fault, attempt)
            if not fault.transient or clock.monotonic() + pause - begun > policy.limit_for(fault):
                raise
            clock.sleep(pause)
            attempt += 1


def carry_out(
    call: Callable[[], object], policy: RetryPolicy, clock: Clock, is_repetition: Callable[[Fault], bool]
) -> None:
    """Carry out what AWS refuses when it is asked again, such as a deletion; raise the last botocore exception.

    The reply of an attempt may be lost, and the next one be refused because the first was carried out: a refusal for
    which ``is_repetition`` holds is then none.
    """
    doubtful: list[Fault] = []

    def note(fault: Fault) -> None:
        if fault.carried_out is None:
            doubtful.append(fault)

    try:
        call_with_retries(call, policy, clock, note)
    except ClientError as error:
        if not (doubtful and is_repetition(read_fault(error))):
            raise
