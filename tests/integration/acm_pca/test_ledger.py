# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The ledger through the modules: read by acm_pca_ledger_info, shared by control nodes in DynamoDB."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from playbook_run import PlaybookRun
from private_ca_emulator.control import EmulatorControl

RunTasks = Callable[..., PlaybookRun]
MakeCsr = Callable[..., Path]
ISSUE = "fleet_pki.aws_private_ca.acm_pca_issue_certificate"
LEDGER_INFO = "fleet_pki.aws_private_ca.acm_pca_ledger_info"


def result_of(run: PlaybookRun, task: str) -> dict[str, Any]:
    (result,) = [result.result for result in run.results if result.task == task]
    return result


def test_the_ledger_is_read_by_host_and_name_and_reading_makes_none(
    run_tasks: RunTasks, make_csr: MakeCsr, authority_arn: str, tmp_path: Path
) -> None:
    ledger = str(tmp_path / "ledger.sqlite3")
    read = {"name": "read", LEDGER_INFO: {"ledger_path": ledger, "host": "web1"}}
    assert result_of(run_tasks([read]).require_success(), "read")["records"] == []
    assert not Path(ledger).exists()
    issue: dict[str, Any] = {"certificate_authority_arn": authority_arn, "csr_path": str(make_csr())}
    run = run_tasks(
        [
            {"name": "one", ISSUE: {**issue, "lineage": {"host": "web1", "name": "web"}}},
            {"name": "other", ISSUE: {**issue, "lineage": {"host": "web2", "name": "web"}, "replaces": "1a"}},
            read,
            {**read, "name": "read in check mode", "check_mode": True},
            {"name": "soon", LEDGER_INFO: {"ledger_path": ledger, "expiring_within": "30d"}},
            {"name": "later", LEDGER_INFO: {"ledger_path": ledger, "expiring_within": "91d", "lineage": "web"}},
            {"name": "no time", LEDGER_INFO: {"ledger_path": ledger, "expiring_within": "x"}, "ignore_errors": True},
        ]
    ).require_success()
    (record,) = result_of(run, "read")["records"]
    issued = result_of(run, "one")
    assert record["certificate_arn"] == issued["certificate_arn"]
    assert (record["state"], record["serial"]) == ("issued", issued["facts"]["serial"])
    assert record["not_after"] == issued["facts"]["not_after"]
    assert record["terms"]["validity"] == "DAYS:90"
    checked = result_of(run, "read in check mode")
    assert (checked["changed"], checked["records"]) == (False, [record])
    assert result_of(run, "soon")["records"] == []
    assert len(result_of(run, "later")["records"]) == 2
    assert "Write it like" in result_of(run, "no time")["msg"]


def test_a_fresh_control_node_finds_the_certificate_in_the_table(
    run_tasks: RunTasks, make_csr: MakeCsr, authority_arn: str, control: EmulatorControl
) -> None:
    table = {"ledger": "dynamodb", "ledger_table": "shared", "ledger_create_table": True}
    options = {"certificate_authority_arn": authority_arn, "csr_path": str(make_csr()), **table}
    check = {"name": "check", ISSUE: {**options, "ledger_create_table": False}, "check_mode": True}
    before = {"name": "before", ISSUE: options, "check_mode": True}
    missing = run_tasks([before, {**check, "ignore_errors": True}])
    assert result_of(missing, "before")["changed"]
    assert "ledger_create_table" in result_of(missing, "check")["msg"]
    first = result_of(run_tasks([{"name": "issue", ISSUE: options}]).require_success(), "issue")
    control.advance(3600)
    again = run_tasks(
        [check, {"name": "issue", ISSUE: options}, {"name": "read", LEDGER_INFO: {**table, "region": "eu-central-1"}}]
    ).require_success()
    assert not result_of(again, "check")["changed"]
    assert not result_of(again, "issue")["changed"]
    assert result_of(again, "issue")["certificate_arn"] == first["certificate_arn"]
    assert [record["certificate_arn"] for record in result_of(again, "read")["records"]] == [first["certificate_arn"]]
