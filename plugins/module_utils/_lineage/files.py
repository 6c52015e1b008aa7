# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The contents of a generation's files, from a key, a leaf and its chain."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Mapping

from .._generations import plan as layout
from .._generations.plan import FilePlan
from .._x509.keys import encode_key
from .._x509.pem import load_certificate
from .keystore import encode_keystore
from .options import Passphrases


@dataclass(frozen=True)
class CertificateSet:
    """A leaf, the CAs between it and the root, and the root: PEM texts, each ended by one newline."""

    certificate: str
    intermediates: tuple[str, ...]
    root: str | None


def name_generation(facts: Mapping[str, Any]) -> str:
    """Return the id of a certificate's generation: its NotBefore and serial, so that every run names it alike."""
    moment = "".join(character for character in facts["not_before"] if character not in "-:")
    return f"{moment}-{facts['serial'][:16]}"


def render_files(
    key: Any, texts: CertificateSet, plan: FilePlan, passphrases: Passphrases, name: str
) -> dict[str, bytes]:
    """Return the content of every file that the plan asks for. ``name`` is the alias in the PKCS#12 file."""
    encoded = encode_key(key, plan.key_format, passphrases.key)
    full_chain = "".join((texts.certificate, *texts.intermediates)).encode("ascii")
    files = {
        layout.PRIVATE_KEY: encoded,
        layout.CERTIFICATE: texts.certificate.encode("ascii"),
        layout.CHAIN: "".join(texts.intermediates).encode("ascii"),
        layout.FULL_CHAIN: full_chain,
    }
    if texts.root is not None:
        files[layout.ROOT] = texts.root.encode("ascii")
    if "combined" in plan.formats:
        files[layout.COMBINED] = full_chain + encoded
    if "pkcs12" in plan.formats:
        authorities = [*texts.intermediates, *([] if texts.root is None else [texts.root])]
        files[layout.KEYSTORE] = encode_keystore(key, texts.certificate, authorities, passphrases.keystore or "", name)
    if "der" in plan.formats:
        files.update(_encode_der(key, texts, passphrases))
    return files


def _encode_der(key: Any, texts: CertificateSet, passphrases: Passphrases) -> Mapping[str, bytes]:
    from cryptography.hazmat.primitives import serialization

    encryption: Any = serialization.NoEncryption()
    if passphrases.key is not None:
        encryption = serialization.BestAvailableEncryption(passphrases.key.encode("utf-8"))
    der = serialization.Encoding.DER
    return {
        layout.CERTIFICATE_DER: load_certificate(texts.certificate).public_bytes(der),
        layout.PRIVATE_KEY_DER: key.private_bytes(der, serialization.PrivateFormat.PKCS8, encryption),
    }
