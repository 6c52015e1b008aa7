# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run the tests and ansible-test sanity on every supported ansible-core: `python -m setup.matrix [2.18 ...]`."""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import yaml

from setup.environments import (
    CHECKOUT,
    EnvironmentFailure,
    make_copy,
    make_environment,
    make_stage,
    read_constraints,
    read_requirements,
)
from setup.interpreters import Version, find_interpreters, show_version
from setup.sanity import run_sanity

# ansible-core's minor release to the minor releases of Python 3 that may run it (its support matrix). The PyPI package
# `ansible` whose major number is seven less depends on it.
CONTROLLER_PYTHONS = {18: (11, 12, 13), 19: (11, 12, 13), 20: (12, 13, 14), 21: (12, 13, 14)}
TESTS = ["tests/unit", "tests/integration", "--ignore", "tests/unit/architecture"]


@dataclass(frozen=True)
class Cell:
    """One ansible-core on one Python."""

    core: int
    python: Version

    def __str__(self) -> str:
        """Name the cell as folders and reports do."""
        return f"core-2.{self.core}-python-{show_version(self.python)}"


def read_supported_cores() -> list[int]:
    """Return the minor releases of ansible-core 2 from the oldest that meta/runtime.yml allows to the newest known."""
    required = yaml.safe_load((CHECKOUT / "meta/runtime.yml").read_text())["requires_ansible"]
    bound = re.fullmatch(r">=2\.(\d+)\.0", required)
    if bound is None or int(bound[1]) not in CONTROLLER_PYTHONS:
        raise ValueError(f"meta/runtime.yml: {required!r} is not the first release of a known ansible-core")
    return [core for core in sorted(CONTROLLER_PYTHONS) if core >= int(bound[1])]


def choose_cells(cores: list[int], present: set[Version]) -> list[Cell]:
    """Return each core on the oldest Python at hand that may run it, and the newest core on the newest as well.

    Raises LookupError for a core that no Python at hand may run: it would go untested in silence.
    """
    cells = []
    for core in cores:
        pythons = [(3, minor) for minor in CONTROLLER_PYTHONS[core] if (3, minor) in present]
        if not pythons:
            raise LookupError(f"ansible-core 2.{core} needs one of Python 3.{CONTROLLER_PYTHONS[core]}: none is here")
        cells += [Cell(core, pythons[0])]
        if core == max(CONTROLLER_PYTHONS) and pythons[-1] != pythons[0]:
            cells += [Cell(core, pythons[-1])]
    return cells


def run_cell(cell: Cell, interpreter: Path) -> list[str]:
    """Return what failed on the cell, nothing if all is well. Logs stay in .cache/matrix."""
    folder = CHECKOUT / ".cache/matrix" / str(cell)
    requirements = [f"ansible-core~=2.{cell.core}.0", *read_requirements()]
    python = make_environment(folder / "venv", interpreter, requirements, read_constraints())
    stage = make_stage(folder, python, f"ansible~={cell.core - 7}.0")
    failures = []
    environment = {**os.environ, "FLEET_PKI_STAGE": str(stage), "PATH": f"{python.parent}:{os.environ['PATH']}"}
    environment["ANSIBLE_COLLECTIONS_PATH"] = str(stage)
    pythonpath = f"pythonpath={stage} tests/utils"
    tests = [str(python), "-m", "pytest", "-n", "2", "--dist", "worksteal", "-o", pythonpath, *TESTS]
    log = folder / "pytest.log"
    with log.open("w") as output:
        environment.pop("PYTHONPATH", None)
        done = subprocess.run(tests, cwd=CHECKOUT, env=environment, stdout=output, stderr=output, check=False)
    print(f"  {log.read_text().splitlines()[-1]}", flush=True)
    if done.returncode:
        failures.append(f"{cell}: tests ({log})")
    with tempfile.TemporaryDirectory() as destination:
        copy = make_copy(Path(destination), folder, python, f"ansible~={cell.core - 7}.0")
        sanity = run_sanity(copy, folder / "home", python.parent)
    print("\n".join([f"  sanity: {sanity.returncode}", *sanity.findings, *sanity.skipped]), flush=True)
    if sanity.returncode or sanity.skipped:
        failures.append(f"{cell}: sanity ({sanity.log})")
    return failures


def main() -> int:
    """Run the matrix, or the cores named, and say what failed."""
    parser = argparse.ArgumentParser(prog="setup.matrix", description=__doc__)
    parser.add_argument("cores", nargs="*", default=[f"2.{core}" for core in read_supported_cores()])
    cores = [int(core.split(".")[1]) for core in parser.parse_args().cores]
    interpreters = find_interpreters(range(11, 15))
    failures = []
    for cell in choose_cells(cores, set(interpreters)):
        print(cell, flush=True)
        begun = time.monotonic()
        try:
            failures += run_cell(cell, interpreters[cell.python])
        except (EnvironmentFailure, subprocess.CalledProcessError) as error:
            failures.append(f"{cell}: {error}")
        print(f"  {time.monotonic() - begun:.0f} s", flush=True)
    print("\n".join(["failed:", *failures] if failures else ["all well"]))
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
