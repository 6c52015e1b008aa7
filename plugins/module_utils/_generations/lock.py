# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One run at a time changes a lineage: a lock that dies with its process."""

from __future__ import annotations

import contextlib
import time
from typing import Iterator

from .._errors import UnusableState
from .directory import Directory
from .location import LOCK

LOCK_PATIENCE = 300.0
LOCK_INTERVAL = 0.1


@contextlib.contextmanager
def hold_lock(lineage: Directory, patience: float = LOCK_PATIENCE) -> Iterator[None]:
    """Hold the lineage's lock for the body; ``UnusableState`` when another run keeps it for ``patience`` seconds.

    The file may have been removed by the one before us (``state: absent``): then its lock is worth nothing.
    """
    deadline = time.monotonic() + patience
    while True:
        file = lineage.files.open_lock(LOCK, lineage.descriptor)
        try:
            _wait(lineage, file, deadline)
            entry = lineage.stat(LOCK)
            if entry is not None and entry.st_ino == lineage.files.stat_open(file).st_ino:
                yield
                return
        finally:
            lineage.files.close(file)


def _wait(lineage: Directory, file: int, deadline: float) -> None:
    while not lineage.files.lock(file):
        if time.monotonic() > deadline:
            raise UnusableState(
                "Failed to lock the lineage",
                on=lineage.path,
                because="another run is changing it",
                remedy="Wait for that run to end, or look for a command that hangs",
            )
        time.sleep(LOCK_INTERVAL)
