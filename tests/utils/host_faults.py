# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The layer of files with a fault at one chosen changing call, and a process to die in."""

from __future__ import annotations

import errno
import os
import signal
import sys
import traceback
from typing import Any, Callable

from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._generations.files import CHANGING, Files

Fault = Callable[[str], None]


class HastyFiles(Files):
    """Does not wait for the disk: a killed process loses nothing that the kernel has."""

    def flush(self, file: int) -> None:
        """Change nothing."""


class FaultyFiles(HastyFiles):
    """Counts the changing calls, and has ``fault`` happen before the one with the number ``at`` (from 1)."""

    def __init__(self, at: int | None = None, fault: Fault | None = None, torn: bool = False) -> None:
        self.at = at
        self.fault = fault
        self.torn = torn
        self.count = 0
        self.made: list[str] = []
        self.inside = False

    def change(self, method: str, arguments: tuple[Any, ...]) -> Any:
        """Make a changing call, unless it is the one that the fault comes before; a torn write gets half-way first."""
        self.count += 1
        self.made.append(method)
        call = getattr(HastyFiles, method)
        if self.count == self.at and self.fault is not None:
            if self.torn and method == "write":
                file, content = arguments
                call(self, file, content[: len(content) // 2])
            self.fault(method)
        self.inside = True
        try:
            return call(self, *arguments)
        finally:
            self.inside = False


def _intercept(method: str) -> Callable[..., Any]:
    return lambda self, *arguments: self.change(method, arguments)


for _method in CHANGING:
    setattr(FaultyFiles, _method, _intercept(_method))


class WatchedFiles(FaultyFiles):
    """Calls ``watch`` before each changing call and half-way through each write: there a kill would leave the disk."""

    def __init__(self, watch: Callable[[], None]) -> None:
        super().__init__()
        self.watch = watch

    def change(self, method: str, arguments: tuple[Any, ...]) -> Any:
        """Have the disk looked at and make the changing call, in two halves if it is a write."""
        self.watch()
        if method != "write":
            return super().change(method, arguments)
        file, content = arguments
        half = super().change(method, (file, content[: len(content) // 2]))
        self.watch()
        return half + HastyFiles.write(self, file, content[half:])


def die(_method: str) -> None:
    """End this process as a lost host does: no handler, no clean-up."""
    os.kill(os.getpid(), signal.SIGKILL)


def fill_disk(_method: str) -> None:
    """Fail as a call does for which the disk has no room."""
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def run_in_child(body: Callable[[], Any]) -> int:
    """Run the body in a forked process; returns 0, the signal that killed it as a negative number, or 1 on failure."""
    child = os.fork()
    if child == 0:
        status = 1
        try:
            body()
            status = 0
        except BaseException:  # noqa: BLE001 (the child must end here, whatever happened)
            traceback.print_exc(file=sys.stderr)
        finally:
            sys.stderr.flush()
            os._exit(status)
    _pid, ended = os.waitpid(child, 0)
    return -os.WTERMSIG(ended) if os.WIFSIGNALED(ended) else os.WEXITSTATUS(ended)
