# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""``state.json``: which generation is proved to serve, which waits to be applied, and why it could not be."""

from __future__ import annotations

import contextlib
import json
from types import MappingProxyType
from typing import Any, Mapping, NamedTuple

from .directory import Directory, FileAttributes
from .location import STATE
from .manifest import SCHEMA, Unreadable, decode_object

OPEN = 0o644
CLOSED = 0o600


class ServiceState(NamedTuple):
    """Ids of generations. ``in_service`` is None from the moment that a change begins until it is proved.

    ``fallback`` is the last that was in service: what a roll-back returns to. ``candidate`` is whole but not in
    service; ``failure`` has ``generation``, ``step`` and ``reason`` of the last attempt to apply it. ``links`` are
    those at usual paths that were made or are about to be, absolute path to name of a file.
    """

    in_service: str | None = None
    candidate: str | None = None
    fallback: str | None = None
    failure: Mapping[str, Any] | None = None
    links: Mapping[str, str] = MappingProxyType({})
    schema: int = SCHEMA


def read_state(lineage: Directory) -> ServiceState:
    """Return the recorded state. A missing or damaged one knows nothing, which makes the next run apply again."""
    content = lineage.read(STATE)
    if content is None:
        return ServiceState()
    try:
        fields = decode_object(content, lineage.show(STATE))
        links = {str(path): str(name) for path, name in dict(fields.pop("links", {})).items()}
        return ServiceState(**fields, links=links)
    except (Unreadable, TypeError, ValueError):
        return ServiceState()


def close_state(lineage: Directory) -> None:
    """Take from others a failure that earlier releases let every user of the host read, where the disk allows it."""
    status = lineage.stat(STATE)
    if status is None or not status.st_mode & 0o077 or read_state(lineage).failure is None:
        return
    with contextlib.suppress(OSError):  # another's file, or a file system that cannot be written
        file = lineage.files.open_file(STATE, lineage.descriptor)
        try:
            lineage.files.set_mode(file, CLOSED)
        finally:
            lineage.files.close(file)


def write_state(lineage: Directory, state: ServiceState) -> None:
    """Record the state in one instant and for good.

    One with a failure is for its owner alone, for the reason has what a command printed.
    """
    content = json.dumps({**state._asdict(), "links": dict(state.links)}, indent=1, sort_keys=True) + "\n"
    lineage.replace(STATE, content.encode("utf-8"), FileAttributes(OPEN if state.failure is None else CLOSED))
