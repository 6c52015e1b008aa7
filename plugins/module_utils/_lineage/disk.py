# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Disk errors as their user reads them."""

from __future__ import annotations

import contextlib
import errno
from typing import Iterator

from .._errors import UnusableState

REMEDIES = {
    errno.ENOSPC: "Free space on that file system, and run again",
    errno.EDQUOT: "Free space within the quota, and run again",
    errno.EROFS: "Choose a base_directory on a file system that can be written",
    errno.EACCES: "Run the task with become, or choose a base_directory that this user may write",
    errno.EPERM: "Run the task with become, or leave owner and group out",
}


@contextlib.contextmanager
def told_disk_errors(doing: str, path: str) -> Iterator[None]:
    """Turn an ``OSError`` in the body into ``UnusableState``. ``doing`` completes "Failed to ..."."""
    try:
        yield
    except OSError as error:
        raise UnusableState(
            f"Failed to {doing}",
            on=path,
            because=error.strerror or str(error),
            remedy=REMEDIES.get(error.errno or 0, "Look at the file system, and run again"),
        ) from error
