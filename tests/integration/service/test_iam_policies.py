# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Each module works under exactly the IAM policy that its documentation calls minimal, and every action is needed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.fleet_pki.aws_private_ca.tests.integration.service.accounts import (
    Account,
    Limit,
    NewRoot,
    Options,
)
from ansible_collections.fleet_pki.aws_private_ca.tests.integration.service.local_inventory import write_local_inventory
from ansible_collections.fleet_pki.aws_private_ca.tests.integration.service.occasions import ARN
from ansible_collections.fleet_pki.aws_private_ca.tests.integration.service.policy_cases import (
    CASES,
    HOST_CASES,
    new_crl,
)
from service_policies import Statements, documented_statements, leave_each_out, list_fragments, usable_statements

from emulator_process import EmulatorProcess
from playbook_run import PlaybookRun
from private_ca_emulator.control import EmulatorControl
from source_tree import CHECKOUT

Hosts = dict[str, dict[str, list[Options]]]
TASK, THEN = "Keep the certificate", "Do what follows"


@pytest.fixture(autouse=True)
def control_node(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, emulator: EmulatorProcess) -> None:
    """Keep ledgers in files with the test, and find S3 in the emulator where no option says so."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", emulator.endpoint_url)


@pytest.mark.parametrize("case", CASES)
def test_a_module_works_under_its_documented_policy(
    account: Account, root: str, least: Limit, checkout: Path, case: str
) -> None:
    module, purposes, runs = CASES[case]
    documented = usable_statements(checkout, module)
    user = least([one for purpose in purposes for one in documented[purpose]])
    for options in runs:
        result = user.must_run(module, **options(account, root))
        assert result["changed"] or "info" in module or case in UNCHANGED


UNCHANGED = ("audit again", "recover", "recover by a ledger in DynamoDB")
BESIDE = {
    "list": "without ListTags it lists CAs without their tags",
    "audit again": "without ListBucket it has another report written",
}


@pytest.mark.parametrize("case", [name for name in CASES if name not in BESIDE])
def test_no_action_of_the_documented_policy_can_be_left_out(
    account: Account, new_root: NewRoot, least: Limit, checkout: Path, case: str
) -> None:
    module, purposes, runs = CASES[case]
    documented = usable_statements(checkout, module)
    base = [one for purpose in purposes[:-1] for one in documented[purpose]]
    given = {action for one in base for action in one["Action"] if "Condition" not in one}
    for action, kept in leave_each_out(documented[purposes[-1]], given):
        user, root = least([*base, *kept]), new_root(f"root without {action}")
        results = [user.run(module, **unlike(options(account, root), action)) for options in runs]
        assert any(action in result["msg"] for result in results if result.get("failed")), f"{action} is not needed"


def unlike(options: Options, action: str) -> Options:
    """Return the options with a name of their own, so that every attempt starts from nothing."""
    return {**options, "name": f"made without {action}"} if "name" in options else options


@pytest.mark.parametrize("code", ["AccessDeniedException", "ValidationException"])
def test_a_right_on_the_bucket_that_is_missing_is_named_however_the_service_says_it(
    account: Account, root: str, least: Limit, control: EmulatorControl, code: str
) -> None:
    documented = documented_statements(CHECKOUT, "acm_pca_certificate_authority")
    user = least([*documented["to make a root"], *documented["to change, delete and restore"]])
    control.settings(crl_caller_error=code)
    refused = user.run("acm_pca_certificate_authority", certificate_authority_arn=root, **new_crl(account))
    assert (refused["code"], "s3:GetBucketAcl" in refused["msg"]) == (code, True)


def hosts_of_all_cases() -> Iterator[tuple[str, str | None, str, Statements]]:
    """Yield name, action left out, case and policy of a host for each documented policy, and for each action of it."""
    documented = usable_statements(CHECKOUT, "host_certificate")
    for number, (case, (purposes, _steps)) in enumerate(HOST_CASES.items()):
        base = [one for purpose in purposes[:-1] for one in documented[purpose]]
        yield f"host-{number}", None, case, [*base, *documented[purposes[-1]]]
        for count, (action, kept) in enumerate(leave_each_out(documented[purposes[-1]])):
            yield f"host-{number}-{count}", action, case, [*base, *kept]


def test_host_certificate_works_under_each_documented_policy_and_needs_all_of_it(
    account: Account, new_root: NewRoot, least: Limit, run_playbook: Callable[..., PlaybookRun], tmp_path: Path
) -> None:
    hosts: Hosts = {}
    wanted: dict[str, tuple[str, str | None]] = {}
    for name, left_out, case, policy in hosts_of_all_cases():
        root = new_root(name)
        user, base = least(policy), str(tmp_path / name)
        common = {"name": "web", "base_directory": base, ARN: root, "common_name": f"{name}.{case_name(case)}"}
        given = [{**user.connection, **common, **step(account, root)} for step in HOST_CASES[case][1]]
        steps = [{option: value for option, value in one.items() if value is not None} for one in given]
        hosts[name], wanted[name] = {"steps": steps}, (case, left_out)
    run = run_playbook(
        [play_of(hosts)],
        write_local_inventory(tmp_path, hosts),
        "--forks",
        "4",
        environment={"XDG_STATE_HOME": str(tmp_path / "state")},
    )
    failed = {result.host: str(result.result.get("msg")) for result in run.results if result.status == "failed"}
    assert set(run.of_task(TASK)) == set(hosts)
    for name, (case, left_out) in wanted.items():
        if left_out is None:
            assert name not in failed, (case, failed[name])
        else:
            assert left_out in failed.get(name, ""), f"{case}: {left_out} is not needed"


def case_name(case: str) -> str:
    """Return a domain for the names of a case."""
    return f"{case.lower().replace(' ', '-')}.example.com"[-40:].lstrip("-")


def play_of(hosts: Hosts) -> dict[str, Any]:
    """Return a play of the steps that the hosts have."""
    names = {option for host in hosts.values() for step in host["steps"] for option in step}
    tasks = [
        {
            "name": task,
            "fleet_pki.aws_private_ca.host_certificate": {
                name: f"{{{{ steps[{number}].{name} | default(omit) }}}}" for name in names
            },
            "when": f"steps | length > {number}",
        }
        for number, task in enumerate((TASK, THEN))
    ]
    return {"name": "Keep", "hosts": "all", "gather_facts": False, "tasks": tasks}


def test_every_policy_that_is_documented_is_tried(checkout: Path) -> None:
    modules = {path.stem for path in (checkout / "plugins/modules").glob("*.py")}
    tried = {(module, purpose) for module, purposes, _runs in CASES.values() for purpose in purposes}
    tried |= {("host_certificate", purpose) for purposes, _steps in HOST_CASES.values() for purpose in purposes}
    own = {(name, purpose) for name in modules for purpose in documented_statements(checkout, name)}
    fragments = {fragment for name in modules for fragment in list_fragments(checkout, name)}
    shared = {purpose for fragment in fragments for purpose in documented_statements(checkout, fragment)}
    assert own <= tried
    assert {purpose for module, purpose in tried - own} == shared
    assert modules - {name for name, _purpose in own} == {
        "host_certificate_info", "host_certificate_install", "host_certificate_request",
    }  # fmt: skip
