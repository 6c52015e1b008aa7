# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The action ``host_certificate`` between Ansible and the flow: options in, result out, one place for its errors."""

from __future__ import annotations

import contextlib
import gc
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from ansible import constants
from ansible.errors import AnsibleActionFail, AnsibleConnectionFailure, AnsibleError
from ansible.plugins.action import ActionBase
from ansible.utils.display import Display

from ..module_utils._acm_pca.models import LineageId
from ..module_utils._clock import SystemClock
from ..module_utils._errors import HostUnreachable, InvalidInput, PrivateCaError, UnusableState
from ._announcement import compose_line
from ._defaults import apply_defaults, warn_of_repeated_options
from ._flow import Flow, Moment, remove_certificate
from ._host_calls import call_on_host
from ._host_modules import HostModules, ModuleRunner
from ._options import ARGUMENT_SPEC, CONSTRAINTS, FILE_OPTIONS
from ._outcome import Outcome, build_failure, build_result
from ._revoker import RunRevoker
from ._run import MEMORY, RUN_ID
from ._sources import ControlNode, open_source
from ._supersession import require_ledger

display = Display()


def run_action(action: ActionBase, task_vars: Mapping[str, Any]) -> dict[str, Any]:
    """Return the task's result for one host. Every PrivateCaError becomes a failed result; the other hosts go on."""
    gc.freeze()  # a full collection in this worker would write to, and so copy, every page shared with the parent
    host_name = str(task_vars.get("inventory_hostname", "localhost"))
    warnings: list[str] = []
    try:
        options = read_options(action, warnings.append)
    except InvalidInput as error:
        failure = build_failure(error, host_name, str(action._task.args.get("name", "?")))
        return merge_carried(failure, {"warnings": warnings})
    host = HostModules(bind_runner(action, task_vars), {name: options.get(name) for name in FILE_OPTIONS})
    try:
        outcome = _bring_about(options, host_name, host, action, warnings.append)
        result = build_result(outcome)
    except PrivateCaError as error:
        result = build_failure(error, host_name, options["name"])
    line = compose_line(host_name, result, constants.DEFAULT_STDOUT_CALLBACK, censored=action._task.no_log)
    if line is not None:
        display.display(line, color=constants.COLOR_CHANGED)
    return merge_carried(merge_carried(result, host.carried), {"warnings": warnings})


def read_options(action: ActionBase, warn: Callable[[str], None]) -> dict[str, Any]:
    """Return the task's validated options. Raises InvalidInput, for Ansible's own error would show every argument."""
    action._task.args = apply_defaults(action._task.args, ARGUMENT_SPEC)
    for warning in warn_of_repeated_options(action._task.args, ARGUMENT_SPEC):
        warn(warning)
    try:
        _validation, options = action.validate_argument_spec(ARGUMENT_SPEC, **CONSTRAINTS)
    except AnsibleActionFail as error:
        raise InvalidInput(
            "Failed to read the options", because=error.message, remedy="Correct the options of the task"
        ) from None
    return dict(options)


def _bring_about(
    options: Mapping[str, Any], host_name: str, host: HostModules, action: ActionBase, warn: Callable[[str], None]
) -> Outcome:
    clock, check_mode = SystemClock(), action._task.check_mode
    moment = read_moment(options.get("as_of"), clock.now())
    revoker, reason = RunRevoker(options, MEMORY, clock), options["revoke_removed"]
    if options["state"] == "absent":
        if reason is not None:
            require_ledger(options, "revoke_removed")
        lineage = LineageId(host=host_name, name=options["name"])
        return remove_certificate(lineage, host, moment, revoker, reason, predicted=check_mode)
    node = ControlNode(MEMORY, clock, moment, display.vv, warn, lambda: insist_on_pipelining(action))
    order, source = open_source(options, host_name, node)
    force_id = RUN_ID if options["force"] else None
    return Flow(order, host, source, revoker, moment, clock, force_id).keep(check_mode=check_mode)


def insist_on_pipelining(action: ActionBase) -> None:
    """Have modules from here on sent through the connection alone; raise UnusableState where that cannot be.

    Without pipelining Ansible writes a module with its arguments to temporary files of the control node and the host.
    """
    with contextlib.suppress(KeyError, AnsibleError):
        action._connection.set_option("pipelining", True)
    if not action._is_pipelining_enabled("new"):
        raise UnusableState(
            "Failed to send a private key to the host",
            because="without pipelining, Ansible would write it with its passphrase to files of control node and host",
            remedy="Use a connection and a become method that know pipelining (ssh and sudo do), and do not set "
            "ANSIBLE_KEEP_REMOTE_FILES",
        )


def bind_runner(action: ActionBase, task_vars: Mapping[str, Any]) -> ModuleRunner:
    """Return what runs one of the collection's modules on the host of the task, in one round trip.

    It raises HostUnreachable.
    """

    def run_module(module: str, arguments: Mapping[str, Any], *, rehearse: bool = False) -> dict[str, Any]:
        try:
            return call_on_host(action, task_vars, module, arguments, rehearse=rehearse)
        except AnsibleConnectionFailure as error:
            raise HostUnreachable(
                f"Failed to run {module} on the host",
                because=error.message,
                remedy="Run the play again when the host answers: it goes on from where it was cut off",
            ) from error

    return run_module


def read_moment(as_of: str | None, now: float) -> Moment:
    """Return the time to judge by: ``as_of`` (ISO 8601; UTC unless it says otherwise) or now. Raises InvalidInput."""
    if as_of is None:
        return Moment(judged=int(now), real=now)
    try:
        moment = datetime.fromisoformat(as_of.replace("Z", "+00:00"))
    except ValueError as error:
        raise InvalidInput(
            "as_of is not a time", because=f"got {as_of!r}", remedy="Give it as 2027-03-01T00:00:00Z"
        ) from error
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return Moment(judged=int(moment.timestamp()), real=now)


def merge_carried(result: dict[str, Any], carried: Mapping[str, Any]) -> dict[str, Any]:
    """Return the result with what Ansible itself had to say in the module calls (warnings, discovered interpreter)."""
    merged = dict(result)
    for name, value in carried.items():
        if value:
            merged[name] = [*merged.get(name, []), *value] if isinstance(value, list) else value
    return merged
