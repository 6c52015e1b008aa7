# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who may ask for the certificate of a token: claimed by compare-and-swap, taken over from the dead, never shared.

A record goes claimed -> sending -> asked -> issued or failed. Only the way to ``asked`` needs a holder: from there the
ARN is known and whoever wants the certificate fetches it. A claim is free for the taking when its holder released it,
is a dead process of this machine, or, on another machine, let its lease run out. Before each call the holder renews
the claim by compare-and-swap, so a holder that was paused and replaced finds out before it asks.

What is left is the call whose reply was lost: ``sending`` with ``sent``. Inside the service's five-minute window the
same token gets the same ARN, so whoever takes the claim over simply sends it again. ``reply_is_lost`` tells when that
time is over, by two clocks: a time of day that was set back must not make the window look open.
"""

from __future__ import annotations

import enum
from dataclasses import replace
from typing import Any, Callable

from .._clock import Clock
from .._errors import IssuanceLimit, TokenConflict
from .holders import is_alive
from .limits import Breaker, Limits, choose_counter, pace_key
from .records import ASKED, CLAIMED, FAILED, ISSUED, SENDING, Holder, Instant, Record
from .stores import Ledger

# The service remembers a token for 300 seconds from the first call; the rest is room for clocks and the call itself.
SAFE_WINDOW = 240.0
LEASE = 60.0


class Standing(enum.Enum):
    """What a token's record lets the asker do."""

    OURS = "ours"
    HELD = "held"
    KNOWN = "known"
    FAILED = "failed"
    FREE = "free"


class ClaimLost(Exception):
    """Another process took the claim over while this one was paused; look at the record again."""


def reply_is_lost(record: Record, now: Instant) -> bool:
    """Tell whether a call left so long ago that the service has forgotten its token."""
    return record.sent is not None and record.sent.age(now) >= SAFE_WINDOW


def judge(record: Record, me: Holder, now: float) -> Standing:
    """Return what ``record`` lets ``me`` do."""
    if record.state == FAILED:
        return Standing.FAILED
    if record.certificate_arn is not None:
        return Standing.KNOWN
    if record.holder is None or record.holder == me:
        return Standing.FREE
    alive = is_alive(record.holder, me)
    if alive is None:
        alive = 0 <= record.lease_until - now <= LEASE * 10  # a lease far ahead is a clock that was set back
    return Standing.HELD if alive else Standing.FREE


def claim(ledger: Ledger, wanted: Record, me: Holder, now: float) -> tuple[Standing, Record]:
    """Claim the token of ``wanted`` for ``me``, or return why not, with the record as it stands.

    Raise TokenConflict when the token stands for another request.
    """
    while True:
        current = ledger.read(wanted.token)
        if current is None:
            mine = replace(wanted, holder=me, lease_until=now + LEASE, created_at=now, updated_at=now, version=1)
        else:
            refuse_other_terms(current, wanted)
            standing = judge(current, me, now)
            if standing is not Standing.FREE:
                return standing, current
            mine = replace(current, holder=me, lease_until=now + LEASE, updated_at=now, version=current.version + 1)
        if ledger.swap(mine, None if current is None else current.version):
            return Standing.OURS, mine


def refuse_other_terms(current: Record, wanted: Record) -> None:
    """Raise TokenConflict, which names the differences, when a token's record is of another request."""
    differing = sorted(
        name for name in {*current.terms, *wanted.terms} if current.terms.get(name) != wanted.terms.get(name)
    )
    if differing:
        raise TokenConflict(
            "Failed to claim the idempotency token",
            because=f"it stands for another request, which differs in: {', '.join(differing)}",
            on=current.token,
            remedy="Use another token for another request, or leave it out: it is then derived from the request",
            differs_in=differing,
            certificate_arn=current.certificate_arn,
        )


def update(
    ledger: Ledger, token: str, change: Callable[[Record], dict[str, Any]], now: float, otherwise: Record | None = None
) -> Record | None:
    """Apply ``change`` (record to changed members, none to leave it) to the record of ``token``, whoever holds it.

    A record that is gone is written anew from ``otherwise``; without that it stays away.
    """
    while True:
        current = ledger.read(token)
        known = current or otherwise
        if known is None:
            return None
        members = change(known)
        if not members:
            return known
        changed = replace(known, **members, updated_at=now, version=known.version + 1)
        if ledger.swap(changed, None if current is None else current.version):
            return changed


class HeldClaim:
    """A claim that this process holds. It is the journal of the calls made under it (``api.SendJournal``)."""

    def __init__(self, ledger: Ledger, record: Record, clock: Clock, limits: Limits) -> None:
        self.record = record
        self._ledger = ledger
        self._clock = clock
        self._limits = limits
        self._admitted = False
        self._unknown_before = record.sent
        self._may_be_lost = self.lost_since() is not None
        self._counted = record.sent is not None and not self._may_be_lost  # past the window it is another certificate

    def lost_since(self) -> float | None:
        """Return when a call of this token left (epoch seconds) that the service has forgotten by now, or None."""
        sent, now = self.record.sent, self._ledger.instant(self._clock)
        return sent.at if sent is not None and reply_is_lost(self.record, now) else None

    def seconds_left(self) -> float:
        """Return for how long the token is safe to send, should it leave now."""
        now, sent = self._ledger.instant(self._clock), self.record.sent
        return SAFE_WINDOW if sent is None or reply_is_lost(self.record, now) else SAFE_WINDOW - sent.age(now)

    def admit(self) -> None:
        """Count the issuance and wait for the first call's turn. Raise IssuanceLimit when too many were asked."""
        self._count_issuance()
        self._wait_for_turn()
        self._admitted = True

    def about_to_send(self) -> None:
        """Wait for the turn unless admitted just now, then write that the call may have left. Raise ClaimLost."""
        if not self._admitted:
            self._wait_for_turn()
        self._admitted = False
        now = self._ledger.instant(self._clock)
        self._unknown_before = self.record.sent
        lost = reply_is_lost(self.record, now)
        if lost and not self._may_be_lost:
            raise ClaimLost(self.record.token)
        first = now if lost or self.record.sent is None else self.record.sent
        self._write(now.at, state=SENDING, sent=first, lease_until=now.at + LEASE)
        self._may_be_lost = False
        if now.age(self._ledger.instant(self._clock)) >= LEASE:  # this process stood still: another may have asked
            raise ClaimLost(self.record.token)

    def not_carried_out(self) -> None:
        """Write that AWS made no certificate of the last call."""
        state = CLAIMED if self._unknown_before is None else SENDING
        self._write(self._clock.now(), state=state, sent=self._unknown_before)
        self._may_be_lost = self.lost_since() is not None

    def learn_arn(self, certificate_arn: str) -> Record:
        """Write the ARN, even over one who took the claim over; return the record with the ARN that came first."""

        def change(current: Record) -> dict[str, Any]:
            if current.certificate_arn is not None:
                return {}
            return {"state": ASKED, "certificate_arn": certificate_arn, "sent": None, "holder": None}

        known = update(self._ledger, self.record.token, change, self._clock.now(), otherwise=self.record)
        self.record = known or self.record
        return self.record

    def release(self) -> None:
        """Let others claim the token at once; what is known of calls already sent stays."""
        mine = self.record
        if mine.holder is not None:
            self._ledger.swap(replace(mine, holder=None, version=mine.version + 1), mine.version)

    def _write(self, now: float, **members: Any) -> None:
        changed = replace(self.record, **members, updated_at=now, version=self.record.version + 1)
        if not self._ledger.swap(changed, self.record.version):
            raise ClaimLost(self.record.token)
        self.record = changed

    def _wait_for_turn(self) -> None:
        if self._limits.pace is None:
            return
        now = self._clock.now()
        wait = self._ledger.reserve_turn(pace_key(self.record.certificate_authority_arn), self._limits.pace, now)
        if wait > LEASE / 4:
            self._write(now, lease_until=now + wait + LEASE)
        if wait > 0:
            self._clock.sleep(wait)

    def _count_issuance(self) -> None:
        breaker = self._limits.breaker
        if breaker is None or self._counted:
            return
        counter = choose_counter(breaker, self.record.certificate_authority_arn, self._clock.now())
        if self._ledger.count_up(counter) is None:
            raise too_many(breaker, self.record.certificate_authority_arn, self._ledger.count(counter.key))
        self._counted = True


def too_many(breaker: Breaker, certificate_authority_arn: str, asked: int) -> IssuanceLimit:
    """Return the error of an open circuit breaker."""
    return IssuanceLimit(
        "Failed to issue a certificate",
        because=f"{asked} certificates were asked of this CA in the present {breaker.period} seconds and "
        f"max_issuances allows {breaker.max_issuances}; AWS was not called",
        on=certificate_authority_arn,
        remedy="Find out why so many are asked for, then raise max_issuances or wait for the next period",
        asked=asked,
        max_issuances=breaker.max_issuances,
    )


def record_issued(ledger: Ledger, token: str, certificate_arn: str, end: tuple[str, float], now: float) -> None:
    """Write that the certificate of ``token`` was seen, and its ARN where that could not be written before.

    ``end`` is its serial (lower-case hex) with its NotAfter (epoch seconds).
    """
    serial, not_after = end

    def change(current: Record) -> dict[str, Any]:
        if current.state == ISSUED or current.certificate_arn not in (None, certificate_arn):
            return {}
        seen = {"state": ISSUED, "serial": serial, "not_after": not_after}
        return {**seen, "certificate_arn": certificate_arn, "sent": None, "holder": None}

    update(ledger, token, change, now)


def record_failed(ledger: Ledger, token: str, failure: str, now: float) -> None:
    """Write that the service gave the issuance of ``token`` up, for good."""

    def change(current: Record) -> dict[str, Any]:
        return {} if current.state == FAILED else {"state": FAILED, "failure": failure}

    update(ledger, token, change, now)
