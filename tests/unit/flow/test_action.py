# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import gc
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import NoReturn

import pytest
from ansible.errors import AnsibleActionFail, AnsibleConnectionFailure
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._errors import (
    HostUnreachable,
    InvalidInput,
    ServiceError,
)
from ansible_collections.fleet_pki.aws_private_ca.plugins.plugin_utils._action import (
    bind_runner,
    merge_carried,
    read_moment,
    run_action,
)
from ansible_collections.fleet_pki.aws_private_ca.plugins.plugin_utils._host_modules import HostModules
from ansible_collections.fleet_pki.aws_private_ca.plugins.plugin_utils._outcome import build_failure
from ansible_collections.fleet_pki.aws_private_ca.tests.unit.flow.fakes import INSTALLED, NOTHING_DUE, FakeHost

NOON = datetime(2027, 3, 1, 12, tzinfo=UTC).timestamp()


@pytest.mark.parametrize("text", ["2027-03-01T12:00:00Z", "2027-03-01T12:00:00", "2027-03-01T13:00:00+01:00"])
def test_the_time_to_judge_by_is_utc_unless_it_says_otherwise(text: str) -> None:
    assert read_moment(text, 5.5).judged == NOON
    assert read_moment(text, 5.5).real == 5.5


def test_without_as_of_the_time_to_judge_by_is_now() -> None:
    assert read_moment(None, 5.5).judged == 5


def test_a_time_that_is_none_is_refused_with_an_example() -> None:
    with pytest.raises(InvalidInput, match="2027-03-01T00:00:00Z"):
        read_moment("next week", 0)


def test_what_ansible_adds_to_module_results_reaches_the_task_so_that_an_interpreter_is_discovered_once() -> None:
    discovered = {"ansible_facts": {"discovered_interpreter_python": "/usr/bin/python3.11"}, "warnings": ["one"]}
    host = HostModules(FakeHost({**NOTHING_DUE, **discovered}, {**INSTALLED, "warnings": ["two"]}), {})
    host.inspect({})
    host.repair({})
    assert merge_carried({"changed": True, "warnings": ["own"]}, host.carried) == {
        "changed": True,
        "warnings": ["own", "one", "two"],
        "ansible_facts": {"discovered_interpreter_python": "/usr/bin/python3.11"},
    }


def test_what_a_rehearsal_and_the_run_both_warn_of_reaches_the_task_once() -> None:
    removed = {**INSTALLED, "warnings": ["one"]}
    host = HostModules(FakeHost(removed, removed), {})
    host.remove({}, rehearse=True)
    host.remove({})
    assert host.carried == {"warnings": ["one"]}


def test_a_failure_names_host_certificate_resource_and_remedy_and_keeps_its_details() -> None:
    error = ServiceError("Failed to issue", because="no", on="arn:ca", remedy="Do this", code="X", certificate_arn=None)
    assert build_failure(error, "web-01", "web") == {
        "failed": True,
        "changed": False,
        "name": "web",
        "code": "X",
        "msg": "web-01: certificate 'web': Failed to issue (arn:ca): no. Do this.",
    }


def test_a_host_whose_connection_is_lost_is_unreachable_to_ansible_and_its_certificate_is_told() -> None:
    def lose(**_arguments: object) -> NoReturn:
        raise AnsibleConnectionFailure("no route to host")

    runner = bind_runner(SimpleNamespace(_execute_module=lose), {})
    host = HostModules(runner, {"name": "web", "base_directory": "/etc/aws-private-ca"})
    with pytest.raises(HostUnreachable) as caught:
        host.remove({}, rehearse=True)
    caught.value.details["certificate_arn"] = "arn:one"
    assert build_failure(caught.value, "web-01", "web") == {
        "unreachable": True,
        "changed": False,
        "name": "web",
        "certificate_arn": "arn:one",
        "msg": "web-01: certificate 'web': Failed to run host_certificate_install on the host: no route to host. "
        "Run the play again when the host answers: it goes on from where it was cut off.",
    }


def test_an_option_that_is_given_twice_is_warned_of_also_when_the_task_fails() -> None:
    def refuse(*_arguments: object, **_constraints: object) -> NoReturn:
        raise AnsibleActionFail("no name")

    task = SimpleNamespace(args={"template": "A", "template_arn": "B"})
    result = run_action(SimpleNamespace(_task=task, validate_argument_spec=refuse), {})
    assert result["failed"] and "no name" in result["msg"]
    assert ["template_arn" in warning for warning in result["warnings"]] == [True]


def test_what_a_worker_inherited_is_out_of_sight_of_its_garbage_collector() -> None:
    gc.unfreeze()
    try:
        run_action(SimpleNamespace(_task=SimpleNamespace(args={"defaults": "no mapping"})), {})
        assert gc.get_freeze_count() > 0
    finally:
        gc.unfreeze()
