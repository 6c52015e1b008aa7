# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Put this checkout and the collections that it depends on where Ansible and Python find them by name."""

from __future__ import annotations

import argparse
import fcntl
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[3]
OWN_COLLECTION = Path("ansible_collections/fleet_pki/aws_private_ca")
DEPENDENCIES = ("amazon.aws", "community.aws", "community.crypto")


def read_pinned_distribution(requirements: Path) -> str:
    """Return the one requirement (`ansible==X.Y.Z`) of the file."""
    lines = [line.strip() for line in requirements.read_text().splitlines()]
    (requirement,) = [line for line in lines if line and not line.startswith("#")]
    return requirement


def unpack_dependencies(requirement: str, destination: Path) -> None:
    """Download the `ansible` wheel named by `requirement` and unpack DEPENDENCIES of it below `destination`.

    `destination` appears whole or not at all; one that was made from the same requirement is left alone.
    """
    stamp = destination / "unpacked-from"
    wanted = f"{requirement} {' '.join(DEPENDENCIES)}"
    if stamp.is_file() and stamp.read_text() == wanted:
        return
    destination.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=destination.parent, prefix=f"{destination.name}.") as scratch:
        download = [sys.executable, "-m", "pip", "download", "-qq", "--disable-pip-version-check", "--no-deps"]
        subprocess.run([*download, "--only-binary=:all:", "--dest", scratch, requirement], check=True)
        (wheel,) = Path(scratch).glob("ansible-*.whl")
        tree = Path(scratch, "tree")
        folders = tuple(f"ansible_collections/{name.replace('.', '/')}/" for name in DEPENDENCIES)
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(tree, [name for name in archive.namelist() if name.startswith(folders)])
        (tree / stamp.name).write_text(wanted)
        replace_directory(tree, destination)
    print(f"Unpacked {', '.join(DEPENDENCIES)} of {requirement} into {destination}")


def replace_directory(new: Path, destination: Path) -> None:
    """Rename `new` to `destination`; what stood there goes into the folder of `new`."""
    if destination.exists():
        destination.rename(new.with_name("replaced"))
    new.rename(destination)


def link_stage(stage: Path, dependencies: Path) -> None:
    """Make `stage` a collections path in which this collection is a link to the checkout: edits show at once."""
    put_link(stage / OWN_COLLECTION, CHECKOUT)
    for namespace in (dependencies / "ansible_collections").iterdir():
        put_link(stage / "ansible_collections" / namespace.name, namespace)


def copy_stage(stage: Path, dependencies: Path) -> Path:
    """Make `stage` a collections path that holds a copy of the tracked and new files of this checkout.

    ansible-test refuses a link; it looks up the real path. Returns the copy's path.
    """
    copy = stage / OWN_COLLECTION
    if copy.exists():
        shutil.rmtree(copy)
    copy_sources(copy)
    for namespace in (dependencies / "ansible_collections").iterdir():
        put_link(stage / "ansible_collections" / namespace.name, namespace)
    return copy


def copy_sources(destination: Path) -> None:
    """Copy the tracked and new files of this checkout, as they are now."""
    listing = ["git", "-C", str(CHECKOUT), "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(listing, check=True, capture_output=True, text=True).stdout.split("\0")
    for name in filter(None, names):
        source = CHECKOUT / name
        if source.exists():
            (destination / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, destination / name, follow_symlinks=False)


def put_link(link: Path, target: Path) -> None:
    """Make `link` a symbolic link to `target`, in one step also where one stands already."""
    if link.is_symlink() and link.readlink() == target:
        return
    link.parent.mkdir(parents=True, exist_ok=True)
    fresh = link.with_name(f"{link.name}.{os.getpid()}")
    fresh.symlink_to(target)
    fresh.replace(link)


@contextmanager
def hold_lock() -> Iterator[None]:
    """Keep a second run in the same checkout waiting until this one is done."""
    lock = CHECKOUT / ".cache" / "stage.lock"
    lock.parent.mkdir(exist_ok=True)
    with lock.open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def main() -> None:
    """Stage the checkout: `stage.py` links it into .stage, `stage.py --copy DIRECTORY` copies it there."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--copy", type=Path, metavar="DIRECTORY", help="make a real copy below DIRECTORY")
    parser.add_argument("--stage", type=Path, default=CHECKOUT / ".stage", help="where the links are made")
    parser.add_argument("--requirement", default=None, help="the `ansible` release to take dependencies from")
    parser.add_argument("--dependencies", type=Path, default=CHECKOUT / ".deps", help="where they are unpacked")
    arguments = parser.parse_args()
    requirement = arguments.requirement or read_pinned_distribution(CHECKOUT / "requirements" / "ansible.txt")
    dependencies = arguments.dependencies.resolve()
    with hold_lock():
        unpack_dependencies(requirement, dependencies)
        if arguments.copy:
            print(copy_stage(arguments.copy.resolve(), dependencies))
        else:
            link_stage(arguments.stage, dependencies)


if __name__ == "__main__":
    main()
