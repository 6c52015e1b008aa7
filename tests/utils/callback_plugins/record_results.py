# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ansible callback: write every task result as one JSON line, beside the usual output. Read by playbook_run.py."""

from __future__ import annotations

import json
import os
from typing import Any, TextIO

from ansible.plugins.callback import CallbackBase

DOCUMENTATION = """
name: record_results
type: notification
short_description: Record every task result for tests
description:
  - Appends one JSON object per task and host to the file that the environment variable C(RECORD_RESULTS) names.
"""


class CallbackModule(CallbackBase):
    """Records what each task said of each host. `_host`, `_task` and `_result` are known to every supported core."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "notification"
    CALLBACK_NAME = "record_results"
    CALLBACK_NEEDS_ENABLED = True

    def __init__(self) -> None:
        super().__init__()
        self._play = ""
        self._record: TextIO = open(os.environ["RECORD_RESULTS"], "a", encoding="utf-8")  # noqa: SIM115 - lives as long as the run

    def _write(self, status: str, event: Any, ignored: bool = False) -> None:
        line = {
            "play": self._play,
            "task": event._task.get_name().strip(),
            "action": event._task.action,
            "host": event._host.get_name(),
            "status": status,
            "ignored": ignored,
            "result": event._result,
        }
        self._record.write(json.dumps(line, default=str) + "\n")
        self._record.flush()

    def v2_playbook_on_play_start(self, play: Any) -> None:
        """Remember the play that the next results belong to."""
        self._play = play.get_name().strip()

    def v2_runner_on_ok(self, result: Any) -> None:
        """Record success."""
        self._write("changed" if result._result.get("changed") else "ok", result)

    def v2_runner_on_failed(self, result: Any, ignore_errors: bool = False) -> None:
        """Record failure."""
        self._write("failed", result, ignore_errors)

    def v2_runner_on_unreachable(self, result: Any) -> None:
        """Record that the host was not reached."""
        self._write("unreachable", result)

    def v2_runner_on_skipped(self, result: Any) -> None:
        """Record that the task's condition was false."""
        self._write("skipped", result)
