# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A private key that was not made on the host: it travels encrypted, and only the host decrypts it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from .._errors import InvalidInput
from .keys import digest_public_key, load_key


@dataclass(frozen=True)
class ExportedKey:
    """A key as AWS Certificate Manager exports it: PEM of encrypted PKCS#8, and its passphrase. Never shown."""

    pem: str = field(repr=False)
    passphrase: str = field(repr=False)


def open_exported_key(exported: ExportedKey, public_key_sha256: str) -> Any:
    """Decrypt the key; ``InvalidInput`` when it cannot be, or is not that of the public key with this digest."""
    key = load_key(exported.pem.encode("utf-8"), exported.passphrase, "the exported private key")
    if digest_public_key(key.public_key()) != public_key_sha256:
        raise InvalidInput(
            "Failed to match key and certificate",
            on="the exported private key",
            because="it is another key than the certificate's",
            remedy="Nothing was changed on the host. Export certificate and key in one call",
        )
    return key
