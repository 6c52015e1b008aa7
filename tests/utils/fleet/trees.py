# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Trees of Debian releases, built once with mmdebstrap and shared by every checkout of this user.

A tree is named after its release and what is installed in it, is renamed into place when complete, and is never written
to afterwards: fleets lay an overlay over it, or bind it read-only.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

RELEASES = ("bullseye", "bookworm", "trixie")
SERVICES = "bookworm_services"  # bookworm with more services: large, and built only for the tests that need them
PACKAGES = ("ca-certificates", "nginx-light", "openssh-server", "openssl", "python3", "python3-cryptography", "sudo")
_ADDED = {SERVICES: ("dovecot-imapd", "dovecot-submissiond", "haproxy", "postgresql", "slapd")}
_UNWANTED = ("doc", "info", "locale", "man")


class TreeError(Exception):
    """A tree cannot be built on this machine; the message says why."""


def list_packages(release: str) -> tuple[str, ...]:
    """Return what is installed in the tree of the release, or of SERVICES."""
    return (*PACKAGES, *_ADDED.get(release, ()))


def find_tree(release: str) -> Path:
    """Return where the tree of the release is, or would be once built."""
    content = hashlib.sha256(" ".join(list_packages(release)).encode()).hexdigest()[:8]
    owner = "root" if os.getuid() == 0 else "user"
    return find_cache() / f"{release}-{owner}-{content}"


def find_cache() -> Path:
    """Return the folder of trees: FLEET_TREES, or one below the user's cache folder."""
    if chosen := os.environ.get("FLEET_TREES"):
        return Path(chosen)
    cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(cache, "fleet_pki_aws_private_ca", "roots")


def provide_trees(releases: tuple[str, ...]) -> dict[str, Path]:
    """Return the tree of each release, building at once those that are missing. Raises TreeError."""
    with ThreadPoolExecutor(max_workers=max(1, len(releases))) as pool:
        return dict(zip(releases, pool.map(provide_tree, releases), strict=True))


def provide_tree(release: str) -> Path:
    """Return the tree of the release, built if need be; a second builder waits for the first. Raises TreeError."""
    tree = find_tree(release)
    if tree.is_dir():
        return tree
    if shutil.which("mmdebstrap") is None:
        raise TreeError("mmdebstrap is not installed (make packages installs it)")
    tree.parent.mkdir(parents=True, exist_ok=True)
    with _hold(tree.with_name(f"{tree.name}.lock")):
        if not tree.is_dir():
            _build(release, tree)
    return tree


@contextmanager
def _hold(lock: Path) -> Iterator[None]:
    with lock.open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def _build(release: str, tree: Path) -> None:
    """Build beside `tree` and rename: `tree` is complete or absent, whatever ends this process."""
    for leftover in tree.parent.glob(f"{tree.name}.building.*"):
        shutil.rmtree(leftover, ignore_errors=True)
    with tempfile.TemporaryDirectory(prefix=f"{tree.name}.building.", dir=tree.parent) as scratch:
        archive, unpacked = Path(scratch, "tree.tar"), Path(scratch, "tree")
        suite = release.partition("_")[0]
        _run([*_mmdebstrap(list_packages(release)), suite, str(archive), find_mirror()], f"mmdebstrap {release}")
        unpacked.mkdir()
        devices = [] if os.getuid() == 0 else ["--exclude=./dev/*"]
        _run(["tar", "-xf", str(archive), "-C", str(unpacked), *devices], f"unpacking {release}")
        unpacked.rename(tree)


def _mmdebstrap(packages: tuple[str, ...]) -> list[str]:
    options = ['Acquire::Check-Valid-Until "false"', 'Acquire::Languages "none"', 'Acquire::Retries "2"']
    return [
        "mmdebstrap",
        "--quiet",
        "--variant=minbase",
        f"--include={','.join(packages)}",
        *[f"--aptopt={option}" for option in options],
        *[f"--dpkgopt=path-exclude=/usr/share/{folder}/*" for folder in _UNWANTED],
    ]


def _run(command: list[str], purpose: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
    if done.returncode:
        reason = done.stderr.strip().splitlines()[-3:]
        raise TreeError(f"{purpose} failed ({done.returncode}): {' / '.join(reason)}")


def find_mirror() -> str:
    """Return FLEET_MIRROR or the Debian mirror that this machine's apt is configured for. Raises TreeError."""
    if chosen := os.environ.get("FLEET_MIRROR"):
        return chosen
    release = Path("/etc/os-release")
    fields = (
        dict(line.split("=", 1) for line in release.read_text().splitlines() if "=" in line) if release.exists() else {}
    )
    if fields.get("ID") == "debian" and shutil.which("apt-get"):
        listing = ["apt-get", "indextargets", "--format", "$(REPO_URI) $(RELEASE)", "Created-By: Packages"]
        targets = subprocess.run(listing, capture_output=True, text=True, check=False).stdout.splitlines()
        for uri, name in (target.split() for target in targets if len(target.split()) == 2):
            if name == fields.get("VERSION_CODENAME"):
                return uri
    raise TreeError("this machine's apt names no Debian mirror (FLEET_MIRROR may name one)")
