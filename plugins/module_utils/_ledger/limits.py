# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What all issuers share: the pace of IssueCertificate and the circuit breaker. Arithmetic; stores keep the numbers."""

from __future__ import annotations

from dataclasses import dataclass, field

from .._acm_pca.arns import parse_authority_arn

# A pace further ahead than both is a clock that was set back, not a queue: 1000 waiting at 20 a second are 50 seconds.
_LONGEST_QUEUE = 120.0
_MOST_WAITING = 200


@dataclass(frozen=True)
class Pace:
    """At most ``per_second`` calls on average, and one second's worth of them (at least one) at once.

    By default a quota of 25 a second bears that, and 500 calls take less than 1.25 times what that quota allows.
    """

    per_second: float = 20.0

    @property
    def burst(self) -> int:
        """How many calls may leave at once."""
        return max(1, int(self.per_second))


@dataclass(frozen=True)
class Breaker:
    """At most ``max_issuances`` certificates of one CA in each ``period`` seconds, counted from the epoch."""

    max_issuances: int
    period: int = 86400


@dataclass(frozen=True)
class Counter:
    """The counter ``key``, which goes up to ``limit`` and is of use until the time ``until`` (epoch seconds)."""

    key: str
    limit: int
    until: float


@dataclass(frozen=True)
class Limits:
    """The limits of one run. None of a limit means that it is off."""

    pace: Pace | None = field(default_factory=Pace)
    breaker: Breaker | None = None


def next_turn(pace: Pace, planned: float | None, now: float) -> tuple[float, float]:
    """Return (seconds to wait, new value of ``planned``) by the generic cell rate algorithm (ITU-T I.371).

    ``planned`` is the time at which the next call would be due at an even pace; every issuer advances it by one call.
    """
    step = 1.0 / pace.per_second
    tolerance = step * (pace.burst - 1)
    longest = max(_LONGEST_QUEUE, _MOST_WAITING * step)
    due = now if planned is None or planned - now > longest else max(planned, now)
    return max(0.0, due - tolerance - now), due + step


def pace_key(certificate_authority_arn: str) -> str:
    """Return what shares one pace: quotas of the service are counted by account and region."""
    authority = parse_authority_arn(certificate_authority_arn)
    return f"pace:{authority.partition}:{authority.region}"


def choose_counter(breaker: Breaker, certificate_authority_arn: str, now: float) -> Counter:
    """Return the counter for the period that ``now`` lies in."""
    number = int(now // breaker.period)
    key = f"issuances:{certificate_authority_arn}:{breaker.period}:{number}"
    return Counter(key, breaker.max_issuances, until=(number + 1.0) * breaker.period)
