# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest


@pytest.fixture
def as_ordinary_user() -> Callable[[], contextlib.AbstractContextManager[Path]]:
    """Return a context in which this process is not root; it has a folder of its own, for which modes count."""

    @contextlib.contextmanager
    def be() -> Iterator[Path]:
        user = os.geteuid()
        with tempfile.TemporaryDirectory() as name:
            if user == 0:
                os.chown(name, 65534, -1)
                os.seteuid(65534)
            try:
                yield Path(name)
            finally:
                os.seteuid(user)

    return be
