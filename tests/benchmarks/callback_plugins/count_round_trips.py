# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ansible callback: count modules, commands and file transfers on hosts. Only for runs whose time nobody takes.

Task results do not show them: an action such as copy runs several modules and commands for its one result.
"""

from __future__ import annotations

import functools
import json
import os
from collections.abc import Callable
from typing import Any

from ansible.plugins.action import ActionBase
from ansible.plugins.callback import CallbackBase

DOCUMENTATION = """
name: count_round_trips
type: notification
short_description: Record for benchmarks what a play does on its hosts
description:
  - Appends one JSON object to the file that the environment variable E(COUNT_ROUND_TRIPS) names, for each module run,
    command and file transfer.
"""
COUNTED = {"_execute_module": "module", "_low_level_execute_command": "command", "_transfer_file": "transfer"}


class CallbackModule(CallbackBase):
    """Wraps, before any worker is forked, the methods through which every action reaches its host."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "notification"
    CALLBACK_NAME = "count_round_trips"
    CALLBACK_NEEDS_ENABLED = True

    def __init__(self) -> None:
        super().__init__()
        record = os.open(os.environ["COUNT_ROUND_TRIPS"], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        for method, kind in COUNTED.items():
            setattr(ActionBase, method, count_calls(getattr(ActionBase, method), kind, record))


def count_calls(method: Callable[..., Any], kind: str, record: int) -> Callable[..., Any]:
    """Return the method, changed to append a line to `record` at each call."""

    @functools.wraps(method)
    def counted(action: ActionBase, *arguments: Any, **options: Any) -> Any:
        where = "control node" if action._task.delegate_to else "host"
        line = json.dumps({"kind": kind, "where": where, "task": action._task.get_name().strip()})
        os.write(record, f"{line}\n".encode())
        return method(action, *arguments, **options)

    return counted
