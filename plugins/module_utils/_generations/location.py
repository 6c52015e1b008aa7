# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where lineages lie, and whether that place can be trusted: names that cannot escape, parents that only root rules."""

from __future__ import annotations

import errno
import os
import re
import stat

from .._errors import InvalidInput, UnsafePath
from .directory import Directory, refuse_foreign
from .files import Files

NAME = re.compile(r"[A-Za-z0-9._-]{1,128}")
LIVE = "live"
GENERATIONS = "generations"
PENDING = "pending"
STATE = "state.json"
SUPERSEDED = "superseded.json"
LOCK = ".lock"
KNOWN_NAMES = (LIVE, GENERATIONS, PENDING, STATE, SUPERSEDED, LOCK)
MAXIMUM_LINKS = 40
_CHOOSE_DIRECTORY = "Give the absolute path of a directory that only root and this user can write"
_GIVE_RESOLVED = "Give the resolved path instead"


def check_name(name: str) -> None:
    """Raise ``InvalidInput`` for a lineage name that could be a path, an option or a file of ours."""
    if not NAME.fullmatch(name) or name.startswith((".", "-")):
        raise InvalidInput(
            "Failed to accept the name of a lineage",
            on=name[:200],
            because="it must be letters, digits, dots, dashes and underscores, and begin with none of dot and dash",
            remedy="Choose a name like web or www.example.com",
        )


def open_base(files: Files, path: str, create: bool) -> Directory | None:
    """Open the base directory after checking every parent; None when it is missing and not to be made.

    Missing directories are made with mode 0755. ``InvalidInput`` for a relative path, ``UnsafePath`` for one that
    another user could turn elsewhere.
    """
    trusted = _check_base(path)
    current = Directory(files, files.open_directory("/"), "/")
    parts = [part for part in trusted.split("/") if part]
    for depth, part in enumerate(parts, 1):
        following = current.open(part, on_the_way=depth < len(parts))
        if following is None and create:
            following = current.ensure(part, 0o755)
        files.close(current.descriptor)
        if following is None:
            return None
        current = following
    if stat.S_ISVTX & files.stat_open(current.descriptor).st_mode:
        files.close(current.descriptor)
        raise UnsafePath(
            "Failed to use base_directory", on=path, because="everyone may write in it", remedy=_CHOOSE_DIRECTORY
        )
    return current


def _check_base(path: str) -> str:
    if not os.path.isabs(path) or "\0" in path:
        raise InvalidInput(
            "Failed to use base_directory", on=path, because="it is no absolute path", remedy=_CHOOSE_DIRECTORY
        )
    return check_parents(path)


def locate_lineage(base_directory: str, name: str) -> str:
    """Return the path of a lineage, there or not, with links resolved; raises as ``open_base`` does."""
    check_name(name)
    return os.path.join(_check_base(base_directory), name)


def check_parents(path: str) -> str:
    """Return the path with its links resolved, after checking that none of the way is under another user's control."""
    followed = 0
    done, rest = "/", [part for part in os.path.normpath(path).split("/") if part]
    while rest:
        current = os.path.join(done, rest[0])
        try:
            status = os.lstat(current)
        except FileNotFoundError:
            return os.path.join(done, *rest)
        if stat.S_ISLNK(status.st_mode):
            _refuse_foreign_link(status, current)
            followed += 1
            if followed > MAXIMUM_LINKS:
                raise UnsafePath(
                    "Failed to trust a path", on=path, because="it has too many links", remedy=_GIVE_RESOLVED
                )
            target = os.path.normpath(os.path.join(done, os.readlink(current)))
            done, rest = "/", [part for part in target.split("/") if part] + rest[1:]
            continue
        if not stat.S_ISDIR(status.st_mode):
            raise UnsafePath(
                "Failed to trust a path", on=current, because="it is no directory", remedy=_CHOOSE_DIRECTORY
            )
        refuse_foreign(status, current)
        done, rest = current, rest[1:]
    return done


def _refuse_foreign_link(status: os.stat_result, path: str) -> None:
    if status.st_uid not in (0, os.geteuid()):
        because = f"it is a link of the user with the id {status.st_uid}"
        raise UnsafePath("Failed to trust a path", on=path, because=because, remedy=_GIVE_RESOLVED)


def open_lineage(files: Files, base_directory: str, name: str, create: bool = False) -> Directory | None:
    """Open the directory of one lineage; None when it is missing and not to be made."""
    check_name(name)
    base = open_base(files, base_directory, create)
    if base is None:
        return None
    with base:
        return base.ensure(name, 0o755) if create else base.open(name)


def refuse_unwritable(base_directory: str, name: str) -> None:
    """Raise ``OSError``, as making or changing the lineage would, where this user may not write; write nothing."""
    place = _find_existing(locate_lineage(base_directory, name))
    if not os.access(place, os.W_OK | os.X_OK, effective_ids=True):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), place)


def find_inherited_group(base_directory: str, name: str) -> int | None:
    """Return the group that files of a new generation have from the first, by a setgid directory; None without one."""
    status = os.lstat(_find_existing(os.path.join(locate_lineage(base_directory, name), GENERATIONS)))
    return status.st_gid if status.st_mode & stat.S_ISGID else None


def _find_existing(path: str) -> str:
    """Return the path, or the nearest above it that is there."""
    while not os.path.lexists(path):
        path = os.path.dirname(path)
    return path
