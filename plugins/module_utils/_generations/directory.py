# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An open directory and what is done in it as a whole: read within bounds, write whole files, replace, remove."""

from __future__ import annotations

import contextlib
import errno
import os
import stat
from typing import Iterator, NamedTuple

from .._errors import UnsafePath, UnusableState
from .files import Files

MAXIMUM_FILE = 1 << 20
TEMPORARY = ".new-"
_LOOK_AND_REMOVE = "Look at who put it there, and remove it"


class FileAttributes(NamedTuple):
    """Permission bits, owner and group of a file; None for the owner or group leaves what the writer's own is."""

    mode: int
    uid: int | None = None
    gid: int | None = None


class Directory:
    """A directory held open by its descriptor, so that a change of its path cannot lead us elsewhere."""

    def __init__(self, files: Files, descriptor: int, path: str) -> None:
        self.files = files
        self.descriptor = descriptor
        self.path = path

    def __enter__(self) -> Directory:
        return self

    def __exit__(self, *_failure: object) -> None:
        self.files.close(self.descriptor)

    def show(self, name: str) -> str:
        """Return the path of an entry, for messages."""
        return os.path.join(self.path, name)

    def stat(self, name: str) -> os.stat_result | None:
        """Return what an entry is, None when there is none."""
        try:
            return self.files.stat(name, self.descriptor)
        except FileNotFoundError:
            return None

    def names(self) -> list[str]:
        """Return the names of the entries, sorted."""
        return self.files.list_names(self.descriptor)

    def open(self, name: str, on_the_way: bool = False) -> Directory | None:
        """Open a directory below, None when there is none; ``UnsafePath`` for a link, a file, or one of others.

        One that is only ``on_the_way`` to another need not be readable.
        """
        entry = self.stat(name)
        if entry is None:
            return None
        if not stat.S_ISDIR(entry.st_mode):
            raise UnsafePath(
                "Failed to open a directory",
                on=self.show(name),
                because="there is a link or a file in its place",
                remedy=_LOOK_AND_REMOVE,
            )
        open_directory = self.files.open_parent if on_the_way else self.files.open_directory
        child = Directory(self.files, open_directory(name, self.descriptor), self.show(name))
        try:
            child.refuse_others()
        except UnsafePath:
            self.files.close(child.descriptor)
            raise
        return child

    def refuse_others(self) -> None:
        """Raise ``UnsafePath`` if this directory belongs to another user, or others can write in it."""
        refuse_foreign(self.files.stat_open(self.descriptor), self.path)

    def ensure(self, name: str, mode: int) -> Directory:
        """Open a directory below, after making it with ``mode`` where it is missing; another run may be the one."""
        found = self.open(name)
        if found is not None:
            return found
        with contextlib.suppress(FileExistsError):
            self.files.create_directory(name, self.descriptor, mode)
        self.flush()
        made = self.open(name)
        if made is None:
            raise UnusableState(
                "Failed to make a directory",
                on=self.show(name),
                because="it vanished at once",
                remedy="Look at what removes it, and run again",
            )
        return made

    def read(self, name: str, limit: int = MAXIMUM_FILE, owned: bool = True) -> bytes | None:
        """Return a regular file's content, None when there is no such entry.

        ``UnsafePath`` for what is no regular file or, where it must be ``owned`` by us or root, another user's;
        ``UnusableState`` for one larger than ``limit``.
        """
        if self.stat(name) is None:
            return None
        try:
            file = self.files.open_file(name, self.descriptor)
        except OSError as error:
            if error.errno != errno.ELOOP:
                raise
            raise UnsafePath(
                "Failed to read a file",
                on=self.show(name),
                because="there is a link in its place",
                remedy="Look at who put it there, and remove it",
            ) from error
        try:
            status = self.files.stat_open(file)
            self._refuse_irregular(name, status, limit)
            if owned:
                refuse_foreign(status, self.show(name))
            return self.files.read(file, limit + 1)
        finally:
            self.files.close(file)

    def _refuse_irregular(self, name: str, status: os.stat_result, limit: int) -> None:
        if not stat.S_ISREG(status.st_mode):
            raise UnsafePath(
                "Failed to read a file", on=self.show(name), because="it is no regular file", remedy=_LOOK_AND_REMOVE
            )
        if status.st_size > limit:
            raise UnusableState(
                "Failed to read a file",
                on=self.show(name),
                because=f"its {status.st_size} bytes are more than the {limit} that such a file can have",
                remedy="Look at what wrote it, and remove it",
            )

    def read_link(self, name: str) -> str | None:
        """Return what a link says, None when there is no entry; ``UnusableState`` when the entry is no link."""
        entry = self.stat(name)
        if entry is None:
            return None
        if not stat.S_ISLNK(entry.st_mode):
            raise UnusableState(
                "Failed to read a link",
                on=self.show(name),
                because="there is a file or directory in its place that this collection did not make",
                remedy="Move it away",
            )
        return self.files.read_link(name, self.descriptor)

    def write(self, name: str, content: bytes, attributes: FileAttributes, context: bytes | None = None) -> None:
        """Write a new file whole and flush it. It is 0600 until content and owner are right, then as asked."""
        file = self.files.create_file(name, self.descriptor)
        try:
            rest = memoryview(content)
            while rest:
                rest = rest[self.files.write(file, bytes(rest)) :]
            if attributes.uid is not None or attributes.gid is not None:
                keep = -1
                uid = keep if attributes.uid is None else attributes.uid
                self.files.set_owner(file, uid, keep if attributes.gid is None else attributes.gid)
            if context is not None:
                self.files.set_context(file, context)
            if attributes.mode != 0o600:
                self.files.set_mode(file, attributes.mode)
            self.files.flush(file)
        finally:
            self.files.close(file)

    def replace(self, name: str, content: bytes, attributes: FileAttributes, context: bytes | None = None) -> None:
        """Put a file in the place of another in one instant, and for good; survives what an earlier try left."""
        temporary = TEMPORARY + name
        self.remove(temporary)
        self.write(temporary, content, attributes, context)
        self.files.rename(temporary, name, self.descriptor)
        self.flush()

    def point(self, name: str, target: str) -> None:
        """Let a link say ``target``, in one instant and for good; survives what an earlier try left."""
        temporary = TEMPORARY + name
        self.remove(temporary)
        self.files.create_link(target, temporary, self.descriptor)
        self.files.rename(temporary, name, self.descriptor)
        self.flush()

    def read_context(self, name: str) -> bytes | None:
        """Return the SELinux label of a file, None when there is no file or no label."""
        entry = self.stat(name)
        if entry is None or not stat.S_ISREG(entry.st_mode):
            return None
        file = self.files.open_file(name, self.descriptor)
        try:
            return self.files.read_context(file)
        finally:
            self.files.close(file)

    def remove(self, name: str, first: str | None = None) -> bool:
        """Remove an entry, a directory with all that is in it (the entry ``first`` before the others).

        Returns whether there was one.
        """
        entry = self.stat(name)
        if entry is None:
            return False
        if not stat.S_ISDIR(entry.st_mode):
            self.files.remove_file(name, self.descriptor)
            return True
        with Directory(self.files, self.files.open_directory(name, self.descriptor), self.show(name)) as child:
            for each in _first(child.names(), first):
                child.remove(each)
        self.files.remove_directory(name, self.descriptor)
        return True

    def flush(self) -> None:
        """Bring the entries to the disk for good."""
        self.files.flush(self.descriptor)


def _first(names: list[str], first: str | None) -> Iterator[str]:
    if first in names:
        yield str(first)
    yield from (name for name in names if name != first)


def refuse_foreign(status: os.stat_result, path: str) -> None:
    """Raise ``UnsafePath`` for what belongs to a user other than root and us, or what others can write."""
    if status.st_uid not in (0, os.geteuid()):
        because = f"it belongs to the user with the id {status.st_uid}"
    elif _is_writable_by_others(status):
        because = f"others can write it (mode {stat.S_IMODE(status.st_mode):04o})"
    else:
        return
    raise UnsafePath(
        "Failed to trust a path",
        on=path,
        because=because,
        remedy="Give it to the user that Ansible becomes on this host, and take the write permission from the others",
    )


def _is_writable_by_others(status: os.stat_result) -> bool:
    if stat.S_ISDIR(status.st_mode) and status.st_mode & stat.S_ISVTX:
        return False
    group_trusted = status.st_gid in (0, os.getegid())
    return bool(status.st_mode & stat.S_IWOTH or (status.st_mode & stat.S_IWGRP and not group_trusted))
