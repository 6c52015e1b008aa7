# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from pathlib import Path

import pytest
from host_authority import Hierarchy, make_hierarchy
from host_lineage import HostLineage


@pytest.fixture(scope="session")
def hierarchy() -> Hierarchy:
    return make_hierarchy()


@pytest.fixture
def lineage(tmp_path: Path, hierarchy: Hierarchy) -> HostLineage:
    return HostLineage(tmp_path / "base", hierarchy)
