# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Trees of processes that change while they are ended."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from process_tree import kill_tree, list_children

RESTLESS = """
(for turn in $(seq 2000); do sleep 0.001 & sleep 0.002; done) &
setsid sh -c 'for turn in $(seq 2000); do sleep 0.001 & sleep 0.002; done' {marker} &
echo started
wait
"""
"""Descendants, one of them in a session of its own, that start others and lose them all the time."""


def find_marked(marker: str) -> list[str]:
    """Return the command lines that name the marker."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            found.append((process / "cmdline").read_bytes().decode(errors="replace"))
        except OSError:
            continue
    return [command for command in found if marker in command]


@pytest.mark.parametrize("attempt", range(3))
def test_all_have_ended_when_it_returns(attempt: int, tmp_path: Path) -> None:
    marker = f"{tmp_path}/{attempt}"
    with subprocess.Popen(["sh", "-c", RESTLESS.format(marker=marker)], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None and process.stdout.readline() == "started\n"
        assert find_marked(marker)
        kill_tree(process.pid)
        assert not list_children(process.pid)
        assert not find_marked(marker)


def test_one_that_has_ended_is_no_error() -> None:
    ended = subprocess.Popen(["true"])
    ended.wait()
    kill_tree(ended.pid)
