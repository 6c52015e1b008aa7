# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from host_authority import Hierarchy, make_hierarchy
from host_lineage import HostLineage
from host_tls import Nginx


@pytest.fixture(scope="session")
def hierarchy() -> Hierarchy:
    return make_hierarchy()


@pytest.fixture
def lineage(tmp_path: Path, hierarchy: Hierarchy) -> HostLineage:
    return HostLineage(tmp_path / "base", hierarchy)


@pytest.fixture
def nginx(lineage: HostLineage, tmp_path: Path) -> Iterator[Nginx]:
    """A running nginx that serves the lineage's first certificate, which has the ARN ``arn:first``."""
    lineage.run(certificate_arn="arn:first")
    with Nginx(tmp_path / "nginx", lineage.live).running() as server:
        yield server
