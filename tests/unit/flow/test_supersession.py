# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a proved successor replaced is revoked once, after the grace period, and what serves never is."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._errors import InvalidInput, PrivateCaError
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._x509.times import read_time
from ansible_collections.fleet_pki.aws_private_ca.plugins.plugin_utils._flow import Moment, remove_certificate
from ansible_collections.fleet_pki.aws_private_ca.plugins.plugin_utils._host_modules import HostModules
from ansible_collections.fleet_pki.aws_private_ca.plugins.plugin_utils._outcome import Outcome, build_result
from ansible_collections.fleet_pki.aws_private_ca.plugins.plugin_utils._supersession import (
    Replaced,
    Supersession,
    read_span,
    select_due,
)
from ansible_collections.fleet_pki.aws_private_ca.tests.unit.flow.fakes import (
    CA_ARN,
    DUE,
    INSTALLED,
    NEW_FACTS,
    NOTHING_DUE,
    FakeHost,
    FakeRevoker,
    make_flow,
    make_order,
)

OLD, LIVE = f"{CA_ARN}/certificate/0a", f"{CA_ARN}/certificate/0b"
ENTRY = {"serial": "0a", "certificate_arn": OLD, "not_after": "2027-02-21T00:00:00Z", "since": 1000.0}
RECORDED = {**NOTHING_DUE, "certificate_arn": LIVE, "superseded": [ENTRY]}
ASKED: dict[str, Any] = {
    "revoke_superseded": {"reason": "SUPERSEDED", "after": "1h"},
    "verify": {"port": 443},
    "ledger": "sqlite",
}
GRACE_OVER, IN_GRACE = Moment(4600, 4600.0), Moment(4599, 4599.0)
HELD: list[dict[str, Any]] = [
    {"generation": None, "serial": "0a", "certificate_arn": OLD, "not_after": ENTRY["not_after"]},
    {"generation": "g2", "serial": "0b", "certificate_arn": LIVE, "not_after": NEW_FACTS["not_after"]},
]
WEEK = Supersession("SUPERSEDED", 100.0)


def keep(
    host: FakeHost, revoker: FakeRevoker, moment: Moment = GRACE_OVER, check_mode: bool = False, **options: Any
) -> dict[str, Any]:
    flow = make_flow(host, revoker=revoker, moment=moment, **{**ASKED, **options})
    return build_result(flow.keep(check_mode=check_mode))


@pytest.mark.parametrize(
    ("serving", "supersession", "now", "due"),
    [
        pytest.param(LIVE, WEEK, 1100, True, id="the grace period has just passed"),
        pytest.param(LIVE, WEEK, 1099, False, id="the grace period has not passed"),
        pytest.param(LIVE, WEEK, 5000, False, id="it has expired"),
        pytest.param(OLD, WEEK, 1100, False, id="it serves again"),
        pytest.param(None, WEEK, 1100, True, id="the ARN of what serves is unknown"),
        pytest.param(LIVE, None, 1100, False, id="nobody asks for it"),
    ],
)
def test_what_is_due_depends_on_time_and_on_what_serves(
    serving: str | None, supersession: Supersession | None, now: float, due: bool
) -> None:
    one = Replaced("0a", OLD, not_after=5000.0, since=1000.0)
    assert select_due([one], serving, supersession, now) == ((one,) if due else ())


@pytest.mark.parametrize(("text", "seconds"), [("0s", 0.0), ("90m", 5400.0), ("12h", 43200.0), ("7d", 604800.0)])
def test_a_grace_period_is_read(text: str, seconds: float) -> None:
    assert read_span(text) == seconds


@pytest.mark.parametrize("text", ["7", "33%", "soon", "-1d"])
def test_what_is_no_grace_period_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput, match="after"):
        read_span(text)


@pytest.mark.parametrize(("change", "said"), [({"verify": None}, "verify"), ({"ledger": "none"}, "ledger")])
def test_a_task_that_could_not_know_what_to_revoke_is_refused(change: dict[str, Any], said: str) -> None:
    with pytest.raises(InvalidInput, match=said):
        keep(FakeHost(), FakeRevoker(), **change)


def test_what_was_replaced_is_revoked_and_then_forgotten_by_the_host() -> None:
    host, revoker = FakeHost(RECORDED, {**INSTALLED, "steps": ["forget"]}), FakeRevoker()
    done = keep(host, revoker)
    assert revoker.asked == [(OLD, "SUPERSEDED")]
    assert (done["changed"], done["action"], done["revoked"]) == (True, "revoke", [OLD])
    assert [reason["reason"] for reason in done["reasons"]] == ["superseded"]
    module, options = host.calls[1]
    assert (module, options["forget_superseded"]) == ("host_certificate_install", [OLD])
    assert "certificate" not in options


def test_check_mode_tells_what_the_run_revokes_and_revokes_nothing() -> None:
    host, revoker = FakeHost(RECORDED), FakeRevoker()
    predicted = keep(host, revoker, check_mode=True)
    real = keep(FakeHost(RECORDED, INSTALLED), FakeRevoker())
    assert revoker.asked == []
    assert len(host.calls) == 1
    for part in ("changed", "action", "reasons", "revoked"):
        assert predicted[part] == real[part]


@pytest.mark.parametrize(
    ("answers", "moment"),
    [
        pytest.param([RECORDED], IN_GRACE, id="in the grace period"),
        pytest.param([{**RECORDED, "certificate_arn": OLD}], GRACE_OVER, id="what was replaced serves again"),
        pytest.param([{**DUE, "superseded": [ENTRY]}, INSTALLED], GRACE_OVER, id="a renewal is due"),
        pytest.param([{**RECORDED, "action": "repair"}, INSTALLED], GRACE_OVER, id="a repair is due"),
        pytest.param([{**RECORDED, "action": "apply", "generation": "g"}, INSTALLED], GRACE_OVER, id="not in service"),
    ],
)
def test_nothing_is_revoked_before_all_else_is_in_order(answers: list[dict[str, Any]], moment: Moment) -> None:
    host, revoker = FakeHost(*answers), FakeRevoker()
    assert keep(host, revoker, moment)["revoked"] == []
    assert revoker.asked == []
    assert len(host.calls) == len(answers)


def test_a_certificate_that_the_ledger_does_not_know_is_told_of_and_not_revoked() -> None:
    strange = {**ENTRY, "certificate_arn": f"{CA_ARN}/certificate/unknown"}
    done = keep(FakeHost({**RECORDED, "superseded": [strange]}, INSTALLED), FakeRevoker())
    assert done["revoked"] == []
    assert "nothing was revoked" in done["msg"]
    assert any("acm_pca_revoke_certificate" in warning for warning in done["warnings"])


def test_what_nobody_can_revoke_any_more_is_told_of_and_forgotten_by_the_host() -> None:
    lost = f"{OLD}lost"
    host = FakeHost({**RECORDED, "superseded": [{**ENTRY, "certificate_arn": lost}]}, INSTALLED)
    done = keep(host, FakeRevoker())
    assert done["revoked"] == []
    assert [lost in warning and "nobody can revoke it" in warning for warning in done["warnings"]] == [True]
    assert host.calls[1][1]["forget_superseded"] == [lost]


def remove(
    *certificates: dict[str, Any], predicted: bool = False, moment: Moment = GRACE_OVER
) -> tuple[Outcome, FakeRevoker, FakeHost]:
    """Remove what the host tells of, and have its certificates revoked."""
    answer = {"changed": True, "previous": None, "certificates": list(certificates)}
    host, revoker = FakeHost(answer, answer), FakeRevoker()
    modules = HostModules(host, {"name": "web", "base_directory": "/etc/aws-private-ca", "formats": []})
    lineage = make_order().lineage
    outcome = remove_certificate(lineage, modules, moment, revoker, "KEY_COMPROMISE", predicted=predicted)
    assert {options["state"] for _module, options in host.calls} == {"absent"}
    return outcome, revoker, host


@pytest.mark.parametrize("predicted", [True, False])
def test_a_removal_revokes_in_the_hosts_order_once_the_host_has_said_that_it_can_remove(predicted: bool) -> None:
    outcome, revoker, host = remove(*HELD, predicted=predicted)
    assert outcome.revoked == (OLD, LIVE)
    assert revoker.asked == ([] if predicted else [(OLD, "KEY_COMPROMISE"), (LIVE, "KEY_COMPROMISE")])
    assert host.rehearsed == ([True] if predicted else [True, False])


def test_nothing_is_revoked_for_a_removal_that_the_host_refuses() -> None:
    refusal = {"failed": True, "msg": "Failed to remove the lineage: it holds what this collection did not make"}
    host, revoker = FakeHost(refusal), FakeRevoker()
    modules = HostModules(host, {"name": "web", "base_directory": "/etc/aws-private-ca"})
    with pytest.raises(PrivateCaError, match="Failed to remove the lineage"):
        remove_certificate(make_order().lineage, modules, GRACE_OVER, revoker, "SUPERSEDED", predicted=False)
    assert (revoker.asked, host.rehearsed) == ([], [True])


def test_a_removal_goes_on_without_what_nobody_can_revoke_any_more_and_warns_of_it() -> None:
    outcome, revoker, host = remove({**HELD[0], "certificate_arn": f"{OLD}lost"}, HELD[1])
    assert (outcome.action, outcome.revoked, revoker.asked) == ("remove", (LIVE,), [(LIVE, "KEY_COMPROMISE")])
    assert [f"{OLD}lost" in warning and "nobody can revoke it" in warning for warning in outcome.warnings] == [True]
    assert host.rehearsed == [True, False]


def test_a_removal_that_revokes_nothing_costs_one_round_trip() -> None:
    host = FakeHost({"changed": True, "previous": None, "certificates": HELD})
    modules = HostModules(host, {"name": "web", "base_directory": "/etc/aws-private-ca"})
    outcome = remove_certificate(make_order().lineage, modules, GRACE_OVER, FakeRevoker(), predicted=False)
    assert (outcome.action, outcome.revoked, outcome.warnings, host.rehearsed) == ("remove", (), (), [False])


@pytest.mark.parametrize("predicted", [True, False])
@pytest.mark.parametrize(
    ("now", "revoked"),
    [
        pytest.param("2027-02-20T23:59:59Z", (OLD, LIVE), id="none"),
        pytest.param("2027-02-21T00:00:00Z", (LIVE,), id="the one that was replaced"),
        pytest.param("2027-05-21T00:00:00Z", (), id="both"),
    ],
)
def test_a_removal_goes_on_without_what_has_expired(now: str, revoked: tuple[str, ...], predicted: bool) -> None:
    moment = Moment(read_time(now), float(read_time(now)))
    outcome, revoker, host = remove(*HELD, predicted=predicted, moment=moment)
    assert (outcome.revoked, outcome.warnings) == (revoked, ())
    assert revoker.asked == ([] if predicted else [(arn, "KEY_COMPROMISE") for arn in revoked])
    assert host.rehearsed[-1] is predicted


def test_a_removal_leaves_a_certificate_of_another_service_alone() -> None:
    outcome, _revoker, _host = remove({**HELD[1], "certificate_arn": LIVE.replace(":acm-pca:", ":acm:")})
    assert (outcome.action, outcome.revoked, outcome.warnings) == ("remove", (), ())


@pytest.mark.parametrize("predicted", [True, False])
@pytest.mark.parametrize(
    ("unrecorded", "named"),
    [
        ({**HELD[0], "certificate_arn": None}, "the certificate 0a,"),
        ({"generation": "g1", "serial": None, "certificate_arn": None, "not_after": None}, "in the generation g1,"),
    ],
)
def test_a_removal_warns_of_each_certificate_without_an_arn_on_record(
    unrecorded: dict[str, Any], named: str, predicted: bool
) -> None:
    outcome, _revoker, _host = remove(unrecorded, HELD[1], predicted=predicted)
    assert outcome.revoked == (LIVE,)
    assert [named in warning and "it is not revoked" in warning for warning in outcome.warnings] == [True]


def test_a_replaced_certificate_is_named_by_its_serial_and_not_by_the_end_of_its_arn() -> None:
    told = keep(FakeHost({**RECORDED, "superseded": [{**ENTRY, "serial": "7f3c"}]}, INSTALLED), FakeRevoker())
    assert "The certificate 7f3c was replaced" in told["reasons"][0]["message"]
