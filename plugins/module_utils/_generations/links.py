# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Links at the usual paths of a distribution: checked, made, put back as they were, removed."""

from __future__ import annotations

import os
from typing import Iterable, Mapping

from .._errors import UnsafePath, UnusableState
from .directory import Directory
from .files import Files
from .inspection import leads_into, link_targets, read_link
from .location import check_parents, locate_lineage, open_lineage
from .plan import FilePlan
from .state import read_state


def check_links(files: Files, base_directory: str, name: str, plan: FilePlan) -> None:
    """Raise ``UnsafePath`` where a link is to lie in an untrusted directory, or in a file's place.

    ``UnusableState`` where its directory is missing, or where it is to be made or changed and this user may not.
    """
    lineage = open_lineage(files, base_directory, name)
    recorded: Mapping[str, str] = {}
    if lineage is not None:
        with lineage:
            recorded = read_state(lineage).links
    for path, target in link_targets(locate_lineage(base_directory, name), plan, recorded).items():
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
    """Make or correct the links at usual paths, and remove those asked for no longer; returns those changed."""
    return point_links(lineage.files, link_targets(lineage.path, plan, read_state(lineage).links))


def list_own_links(lineage: Directory, plan: FilePlan) -> list[str]:
    """Return the links at usual paths, on record or asked for, that lead into this lineage.

    Raises ``UnsafePath`` for one in an untrusted place, ``UnusableState`` where this user may not remove it.
    """
    own = [path for path in {**read_state(lineage).links, **plan.links} if leads_into(lineage.path, path)]
    for path in own:
        _refuse_unwritable(path, check_parents(os.path.dirname(path)))
    return own
