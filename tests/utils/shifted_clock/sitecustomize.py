# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A machine whose time of day is CLOCK_SHIFT seconds ahead. Python imports this as it starts, if PYTHONPATH says so."""

from __future__ import annotations

import os
import time

_real_time = time.time
_shift = float(os.environ.get("CLOCK_SHIFT", "0"))


def _shifted_time() -> float:
    return _real_time() + _shift


time.time = _shifted_time
