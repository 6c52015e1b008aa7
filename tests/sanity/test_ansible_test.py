# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""ansible-test sanity: every test passes on a copy of the checkout, nothing is skipped, nothing is ignored."""

from __future__ import annotations

import sys
import warnings
from pathlib import Path

import pytest

from setup.sanity import run_sanity


def test_sanity_passes_without_skipping_a_check(staged_copy: Path, checkout: Path) -> None:
    run = run_sanity(staged_copy, checkout / ".cache/ansible-test", Path(sys.executable).parent)
    if run.returncode or run.skipped:
        pytest.fail("\n".join([f"ansible-test sanity (all of it: {run.log})", *run.findings, *run.skipped]))
    for line in run.missing_interpreters:
        warnings.warn(line, stacklevel=1)


def test_no_sanity_check_is_ignored(checkout: Path) -> None:
    ignored = [path for path in (checkout / "tests/sanity").glob("ignore-*.txt") if path.read_text().strip()]
    assert not ignored
