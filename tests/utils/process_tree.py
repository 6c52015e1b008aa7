# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Processes as the kernel shows them: who descends from whom, and how to end all of them at one instant."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import threading
from collections.abc import Iterator
from pathlib import Path


def list_children(pid: int) -> list[int]:
    """Return the children of a process that still run."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                # proc(5): after the command's name in brackets come state and parent
                state, parent = (entry / "stat").read_text("ascii", "replace").rpartition(")")[2].split()[:2]
                if int(parent) == pid and state not in "ZX":
                    found.append(int(entry.name))
    return found


def count_sleeps(pid: int) -> int:
    """Return how often a process has gone to sleep by itself, 0 for one that has ended; while it waits, that stays."""
    with contextlib.suppress(OSError):
        lines = Path(f"/proc/{pid}/status").read_text("ascii", "replace").splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("voluntary_ctxt_switches:"))
    return 0


def kill(pid: int) -> None:
    """End one process (SIGKILL); one that has ended already is no error."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


def kill_tree(pid: int) -> None:
    """End a process and all that descend from it, stopped first so that none starts another; return when all have."""
    stopped: list[int] = []
    waiting = [pid]
    while waiting:
        current = waiting.pop()
        with contextlib.suppress(ProcessLookupError):
            stopped.append(os.pidfd_open(current))
            signal.pidfd_send_signal(stopped[-1], signal.SIGSTOP)
        waiting += list_children(current)
    for member in stopped:
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(member, signal.SIGKILL)
    for member in stopped:
        select.select([member], [], [])
        os.close(member)


@contextlib.contextmanager
def watch_processes(interval: float = 0.05) -> Iterator[set[bytes]]:
    """Yield a set that grows by the command line and the environment of each process seen while the body runs."""
    seen: set[bytes] = set()
    over = threading.Event()

    def look() -> None:
        while not over.wait(interval):
            for process in Path("/proc").iterdir():
                if process.name.isdigit():
                    with contextlib.suppress(OSError):
                        seen.add((process / "cmdline").read_bytes() + (process / "environ").read_bytes())

    watcher = threading.Thread(target=look, daemon=True)
    watcher.start()
    try:
        yield seen
    finally:
        over.set()
        watcher.join()
