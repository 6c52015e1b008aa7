# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Times as facts write them: ISO 8601 in UTC, to the second."""

from __future__ import annotations

import time
from datetime import datetime

TIME_FORMAT = "%Y-%m-%dT%H:%M:%SZ"


def show_time(seconds: float) -> str:
    """Return a time in epoch seconds as ISO 8601 in UTC, to the second."""
    return time.strftime(TIME_FORMAT, time.gmtime(seconds))


def read_time(text: str) -> int:
    """Return the epoch seconds of what ``show_time`` wrote; ``ValueError`` for anything else.

    Not with ``strptime``: its import costs more than all else that a host with nothing due does with its time.
    """
    if len(text) != len("2026-01-01T00:00:00Z") or text[10] != "T" or text[-1] != "Z":
        raise ValueError(f"{text!r} is not a time like 2026-01-01T00:00:00Z")
    return int(datetime.fromisoformat(f"{text[:-1]}+00:00").timestamp())
