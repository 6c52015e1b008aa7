# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Power fails between any two calls, and what was not flushed is lost, torn or reordered."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._errors import StepFailed
from host_authority import Hierarchy
from host_lineage import LATER, HostLineage
from host_power import RecordingFiles, build_tree, digest_tree, lay_out, list_losses

STORIES: list[tuple[str, bool, dict[str, Any]]] = [
    ("the first issuance", False, {}),
    ("a renewal that prunes", True, {**LATER, "keep_generations": 0}),
    ("a renewal that is rolled back", True, {**LATER, "reload_command": ["false"]}),
    ("a repair with a new format", True, {"formats": ["combined"], "mode": "0640"}),
]


@pytest.mark.parametrize(("title", "installed", "options"), STORIES, ids=[story[0] for story in STORIES])
def test_whatever_a_power_loss_leaves_a_reader_sees_a_whole_set_and_a_plain_run_ends_well(
    title: str, installed: bool, options: dict[str, Any], hierarchy: Hierarchy, tmp_path: Path
) -> None:
    lineage = HostLineage(tmp_path / "base", hierarchy)
    lineage.base.mkdir()
    if installed:
        lineage.run()
    recording = RecordingFiles(lineage.base, lineage.ledger)
    try:
        lineage.run(recording, **options)
    except StepFailed:
        assert options["reload_command"] == ["false"]
    tokens = sorted(lineage.ledger.iterdir(), key=lambda path: path.stat().st_mtime_ns)
    issued = [(path.name, path.read_text()) for path in tokens]
    plain = {name: option for name, option in options.items() if name != "reload_command"}
    seen: set[tuple[str, int]] = set()
    for loss in list_losses(recording):
        nodes = build_tree(recording, loss)
        mark = (digest_tree(nodes, recording.root), loss.issued)
        if mark in seen:
            continue
        seen.add(mark)
        _restore(lineage, issued[: loss.issued])
        lay_out(nodes, recording.root, lineage.base)
        assert lineage.fault_of_live() is None, loss
        assert lineage.live.exists() or not installed, loss
        lineage.run(**plain)
        assert lineage.fault_of_live() is None and lineage.live.exists(), loss
        assert lineage.request(**plain)["action"] == "none", loss
        assert lineage.count_issued() == len(issued), loss
    assert len(seen) > 20


def test_a_removal_that_ended_after_live_went_is_not_undone_by_the_next_run(
    hierarchy: Hierarchy, tmp_path: Path
) -> None:
    lineage = HostLineage(tmp_path / "base", hierarchy)
    lineage.base.mkdir()
    lineage.run()
    recording = RecordingFiles(lineage.base, lineage.ledger)
    lineage.install(recording, state="absent")
    answers = set()
    for loss in list_losses(recording):
        shutil.rmtree(lineage.base)
        lineage.base.mkdir()
        lay_out(build_tree(recording, loss), recording.root, lineage.base)
        answers.add((lineage.live.is_symlink(), lineage.request(check_mode=True)["action"]))
    assert answers == {(True, "none"), (True, "apply"), (False, "issue")}


def _restore(lineage: HostLineage, issued: list[tuple[str, str]]) -> None:
    shutil.rmtree(lineage.base)
    for name in os.listdir(lineage.ledger):
        (lineage.ledger / name).unlink()
    for name, certificate in issued:
        (lineage.ledger / name).write_text(certificate)
    lineage.base.mkdir()
