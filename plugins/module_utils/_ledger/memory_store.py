# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The store `none`: it forgets with its process, so only the service's five-minute window protects."""

from __future__ import annotations

from typing import Iterable

from .._clock import Clock
from .holders import this_instant
from .limits import Counter, Pace, next_turn
from .records import Instant, Record


class MemoryLedger:
    """A ledger in this process alone."""

    remembers = False

    def __init__(self) -> None:
        self._records: dict[str, Record] = {}
        self._planned: dict[str, float] = {}
        self._counts: dict[str, int] = {}

    def instant(self, clock: Clock) -> Instant:
        """Return the time by ``clock`` and since this machine's boot."""
        return this_instant(clock)

    def read(self, token: str) -> Record | None:
        """Return the record of ``token``."""
        return self._records.get(token)

    def swap(self, record: Record, expected_version: int | None) -> bool:
        """Write ``record`` if the stored version is ``expected_version``; tell whether it was."""
        current = self._records.get(record.token)
        if (None if current is None else current.version) != expected_version:
            return False
        self._records[record.token] = record
        return True

    def reserve_turn(self, key: str, pace: Pace, now: float) -> float:
        """Take the next turn of the pace ``key`` and return the seconds until it comes."""
        wait, self._planned[key] = next_turn(pace, self._planned.get(key), now)
        return wait

    def count_up(self, counter: Counter) -> int | None:
        """Add one to the counter unless it has reached its limit; return the new count, or None."""
        count = self.count(counter.key)
        if count >= counter.limit:
            return None
        self._counts[counter.key] = count + 1
        return count + 1

    def count(self, key: str) -> int:
        """Return the counter ``key``."""
        return self._counts.get(key, 0)

    def records(self) -> Iterable[Record]:
        """Return all records."""
        return tuple(self._records.values())
