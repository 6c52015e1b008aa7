# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Openssl, which judges what the modules and the service made."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path


def ask_openssl(*arguments: str | Path, directory: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Run openssl, without the proxies of the environment."""
    return subprocess.run(
        ["openssl", *map(str, arguments)],
        cwd=directory,
        env={"PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        check=False,
    )


def openssl(*arguments: str | Path, directory: Path | None = None) -> str:
    """Run openssl, which must succeed, and return what it prints."""
    done = ask_openssl(*arguments, directory=directory)
    assert done.returncode == 0, done.stderr
    return done.stdout
