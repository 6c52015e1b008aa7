# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run ansible-test sanity where neither a code host nor containers are at hand.

ansible-test works on a real copy only, in a home of its own (its virtual environments are kept there for the next
run), installs pip into them with a script that it would download, and hands pip nothing of the environment but HOME. So
the home gets the pip settings of this machine and a script that unpacks the pip which every Python carries.
"""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from setup.interpreters import link_interpreters

TARGET_MINORS = range(8, 15)
_PIP_RELEASES = ("24_2", "25_2")  # what ansible-test 2.18 and 2.19, and 2.20 and 2.21, ask for
_INSTALL_BUNDLED_PIP = """\
import ensurepip
import pathlib
import sysconfig
import zipfile

(wheel,) = (pathlib.Path(ensurepip.__file__).parent / "_bundled").glob("pip-*.whl")
with zipfile.ZipFile(wheel) as archive:
    archive.extractall(sysconfig.get_paths()["purelib"])
"""


@dataclass(frozen=True)
class SanityRun:
    """What ansible-test found; `skipped` are its warnings that something was not checked. All it said is in `log`."""

    returncode: int
    log: Path
    findings: tuple[str, ...]
    skipped: tuple[str, ...]
    missing_interpreters: tuple[str, ...]


def run_sanity(collection: Path, home: Path, bin_directory: Path, *options: str) -> SanityRun:
    """Run `ansible-test sanity` (of `bin_directory`) in the copy `collection`; every test, for every Python at hand.

    The copy must lie outside any checkout: of a folder that git ignores ansible-test sees no file.
    """
    _prepare_home(home)
    found = link_interpreters(home / "interpreters", TARGET_MINORS)
    environment = {
        "HOME": str(home),
        "LC_ALL": "C.UTF-8",
        "PATH": os.pathsep.join([str(bin_directory), str(home / "interpreters"), "/usr/sbin:/usr/bin:/sbin:/bin"]),
    }
    command = [str(bin_directory / "ansible-test"), "sanity", "--local", "--color", "no", *options]
    done = subprocess.run(
        command, cwd=collection, env=environment, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL
    )
    output, log = done.stdout + done.stderr, home / "output.log"
    log.write_text(output)
    skipped = re.findall(r"^WARNING: (?:Skipping|Required program|All targets skipped).*$", output, re.MULTILINE)
    names = {f"{major}.{minor}" for major, minor in found}
    absent = tuple(line for line in skipped if (match := re.search(r"Python (3\.\d+)", line)) and match[1] not in names)
    return SanityRun(
        returncode=done.returncode,
        log=log,
        findings=tuple(re.findall(r"^(?:ERROR|FATAL): .*$", output, re.MULTILINE)),
        skipped=tuple(line for line in skipped if line not in absent),
        missing_interpreters=absent,
    )


def _prepare_home(home: Path) -> None:
    scripts = home / ".ansible/test/cache"
    scripts.mkdir(parents=True, exist_ok=True)
    for release in _PIP_RELEASES:
        (scripts / f"get_pip_{release}.py").write_text(_INSTALL_BUNDLED_PIP)
    write_pip_settings(home)


def write_pip_settings(home: Path) -> None:
    """Let pip go by the settings of this machine in another home too."""
    settings = home / ".config/pip/pip.conf"
    settings.parent.mkdir(parents=True, exist_ok=True)
    settings.write_text(read_pip_settings())


def read_pip_settings() -> str:
    """Return, as the text of a pip.conf, what pip goes by here: configuration files and PIP_* variables together."""
    listing = [sys.executable, "-m", "pip", "config", "list"]
    lines = subprocess.run(listing, capture_output=True, text=True, check=True).stdout.splitlines()
    settings: dict[str, str] = {}
    for line in lines:
        name, _equals, value = line.partition("=")
        settings[name.rpartition(".")[2]] = ast.literal_eval(value)
    return "[global]\n" + "".join(f"{name} = {_indent(value)}\n" for name, value in sorted(settings.items()))


def _indent(value: str) -> str:
    return "\n    ".join(value.split("\n"))
