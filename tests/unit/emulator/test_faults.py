# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import concurrent.futures
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ConnectionClosedError

from private_ca_emulator.control import ControlError, EmulatorControl
from private_ca_emulator.faults import FaultScript
from private_ca_emulator.request_log import LogEntry

from .support import fetch, issue, make_csr, refusal


def wait_until(condition: Callable[[], Any]) -> Any:
    deadline = time.monotonic() + 20
    while not (found := condition()):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    return found


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        ("throttle", "ThrottlingException"),
        ("error", "InternalFailure"),
        ("unavailable", "ServiceUnavailable"),
        ("access_denied", "AccessDeniedException"),
    ],
)
def test_a_fault_strikes_exactly_the_scripted_calls(
    client: Any, control: EmulatorControl, root_arn: str, kind: str, code: str
) -> None:
    control.fault(kind, "IssueCertificate", calls=[2])
    issue(client, root_arn)
    assert refusal(issue, client, root_arn)[0] == code
    issue(client, root_arn)
    outcomes = [entry["outcome"] for entry in control.requests(operation="IssueCertificate")]
    assert outcomes[-3:] == ["Success", code, "Success"]


def test_a_fault_can_match_the_subject_of_the_csr_and_strike_a_number_of_times(
    client: Any, control: EmulatorControl, root_arn: str
) -> None:
    control.fault("throttle", "IssueCertificate", match={"csr_subject": "CN=bad.example.com"}, times=1)
    issue(client, root_arn)
    bad = make_csr("bad.example.com")
    assert refusal(issue, client, root_arn, Csr=bad)[0] == "ThrottlingException"
    issue(client, root_arn, Csr=bad)


def test_a_lost_reply_leaves_the_certificate_issued_and_the_token_finds_it(
    client: Any, control: EmulatorControl, root_arn: str
) -> None:
    control.fault("lost_reply", "IssueCertificate", times=1)
    with pytest.raises(ConnectionClosedError):
        issue(client, root_arn, IdempotencyToken="token")
    (lost,) = [entry for entry in control.certificates(root_arn) if entry["idempotency_token"] == "token"]
    assert issue(client, root_arn, IdempotencyToken="token") == lost["certificate_arn"]
    assert control.requests(operation="IssueCertificate")[-2]["outcome"] == "Success (reply lost)"


def test_a_reply_lost_before_the_request_took_effect_issues_nothing(
    client: Any, control: EmulatorControl, root_arn: str
) -> None:
    before = len(control.certificates())
    control.fault("lost_reply", "IssueCertificate", point="before")
    with pytest.raises(ConnectionClosedError):
        issue(client, root_arn)
    assert len(control.certificates()) == before


@pytest.mark.parametrize(("point", "issued_while_held"), [("before", 1), ("after", 2)])
def test_a_held_request_waits_at_its_point_until_it_is_released(
    client: Any, control: EmulatorControl, root_arn: str, point: str, issued_while_held: int
) -> None:
    control.fault("hold", "IssueCertificate", point=point)
    with concurrent.futures.ThreadPoolExecutor() as pool:
        waiting = pool.submit(issue, client, root_arn)
        (held,) = wait_until(control.held)
        assert (held["operation"], held["point"]) == ("IssueCertificate", point)
        assert len(control.certificates()) == issued_while_held
        assert not waiting.done()
        assert control.release(held["id"]) == 1
        assert fetch(client, root_arn, waiting.result())["Certificate"]
    assert control.held() == []


def test_withdrawing_the_fault_releases_what_it_holds(client: Any, control: EmulatorControl, root_arn: str) -> None:
    fault = control.fault("hold", "DescribeCertificateAuthority")
    with concurrent.futures.ThreadPoolExecutor() as pool:
        waiting = pool.submit(client.describe_certificate_authority, CertificateAuthorityArn=root_arn)
        wait_until(control.held)
        control.clear_faults(fault)
        assert waiting.result()["CertificateAuthority"]["Status"] == "ACTIVE"


@pytest.mark.parametrize("end", [FaultScript.remove, FaultScript.stop])
def test_a_fault_that_ends_before_a_request_reaches_its_point_does_not_hold_it(
    end: Callable[[FaultScript], object],
) -> None:
    script, replies = FaultScript(), []
    script.add({"kind": "hold", "point": "after"})

    def end_meanwhile(_reason: str | None) -> str:
        end(script)
        return "reply"

    def ask() -> None:
        replies.append(script.surround(LogEntry(1, 0.0, "IssueCertificate"), {}, end_meanwhile))

    asking = threading.Thread(target=ask, daemon=True)
    asking.start()
    asking.join(20)
    assert replies == ["reply"]
    assert script.describe_held() == []


def test_a_late_failure_hands_out_an_arn_that_fails_for_good(
    client: Any, control: EmulatorControl, root_arn: str
) -> None:
    control.fault("late_failure", "IssueCertificate", reason="The back end gave up.")
    arn = issue(client, root_arn, IdempotencyToken="token")
    control.clear_faults()
    code, message = refusal(fetch, client, root_arn, arn)
    assert code == "RequestFailedException"
    assert "The back end gave up." in message
    assert issue(client, root_arn, IdempotencyToken="token") == arn


def test_a_hang_delays_the_reply_and_then_lets_it_through(client: Any, control: EmulatorControl, root_arn: str) -> None:
    control.fault("hang", "IssueCertificate", seconds=0.2)
    began = time.monotonic()
    issue(client, root_arn)
    assert time.monotonic() - began >= 0.2


def test_a_fault_that_does_not_exist_is_refused(control: EmulatorControl) -> None:
    with pytest.raises(ControlError, match="kind"):
        control.fault("explode")
    with pytest.raises(ControlError, match="no operation"):
        control.fault("throttle", "SearchCertificates")


WRONG = [
    {"calls": "2"},
    {"calls": ["2"]},
    {"times": "x"},
    {"match": []},
    {"point": "never"},
    {"status": 99_999},
    {"surprise": 1},
]


@pytest.mark.parametrize("wrong", WRONG)
def test_a_fault_with_members_of_the_wrong_kind_is_refused(control: EmulatorControl, wrong: dict[str, Any]) -> None:
    with pytest.raises(ControlError):
        control.fault("hold", "IssueCertificate", **wrong)
    assert control.faults() == []


def test_a_member_of_a_fault_that_is_null_is_as_one_that_is_absent(client: Any, control: EmulatorControl) -> None:
    members = ("calls", "times", "match", "point", "seconds", "status", "code", "message", "reason")
    control.fault("error", "ListCertificateAuthorities", **dict.fromkeys(members))
    assert refusal(client.list_certificate_authorities) == ("InternalFailure", "Scripted fault 1")
    control.clear_faults()
    with pytest.raises(ControlError, match="a kind of"):
        control.call("POST", "faults", {"kind": None})


def test_a_setting_that_does_not_exist_or_fit_is_refused_and_changes_nothing(control: EmulatorControl) -> None:
    before = control.settings()
    for wrong in (
        {"nonsense": 1},
        {"token_conflict": "maybe"},
        {"issuance_delay": -1, "quota_scale": 2},
        {"issuance_delay": float("inf")},
        {"list_page_limit": 0},
        {"list_page_limit": 1.5},
        {"unavailable_algorithms": [1]},
        {"quota_overrides": {"IssueCertificate": "many"}},
        {"quota_overrides": {"IssueCertificates": 1}},
    ):
        with pytest.raises(ControlError):
            control.settings(**wrong)
    assert control.settings() == before


@pytest.mark.parametrize("move", [{"set": float("nan")}, {"set": -1}, {"advance": 1e300}, {"advance": "1"}])
def test_the_clock_stays_within_what_certificates_can_say(control: EmulatorControl, move: dict[str, Any]) -> None:
    control.freeze()
    before = control.now()
    with pytest.raises(ControlError):
        control.call("POST", "clock", move)
    assert control.now() == before


WRONG_SHARES = [
    {"certificate_authority_arn": []},
    {"accounts": 1},
    {"accounts": "222222222222"},
    {"accounts": ["2222"]},
    {"accounts": [222222222222]},
    {"accounts": []},
    {"permissions": None},
    {"permissions": []},
    {"permissions": [{}]},
]


@pytest.mark.parametrize("wrong", WRONG_SHARES)
def test_a_share_of_the_wrong_shape_is_refused(control: EmulatorControl, root_arn: str, wrong: dict[str, Any]) -> None:
    share = {
        "certificate_authority_arn": root_arn,
        "accounts": ["222222222222"],
        "permissions": ["AWSRAMDefaultPermissionCertificateAuthority"],
    }
    with pytest.raises(ControlError):
        control.call("POST", "shares", {**share, **wrong})
    assert control.call("POST", "shares", share)


def test_the_request_log_tells_operations_and_sequence_apart(
    client: Any, control: EmulatorControl, root_arn: str
) -> None:
    arn = issue(client, root_arn, IdempotencyToken="token")
    newest = control.requests()[-1]
    assert (newest["operation"], newest["certificate_arn"], newest["idempotency_token"]) == (
        "IssueCertificate",
        arn,
        "token",
    )
    fetch(client, root_arn, arn)
    assert [entry["operation"] for entry in control.requests(since=newest["sequence"])] == ["GetCertificate"]
    assert "PRIVATE" not in str(control.requests())
    control.clear_requests()
    assert control.requests() == []
