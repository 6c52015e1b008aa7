# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The copy of the checkout that tools need which refuse a link."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def staged_copy(checkout: Path, stage: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a copy of the collection, as `ansible_collections/NAMESPACE/NAME` beside its dependencies."""
    script = checkout / "tests/utils/setup/stage.py"
    copying = [sys.executable, str(script), "--copy", str(tmp_path_factory.mktemp("copy"))]
    return Path(subprocess.run(copying, check=True, capture_output=True, text=True).stdout.strip().splitlines()[-1])
