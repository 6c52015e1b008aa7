# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether the ledger will still be there for the next run, and whether all who use it can trust its locks."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from ..module_utils._ledger.opening import LedgerOptions
from ..module_utils._ledger.sqlite_store import locate_ledger

_MOUNTS = Path("/proc/mounts")
_EPHEMERAL = {"tmpfs", "ramfs", "overlay"}
_SHARED = {"nfs", "nfs4", "cifs", "smb3", "9p", "ceph", "lustre", "gpfs", "fuse.sshfs", "fuse.glusterfs", "virtiofs"}


def warn_of_ledger_place(options: LedgerOptions) -> list[str]:
    """Return a warning when the ledger's file lies where it may be lost, or where other machines may write to it."""
    if options.store != "sqlite":
        return []
    path = locate_ledger(options.path)
    return warn_of_filesystem(path, find_filesystem(os.path.realpath(path), _read_mounts()))


def warn_of_filesystem(path: Path, kind: str | None) -> list[str]:
    """Return a warning when a file system of this kind is no place for the ledger ``path``."""
    place = f"The ledger {path} lies on a file system of type {kind}, "
    if kind in _EPHEMERAL:
        return [
            f"{place}which may not outlive this machine or container: without it, a run that was killed may ask for a "
            "second certificate. Set ledger_path to a lasting place."
        ]
    if kind in _SHARED:
        return [
            f"{place}where SQLite's locks do not hold between machines: if another control node uses it as well, "
            "it may be damaged and certificates asked for twice. Set ledger_path to a disk of this machine, or use "
            "ledger: dynamodb for several."
        ]
    return []


def find_filesystem(path: str, mounts: Iterable[tuple[str, str]]) -> str | None:
    """Return the type of the file system that ``path`` lies on; ``mounts`` are mount points with their types."""
    best, found = "", None
    for point, kind in mounts:
        below = path == point or path.startswith(point.rstrip("/") + "/")
        if below and len(point) >= len(best):
            best, found = point, kind
    return found


def _read_mounts() -> list[tuple[str, str]]:
    try:
        lines = _MOUNTS.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:  # not Linux: nobody knows
        return []
    return [(fields[1].replace("\\040", " "), fields[2]) for fields in map(str.split, lines) if len(fields) > 2]
