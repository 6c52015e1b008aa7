# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every system call that reads or changes the disk of a lineage, one method for each.

All names are relative to an open directory and no link is ever followed, so that nobody who can write near the path can
lead a call elsewhere. Whoever wants to know, count, record or interrupt the changes replaces this one layer.
"""

from __future__ import annotations

import fcntl
import os

CHANGING = (
    "create_directory",
    "create_file",
    "write",
    "set_owner",
    "set_mode",
    "set_context",
    "flush",
    "create_link",
    "rename",
    "remove_file",
    "remove_directory",
    "open_lock",
)
CONTEXT_ATTRIBUTE = "security.selinux"
READ_CHUNK = 1 << 16


class Files:
    """The disk. ``parent`` and ``file`` are descriptors; a method of ``CHANGING`` makes one changing call."""

    def open_directory(self, name: str, parent: int | None = None) -> int:
        """Open a directory for reading its entries and for naming others relative to it."""
        return os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=parent)

    def open_parent(self, name: str, parent: int | None = None) -> int:
        """Open a directory on the way to another: this user need not read its entries, only search it."""
        try:
            return self.open_directory(name, parent)
        except PermissionError:
            search = getattr(os, "O_PATH", os.O_RDONLY)  # of Linux
            return os.open(name, search | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=parent)

    def open_file(self, name: str, parent: int) -> int:
        """Open a file for reading; never waits for a FIFO or a device."""
        return os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC, dir_fd=parent)

    def read(self, file: int, limit: int) -> bytes:
        """Read up to ``limit`` bytes."""
        chunks, size = [], 0
        while size < limit:
            chunk = os.read(file, min(READ_CHUNK, limit - size))
            if not chunk:
                break
            chunks.append(chunk)
            size += len(chunk)
        return b"".join(chunks)

    def read_link(self, name: str, parent: int) -> str:
        """Return what a symbolic link says."""
        return os.readlink(name, dir_fd=parent)

    def read_context(self, file: int) -> bytes | None:
        """Return the SELinux label of a file, None where there is none."""
        try:
            return os.getxattr(file, CONTEXT_ATTRIBUTE)
        except (OSError, AttributeError):
            return None

    def stat(self, name: str, parent: int) -> os.stat_result:
        """Return what the directory entry itself is."""
        return os.stat(name, dir_fd=parent, follow_symlinks=False)

    def stat_open(self, file: int) -> os.stat_result:
        """Return what an open file or directory is."""
        return os.fstat(file)

    def list_names(self, parent: int) -> list[str]:
        """Return the names in a directory, sorted."""
        return sorted(os.listdir(parent))

    def close(self, file: int) -> None:
        """Close a descriptor."""
        os.close(file)

    def lock(self, file: int) -> bool:
        """Take the lock on an open file if nobody has it; it ends with the process at the latest."""
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def create_directory(self, name: str, parent: int, mode: int) -> None:
        """Make a directory that has ``mode`` from its first moment, whatever the umask."""
        umask = os.umask(0)
        try:
            os.mkdir(name, mode, dir_fd=parent)
        finally:
            os.umask(umask)

    def create_file(self, name: str, parent: int) -> int:
        """Make an empty file that only its owner can read, and open it for writing; it must not be there yet."""
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        return os.open(name, flags, 0o600, dir_fd=parent)

    def open_lock(self, name: str, parent: int) -> int:
        """Open the file that a lock is taken on, and make it where it is missing."""
        return os.open(name, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600, dir_fd=parent)

    def write(self, file: int, content: bytes) -> int:
        """Write and return how many bytes were taken."""
        return os.write(file, content)

    def set_owner(self, file: int, uid: int, gid: int) -> None:
        """Give an open file to a user and a group; -1 leaves one as it is."""
        os.fchown(file, uid, gid)

    def set_mode(self, file: int, mode: int) -> None:
        """Set the permission bits of an open file."""
        os.fchmod(file, mode)

    def set_context(self, file: int, context: bytes) -> None:
        """Give an open file an SELinux label, where the kernel lets us."""
        try:
            os.setxattr(file, CONTEXT_ATTRIBUTE, context)
        except OSError:
            return

    def flush(self, file: int) -> None:
        """Bring an open file's content, or an open directory's entries, to the disk for good."""
        os.fsync(file)

    def create_link(self, target: str, name: str, parent: int) -> None:
        """Make a symbolic link."""
        os.symlink(target, name, dir_fd=parent)

    def rename(self, old: str, new: str, parent: int) -> None:
        """Give an entry another name in the same directory; what had that name is replaced in the same instant."""
        os.rename(old, new, src_dir_fd=parent, dst_dir_fd=parent)

    def remove_file(self, name: str, parent: int) -> None:
        """Remove a file or a link."""
        os.unlink(name, dir_fd=parent)

    def remove_directory(self, name: str, parent: int) -> None:
        """Remove an empty directory."""
        os.rmdir(name, dir_fd=parent)
