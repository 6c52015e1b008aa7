# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""``state: absent``: remove a lineage from the host, and nothing that is not ours.

Links at usual paths go first, for ``state.json`` has them on record; then ``state.json``, lest a run after a kill bring
back what is known as having been in service; then ``live``, and the rest.
"""

from __future__ import annotations

import errno
import os
from typing import Any, Sequence

from .._errors import UnusableState
from .._generations.directory import TEMPORARY, Directory
from .._generations.files import Files
from .._generations.inspection import inspect_lineage, read_generation
from .._generations.links import list_own_links, point_links
from .._generations.location import GENERATIONS, KNOWN_NAMES, LOCK, STATE, open_base, open_lineage
from .._generations.lock import hold_lock
from .._generations.manifest import MANIFEST, Manifest
from .._generations.pending import remove_pending
from .._generations.publication import list_generations, switch_live
from .._generations.superseded import read_superseded
from .._x509.times import read_time
from .options import LineageOptions


def remove_lineage(options: LineageOptions, files: Files, check_mode: bool) -> dict[str, Any]:
    """Remove links, state, pending request, generations and directory; say what was there.

    What would keep it from that is told in check mode too, and before anything is removed.
    """
    lineage = open_lineage(files, options.base_directory, options.name)
    if lineage is None:
        return _result(None, [], False)
    with lineage:
        refuse_foreign_names(lineage)
        live = inspect_lineage(lineage, options.plan).live
        facts = None if live is None or live.manifest is None else live.manifest.facts
        certificates = list_certificates(lineage, None if live is None else live.id)
        links, warnings = list_own_links(lineage, options.plan)
        refuse_unremovable(lineage)
        if check_mode:
            _wait_for_others(lineage)
            return _result(facts, certificates, True, warnings)
        with hold_lock(lineage):
            point_links(files, dict.fromkeys(links))
            _remove_content(lineage)
    base = open_base(files, options.base_directory, create=False)
    if base is not None:
        with base:
            base.remove(options.name)
            base.flush()
    return _result(facts, certificates, True, warnings)


def list_certificates(lineage: Directory, live: str | None) -> list[dict[str, Any]]:
    """Return what a removal takes the record of: what is recorded as replaced, and each generation, the live one last.

    Each has ``serial``, ``certificate_arn``, ``not_after`` (ISO 8601) and ``generation``, None as far as it is unknown.
    """
    found: dict[str, dict[str, Any]] = {}
    for entry in read_superseded(lineage):
        found[entry.serial] = _describe(None, entry.serial, entry.certificate_arn, entry.not_after)
    for generation in sorted(list_generations(lineage), key=lambda each: each == live):
        manifest = _read_dated(lineage, generation)
        described = _describe(generation, None, None, None)
        if manifest is not None:
            serial, not_after = manifest.facts["serial"], manifest.facts["not_after"]
            described = _describe(generation, serial, manifest.certificate_arn, not_after)
        key = described["serial"] or generation
        former = found.pop(key, {})
        found[key] = {**described, "certificate_arn": described["certificate_arn"] or former.get("certificate_arn")}
    return list(found.values())


def _read_dated(lineage: Directory, generation: str) -> Manifest | None:
    manifest = read_generation(lineage, generation, None).manifest
    try:
        return manifest if manifest is not None and read_time(manifest.facts["not_after"]) else None
    except ValueError:
        return None


def _describe(generation: str | None, serial: str | None, arn: str | None, not_after: str | None) -> dict[str, Any]:
    return {"generation": generation, "serial": serial, "certificate_arn": arn, "not_after": not_after}


def refuse_unremovable(lineage: Directory) -> None:
    """Raise ``OSError``, as the removal would, where this user may not take entries out of a directory."""
    for folder in (os.path.dirname(lineage.path), *(folder for folder, _folders, _files in os.walk(lineage.path))):
        if not os.access(folder, os.R_OK | os.W_OK | os.X_OK, effective_ids=True):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), folder)


def _wait_for_others(lineage: Directory) -> None:
    """Wait for the lock as the removal does; where there was never one, none is made."""
    if lineage.stat(LOCK) is not None:
        with hold_lock(lineage):
            pass


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
    if lineage.remove(STATE):
        lineage.flush()
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


def _result(
    previous: Any, certificates: list[dict[str, Any]], changed: bool, warnings: Sequence[str] = ()
) -> dict[str, Any]:
    return {
        "changed": changed,
        "generation": None,
        "current": None,
        "certificate_arn": None,
        "issued_at": None,
        "previous": previous,
        "certificates": certificates,
        "steps": ["remove"] if changed else [],
        "served": None,
        "paths": {},
        **({"warnings": list(warnings)} if warnings else {}),
    }
