# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What lies in a lineage's directory, read without a library and without changing anything."""

from __future__ import annotations

import hashlib
import os
import stat
from typing import Iterable, NamedTuple

from .._errors import UnusableState
from .directory import Directory
from .location import GENERATIONS, LIVE
from .manifest import MANIFEST, FileRecord, Manifest, Unreadable, decode_manifest
from .plan import ENCODED_KEYS, KEYSTORE, PRIVATE_KEY, FilePlan
from .state import ServiceState, read_state

TARGET_PREFIX = GENERATIONS + "/"


class Fault(NamedTuple):
    """A difference between a file and what was recorded or asked: ``reason`` is a word of the policy's vocabulary."""

    name: str
    reason: str
    message: str


class Generation(NamedTuple):
    """A generation as it lies on the disk: its manifest, or why that is unreadable, and the faults of its files."""

    id: str
    manifest: Manifest | None
    unreadable: str | None
    faults: tuple[Fault, ...] = ()

    @property
    def key_missing(self) -> bool:
        """Whether the private key's file is gone."""
        return any(fault.name == PRIVATE_KEY and fault.reason == "file_missing" for fault in self.faults)

    @property
    def key_changed(self) -> bool:
        """Whether the private key's file has another content than was written."""
        return any(fault.name == PRIVATE_KEY and fault.reason == "file_changed" for fault in self.faults)


class Inspection(NamedTuple):
    """A lineage as it lies on the disk. ``live`` and ``candidate`` are None where there is none.

    Where the live link is lost, ``live`` is the last generation in service, and the link is among the faults.
    """

    live: Generation | None = None
    candidate: Generation | None = None
    state: ServiceState = ServiceState()
    link_faults: tuple[Fault, ...] = ()


def inspect_lineage(lineage: Directory | None, plan: FilePlan, known: ServiceState | None = None) -> Inspection:
    """Read links, manifests, modes and digests; ``UnusableState`` or ``UnsafePath`` for what is not ours.

    ``known`` is the state where the caller has read it.
    """
    if lineage is None:
        return Inspection()
    holder = lineage.open(GENERATIONS)
    if holder is not None:  # what is not ours must show before anything is issued for it
        lineage.files.close(holder.descriptor)
    state = read_state(lineage) if known is None else known
    linked = read_live(lineage)
    live_id = linked or _find_last_in_service(lineage, state)
    live = None if live_id is None else read_generation(lineage, live_id, plan)
    candidate_id = state.candidate if state.candidate != live_id else None
    candidate = None if candidate_id is None else read_generation(lineage, candidate_id, plan)
    faults = find_link_faults(lineage, plan, state.links) if live is not None else []
    if live is not None and linked is None:
        faults.append(Fault(lineage.show(LIVE), "link_changed", f"{lineage.show(LIVE)} is missing"))
    return Inspection(live, candidate, state, tuple(faults))


def _find_last_in_service(lineage: Directory, state: ServiceState) -> str | None:
    """Return the generation that ``live`` pointed at before it was lost, as far as the state and the disk tell."""
    for generation in (state.in_service, state.fallback):
        if generation is not None and read_generation(lineage, generation, None).manifest is not None:
            return generation
    return None


def read_live(lineage: Directory) -> str | None:
    """Return the id of the generation that ``live`` points at, None when there is no such link."""
    target = lineage.read_link(LIVE)
    if target is None:
        return None
    generation = target[len(TARGET_PREFIX) :]
    if not target.startswith(TARGET_PREFIX) or not is_generation_id(generation):
        raise UnusableState(
            "Failed to understand the live link",
            on=lineage.show(LIVE),
            because=f"it points at {target}, which is no generation of this collection",
            remedy="Remove the link, or move the directory away",
        )
    return generation


def is_generation_id(text: str) -> bool:
    """Tell whether a name can be a generation's: no path, no hidden or temporary file."""
    return bool(text) and "/" not in text and "\0" not in text and not text.startswith(".")


def read_generation(lineage: Directory, generation: str, plan: FilePlan | None) -> Generation:
    """Read one generation; with a plan, compare its files with what was recorded and what is asked."""
    holder = lineage.open(GENERATIONS)
    if holder is None:
        return Generation(generation, None, f"{lineage.show(GENERATIONS)} is missing")
    with holder:
        directory = holder.open(generation)
        if directory is None:
            return Generation(generation, None, f"{holder.show(generation)} is missing")
        with directory:
            try:
                manifest = read_manifest(directory)
            except (Unreadable, UnusableState) as error:
                return Generation(generation, None, str(error))
            faults = find_faults(directory, manifest, plan) if plan is not None else []
            return Generation(generation, manifest, None, tuple(faults))


def read_manifest(directory: Directory) -> Manifest:
    """Return the manifest of an open generation; ``Unreadable`` when it is missing or damaged."""
    content = directory.read(MANIFEST)
    if content is None:
        raise Unreadable(f"{directory.show(MANIFEST)} is missing")
    return decode_manifest(content, directory.show(MANIFEST))


def find_faults(directory: Directory, manifest: Manifest, plan: FilePlan) -> list[Fault]:
    """Compare each file that is to be there with its record and with the plan: content, mode, owner and group."""
    faults = []
    for name in plan.list_names(manifest.root is not None):
        record, status = manifest.files.get(name), directory.stat(name)
        if record is None or status is None:
            faults.append(Fault(name, "file_missing", f"{directory.show(name)} is missing"))
        elif not _has_content(directory, name, status, record):
            faults.append(Fault(name, "file_changed", f"{directory.show(name)} was changed"))
        else:
            faults += _compare_attributes(directory, name, status, record, plan)
            faults += _try_keystore(directory, plan) if name == KEYSTORE else []
    return faults + _compare_formats(directory, manifest, plan)


def _compare_formats(directory: Directory, manifest: Manifest, plan: FilePlan) -> list[Fault]:
    """A key can be encoded anew or be encrypted; that it is to lose its passphrase is for the policy to say."""
    wanted, present = (plan.key_format, plan.key_encrypted), (manifest.key_format, manifest.key_encrypted)
    if wanted == present or (manifest.key_encrypted and not plan.key_encrypted):
        return []
    names = [name for name in plan.list_names(manifest.root is not None) if name in ENCODED_KEYS]
    shown = [f"{form}{', encrypted' if encrypted else ''}" for form, encrypted in (present, wanted)]
    return [Fault(name, "format_changed", f"{directory.show(name)} is {shown[0]}, not {shown[1]}") for name in names]


def _try_keystore(directory: Directory, plan: FilePlan) -> list[Fault]:
    content = None if plan.opens_keystore is None else directory.read(KEYSTORE, owned=False)
    if content is None or plan.opens_keystore is None or plan.opens_keystore(content):
        return []
    message = f"{directory.show(KEYSTORE)} does not open with the passphrase given"
    return [Fault(KEYSTORE, "format_changed", message)]


def _has_content(directory: Directory, name: str, status: os.stat_result, record: FileRecord) -> bool:
    if not stat.S_ISREG(status.st_mode) or status.st_size != record.size:
        return False
    content = directory.read(name, limit=record.size, owned=False)
    return content is not None and hashlib.sha256(content).hexdigest() == record.sha256


def _compare_attributes(
    directory: Directory, name: str, status: os.stat_result, record: FileRecord, plan: FilePlan
) -> list[Fault]:
    wanted, path, faults = plan.attributes_of(name), directory.show(name), []
    mode = stat.S_IMODE(status.st_mode)
    if mode != wanted.mode:
        faults.append(Fault(name, "mode_changed", f"{path} has mode {mode:04o}, not {wanted.mode:04o}"))
    uid = record.uid if wanted.uid is None else wanted.uid
    gid = record.gid if wanted.gid is None else wanted.gid
    if (status.st_uid, status.st_gid) != (uid, gid):
        message = f"{path} belongs to {status.st_uid}:{status.st_gid}, not {uid}:{gid}"
        faults.append(Fault(name, "owner_changed", message))
    return faults


def find_link_faults(lineage: Directory, plan: FilePlan, recorded: Iterable[str]) -> list[Fault]:
    """Compare the links at usual paths with those asked for, and the paths on record with theirs.

    A path on record that is asked for no longer is a fault whatever is there now: the run that mends it forgets it.
    """
    targets = link_targets(lineage.path, plan)
    wrong = {path: f"{path} does not point at {targets[path]}" for path in targets if read_link(path) != targets[path]}
    former = {path: f"{path} is asked for no longer" for path in recorded if path not in targets}
    return [Fault(path, "link_changed", message) for path, message in {**wrong, **former}.items()]


def link_targets(lineage: str, plan: FilePlan) -> dict[str, str]:
    """Return for each path that is asked for where its link is to point: a file in ``live/`` of a lineage's path."""
    return {path: os.path.join(lineage, LIVE, name) for path, name in plan.links.items()}


def leads_into(lineage: str, path: str) -> bool:
    """Tell whether a link leads to what is live of the lineage at a path."""
    said = read_link(path)
    return said is not None and os.path.dirname(said) == os.path.join(lineage, LIVE)


def read_link(path: str) -> str | None:
    """Return what a link says, None where there is none."""
    try:
        return os.readlink(path)
    except (OSError, ValueError):
        return None
