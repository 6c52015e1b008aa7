# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Watch a folder of the control node while playbooks run, and count the private keys that ever lay in it."""

from __future__ import annotations

import os
import re
import stat
import threading
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType

_MARKER = b"PRIVATE KEY-----"
_LARGEST = 4_000_000
_PEM_LINE = re.compile(r"^[A-Za-z0-9+/=]{24,}$", re.MULTILINE)


class FolderWatch:
    """Keeps the content of every file that appears below `folder` while a `with` block lasts, short-lived ones too."""

    def __init__(self, folder: Path, interval: float = 0.05) -> None:
        self._folder = folder
        self._interval = interval
        self._contents: dict[tuple[str, int, int], bytes] = {}
        self._over = threading.Event()
        self._watcher = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> FolderWatch:
        """Begin to watch."""
        self._watcher.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Look once more, then stop."""
        self._over.set()
        self._watcher.join()
        self._look()

    def contents(self) -> list[bytes]:
        """Return every content that was seen."""
        return list(self._contents.values())

    def _watch(self) -> None:
        while not self._over.wait(self._interval):
            self._look()

    def _look(self) -> None:
        for folder, _folders, names in os.walk(self._folder):
            for name in names:
                self._take(os.path.join(folder, name))

    def _take(self, path: str) -> None:
        try:
            found = os.lstat(path)
            key = (path, found.st_mtime_ns, found.st_size)
            if stat.S_ISREG(found.st_mode) and key not in self._contents and found.st_size < _LARGEST:
                self._contents[key] = Path(path).read_bytes()
        except OSError:  # gone between two looks
            return


def list_key_lines(pem: str) -> list[bytes]:
    """Return the lines of a PEM key that are its alone: what to look for where no key may be."""
    return [line.encode() for line in _PEM_LINE.findall(pem)]


def count_private_keys(contents: Iterable[bytes], keys: Iterable[str]) -> int:
    """Return how many of the contents hold a PEM private key, or a line of one of the hosts' ``keys``."""
    telling = [_MARKER, *(line for key in keys for line in list_key_lines(key))]
    return sum(any(line in content for line in telling) for content in contents)
