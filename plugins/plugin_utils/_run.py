# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One run of ansible-playbook: its identity and its memory, made when the parent process loads the action.

Ansible forks a worker for each host; what is made here is inherited by all of them.
"""

from __future__ import annotations

import fcntl
import json
import os
import tempfile
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager

RUN_ID = uuid.uuid4().hex
"""``force`` means: once for each run. A host that already holds a generation forced by this run is not forced again."""


class RunMemory:
    """A few answers that hold for a whole run, so that a fleet asks once and not once for each host.

    It lives in a file without a name, which workers inherit. The lock is the kernel's: a worker that dies lets it go.
    """

    def __init__(self) -> None:
        self._file, path = tempfile.mkstemp(prefix="fleet-pki-run-")
        os.unlink(path)

    def remember(self, key: str, find_out: Callable[[], str]) -> str:
        """Return the answer for ``key``, from ``find_out`` when this run has not found it out yet.

        Workers that need the same answer at once wait for the first. An error of ``find_out`` is not remembered.
        """
        with self._locked():
            answers = self._read()
            if key not in answers:
                answers[key] = find_out()
                self._write(answers)
            return answers[key]

    @contextmanager
    def _locked(self) -> Iterator[None]:
        fcntl.lockf(self._file, fcntl.LOCK_EX)
        try:
            yield
        finally:
            fcntl.lockf(self._file, fcntl.LOCK_UN)

    def _read(self) -> dict[str, str]:
        content = os.pread(self._file, os.fstat(self._file).st_size, 0)
        return dict(json.loads(content)) if content else {}

    def _write(self, answers: dict[str, str]) -> None:
        content = json.dumps(answers).encode()
        try:
            if os.pwrite(self._file, content, 0) == len(content):
                return
        except OSError:
            pass
        os.ftruncate(self._file, 0)  # the disk is full: each worker finds out for itself


MEMORY = RunMemory()
