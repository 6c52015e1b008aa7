# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which private key belongs to a certificate: read from ``pending/`` or from a generation, never shown."""

from __future__ import annotations

from typing import Any

from .._errors import InvalidInput, UnusableState
from .._generations.directory import Directory
from .._generations.inspection import Generation, read_generation
from .._generations.location import GENERATIONS
from .._generations.pending import read_pending
from .._generations.plan import PRIVATE_KEY
from .._generations.publication import list_generations
from .._x509.keys import digest_public_key, load_key


def read_generation_key(lineage: Directory, generation: str, passphrase: str | None) -> Any | None:
    """Return the private key in a generation, None when its file is missing; ``InvalidInput`` if it cannot be read."""
    holder = lineage.open(GENERATIONS)
    directory = holder.open(generation) if holder is not None else None
    if holder is None or directory is None:
        return None
    with holder, directory:
        pem = directory.read(PRIVATE_KEY, owned=False)
        return None if pem is None else load_key(pem, passphrase, directory.show(PRIVATE_KEY))


def key_belongs(lineage: Directory, generation: Generation, passphrase: str | None) -> bool:
    """Tell whether the key file of a generation, however changed, still holds the certificate's key."""
    if generation.manifest is None:
        return False
    try:
        key = read_generation_key(lineage, generation.id, passphrase)
    except (InvalidInput, UnusableState):
        return False
    wanted = generation.manifest.facts.get("public_key_sha256")
    return key is not None and digest_public_key(key.public_key()) == wanted


def find_key(lineage: Directory, public_key_sha256: str, passphrase: str | None) -> Any:
    """Return the private key of a public one, from ``pending/`` or a generation; ``UnusableState`` if it is nowhere."""
    pending = read_pending(lineage)
    if pending is not None and pending.description.public_key_sha256 == public_key_sha256:
        key = load_key(pending.key, passphrase, "of the pending request")
        if digest_public_key(key.public_key()) == public_key_sha256:
            return key
    for each in reversed(list_generations(lineage)):
        generation = read_generation(lineage, each, None)
        if generation.manifest is None or generation.manifest.facts.get("public_key_sha256") != public_key_sha256:
            continue
        if key_belongs(lineage, generation, passphrase):
            return read_generation_key(lineage, each, passphrase)
    raise UnusableState(
        "Failed to find the private key of the certificate",
        on=lineage.path,
        because="neither the pending request nor a generation has it",
        remedy="Run the play again: it makes another request",
    )
