# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Repair of a published generation: each faulty file is replaced in one instant, and can be put back.

A fault is damage, or it is that the options ask for another form, mode or owner than they did. What the service refuses
of the second kind is put back as it was; damage never is.
"""

from __future__ import annotations

import hashlib
import stat
from typing import Mapping, NamedTuple

from .directory import Directory, FileAttributes
from .inspection import find_faults, read_manifest
from .location import GENERATIONS
from .manifest import MANIFEST, FileRecord, Manifest, encode_manifest
from .plan import FilePlan
from .publication import PUBLIC, record_file


class FormerFile(NamedTuple):
    """A file of undamaged content that a repair replaced, with the mode and owner that it was written with."""

    content: bytes
    attributes: FileAttributes
    context: bytes | None


class Repair(NamedTuple):
    """What was repaired in a generation: its manifest before, and the undamaged files that were replaced, by name."""

    generation: str
    recorded: Manifest
    former: Mapping[str, FormerFile]


def repair_generation(
    lineage: Directory, generation: str, manifest: Manifest, files: Mapping[str, bytes], plan: FilePlan
) -> Repair:
    """Replace each faulty file of a published generation by the right content, one by one."""
    with lineage.ensure(GENERATIONS, 0o755) as holder, holder.ensure(generation, 0o755) as directory:
        recorded = read_manifest(directory)
        records, former = dict(recorded.files), {}
        for name in dict.fromkeys(fault.name for fault in find_faults(directory, recorded, plan)):
            found = _read_undamaged(directory, name, recorded.files.get(name))
            if found is not None:
                former[name] = found
            context = directory.read_context(name)
            directory.replace(name, files[name], plan.attributes_of(name), context)
            records[name] = record_file(directory, name, files[name])
        directory.replace(MANIFEST, encode_manifest(manifest._replace(files=records)), PUBLIC)
    return Repair(generation, recorded, former)


def _read_undamaged(directory: Directory, name: str, record: FileRecord | None) -> FormerFile | None:
    status = directory.stat(name)
    if record is None or status is None or not stat.S_ISREG(status.st_mode) or status.st_size != record.size:
        return None
    content = directory.read(name, limit=record.size, owned=False)
    if content is None or hashlib.sha256(content).hexdigest() != record.sha256:
        return None
    attributes = FileAttributes(record.mode, record.uid, record.gid)
    return FormerFile(content, attributes, directory.read_context(name))


def undo_repair(lineage: Directory, repair: Repair) -> None:
    """Put the undamaged files back; what was damaged stays repaired."""
    with lineage.ensure(GENERATIONS, 0o755) as holder, holder.ensure(repair.generation, 0o755) as directory:
        records = dict(read_manifest(directory).files)
        for name, former in repair.former.items():
            directory.replace(name, former.content, former.attributes, former.context)
            records[name] = repair.recorded.files[name]
        directory.replace(MANIFEST, encode_manifest(repair.recorded._replace(files=records)), PUBLIC)
