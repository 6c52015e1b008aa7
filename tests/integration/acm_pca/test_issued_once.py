# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One certificate for one request, with real processes that are killed, delayed and set against each other."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3
import pytest
from issuing_process import finish, start_issuing

from emulator_process import EmulatorProcess
from private_ca_emulator import seeding
from private_ca_emulator.control import EmulatorControl

MakeCsr = Callable[..., Path]
Start = Callable[..., subprocess.Popen[str]]
TEN_MINUTES = 600
BUCKET = "audit-reports"


@pytest.fixture(params=["sqlite", "dynamodb"])
def start(
    request: pytest.FixtureRequest, emulator: EmulatorProcess, authority_arn: str, make_csr: MakeCsr, tmp_path: Path
) -> Start:
    """Return a function that starts a process which issues for one and the same CSR, with the ledger of the test."""
    csr = make_csr()
    stores: dict[str, dict[str, Any]] = {
        "sqlite": {"ledger": "sqlite", "ledger_path": str(tmp_path / "state" / "ledger.sqlite3")},
        "dynamodb": {"ledger": "dynamodb", "ledger_table": f"t{time.monotonic_ns()}", "ledger_create_table": True},
    }

    def starting(**options: Any) -> subprocess.Popen[str]:
        chosen = {"authority_arn": authority_arn, "csr_paths": [str(csr)], **stores[request.param], **options}
        return start_issuing(emulator.environment, **chosen)

    return starting


def leaves(control: EmulatorControl, authority_arn: str) -> list[str]:
    return [issued["certificate_arn"] for issued in control.certificates(authority_arn)]


def kill_at(start: Start, control: EmulatorControl, operation: str, point: str) -> None:
    """Start a process, and kill it when its call is held at `point`."""
    fault = control.fault("hold", operation, point=point, times=1)
    process = start()
    try:
        while not control.held():
            assert process.poll() is None, process.communicate()
            time.sleep(0.02)
        process.kill()
        process.communicate()
    finally:
        control.clear_faults(fault)
        control.release()


POINTS = [("IssueCertificate", "before"), ("IssueCertificate", "after"), ("GetCertificate", "before")]


@pytest.mark.parametrize(("operation", "point"), POINTS)
def test_a_killed_process_costs_no_second_certificate(
    start: Start, control: EmulatorControl, authority_arn: str, operation: str, point: str
) -> None:
    kill_at(start, control, operation, point)
    again = finish(start())
    assert again.get("arns") == leaves(control, authority_arn), again
    assert again["log"] == []
    assert len(again["arns"]) == 1


def test_past_the_window_a_killed_wait_goes_on_and_a_call_that_never_arrived_is_made(
    start: Start, control: EmulatorControl, authority_arn: str
) -> None:
    kill_at(start, control, "GetCertificate", "before")
    control.advance(TEN_MINUTES)
    assert finish(start(offset=TEN_MINUTES))["arns"] == leaves(control, authority_arn)
    assert len(leaves(control, authority_arn)) == 1


def test_past_the_window_a_lost_reply_is_found_in_the_audit_report(
    start: Start, control: EmulatorControl, authority_arn: str, emulator: EmulatorProcess
) -> None:
    make_bucket(emulator)
    kill_at(start, control, "IssueCertificate", "after")
    control.advance(TEN_MINUTES)
    again = finish(start(offset=TEN_MINUTES, recovery_bucket=BUCKET))
    assert again.get("arns") == leaves(control, authority_arn), again
    assert len(again["arns"]) == 1
    assert "its certificate was found" in again["log"][0]


def test_past_the_window_a_report_without_the_certificate_means_that_none_was_made(
    start: Start, control: EmulatorControl, authority_arn: str, emulator: EmulatorProcess
) -> None:
    make_bucket(emulator)
    control.clear_requests()
    control.fault("lost_reply", "IssueCertificate", point="before", times=1000)
    first = start()
    while not control.requests("IssueCertificate"):
        time.sleep(0.02)
    first.kill()
    first.communicate()
    control.clear_faults()
    assert leaves(control, authority_arn) == []
    control.advance(TEN_MINUTES)
    again = finish(start(offset=TEN_MINUTES, recovery_bucket=BUCKET))
    assert again.get("arns") == leaves(control, authority_arn), again
    assert (again["asked"], again["log"]) == (1, [])


def make_bucket(emulator: EmulatorProcess) -> None:
    s3 = boto3.client(
        "s3",
        endpoint_url=emulator.endpoint_url,
        region_name="us-east-1",
        aws_access_key_id="AKIAEMULATORTESTING0",
        aws_secret_access_key="emulator",
    )
    s3.create_bucket(Bucket=BUCKET)
    seeding.allow_service_writes(s3, BUCKET)


def test_past_the_window_without_a_report_it_asks_once_more_and_says_so_or_fails_as_told(
    start: Start, control: EmulatorControl, authority_arn: str
) -> None:
    kill_at(start, control, "IssueCertificate", "after")
    control.advance(TEN_MINUTES)
    failed = finish(start(offset=TEN_MINUTES, on_lost_reply="fail"))
    assert "recovery_bucket" in failed["error"]
    assert len(leaves(control, authority_arn)) == 1
    again = finish(start(offset=TEN_MINUTES))
    assert "was lost" in again["log"][0]
    assert len(leaves(control, authority_arn)) == 2


def test_two_processes_at_once_get_the_same_certificate(
    start: Start, control: EmulatorControl, authority_arn: str
) -> None:
    control.fault("hang", "IssueCertificate", seconds=1, times=1)
    results = [finish(process) for process in [start(), start()]]
    assert results[0]["arns"] == results[1]["arns"] == leaves(control, authority_arn)
    assert sorted(result["asked"] for result in results) == [0, 1]


def test_fifty_processes_at_once_get_the_same_certificate(
    start: Start, control: EmulatorControl, authority_arn: str, request: pytest.FixtureRequest
) -> None:
    many = 50 if "sqlite" in request.node.name else 10  # moto serves one request at a time
    said, _nothing = start(forks=many).communicate(timeout=300)
    results = json.loads(said)
    assert len(results) == many
    assert {arn for result in results for arn in result["arns"]} == set(leaves(control, authority_arn))
    assert len(leaves(control, authority_arn)) == 1
    assert sum(result["asked"] for result in results) == 1
    assert len(control.requests("IssueCertificate")) == 3  # of which two made the root and the subordinate CA


def test_the_breaker_is_shared_by_all_processes(
    start: Start, control: EmulatorControl, authority_arn: str, make_csr: MakeCsr
) -> None:
    csrs = [make_csr(f"host{number}", f"/CN=host{number}.example.com") for number in range(6)]
    processes = [start(csr_paths=[str(csr)], max_issuances=4, max_issuances_period=10**9) for csr in csrs]
    results = [finish(process) for process in processes]
    assert len(leaves(control, authority_arn)) == 4
    refused = [result for result in results if "error" in result]
    assert len(refused) == 2
    assert all("4 certificates were asked of this CA" in result["error"] for result in refused)


def test_a_fleet_of_processes_keeps_to_the_quota(
    start: Start, control: EmulatorControl, authority_arn: str, make_csr: MakeCsr
) -> None:
    control.settings(quotas_enabled=True, quota_overrides={"IssueCertificate": 4})  # half of them at once are too many
    csrs = [str(make_csr(f"host{number}", f"/CN=host{number}.example.com")) for number in range(16)]
    processes = [start(csr_paths=csrs[number::8], requests_per_second=2.0) for number in range(8)]
    results = [finish(process) for process in processes]
    assert sum(len(result["arns"]) for result in results) == 16
    assert len(leaves(control, authority_arn)) == 16
    assert {entry["outcome"] for entry in control.requests("IssueCertificate")} == {"Success"}
