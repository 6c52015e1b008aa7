# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Waiting as a value: how long, how often, and what to say when it was not enough."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Callable, TypeVar

from .._clock import Clock
from .._errors import WaitTimeout

Value = TypeVar("Value")


@dataclass(frozen=True)
class Polling:
    """Ask every ``interval`` seconds, for ``timeout`` seconds at most."""

    clock: Clock
    timeout: float = 300.0
    interval: float = 1.0

    def until(
        self,
        probe: Callable[[], Value | None],
        failed: str,
        on: str | Callable[[], str],
        remedy: str = "Run again later",
    ) -> Value:
        """Return the first value of ``probe`` that is not None; raise WaitTimeout at the deadline.

        ``on`` is the resource that is waited for, or tells it at the deadline.
        """
        deadline = self.clock.monotonic() + self.timeout
        while True:
            value = probe()
            if value is not None:
                return value
            if self.clock.monotonic() >= deadline:
                because = f"it is not done after {self.timeout:g} seconds"
                raise WaitTimeout(failed, because=because, on=on if isinstance(on, str) else on(), remedy=remedy)
            self.clock.sleep(min(self.interval, max(0.0, deadline - self.clock.monotonic())))

    def up_to(self, seconds: float) -> Polling:
        """Return the same waiting, cut to ``seconds``."""
        return Polling(self.clock, min(self.timeout, seconds), self.interval)
