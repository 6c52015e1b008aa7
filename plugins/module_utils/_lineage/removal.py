# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""``state: absent``: remove a lineage from the host, the live link first, and nothing that is not ours."""

from __future__ import annotations

from typing import Any

from .._errors import UnusableState
from .._generations.directory import TEMPORARY, Directory
from .._generations.files import Files
from .._generations.inspection import inspect_lineage
from .._generations.links import list_own_links, point_links
from .._generations.location import GENERATIONS, KNOWN_NAMES, LOCK, open_base, open_lineage, refuse_unwritable
from .._generations.lock import hold_lock
from .._generations.manifest import MANIFEST
from .._generations.pending import remove_pending
from .._generations.publication import switch_live
from .options import LineageOptions


def remove_lineage(options: LineageOptions, files: Files, check_mode: bool) -> dict[str, Any]:
    """Remove live link, links at usual paths, pending request, generations and directory; say what was there."""
    lineage = open_lineage(files, options.base_directory, options.name)
    if lineage is None:
        return _result(None, changed=False)
    with lineage:
        refuse_foreign_names(lineage)
        live = inspect_lineage(lineage, options.plan).live
        facts = None if live is None or live.manifest is None else live.manifest.facts
        links = list_own_links(lineage, options.plan)
        if check_mode:
            refuse_unwritable(options.base_directory, options.name)
            return _result(facts, changed=True)
        with hold_lock(lineage):
            point_links(files, dict.fromkeys(links))
            _remove_content(lineage)
    base = open_base(files, options.base_directory, create=False)
    if base is not None:
        with base:
            base.remove(options.name)
            base.flush()
    return _result(facts, changed=True)


def refuse_foreign_names(lineage: Directory) -> None:
    """Raise ``UnusableState`` before anything is removed when the directory holds what this collection did not make."""
    foreign = [name for name in lineage.names() if name not in KNOWN_NAMES and not name.startswith(TEMPORARY)]
    if foreign:
        raise UnusableState(
            "Failed to remove the lineage",
            on=lineage.path,
            because=f"it holds what this collection did not make: {', '.join(foreign[:10])}",
            remedy="Move that away, and run again",
        )


def _remove_content(lineage: Directory) -> None:
    switch_live(lineage, None)
    remove_pending(lineage)
    holder = lineage.open(GENERATIONS)
    if holder is not None:
        with holder:
            for name in holder.names():
                holder.remove(name, first=MANIFEST)
    for name in lineage.names():
        if name != LOCK:
            lineage.remove(name)
    lineage.flush()


def _result(previous: Any, changed: bool) -> dict[str, Any]:
    return {
        "changed": changed,
        "generation": None,
        "current": None,
        "certificate_arn": None,
        "issued_at": None,
        "previous": previous,
        "steps": ["remove"] if changed else [],
        "served": None,
        "paths": {},
    }
