# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What all issuers share: the pace of IssueCertificate and the circuit breaker. Arithmetic; stores keep the numbers."""

from __future__ import annotations

from dataclasses import dataclass, field

from .._acm_pca.arns import parse_authority_arn

# A pace further ahead than this is a clock that was set back, not a queue: 1000 waiting at 20 a second are 50 seconds.
_LONGEST_QUEUE = 120.0


@dataclass(frozen=True)
class Pace:
    """At most ``per_second`` calls on average, ``burst`` of them at once.

    By default that is one second's worth: a quota of 25 a second bears it, and 500 calls take less than 1.25 times what
    that quota allows.
    """

    per_second: float = 20.0
    burst: int = 20


@dataclass(frozen=True)
class Breaker:
    """At most ``max_issuances`` certificates of one CA in each ``period`` seconds, counted from the epoch."""

    max_issuances: int
    period: int = 86400


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
    tolerance = step * max(0, pace.burst - 1)
    due = now if planned is None or planned - now > _LONGEST_QUEUE else max(planned, now)
    return max(0.0, due - tolerance - now), due + step


def pace_key(certificate_authority_arn: str) -> str:
    """Return what shares one pace: quotas of the service are counted by account and region."""
    authority = parse_authority_arn(certificate_authority_arn)
    return f"pace:{authority.partition}:{authority.region}"


def breaker_key(breaker: Breaker, certificate_authority_arn: str, now: float) -> str:
    """Return the name of the counter for the period that ``now`` lies in."""
    return f"issuances:{certificate_authority_arn}:{breaker.period}:{int(now // breaker.period)}"
