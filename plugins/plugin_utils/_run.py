# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One run of ansible-playbook: its identity and its memory, made when the parent process loads the action.

Ansible forks a worker for each host; what is made here is inherited by all of them.
"""

from __future__ import annotations

import fcntl
import json
import math
import os
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from ..module_utils import _errors
from ..module_utils._errors import PrivateCaError

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

        Workers that need the same answer at once wait for the first, and share its failure if that is transient: an
        endpoint that cannot be reached would else hold them up one after the other. Who comes later finds out anew.
        """
        came = time.monotonic()
        with self._locked():
            notes = self._read()
            note = notes.get(key, {})
            if "answer" in note:
                return str(note["answer"])
            if came <= note.get("failed_at", -math.inf):
                raise _load_error(*note["error"])
            try:
                answer = find_out()
            except PrivateCaError as error:
                if error.details.get("transient"):
                    self._write({**notes, key: {"failed_at": time.monotonic(), "error": _dump_error(error)}})
                raise
            self._write({**notes, key: {"answer": answer}})
            return answer

    @contextmanager
    def _locked(self) -> Iterator[None]:
        fcntl.lockf(self._file, fcntl.LOCK_EX)
        try:
            yield
        finally:
            fcntl.lockf(self._file, fcntl.LOCK_UN)

    def _read(self) -> dict[str, dict[str, Any]]:
        content = os.pread(self._file, os.fstat(self._file).st_size, 0)
        return dict(json.loads(content)) if content else {}

    def _write(self, notes: dict[str, dict[str, Any]]) -> None:
        content = json.dumps(notes).encode()
        os.ftruncate(self._file, 0)
        try:
            whole = os.pwrite(self._file, content, 0) == len(content)
        except OSError:
            whole = False
        if not whole:  # the disk is full: each worker finds out for itself
            os.ftruncate(self._file, 0)


def _dump_error(error: PrivateCaError) -> list[Any]:
    return [type(error).__name__, [error.failed, error.because, error.on, error.remedy], error.details]


def _load_error(kind: str, sentences: list[str | None], details: dict[str, Any]) -> PrivateCaError:
    error: PrivateCaError = getattr(_errors, kind)(*sentences, **details)
    return error


MEMORY = RunMemory()
