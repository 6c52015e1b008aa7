# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""``pending/``: a private key and its request, from the moment that a certificate is due until it is on the host.

1. Key, request and description are written to a directory beside, each 0600 from its first moment, and flushed.
2. An older pending request is removed, its description first: without it the rest is debris that is never used.
3. The directory gets its name in one instant, and that is flushed.
A kill or power loss between any two calls leaves a whole pending request, or none.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Any, Mapping

from .directory import TEMPORARY, Directory, FileAttributes
from .location import PENDING
from .manifest import SCHEMA, Unreadable, decode_object

PENDING_KEY = "privkey.pem"
PENDING_REQUEST = "request.pem"
PENDING_DESCRIPTION = "request.json"
PRIVATE = FileAttributes(0o600)


@dataclass(frozen=True)
class PendingDescription:
    """What the pending request was made for; it is used again only for the same."""

    subject: Mapping[str, Any] | None
    subject_alternative_names: tuple[str, ...] | None
    key_algorithm: str | None
    terms: Mapping[str, str]
    replaces: str | None
    public_key_sha256: str
    schema: int = SCHEMA


@dataclass(frozen=True)
class PendingRequest:
    """A private key (PEM), its CSR (PEM) and what they are for."""

    key: bytes
    csr: str
    description: PendingDescription


def read_pending(lineage: Directory) -> PendingRequest | None:
    """Return the pending request, None when there is none or when it is not whole."""
    pending = lineage.open(PENDING)
    if pending is None:
        return None
    with pending:
        key, csr = pending.read(PENDING_KEY), pending.read(PENDING_REQUEST)
        described = pending.read(PENDING_DESCRIPTION)
    if key is None or csr is None or described is None:
        return None
    try:
        fields = decode_object(described, PENDING_DESCRIPTION)
        names = fields.pop("subject_alternative_names")
        fields["subject_alternative_names"] = None if names is None else tuple(names)
        return PendingRequest(key, csr.decode("ascii"), PendingDescription(**fields))
    except (KeyError, TypeError, Unreadable, UnicodeDecodeError):
        return None


def write_pending(lineage: Directory, request: PendingRequest) -> None:
    """Put a request into ``pending/``; the numbers are those of this file's header."""
    temporary = TEMPORARY + PENDING
    lineage.remove(temporary)
    description = json.dumps(asdict(request.description), indent=1, sort_keys=True) + "\n"
    with lineage.ensure(temporary, 0o700) as directory:  # 1
        directory.write(PENDING_KEY, request.key, PRIVATE)
        directory.write(PENDING_REQUEST, request.csr.encode("ascii"), PRIVATE)
        directory.write(PENDING_DESCRIPTION, description.encode("utf-8"), PRIVATE)
        directory.flush()
    remove_pending(lineage)  # 2
    lineage.files.rename(temporary, PENDING, lineage.descriptor)  # 3
    lineage.flush()


def is_answered(pending: PendingRequest | None, facts: Mapping[str, Any]) -> bool:
    """Tell whether a certificate answers a pending request: it has its key, and is not the one to be replaced."""
    if pending is None:
        return False
    described = pending.description
    has_key: bool = described.public_key_sha256 == facts["public_key_sha256"]
    return has_key and described.replaces != facts["serial"]


def remove_pending(lineage: Directory) -> bool:
    """Remove the pending request, its description first; returns whether there was one."""
    return lineage.remove(PENDING, first=PENDING_DESCRIPTION)
