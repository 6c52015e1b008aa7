# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a service would read: the set behind `live`, judged by openssl."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path


def describe_fault(live: Path) -> str | None:
    """Say what is wrong with the set behind the link, None when there is no link or a whole set.

    The link is read once, as a service does that opens all files of one generation.
    """
    if not os.path.lexists(live):
        return None
    generation = live.parent / os.readlink(live)
    certificate, key = (generation / name for name in ("cert.pem", "privkey.pem"))
    of_certificate = _openssl("x509", "-in", certificate, "-noout", "-pubkey")
    of_key = _openssl("pkey", "-in", key, "-pubout")
    if of_certificate != of_key:
        return f"the key is not the certificate's: {of_key!r} {of_certificate!r}"
    authorities: list[str | Path] = ["-CAfile", generation / "root.pem", "-untrusted", generation / "chain.pem"]
    leaves = [generation / leaf for leaf in ("cert.pem", "fullchain.pem")]
    verdict = _openssl("verify", "-no_check_time", *authorities, *leaves)
    return None if verdict == "".join(f"{leaf}: OK\n" for leaf in leaves) else verdict


def read_serial(live: Path) -> str:
    """Return the serial of the certificate behind the link, in upper-case hexadecimal."""
    return _openssl("x509", "-in", live / "cert.pem", "-noout", "-serial").strip().removeprefix("serial=")


def _openssl(*arguments: str | Path) -> str:
    done = subprocess.run(["openssl", *map(str, arguments)], capture_output=True, check=False, text=True)
    return done.stdout if done.returncode == 0 else done.stderr
