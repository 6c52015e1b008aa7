# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run a module of the collection in this process, once or in the five steps."""

from __future__ import annotations

import importlib
import io
import json
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext, redirect_stdout, suppress
from dataclasses import dataclass
from typing import Any
from unittest import mock

from ansible.module_utils import basic

COLLECTION = "fleet_pki.aws_private_ca"


def run_module(name: str, options: Mapping[str, Any], check_mode: bool = False, later: float = 0.0) -> dict[str, Any]:
    """Run the module's own `main` in this process and return its result; a failed one has `failed`.

    Meanwhile the time of day is `later` seconds ahead.
    """
    module = importlib.import_module(f"ansible_collections.{COLLECTION}.plugins.modules.{name}")
    printed = io.StringIO()
    arguments = {**options, "_ansible_check_mode": check_mode, "_ansible_diff": True}
    with give_arguments(arguments), advance_clock(later), redirect_stdout(printed), suppress(SystemExit):
        module.main()
    return dict(json.loads(printed.getvalue()))


def advance_clock(seconds: float) -> AbstractContextManager[Any]:
    """Move the time of day of this process, as `shifted_clock` does that of another one."""
    told = time.time
    return mock.patch.object(time, "time", lambda: told() + seconds) if seconds else nullcontext()


def give_arguments(arguments: Mapping[str, Any]) -> AbstractContextManager[Any]:
    """Put the arguments where AnsibleModule reads them, as the wrapper of ansible-core 2.18, and of newer ones, does.

    What ansible.module_utils.testing offers for it exists in newer ones only, as does the profile.
    """
    given = json.dumps({"ANSIBLE_MODULE_ARGS": dict(arguments)}).encode()
    return mock.patch.multiple(basic, _ANSIBLE_ARGS=given, _ANSIBLE_PROFILE="legacy", create=True)


@dataclass(frozen=True)
class Step:
    """What a module said once."""

    result: dict[str, Any]

    @property
    def status(self) -> str:
        """Return failed, changed or ok, as a task would be."""
        return "failed" if self.result.get("failed") else "changed" if self.result.get("changed") else "ok"


@dataclass(frozen=True)
class FiveSteps:
    """What a module said: in check mode, applied, again, again in check mode, and with changed options."""

    check: Step
    apply: Step
    again: Step
    again_check: Step
    changed: Step

    @property
    def statuses(self) -> list[str]:
        """Return the five statuses."""
        return [step.status for step in (self.check, self.apply, self.again, self.again_check, self.changed)]


EXPECTED = ["changed", "changed", "ok", "ok", "changed"]


def run_five_steps(
    run: Callable[..., dict[str, Any]], name: str, options: Mapping[str, Any], changed_options: Mapping[str, Any]
) -> FiveSteps:
    """Run the module five times by ``run``, which takes its name, ``check_mode`` and its options."""
    return FiveSteps(
        check=Step(run(name, check_mode=True, **options)),
        apply=Step(run(name, **options)),
        again=Step(run(name, **options)),
        again_check=Step(run(name, check_mode=True, **options)),
        changed=Step(run(name, **changed_options)),
    )
