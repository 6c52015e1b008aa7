# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""``generation.json``: what a generation says of itself, so that a host with nothing due needs to parse no certificate.

It also holds the public texts, so that a deleted or edited public file comes back without another issuance.
"""

from __future__ import annotations

import json
from types import MappingProxyType
from typing import Any, Mapping, NamedTuple

MANIFEST = "generation.json"
SCHEMA = 1


class Unreadable(Exception):
    """A file of ours cannot be understood: which, and why. It becomes the policy's reason ``unreadable``."""


class FileRecord(NamedTuple):
    """One file of a generation as it was written."""

    sha256: str
    size: int
    mode: int
    uid: int
    gid: int


class Manifest(NamedTuple):
    """A generation: facts of its leaf, what was asked, its texts and its files. ``issued_at`` is in epoch seconds."""

    facts: Mapping[str, Any]
    subject: Mapping[str, Any] | None
    subject_alternative_names: tuple[str, ...] | None
    key_algorithm: str | None
    key_format: str
    key_encrypted: bool
    terms: Mapping[str, str]
    issued_at: float
    certificate: str
    intermediates: tuple[str, ...]
    root: str | None
    files: Mapping[str, FileRecord] = MappingProxyType({})
    certificate_arn: str | None = None
    force_id: str | None = None
    schema: int = SCHEMA


def encode_manifest(manifest: Manifest) -> bytes:
    """Return the manifest as JSON, equal for equal manifests."""
    records = {name: record._asdict() for name, record in manifest.files.items()}
    return (json.dumps({**manifest._asdict(), "files": records}, indent=1, sort_keys=True) + "\n").encode("utf-8")


def decode_manifest(content: bytes, path: str) -> Manifest:
    """Read what ``encode_manifest`` wrote; ``Unreadable`` for anything else."""
    fields = decode_object(content, path)
    try:
        records = {name: FileRecord(**record) for name, record in fields.pop("files").items()}
        names = fields.pop("subject_alternative_names")
        manifest = Manifest(
            files=records,
            subject_alternative_names=None if names is None else tuple(names),
            intermediates=tuple(fields.pop("intermediates")),
            **fields,
        )
        _check_types(manifest)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise Unreadable(f"{path} lacks what this collection writes there: {error}") from error
    return manifest


def decode_object(content: bytes, path: str) -> dict[str, Any]:
    """Read a JSON object of our schema; ``Unreadable`` for other bytes, another shape or a newer schema."""
    try:
        fields = json.loads(content.decode("utf-8"))
    except (UnicodeDecodeError, ValueError, RecursionError) as error:
        raise Unreadable(f"{path} is no JSON text") from error
    if not isinstance(fields, dict) or fields.get("schema") != SCHEMA:
        raise Unreadable(f"{path} is not of the schema {SCHEMA} that this release reads")
    return fields


def _check_types(manifest: Manifest) -> None:
    texts = (manifest.certificate, manifest.facts["serial"], manifest.facts["not_after"], manifest.key_format)
    if not all(isinstance(text, str) for text in (*texts, *manifest.intermediates)):
        raise TypeError("a text is no text")
    if not isinstance(manifest.terms, dict) or not isinstance(manifest.issued_at, (int, float)):
        raise TypeError("terms or issued_at have another type")
