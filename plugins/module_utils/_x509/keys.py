# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Private keys: from AWS's names of key algorithms to keys and back, and the bytes of a key on disk."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from .._errors import InvalidInput
from .algorithms import CURVES, KEY_ALGORITHMS, ML_DSA_CLASSES, RSA_SIZES
from .library import require_cryptography

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, NoEncryption

PUBLIC_EXPONENT = 65537


def generate_key(algorithm: str) -> Any:
    """Make a private key of one of ``KEY_ALGORITHMS``; ``InvalidInput`` when this host's library cannot."""
    require_cryptography()
    from cryptography.hazmat.primitives.asymmetric import ec, rsa

    if algorithm in RSA_SIZES:
        return rsa.generate_private_key(public_exponent=PUBLIC_EXPONENT, key_size=RSA_SIZES[algorithm])
    if algorithm in CURVES:
        return ec.generate_private_key(getattr(ec, CURVES[algorithm])())
    if algorithm in ML_DSA_CLASSES:
        return _generate_ml_dsa(algorithm)
    raise InvalidInput(
        "Failed to make a private key",
        on=algorithm,
        because="the key algorithm is unknown",
        remedy=f"Choose one of {', '.join(KEY_ALGORITHMS)}",
    )


def _generate_ml_dsa(algorithm: str) -> Any:
    from cryptography.exceptions import UnsupportedAlgorithm

    try:
        from cryptography.hazmat.primitives.asymmetric import mldsa

        return getattr(mldsa, f"{ML_DSA_CLASSES[algorithm]}PrivateKey").generate()
    except (ImportError, UnsupportedAlgorithm) as error:
        raise InvalidInput(
            "Failed to make a private key",
            on=algorithm,
            because="the installed cryptography library or its OpenSSL does not know ML-DSA",
            remedy="Choose an RSA or EC algorithm, or install a newer cryptography",
        ) from error


def name_key_algorithm(public_key: Any) -> str:
    """Return AWS's name of a public key's algorithm and size; what AWS does not offer gets a name of that shape."""
    from cryptography.hazmat.primitives.asymmetric import ec, rsa

    if isinstance(public_key, rsa.RSAPublicKey):
        return f"RSA_{public_key.key_size}"
    if isinstance(public_key, ec.EllipticCurvePublicKey):
        known = {curve.lower(): name for name, curve in CURVES.items()}
        return known.get(public_key.curve.name, f"EC_{public_key.curve.name}")
    kind = type(public_key).__name__.lstrip("_").replace("PublicKey", "")
    known = {prefix: name for name, prefix in ML_DSA_CLASSES.items()}
    return known.get(kind, kind)


def digest_public_key(public_key: Any) -> str:
    """Return the SHA-256 (hex) of the key's SubjectPublicKeyInfo in DER (RFC 5280 section 4.1.2.7)."""
    from cryptography.hazmat.primitives import serialization

    spki = public_key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return hashlib.sha256(spki).hexdigest()


def encode_key(key: Any, key_format: str = "pkcs8", passphrase: str | None = None) -> bytes:
    """Return the key as PEM in one of ``KEY_FORMATS``, encrypted when there is a passphrase."""
    from cryptography.hazmat.primitives import serialization

    formats = serialization.PrivateFormat
    chosen = formats.TraditionalOpenSSL if key_format == "traditional" else formats.PKCS8
    try:
        encoded: bytes = key.private_bytes(serialization.Encoding.PEM, chosen, _encryption(passphrase))
    except (TypeError, ValueError) as error:
        raise InvalidInput(
            "Failed to encode the private key",
            because=f"its algorithm has no {key_format} format: {error}",
            remedy="Use key_format: pkcs8",
        ) from error
    return encoded


def _encryption(passphrase: str | None) -> NoEncryption | BestAvailableEncryption:
    from cryptography.hazmat.primitives import serialization

    if passphrase is None:
        return serialization.NoEncryption()
    return serialization.BestAvailableEncryption(passphrase.encode("utf-8"))


def load_key(pem: bytes, passphrase: str | None = None, origin: str = "the private key") -> Any:
    """Read a private key from PEM. ``origin`` names it in the error; neither key nor passphrase ever does."""
    require_cryptography()
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives import serialization

    secret = passphrase.encode("utf-8") if passphrase is not None else None
    try:
        return serialization.load_pem_private_key(pem, password=secret)
    except TypeError as error:
        if secret is not None:
            return load_key(pem, None, origin)
        raise InvalidInput(
            "Failed to read a private key",
            on=origin,
            because="it is encrypted and no passphrase was given",
            remedy="Set key_passphrase",
        ) from error
    except (ValueError, UnsupportedAlgorithm):
        # The library's text may quote the input, so it is neither shown nor chained.
        raise InvalidInput(
            "Failed to read a private key",
            on=origin,
            because="it is not a PEM private key, or the passphrase is wrong",
            remedy="Check the file and key_passphrase",
        ) from None
