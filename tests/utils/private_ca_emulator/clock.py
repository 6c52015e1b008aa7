# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The emulator's clock: real time plus an offset, or frozen. Everything that depends on time asks it."""

from __future__ import annotations

import datetime
import threading
import time
from collections.abc import Callable
from typing import Any

from private_ca_emulator.errors import refused

_END = datetime.datetime(9980, 1, 1, tzinfo=datetime.UTC).timestamp()
"""A CRL made before lasts until 9999 at most: 5,000 days."""


class Clock:
    """Epoch seconds that a test can advance, set and freeze."""

    def __init__(self, real_time: Callable[[], float] = time.time) -> None:
        self._real_time = real_time
        self._lock = threading.Lock()
        self._offset = 0.0
        self._frozen_at: float | None = None

    def now(self) -> float:
        """The emulator's time in epoch seconds."""
        frozen = self._frozen_at
        return frozen if frozen is not None else self._real_time() + self._offset

    def advance(self, seconds: float) -> None:
        """Move the time by `seconds`, which may be negative; ValidationException where X.509 could not follow."""
        if not 0 <= self.now() + seconds < _END:
            raise refused("the clock goes from 1970 to 9980")
        with self._lock:
            if self._frozen_at is not None:
                self._frozen_at += seconds
            else:
                self._offset += seconds

    def set(self, epoch: float) -> None:
        """Jump to `epoch`."""
        self.advance(epoch - self.now())

    def freeze(self) -> None:
        """Stop the time where it is."""
        with self._lock:
            if self._frozen_at is None:
                self._frozen_at = self._real_time() + self._offset

    def thaw(self) -> None:
        """Let the time run on from where it stands."""
        with self._lock:
            if self._frozen_at is not None:
                self._offset = self._frozen_at - self._real_time()
                self._frozen_at = None

    def reset(self) -> None:
        """Return to real time, running."""
        with self._lock:
            self._offset, self._frozen_at = 0.0, None

    def describe(self) -> dict[str, Any]:
        """The clock as the control API shows it."""
        return {"now": self.now(), "frozen": self._frozen_at is not None}
