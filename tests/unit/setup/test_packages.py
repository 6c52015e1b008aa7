# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The script that installs Debian packages, on a machine that has never heard of some of them."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path


def put_program(folder: Path, name: str, script: str) -> None:
    (folder / name).write_text(f"#!/bin/sh\n{script}\n")
    (folder / name).chmod(0o755)


def test_packages_that_dpkg_has_never_heard_of_are_missing_like_others(checkout: Path, tmp_path: Path) -> None:
    known = "echo openssl installed; echo strace not-installed; echo 'no packages found matching uidmap' >&2; exit 1"
    put_program(tmp_path, "dpkg-query", known)
    put_program(tmp_path, "id", "echo 1000")
    script = checkout / "tests/utils/setup/install_packages.sh"
    environment = {**os.environ, "PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}"}
    done = subprocess.run([script], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    (command,) = [line.strip() for line in done.stderr.splitlines() if "apt-get" in line]
    assert command.startswith("sudo apt-get update && sudo apt-get install ")
    assert {"strace", "uidmap"} <= set(command.split()) and "openssl" not in command.split()
