# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""``superseded.json``: certificates whose successor was proved in service, until they are revoked or have expired."""

from __future__ import annotations

import json
from typing import Any, Collection, Iterable, Mapping, NamedTuple

from .._x509.times import read_time
from .directory import Directory, FileAttributes
from .location import SUPERSEDED
from .manifest import SCHEMA, Manifest, Unreadable, decode_object


class Superseded(NamedTuple):
    """A certificate that was replaced: ``not_after`` is ISO 8601, ``since`` the time of the proof in epoch seconds."""

    serial: str
    certificate_arn: str
    not_after: str
    since: float


def read_superseded(lineage: Directory) -> tuple[Superseded, ...]:
    """Return what is recorded, the oldest first; a missing or damaged file knows nothing."""
    content = lineage.read(SUPERSEDED)
    if content is None:
        return ()
    try:
        return tuple(Superseded(**entry) for entry in decode_object(content, lineage.show(SUPERSEDED))["certificates"])
    except (Unreadable, KeyError, TypeError):
        return ()


def record_superseded(
    lineage: Directory, replaced: Iterable[Manifest], in_service: Mapping[str, Any], now: float
) -> None:
    """Record what the certificate of the facts ``in_service`` was just proved to have replaced.

    Only a certificate whose ARN is known, and is not one of AWS Certificate Manager, can be revoked later. What serves,
    or has expired, is taken off the record.
    """
    recorded = read_superseded(lineage)
    entries = {entry.certificate_arn: entry for entry in recorded}
    for manifest in replaced:
        if manifest.certificate_arn is not None and ":acm:" not in manifest.certificate_arn:
            facts = manifest.facts
            entry = Superseded(facts["serial"], manifest.certificate_arn, facts["not_after"], now)
            entries.setdefault(manifest.certificate_arn, entry)
    kept = [
        entry for entry in entries.values() if entry.serial != in_service["serial"] and read_time(entry.not_after) > now
    ]
    _write(lineage, recorded, kept)


def forget_superseded(lineage: Directory, certificate_arns: Collection[str]) -> bool:
    """Take these certificates off the record; tell whether any was on it."""
    recorded = read_superseded(lineage)
    kept = [entry for entry in recorded if entry.certificate_arn not in certificate_arns]
    return _write(lineage, recorded, kept)


def _write(lineage: Directory, recorded: Collection[Superseded], kept: Collection[Superseded]) -> bool:
    if list(recorded) == list(kept):
        return False
    content = json.dumps({"certificates": [entry._asdict() for entry in kept], "schema": SCHEMA}, indent=1) + "\n"
    lineage.replace(SUPERSEDED, content.encode("utf-8"), FileAttributes(0o644))
    return True
