# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run a module of the collection: in this process (fast, for its errors), or by ansible-playbook in the five steps."""

from __future__ import annotations

import contextlib
import importlib
import io
import json
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from unittest import mock

from ansible.module_utils import basic

from playbook_run import PlaybookRun, TaskResult

COLLECTION = "fleet_pki.aws_private_ca"


def run_module(name: str, options: Mapping[str, Any], check_mode: bool = False) -> dict[str, Any]:
    """Run the module's own `main` in this process and return its result; a failed one has `failed`."""
    module = importlib.import_module(f"ansible_collections.{COLLECTION}.plugins.modules.{name}")
    printed = io.StringIO()
    arguments = {**options, "_ansible_check_mode": check_mode, "_ansible_diff": True}
    with give_arguments(arguments), contextlib.redirect_stdout(printed), contextlib.suppress(SystemExit):
        module.main()
    return dict(json.loads(printed.getvalue()))


def give_arguments(arguments: Mapping[str, Any]) -> contextlib.AbstractContextManager[Any]:
    """Put the arguments where AnsibleModule reads them, as the wrapper of ansible-core 2.18, and of newer ones, does.

    What ansible.module_utils.testing offers for it exists in newer ones only, as does the profile.
    """
    given = json.dumps({"ANSIBLE_MODULE_ARGS": dict(arguments)}).encode()
    return mock.patch.multiple(basic, _ANSIBLE_ARGS=given, _ANSIBLE_PROFILE="legacy", create=True)


@dataclass(frozen=True)
class FiveSteps:
    """What a module said: in check mode, applied, again, again in check mode, and with changed options."""

    check: TaskResult
    apply: TaskResult
    again: TaskResult
    again_check: TaskResult
    changed: TaskResult

    @property
    def statuses(self) -> list[str]:
        """Return the five statuses."""
        return [step.status for step in (self.check, self.apply, self.again, self.again_check, self.changed)]


EXPECTED = ["changed", "changed", "ok", "ok", "changed"]


def run_five_steps(
    run_playbook: Callable[..., PlaybookRun],
    name: str,
    options: Mapping[str, Any],
    changed_options: Mapping[str, Any],
    connection: Mapping[str, Any],
) -> FiveSteps:
    """Run the module by ansible-playbook, one task a step, its connection given once for the action group."""
    module = f"{COLLECTION}.{name}"
    steps = {
        "check": (options, True),
        "apply": (options, False),
        "again": (options, False),
        "again_check": (options, True),
        "changed": (changed_options, False),
    }
    play = {
        "name": "Five steps",
        "hosts": "localhost",
        "gather_facts": False,
        "vars": {"ansible_python_interpreter": sys.executable},
        "module_defaults": {f"group/{COLLECTION}.acm_pca": dict(connection)},
        "tasks": [
            {"name": step, module: dict(given), "check_mode": check, "diff": True}
            for step, (given, check) in steps.items()
        ],
    }
    run = run_playbook([play], "localhost,", "--connection", "local").require_success()
    return FiveSteps(**{step: run.of_task(step)["localhost"] for step in steps})
