# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fixtures for test suites that use the emulator: `pytest -p private_ca_emulator.pytest_plugin`.

private_ca          one emulator for the session; point `endpoint_url` at its `.endpoint_url`
private_ca_control  its control client; after each test the emulator has forgotten everything
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from private_ca_emulator.control import EmulatorControl
from private_ca_emulator.server import EmulatorServer


@pytest.fixture(scope="session")
def private_ca() -> Iterator[EmulatorServer]:
    """An emulator on a free port of the loopback address."""
    with EmulatorServer() as emulator:
        yield emulator


@pytest.fixture
def private_ca_control(private_ca: EmulatorServer) -> Iterator[EmulatorControl]:
    """The control client of the session's emulator, which is reset after the test."""
    control = EmulatorControl(private_ca.endpoint_url)
    yield control
    control.reset()
