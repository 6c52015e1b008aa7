# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a TLS client outside the fleet is served, asked of openssl."""

from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Handshake:
    """One TLS handshake: serial (lower-case hex) of the leaf that was served, and whether its chain verified."""

    serial: str
    verified: bool


def shake_hands(address: str, port: int, server_name: str, root: Path, at: int) -> Handshake:
    """Return what is served to a client that trusts ``root`` alone and whose clock says ``at`` (epoch seconds)."""
    client = subprocess.run(
        [
            "openssl", "s_client", "-connect", f"{address}:{port}", "-servername", server_name,
            "-verify_hostname", server_name, "-CAfile", str(root), "-no-CApath", "-attime", str(at),
        ],
        stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, timeout=30,
    )  # fmt: skip
    leaf = re.search(r"-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----", client.stdout, re.DOTALL)
    if leaf is None:
        raise ConnectionError(f"{address}:{port} serves no certificate: {client.stderr.strip()}")
    shown = subprocess.run(
        ["openssl", "x509", "-noout", "-serial"], input=leaf[0], capture_output=True, text=True, check=True, timeout=30
    )
    serial = shown.stdout.strip().removeprefix("serial=").lower().lstrip("0")
    return Handshake(serial=serial, verified="Verify return code: 0 (ok)" in client.stdout)
