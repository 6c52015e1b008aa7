# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run one command and write what it cost: `supervise.py REPORT -- COMMAND...`; standard library only, no imports.

1. This process declares itself the reaper of orphans: an SSH master that detaches from ansible-playbook becomes its
   child, so that its processor time is counted too.
2. While the command runs, the proportional set sizes of all descendants are added up now and then, never taking more
   than a twentieth of the time.
3. Afterwards what is left (SSH masters, all descendants of the command) is ended and reaped: the next run starts cold.
"""

from __future__ import annotations

import ctypes
import json
import os
import resource
import select
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

_PR_SET_CHILD_SUBREAPER = 36
_SAMPLE_INTERVAL = 0.25
_SAMPLE_SHARE = 20


def adopt_orphans() -> None:
    """Become the parent of every descendant whose own parent ends (prctl(2), PR_SET_CHILD_SUBREAPER)."""
    if ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0):
        raise OSError(ctypes.get_errno(), "prctl")


def list_children(pid: int) -> list[int]:
    """Return the children of all threads of the process; none if it is gone."""
    children: list[int] = []
    with suppress(OSError):
        for thread in os.listdir(f"/proc/{pid}/task"):
            with suppress(OSError):
                children += map(int, Path(f"/proc/{pid}/task/{thread}/children").read_text().split())
    return children


def measure_memory(pid: int) -> int:
    """Return the sum of the proportional set sizes (KiB) of all descendants of the process."""
    total, family = 0, list_children(pid)
    for member in family:
        family += list_children(member)
        with suppress(OSError):
            for line in Path(f"/proc/{member}/smaps_rollup").read_text().splitlines():
                if line.startswith("Pss:"):
                    total += int(line.split()[1])
                    break
    return total


def watch_memory(command: subprocess.Popen[bytes]) -> int:
    """Return, once the command has ended, the largest sum that was seen (KiB). The command is not reaped."""
    peak, ended = 0, os.pidfd_open(command.pid)
    pause = _SAMPLE_INTERVAL
    while not select.select([ended], [], [], pause)[0]:
        started = time.monotonic()
        peak = max(peak, measure_memory(os.getpid()))
        pause = max(_SAMPLE_INTERVAL, _SAMPLE_SHARE * (time.monotonic() - started))
    os.close(ended)
    return peak


def reap_all() -> None:
    """End and reap every child that is left."""
    while True:
        for child in list_children(os.getpid()):
            with suppress(ProcessLookupError):
                os.kill(child, signal.SIGTERM)
        try:
            os.wait4(-1, 0)
        except ChildProcessError:
            return


def main() -> int:
    """Run, measure, report."""
    report, _separator, *words = sys.argv[1:]
    adopt_orphans()
    started = time.monotonic()
    command = subprocess.Popen(words, stdin=subprocess.DEVNULL)
    peak = watch_memory(command)
    wall = time.monotonic() - started
    _pid, status, usage = os.wait4(command.pid, 0)
    command.returncode = os.waitstatus_to_exitcode(status)
    reap_all()
    total = resource.getrusage(resource.RUSAGE_CHILDREN)
    cost = {
        "returncode": command.returncode,
        "wall": wall,
        "cpu": total.ru_utime + total.ru_stime,
        "largest_process": usage.ru_maxrss * 1024,
        "all_processes": peak * 1024,
    }
    Path(report).write_text(json.dumps(cost))
    return 0


if __name__ == "__main__":
    sys.exit(main())
