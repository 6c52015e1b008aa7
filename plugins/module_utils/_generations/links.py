# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Links at the usual paths of a distribution: checked, made, put back as they were, removed.

One that is on record and asked for no longer goes when the service took the certificate. Nothing waits for it: where it
cannot be removed it stays, with a warning, and is on record no longer.
"""

from __future__ import annotations

import os
from typing import Iterable, Mapping

from .._errors import UnsafePath, UnusableState
from .directory import Directory
from .files import Files
from .inspection import leads_into, link_targets, read_link
from .location import check_parents, locate_lineage
from .plan import FilePlan
from .state import read_state


def check_links(base_directory: str, name: str, plan: FilePlan) -> None:
    """Raise ``UnsafePath`` where a link is to lie in an untrusted directory, or in a file's place.

    ``UnusableState`` where its directory is missing, or where it is to be made or changed and this user may not.
    """
    for path, target in link_targets(locate_lineage(base_directory, name), plan).items():
        folder = check_parents(os.path.dirname(path))
        if not os.path.isdir(folder):
            raise UnusableState(
                "Failed to make a link",
                on=path,
                because=f"the directory {folder} is missing",
                remedy="Make it, or take the path out of links",
            )
        if os.path.lexists(path) and not os.path.islink(path):
            raise UnsafePath(
                "Failed to make a link",
                on=path,
                because="a file or directory is in its place",
                remedy="Move it away, or take the path out of links",
            )
        if read_link(path) != target:
            _refuse_unwritable(path, folder)


def _refuse_unwritable(path: str, folder: str) -> None:
    if not os.access(folder, os.W_OK | os.X_OK, effective_ids=True):
        raise UnusableState(
            "Failed to change a link",
            on=path,
            because=f"this user may not write in {folder}",
            remedy="Run the task with become, or see to the link by hand",
        )


def read_links(paths: Iterable[str]) -> dict[str, str | None]:
    """Return what each link says now, None for one that is not there."""
    return {path: read_link(path) for path in paths}


def point_links(files: Files, targets: Mapping[str, str | None]) -> list[str]:
    """Let each path point at its target, or remove its link where that is None; returns the paths changed."""
    present = read_links(targets)
    changed = [path for path in targets if present[path] != targets[path]]
    for path in changed:
        folder, name = os.path.split(path)
        resolved, target = check_parents(folder), targets[path]
        with Directory(files, files.open_directory(resolved), resolved) as directory:
            if target is None:
                directory.remove(name)
                directory.flush()
            else:
                directory.point(name, target)
    return changed


def place_links(lineage: Directory, plan: FilePlan) -> list[str]:
    """Make or correct the links that are asked for; returns the paths of those changed."""
    return point_links(lineage.files, link_targets(lineage.path, plan))


def drop_links(lineage: Directory, plan: FilePlan) -> list[str]:
    """Remove the links on record that are asked for no longer and still lead into this lineage.

    A path that is another spelling of one that is asked for is the same link, and stays. Returns a warning for each
    link that cannot be removed.
    """
    asked, warnings = [_identify(path) for path in plan.links], []
    former = [path for path in read_state(lineage).links if path not in plan.links and leads_into(lineage.path, path)]
    for path in former:
        if _identify(path) in asked:
            continue
        try:
            point_links(lineage.files, {path: None})
        except (UnsafePath, OSError) as error:
            warnings.append(warn_of_kept_link(path, error))
    return warnings


def _identify(path: str) -> tuple[int, int] | None:
    try:
        status = os.lstat(path)
    except OSError:
        return None
    return status.st_dev, status.st_ino


def warn_of_kept_link(path: str, error: UnsafePath | OSError) -> str:
    """Return the warning for a link that is asked for no longer and cannot be removed."""
    because = (error.strerror or error) if isinstance(error, OSError) else f"{error.on}: {error.because}"
    return f"The link {path} is asked for no longer, but it is not removed: {because}. Remove it by hand"


def list_own_links(lineage: Directory, plan: FilePlan) -> tuple[list[str], list[str]]:
    """Return the links at usual paths, on record or asked for, that lead into this lineage and can be removed.

    With them a warning for each in a place that cannot be trusted. ``UnusableState`` for one that this user may not
    remove.
    """
    own: list[str] = []
    warnings: list[str] = []
    for path in {**read_state(lineage).links, **plan.links}:
        if not leads_into(lineage.path, path):
            continue
        try:
            _refuse_unwritable(path, check_parents(os.path.dirname(path)))
            own.append(path)
        except UnsafePath as error:
            warnings.append(warn_of_kept_link(path, error))
    return own, warnings
