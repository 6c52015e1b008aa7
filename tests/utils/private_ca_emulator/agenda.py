# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is due later on the emulator's clock. Run before each request, so that every client sees it done in time."""

from __future__ import annotations

import heapq
import itertools
import threading
from collections.abc import Callable

Errand = Callable[[], None]


class Agenda:
    """Errands by due time, in epoch seconds of the emulator's clock."""

    def __init__(self) -> None:
        self._errands: list[tuple[float, int, Errand]] = []
        self._numbers = itertools.count()
        self._lock = threading.Lock()

    def add(self, due_at: float, errand: Errand) -> None:
        """Have `errand` run once the clock has reached `due_at`."""
        with self._lock:
            heapq.heappush(self._errands, (due_at, next(self._numbers), errand))

    def take_due(self, now: float) -> tuple[float, Errand] | None:
        """The earliest errand that is due, with its due time, taken off the agenda."""
        if not self._errands or self._errands[0][0] > now:
            return None
        with self._lock:
            if not self._errands or self._errands[0][0] > now:
                return None
            due_at, _number, errand = heapq.heappop(self._errands)
            return due_at, errand

    def clear(self) -> None:
        """Forget every errand."""
        with self._lock:
            self._errands.clear()
