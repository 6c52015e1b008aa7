# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Publishing a generation so that a reader of ``live/`` sees one whole set at every instant, come what may.

1. Debris of an earlier try is removed, and the generation's directory is made under a temporary name.
2. Every file is written with its final owner and mode and flushed, ``generation.json`` last; then the directory is.
3. ``state.json`` names it as the candidate: no run after this asks AWS again.
4. The directory gets its final name in one instant, and the directory of the generations is flushed. Only then may
   ``pending/`` go.
5. A new link is made beside ``live`` and renamed over it in one instant, and the lineage's directory is flushed.
6. Once the service is proved to serve it, ``state.json`` says so, and older generations go, their manifest first.

A kill or a power loss between any two calls leaves the old set live or the new one, whole, and a next run knows which
step to go on from. Nothing in a published generation is ever changed but by replacing one damaged file in one instant.
"""

from __future__ import annotations

import hashlib
import os
import stat
from typing import Mapping

from .directory import TEMPORARY, Directory, FileAttributes
from .inspection import is_generation_id
from .location import GENERATIONS, LIVE
from .manifest import MANIFEST, FileRecord, Manifest, encode_manifest
from .plan import FilePlan
from .state import read_state, write_state

PUBLIC = FileAttributes(0o644)
STAGING = TEMPORARY + "generation"


def stage_generation(
    lineage: Directory, generation: str, manifest: Manifest, files: Mapping[str, bytes], plan: FilePlan
) -> None:
    """Write a whole generation under its id; the numbers are those of this file's header."""
    with lineage.ensure(GENERATIONS, 0o755) as holder:
        holder.remove(STAGING, first=MANIFEST)  # 1
        with holder.ensure(STAGING, 0o755) as directory:
            records = {}
            for name, content in files.items():  # 2
                context = _find_context(lineage, name)
                directory.write(name, content, plan.attributes_of(name), context)
                records[name] = record_file(directory, name, content)
            complete = manifest._replace(files=records)
            directory.write(MANIFEST, encode_manifest(complete), PUBLIC)
            directory.flush()
        write_state(lineage, read_state(lineage)._replace(candidate=generation, failure=None))  # 3
        holder.files.rename(STAGING, generation, holder.descriptor)  # 4
        holder.flush()


def record_file(directory: Directory, name: str, content: bytes) -> FileRecord:
    """Return the record of a file that was just written."""
    status = directory.files.stat(name, directory.descriptor)
    return FileRecord(
        sha256=hashlib.sha256(content).hexdigest(),
        size=len(content),
        mode=stat.S_IMODE(status.st_mode),
        uid=status.st_uid,
        gid=status.st_gid,
    )


def _find_context(lineage: Directory, name: str) -> bytes | None:
    """Return the SELinux label of the live file of this name: what an administrator set survives a renewal."""
    target = lineage.read_link(LIVE)
    holder = lineage.open(GENERATIONS) if target is not None else None
    if target is None or holder is None:
        return None
    with holder:
        directory = holder.open(os.path.basename(target))
        if directory is None:
            return None
        with directory:
            return directory.read_context(name)


def switch_live(lineage: Directory, generation: str | None) -> None:
    """Let ``live`` point at a generation in one instant (5 in this file's header), or at none."""
    if generation is None:
        if lineage.remove(LIVE):
            lineage.flush()
        return
    lineage.point(LIVE, f"{GENERATIONS}/{generation}")


def list_generations(lineage: Directory) -> list[str]:
    """Return the ids on the disk, oldest first (an id begins with its NotBefore)."""
    holder = lineage.open(GENERATIONS)
    if holder is None:
        return []
    with holder:
        return [name for name in holder.names() if is_generation_id(name)]


def prune_generations(lineage: Directory, keep: int, needed: set[str]) -> list[str]:
    """Remove the oldest generations but ``keep`` and those needed, and all debris; returns the ids removed."""
    for name in lineage.names():
        if name.startswith(TEMPORARY):
            lineage.remove(name)
    others = [generation for generation in list_generations(lineage) if generation not in needed]
    removed = others[: max(0, len(others) - keep)]
    holder = lineage.open(GENERATIONS)
    if holder is None:
        return []
    with holder:
        debris = [name for name in holder.names() if not is_generation_id(name)]
        for name in removed + debris:
            holder.remove(name, first=MANIFEST)
    return removed
