# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run tests of this checkout in another environment, and count what came of them."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from setup.environments import CHECKOUT


@dataclass(frozen=True)
class NestedRun:
    """What pytest said: its closing line, how many tests passed if nothing else is in that line, and everything."""

    closing: str
    passed: int | None
    output: str


def run_tests(python: Path | str, tests: Sequence[str], pythonpath: str, variables: Mapping[str, str]) -> NestedRun:
    """Run the tests with a Python that has pytest; `pythonpath` and `variables` replace this process's own."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "PYTHONPATH"))}
    command = [str(python), "-m", "pytest", "-q", "-o", f"pythonpath={pythonpath}", *tests]
    done = subprocess.run(command, cwd=CHECKOUT, env={**kept, **variables}, capture_output=True, text=True, check=False)
    output = done.stdout + done.stderr
    closing = (done.stdout.splitlines() or [""])[-1].strip("= ")
    passed = re.fullmatch(r"(\d+) passed(?:, \d+ deselected)?(?:, \d+ warnings?)? in .*", closing)
    return NestedRun(closing, int(passed[1]) if passed and done.returncode == 0 else None, output)


def count_tests(tests: Sequence[str]) -> int:
    """Return how many tests the development environment finds there."""
    command = [sys.executable, "-m", "pytest", "-q", "--collect-only", *tests]
    listing = subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, check=True).stdout
    found = re.search(r"^(\d+)(?:/\d+)? tests collected", listing, re.MULTILINE)
    return int(found[1]) if found else 0
