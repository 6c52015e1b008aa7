# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A playbook run on a fleet reports, host by host and task by task, what Ansible really said."""

from __future__ import annotations

from collections.abc import Callable

from fleet.fleet import Fleet
from playbook_run import PlaybookRun

PLAY = {
    "name": "Three outcomes",
    "hosts": "fleet",
    "gather_facts": False,
    "tasks": [
        {"name": "Write", "ansible.builtin.copy": {"content": "é", "dest": "/tmp/written", "mode": "0600"}},
        {"name": "Skip", "ansible.builtin.debug": {"msg": "unseen"}, "when": False},
        {"name": "Fail", "ansible.builtin.fail": {"msg": "on purpose"}, "when": "inventory_hostname == victim"},
    ],
}


def test_results_are_recorded_by_host_and_task(
    fleet: Callable[..., Fleet], run_playbook: Callable[..., PlaybookRun]
) -> None:
    hosts = fleet(2, ("trixie",))
    hosts[1].kill()
    first, dead = hosts[0].name, hosts[1].name
    run = run_playbook([PLAY], hosts.inventory, "--diff", extra_vars={"victim": first})
    assert run.returncode != 0
    assert run.of_task("Write")[first].status == "changed"
    assert run.of_task("ansible.builtin.copy")[first].result["mode"] == "0600"
    assert run.of_task("Skip")[first].status == "skipped"
    assert run.of_task("Fail")[first].result["msg"] == "on purpose"
    assert run.hosts_with("failed") == [first]
    assert run.hosts_with("unreachable") == [dead]
    assert "PLAY RECAP" in run.stdout


def test_check_mode_predicts_and_the_second_run_changes_nothing(
    fleet: Callable[..., Fleet], run_playbook: Callable[..., PlaybookRun]
) -> None:
    hosts = fleet(1, ("bookworm",))
    statuses = [
        run_playbook([PLAY], hosts.inventory, *options, extra_vars={"victim": ""})
        .require_success()
        .of_task("Write")[hosts[0].name]
        .status
        for options in (["--check"], [], [])
    ]
    assert statuses == ["changed", "changed", "ok"]
