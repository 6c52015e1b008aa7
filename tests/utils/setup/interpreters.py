# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The Python interpreters of this machine, by version: those on PATH, and those of pyenv's folder if there is one."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

Version = tuple[int, int]


def show_version(version: Version) -> str:
    """Return the version as people write it."""
    return f"{version[0]}.{version[1]}"


def find_interpreters(minors: range) -> dict[Version, Path]:
    """Return the interpreter of each Python 3 whose minor version is in `minors` and which this machine has."""
    found = {(3, minor): find_interpreter((3, minor)) for minor in minors}
    return {version: path for version, path in found.items() if path is not None}


def find_interpreter(version: Version) -> Path | None:
    """Return an interpreter of exactly this version, or None; pyenv's shims, which may not run, do not count."""
    name = f"python{show_version(version)}"
    candidates = [Path(folder, name) for folder in os.environ["PATH"].split(os.pathsep)]
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv", "versions")
    candidates += sorted(pyenv.glob(f"{show_version(version)}.*/bin/{name}"), key=_patch_level, reverse=True)
    for candidate in candidates:
        if candidate.is_file() and "shims" not in candidate.parts and _runs_as(candidate, version):
            return candidate
    return None


def _patch_level(interpreter: Path) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", interpreter.parents[1].name)]


def _runs_as(interpreter: Path, version: Version) -> bool:
    question = "import sys; print(*sys.version_info[:2])"
    answer = subprocess.run([str(interpreter), "-c", question], capture_output=True, text=True, check=False)
    return answer.stdout.split() == [str(number) for number in version]


def link_interpreters(folder: Path, minors: range) -> dict[Version, Path]:
    """Make `folder` hold a link pythonX.Y to each interpreter found, and nothing else; return what was found."""
    if folder.exists():
        shutil.rmtree(folder)
    folder.mkdir(parents=True)
    found = find_interpreters(minors)
    for version, interpreter in found.items():
        (folder / f"python{show_version(version)}").symlink_to(interpreter)
    return found
