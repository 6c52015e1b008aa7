# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A site of its own for every test of a crash."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.fleet_pki.aws_private_ca.tests.e2e.crash.crash_site import Site

from emulator_process import EmulatorProcess


@pytest.fixture
def site(emulator: EmulatorProcess, stage: Path, short_directory: Path, tmp_path: Path) -> Site:
    """Return a site whose CA, hosts and control nodes no other test knows."""
    return Site.make(emulator, stage, short_directory, tmp_path)
