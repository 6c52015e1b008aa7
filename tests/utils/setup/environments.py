# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Virtual environments and stages beside those of development, for runs on other versions."""

from __future__ import annotations

import fcntl
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

from setup.sanity import write_pip_settings

CHECKOUT = Path(__file__).resolve().parents[3]
OWN_PYTHON = Path(sys.executable)
_STAGING = CHECKOUT / "tests/utils/setup/stage.py"
_LINTERS = re.compile(r"(ansible-core|ansible-lint|antsibull|boto3-stubs|mypy|reuse|ruff|types-|yamllint)")


class EnvironmentFailure(Exception):
    """An environment cannot be made; the message has what pip said."""


def make_environment(folder: Path, interpreter: Path, requirements: list[str], constraints: list[str]) -> Path:
    """Return the Python of a virtual environment with the requirements, made if there is none for the same yet."""
    python, stamp = folder / "bin/python", folder / "made-for"
    wanted = "\n".join([str(interpreter), *requirements, *constraints])
    if stamp.is_file() and stamp.read_text() == wanted:
        return python
    subprocess.run([str(interpreter), "-m", "venv", "--clear", str(folder)], check=True)
    constraint_file = folder / "constraints.txt"
    constraint_file.write_text("\n".join(constraints) + "\n")
    install = [
        "pip",
        "install",
        "-qq",
        "--disable-pip-version-check",
        "--no-compile",
        "--constraint",
        str(constraint_file),
    ]
    done = subprocess.run([str(python), "-m", *install, *requirements], capture_output=True, text=True, check=False)
    if done.returncode:
        raise EnvironmentFailure(f"{interpreter}: {' '.join(requirements)}: {done.stderr.strip()[-2000:]}")
    stamp.write_text(wanted)
    return python


def make_engine(script: str, pins: list[str]) -> Path:
    """Return the Python that is first on PATH once a shell ran the script in an empty home.

    What it installs is what development has; `pins` say which ansible-core.

    It is kept for the next run, and runs at the same time wait for each other.
    """
    home = CHECKOUT / f".cache/engine/python-{sys.version_info[0]}.{sys.version_info[1]}"
    stamp, python = home / "made-for", home / "python"
    constraints = "\n".join([*_choose_constraints(script), *pins])
    home.parent.mkdir(parents=True, exist_ok=True)
    with (home.parent / "lock").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        if not stamp.is_file() or stamp.read_text() != script + constraints:
            shutil.rmtree(home, ignore_errors=True)
            write_pip_settings(home)
            (home / "constraints.txt").write_text(constraints)
            _run_script(f"{script}\ncommand -v python3 >{shlex.quote(str(python))}", home)
            stamp.write_text(script + constraints)
    return Path(python.read_text().strip())


def _run_script(script: str, home: Path) -> None:
    environment = {
        **{name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "VIRTUAL_ENV")},
        "HOME": str(home),
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "PIP_COMPILE": "0",
        "PIP_CONSTRAINT": str(home / "constraints.txt"),
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
    }
    shell = ["bash", "-euo", "pipefail", "-c", script]
    done = subprocess.run(shell, cwd=home, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise EnvironmentFailure(f"{script}\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}")


def _choose_constraints(script: str) -> list[str]:
    """Return the pins of development, without boto3's where amazon.aws 11 asks for aiobotocore, which has its own."""
    pins = read_constraints()
    if "aiobotocore" not in script:
        return pins
    return [pin for pin in pins if not pin.startswith(("boto3==", "botocore==", "s3transfer=="))]


def read_requirements() -> list[str]:
    """Return what tests need of requirements/dev.in: all but ansible-core, linters and type stubs."""
    lines = [line.strip() for line in (CHECKOUT / "requirements/dev.in").read_text().splitlines()]
    return [line for line in lines if line and not line.startswith("#") and not _LINTERS.match(line)]


def read_constraints() -> list[str]:
    """Return the pins of requirements/dev.txt but for ansible-core and what it alone pins down (resolvelib)."""
    pinned = read_pins(CHECKOUT / "requirements/dev.txt")
    return [re.sub(r"\[.*?\]", "", line) for line in pinned if not line.startswith(("ansible-core", "resolvelib"))]


def read_pins(file: Path) -> list[str]:
    """Return the lines of a requirements file that pin a package."""
    return [line for line in file.read_text().splitlines() if "==" in line and not line.startswith("#")]


def make_copy(destination: Path, folder: Path | None = None, python: Path = OWN_PYTHON, requirement: str = "") -> Path:
    """Return a copy of this checkout below `destination`, beside development's dependencies.

    With `folder`, beside those that `make_stage` with the same `python` and `requirement` has there.
    """
    options = [] if folder is None else ["--dependencies", str(folder / "deps"), "--requirement", requirement]
    copying = [str(python), str(_STAGING), "--copy", str(destination), *options]
    return Path(subprocess.run(copying, check=True, capture_output=True, text=True).stdout.split()[-1])


def make_stage(folder: Path, python: Path, requirement: str) -> Path:
    """Return a collections path with a link to this checkout and the dependencies out of an `ansible` release.

    pip finds only releases for the Python that runs it, so `python` is the environment's own.
    """
    options = ["--stage", str(folder / "stage"), "--dependencies", str(folder / "deps"), "--requirement", requirement]
    subprocess.run([str(python), str(_STAGING), *options], check=True)
    return folder / "stage"
