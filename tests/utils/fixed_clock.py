# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A clock that stands still, for code whose time a test chooses."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class FixedClock:
    """Shows one time, in epoch seconds, for ever."""

    time: float

    def now(self) -> float:
        return self.time

    def monotonic(self) -> float:
        return self.time

    def sleep(self, seconds: float) -> None:
        raise AssertionError(f"asked to wait for {seconds} seconds by a clock that stands still")
