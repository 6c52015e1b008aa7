# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Keys and signatures: the API's algorithm names mapped onto `cryptography` (reference 1.1, 2.6, 5.4)."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, mldsa, padding, rsa

from private_ca_emulator.errors import invalid_args


@dataclass(frozen=True)
class SignatureScheme:
    """One SigningAlgorithm: the key family that it needs, its hash (None for ML-DSA) and RSA padding."""

    name: str
    family: str
    digest: hashes.HashAlgorithm | None = None
    padding: Any = None

    def sign_with(self, builder: Any, key: Any) -> Any:
        """Sign a certificate, CSR or CRL builder of `cryptography`."""
        if self.padding is not None:
            return builder.sign(key, self.digest, rsa_padding=self.padding)
        return builder.sign(key, self.digest)

    def sign_octets(self, content: bytes, key: Any) -> bytes:
        """The signature over what those builders cannot say."""
        arguments: tuple[Any, ...] = ()
        if self.family == "RSA":
            arguments = (self.padding or padding.PKCS1v15(), self.digest)
        elif self.digest is not None:
            arguments = (ec.ECDSA(self.digest),)
        signature: bytes = key.sign(content, *arguments)
        return signature


def _schemes() -> dict[str, SignatureScheme]:
    table = {}
    for digest in (hashes.SHA256(), hashes.SHA384(), hashes.SHA512()):
        pss = padding.PSS(padding.MGF1(digest), padding.PSS.DIGEST_LENGTH)
        prefix = digest.name.upper()
        for scheme in (
            SignatureScheme(f"{prefix}WITHECDSA", "EC", digest),
            SignatureScheme(f"{prefix}WITHRSA", "RSA", digest),
            SignatureScheme(f"{prefix}WITHRSA_PSS", "RSA", digest, pss),
        ):
            table[scheme.name] = scheme
    for name in ("ML_DSA_44", "ML_DSA_65", "ML_DSA_87"):
        table[name] = SignatureScheme(name, name)
    table["SM3WITHSM2"] = SignatureScheme("SM3WITHSM2", "SM2")
    return table


SCHEMES: dict[str, SignatureScheme] = _schemes()

_GENERATORS: dict[str, Callable[[], Any]] = {
    "RSA_2048": lambda: rsa.generate_private_key(65537, 2048),
    "RSA_3072": lambda: rsa.generate_private_key(65537, 3072),
    "RSA_4096": lambda: rsa.generate_private_key(65537, 4096),
    "EC_prime256v1": lambda: ec.generate_private_key(ec.SECP256R1()),
    "EC_secp384r1": lambda: ec.generate_private_key(ec.SECP384R1()),
    "EC_secp521r1": lambda: ec.generate_private_key(ec.SECP521R1()),
    "ML_DSA_44": mldsa.MLDSA44PrivateKey.generate,
    "ML_DSA_65": mldsa.MLDSA65PrivateKey.generate,
    "ML_DSA_87": mldsa.MLDSA87PrivateKey.generate,
}
_PAIRED = {
    "EC_prime256v1": "SHA256WITHECDSA",
    "EC_secp384r1": "SHA384WITHECDSA",
    "EC_secp521r1": "SHA512WITHECDSA",
}


def key_family(key_algorithm: str) -> str:
    """`RSA`, `EC`, `SM2` or the ML-DSA parameter set of a KeyAlgorithm."""
    return key_algorithm.split("_", maxsplit=1)[0] if key_algorithm.startswith(("RSA", "EC")) else key_algorithm


def generate_key(key_algorithm: str, partition: str) -> Any:
    """A private key of a KeyAlgorithm; SM2 exists only in the China Regions, and there not in this emulator."""
    if key_algorithm not in _GENERATORS:
        place = "by this emulator" if partition == "aws-cn" else "in this region"
        raise invalid_args(f"The key algorithm {key_algorithm} is not supported {place}.")
    return _GENERATORS[key_algorithm]()


def require_available(unavailable: Collection[str], *algorithms: str) -> None:
    """InvalidArgsException for an algorithm that this Region lacks; which ones do is not established (12.1)."""
    for algorithm in algorithms:
        if algorithm in unavailable:
            raise invalid_args(f"The algorithm {algorithm} is not supported in this region.")


def choose_scheme(signing_algorithm: str, key_algorithm: str, region_generation: str) -> SignatureScheme:
    """The scheme for a CA key; InvalidArgsException names the algorithms that fit (reference 1.4, 2.6)."""
    family = key_family(key_algorithm)
    valid = [name for name, scheme in SCHEMES.items() if scheme.family == family]
    if region_generation == "new" and key_algorithm in _PAIRED:
        valid = [_PAIRED[key_algorithm]]
    if signing_algorithm not in valid:
        raise invalid_args(
            f"Signing algorithm {signing_algorithm} cannot be used with key type {key_algorithm}. "
            f"Valid signing algorithms are: {', '.join(valid)}."
        )
    return SCHEMES[signing_algorithm]
