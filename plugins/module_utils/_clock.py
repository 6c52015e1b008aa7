# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Time as the core meets it: injected, so that a test, or a control node with a clock of its own, can replace it."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Protocol

# on Linux the time that the machine was suspended counts as well
_SINCE_BOOT: int = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


class Clock(Protocol):
    """What the core asks of time. Wall-clock time is compared between processes; ``monotonic`` bounds waits in one."""

    def now(self) -> float:
        """Return the time of day in epoch seconds."""

    def monotonic(self) -> float:
        """Return seconds that never run backwards."""

    def sleep(self, seconds: float) -> None:
        """Let that many seconds pass."""


@dataclass(frozen=True)
class SystemClock:
    """The machine's own clocks; ``offset`` seconds are added to the time of day (and to nothing else)."""

    offset: float = 0.0

    def now(self) -> float:
        """Return the time of day in epoch seconds, shifted by ``offset``."""
        return time.time() + self.offset

    def monotonic(self) -> float:
        """Return seconds that never run backwards: since the machine's boot, and alike in all its processes."""
        return time.clock_gettime(_SINCE_BOOT)

    def sleep(self, seconds: float) -> None:
        """Let that many seconds pass."""
        time.sleep(max(0.0, seconds))
