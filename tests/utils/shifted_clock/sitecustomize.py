# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A machine whose time of day is CLOCK_SHIFT seconds ahead and that booted BOOT_SHIFT seconds earlier.

Python imports this as it starts, if PYTHONPATH says so.
"""

from __future__ import annotations

import os
import time

_real_time, _real_clock = time.time, time.clock_gettime
_shift, _passed = (float(os.environ.get(name, "0")) for name in ("CLOCK_SHIFT", "BOOT_SHIFT"))


def _shifted_time() -> float:
    return _real_time() + _shift


def _shifted_clock(clock: int) -> float:
    return _real_clock(clock) + (_passed if clock == time.CLOCK_BOOTTIME else 0)


time.time, time.clock_gettime = _shifted_time, _shifted_clock
