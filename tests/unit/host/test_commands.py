# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The user's commands: no shell, a limit in time and output, nothing left running."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._errors import InvalidInput
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._lineage.commands import (
    KEPT_OUTPUT,
    fill_command,
    read_command,
    run_command,
)


@pytest.mark.parametrize(
    ("value", "arguments"),
    [
        (None, None),
        ("", None),
        ([], None),
        ("nginx -t", ("nginx", "-t")),
        ("sh -c 'a; b \"c d\"'", ("sh", "-c", 'a; b "c d"')),
        (["echo", 1, "a b"], ("echo", "1", "a b")),
    ],
)
def test_a_command_is_a_list_or_a_shell_quoted_string(value: Any, arguments: tuple[str, ...] | None) -> None:
    assert read_command(value, "reload_command") == arguments


@pytest.mark.parametrize("value", ["echo 'open", ["echo", "a\0b"], "   "])
def test_a_command_that_cannot_be_read_is_refused(value: Any) -> None:
    with pytest.raises(InvalidInput, match="reload_command"):
        read_command(value, "reload_command")


def test_placeholders_are_filled_and_other_braces_stay() -> None:
    assert fill_command(["{privkey}", "a{b}", "x={cert}"], {"privkey": "/k", "cert": "/c"}) == ("/k", "a{b}", "x=/c")


def test_output_of_both_streams_and_the_status_are_kept() -> None:
    outcome = run_command(["sh", "-c", "echo out; echo err >&2; exit 7"], 30)
    assert (outcome.status, outcome.succeeded) == (7, False)
    assert sorted(outcome.output.split()) == ["err", "out"]


def test_no_shell_reads_the_command() -> None:
    assert run_command(["echo", "$HOME;", "`id`"], 30).output == "$HOME; `id`\n"


def test_a_command_that_is_not_there_fails_with_its_name() -> None:
    outcome = run_command(["/no/such/command"], 30)
    assert not outcome.succeeded and "/no/such/command: No such file" in outcome.output


def test_only_the_end_of_endless_output_is_kept() -> None:
    outcome = run_command(["sh", "-c", "yes line | head -n 200000; echo the end"], 60)
    assert outcome.succeeded and len(outcome.output) <= KEPT_OUTPUT and outcome.output.endswith("the end\n")


@pytest.mark.parametrize("argument", ["\ud800", "a\0b"])
def test_what_no_process_can_be_given_is_refused_and_told(argument: str) -> None:
    with pytest.raises(InvalidInput, match="reload_command"):
        read_command(["echo", argument], "reload_command")
    outcome = run_command(["echo", argument], 30)
    assert not outcome.succeeded and outcome.output.startswith("echo: ")


def test_output_that_is_no_text_does_no_harm() -> None:
    assert "\ufffd" in run_command(["printf", r"\377\376"], 30).output


def test_at_the_time_limit_the_command_and_its_children_are_killed(tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    script = f"sleep 600 & echo $! >> {pids}; echo $$ >> {pids}; echo started; wait"
    outcome = run_command(["sh", "-c", script], 2)
    assert outcome.status is None and "started" in outcome.output and "did not end within 2 seconds" in outcome.output
    for pid in pids.read_text().split():
        _wait_for_end(int(pid))


def _wait_for_end(pid: int) -> None:
    for _attempt in range(500):
        if not _is_running(pid):
            return
        time.sleep(0.02)
    raise AssertionError(f"process {pid} outlived its command")


def _is_running(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state not in "ZX"


def test_a_daemon_that_keeps_the_output_open_is_not_waited_for(tmp_path: Path) -> None:
    pid = tmp_path / "pid"
    outcome = run_command(["sh", "-c", f"setsid sleep 600 & echo $! > {pid}; echo done"], 300)
    try:
        assert outcome.succeeded and outcome.output == "done\n"
    finally:
        os.kill(int(pid.read_text()), 9)
