# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The PKCS#12 file (RFC 7292), as Java and OpenSSL 3 both read it."""

from __future__ import annotations

from typing import Any, Sequence

from .._x509.library import require_cryptography
from .._x509.pem import load_certificate


def encode_keystore(key: Any, leaf: str, authorities: Sequence[str], passphrase: str, name: str) -> bytes:
    """Return a PKCS#12 file with the key and the certificates (PEM), in the strongest form that both readers know.

    ``authorities`` are the CAs from the issuer up; ``name`` is the alias (friendlyName) of the key.
    """
    from cryptography.hazmat.primitives.serialization import pkcs12

    chain = [load_certificate(text) for text in authorities]
    encryption = _keystore_encryption(passphrase.encode("utf-8"))
    encoded: bytes = pkcs12.serialize_key_and_certificates(
        name.encode("utf-8"), key, load_certificate(leaf), chain or None, encryption
    )
    return encoded


def opens_keystore(content: bytes, passphrase: str) -> bool:
    """Tell whether the bytes of a PKCS#12 file open with a passphrase."""
    require_cryptography()
    from cryptography.hazmat.primitives.serialization import pkcs12

    try:
        pkcs12.load_key_and_certificates(content, passphrase.encode("utf-8"))
    except ValueError:
        return False
    return True


def _keystore_encryption(passphrase: bytes) -> Any:
    from cryptography.hazmat.primitives import hashes, serialization

    modern = getattr(serialization.PrivateFormat, "PKCS12", None)
    if modern is None:  # cryptography before 38 writes triple DES, which both still read
        return serialization.BestAvailableEncryption(passphrase)
    from cryptography.hazmat.primitives.serialization import pkcs12

    builder = modern.encryption_builder().kdf_rounds(50000).hmac_hash(hashes.SHA256())
    return builder.key_cert_algorithm(pkcs12.PBES.PBESv2SHA256AndAES256CBC).build(passphrase)
