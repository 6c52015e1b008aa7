# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What every store of the ledger can do: read and compare-and-swap records, and keep the shared numbers.

All that decides lies above it (``claims``, ``limits``), so that every store behaves alike.
"""

from __future__ import annotations

from typing import Iterable, Protocol

from .._clock import Clock
from .limits import Counter, Pace
from .records import Instant, Record


class Ledger(Protocol):
    """The durable memory from token to ARN. Every method raises LedgerError when the store cannot be used."""

    remembers: bool  # False for a store that forgets at the end of the process

    def instant(self, clock: Clock) -> Instant:
        """Return the time by ``clock`` and by one that those who share the ledger have in common."""

    def read(self, token: str) -> Record | None:
        """Return the record of ``token``."""

    def swap(self, record: Record, expected_version: int | None) -> bool:
        """Write ``record`` if ``expected_version`` is stored (None: nothing is); tell whether it was written."""

    def reserve_turn(self, key: str, pace: Pace, now: float) -> float:
        """Take the next turn of the shared pace ``key`` and return the seconds until it comes."""

    def count_up(self, counter: Counter) -> int | None:
        """Add one to the counter unless it has reached its limit; return the new count, or None."""

    def count(self, key: str) -> int:
        """Return the counter ``key``; 0 when it was never counted up."""

    def records(self) -> Iterable[Record]:
        """Return all records, in no particular order."""
