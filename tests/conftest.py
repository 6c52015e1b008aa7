# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fixtures for every test: collections path, emulator, fleets, playbook runs. Safe under pytest-xdist, in any order."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from emulator_process import EmulatorProcess
from fleet.fleet import Fleet
from playbook_run import PlaybookRun, PlaybookRunner
from private_ca_emulator.control import EmulatorControl

CHECKOUT = Path(__file__).resolve().parents[1]
LONGEST_FIRST = ("ends", "benchmarks", "e2e", "integration", "sanity", "unit")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the rooms whose tests take minutes and end with those of moments, so that the workers end together."""
    rank = {room: number for number, room in enumerate(LONGEST_FIRST)}
    items.sort(key=lambda item: rank.get(item.path.relative_to(CHECKOUT / "tests").parts[0], len(rank)))


@pytest.fixture(scope="session")
def checkout() -> Path:
    """Return the root of the checkout."""
    return CHECKOUT


@pytest.fixture(scope="session")
def stage() -> Path:
    """Return the collections path in which this collection is a link to the checkout: .stage, unless a matrix chose."""
    path = Path(os.environ.get("FLEET_PKI_STAGE") or CHECKOUT / ".stage")
    if not (path / "ansible_collections/fleet_pki/aws_private_ca/galaxy.yml").is_file():
        pytest.fail("the checkout is not staged: run `make setup`")
    return path


@pytest.fixture(scope="session")
def short_directory() -> Iterator[Path]:
    """Return a directory of this session whose path is short enough for sockets below it."""
    directory = Path(tempfile.mkdtemp(prefix="pki-"))
    yield directory
    shutil.rmtree(directory)


@pytest.fixture(scope="session")
def emulator_process() -> Iterator[EmulatorProcess]:
    """Start the AWS Private CA of this worker's tests."""
    with EmulatorProcess() as process:
        yield process


@pytest.fixture
def emulator(emulator_process: EmulatorProcess) -> EmulatorProcess:
    """Serve an AWS Private CA that knows of no other test: no CA, no fault, real time."""
    EmulatorControl(emulator_process.endpoint_url).reset()
    return emulator_process


@pytest.fixture
def fleet() -> Iterator[Callable[..., Fleet]]:
    """Return a factory of fleets (arguments as for Fleet) that end with the test."""
    with ExitStack() as stack:

        def start(*arguments: Any, **options: Any) -> Fleet:
            return stack.enter_context(Fleet(*arguments, **options))

        yield start


@pytest.fixture
def run_playbook(stage: Path, short_directory: Path) -> Callable[..., PlaybookRun]:
    """Return a function that runs ansible-playbook (arguments as for PlaybookRunner.run) in a home of this session."""
    return PlaybookRunner(stage, short_directory).run


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say on which versions the ends of what is supported ran."""
    lines = [
        str(line)
        for report in terminalreporter.getreports("passed")
        for name, line in report.user_properties
        if name == "end"
    ]
    if lines:
        terminalreporter.section("ends of what is supported")
        terminalreporter.write("".join(f"{line}\n" for line in sorted(lines)))
