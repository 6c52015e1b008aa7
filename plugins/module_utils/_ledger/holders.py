# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who holds a claim, and whether that process still lives. Only a process of the same machine can be asked about."""

from __future__ import annotations

import os
import socket
from pathlib import Path

from .._clock import Clock
from .records import Holder, Instant


def _read(path: str) -> str:
    try:
        return Path(path).read_text(encoding="ascii").strip()
    except OSError:
        return ""


def _namespace() -> str:
    try:
        return os.readlink("/proc/self/ns/pid")
    except OSError:
        return ""


def _start_of(pid: int) -> str:
    # proc(5): the 22nd field of stat; the second one, the command's name in brackets, may hold blanks and brackets
    fields = _read(f"/proc/{pid}/stat").rpartition(")")[2].split()
    return fields[19] if len(fields) > 19 else ""


def _boot() -> str:
    return _read("/proc/sys/kernel/random/boot_id") or socket.gethostname()


def this_process() -> Holder:
    """Return the holder that this process is."""
    pid = os.getpid()
    return Holder(machine=f"{_boot()}/{_namespace()}", pid=pid, started=_start_of(pid), host=socket.gethostname())


def this_instant(clock: Clock) -> Instant:
    """Return the time as all processes of this machine see it, by the time of day and since its boot."""
    return Instant(at=clock.now(), ticks=clock.monotonic(), source=_boot())


def is_alive(holder: Holder, me: Holder) -> bool | None:
    """Tell whether ``holder`` still runs; None when it ran on another machine (or namespace, or boot) than ``me``."""
    if holder.machine != me.machine:
        return None
    if holder.started:
        return _start_of(holder.pid) == holder.started and not _is_zombie(holder.pid)
    try:
        os.kill(holder.pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _is_zombie(pid: int) -> bool:
    fields = _read(f"/proc/{pid}/stat").rpartition(")")[2].split()
    return bool(fields) and fields[0] in "ZX"
