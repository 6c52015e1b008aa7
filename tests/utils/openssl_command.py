# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Openssl, which judges what the collection and the emulator made."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path


def ask_openssl(
    *arguments: str | Path, directory: Path | None = None, text: str | None = None
) -> subprocess.CompletedProcess[str]:
    """Run openssl in the directory, with the text as its input and without the proxies of the environment."""
    return subprocess.run(
        ["openssl", *map(str, arguments)],
        cwd=directory,
        env={"PATH": os.environ["PATH"]},
        input=text,
        capture_output=True,
        text=True,
        check=False,
    )


def openssl(*arguments: str | Path, directory: Path | None = None, text: str | None = None) -> str:
    """Run openssl, which must succeed, and return what it prints."""
    done = ask_openssl(*arguments, directory=directory, text=text)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
