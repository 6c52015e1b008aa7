# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The tarball for Galaxy has what users need and nothing else, and installs where nothing but its dependency is."""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

ALLOWED = {
    "CHANGELOG.rst",
    "CONTRIBUTING.md",
    "COPYING",
    "FILES.json",
    "LICENSES",
    "MANIFEST.json",
    "README.md",
    "changelogs",
    "docs",
    "meta",
    "playbooks",
    "plugins",
    "roles",
}
REQUIRED = {
    "COPYING",
    "MANIFEST.json",
    "README.md",
    "meta/runtime.yml",
    "plugins/action/host_certificate.py",
    "plugins/modules/host_certificate.py",
}
GALAXY = str(Path(sys.executable).with_name("ansible-galaxy"))


@pytest.fixture(scope="module")
def tarball(staged_copy: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    output = tmp_path_factory.mktemp("build")
    build = [GALAXY, "collection", "build", "--output-path", str(output)]
    subprocess.run(build, cwd=staged_copy, check=True, capture_output=True)
    (built,) = output.glob("fleet_pki-aws_private_ca-*.tar.gz")
    return built


def test_the_tarball_has_what_users_need_only(tarball: Path) -> None:
    with tarfile.open(tarball) as archive:
        names = {member.name for member in archive if member.isfile()}
    assert {name.split("/")[0] for name in names} <= ALLOWED
    assert names >= REQUIRED
    assert not [name for name in names if name.endswith((".pyc", ".pem", ".key"))]


def test_the_tarball_installs_beside_its_dependency(tarball: Path, checkout: Path, tmp_path: Path) -> None:
    collections = tmp_path / "installed"
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "ANSIBLE_COLLECTIONS_PATH": f"{collections}:{checkout / '.deps'}",
    }
    install = [GALAXY, "collection", "install", "--offline", str(tarball), "--collections-path", str(collections)]
    done = subprocess.run(install, env=environment, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    verify = [GALAXY, "collection", "verify", "--offline", "fleet_pki.aws_private_ca"]
    done = subprocess.run(verify, env=environment, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
