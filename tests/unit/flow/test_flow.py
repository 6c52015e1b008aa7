# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any, NoReturn

import pytest
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._errors import (
    InvalidInput,
    PrivateCaError,
    RequestRefused,
    StepFailed,
)
from ansible_collections.fleet_pki.aws_private_ca.plugins.plugin_utils._flow import Moment
from ansible_collections.fleet_pki.aws_private_ca.plugins.plugin_utils._order import SigningOrder
from ansible_collections.fleet_pki.aws_private_ca.plugins.plugin_utils._outcome import build_result
from ansible_collections.fleet_pki.aws_private_ca.tests.unit.flow.fakes import (
    CA_ARN,
    DUE,
    FACTS,
    INSTALLED,
    NEW_FACTS,
    NOTHING_DUE,
    FakeHost,
    FakeIssuer,
    make_flow,
)


def refuse(csr: str, order: SigningOrder) -> NoReturn:
    raise RequestRefused("The host asks for another name")


def test_nothing_due_is_one_round_trip_and_nothing_asked_of_the_ca() -> None:
    host, issuer = FakeHost(NOTHING_DUE), FakeIssuer()
    outcome = make_flow(host, issuer).keep(check_mode=False)
    assert [module for module, _options in host.calls] == ["host_certificate_request"]
    assert issuer.asked == []
    assert not outcome.changed


def test_check_mode_is_one_round_trip_and_nothing_asked_of_the_ca() -> None:
    host, issuer = FakeHost({**DUE, "request": None}), FakeIssuer()
    outcome = make_flow(host, issuer).keep(check_mode=True)
    assert [module for module, _options in host.calls] == ["host_certificate_request"]
    assert issuer.asked == []
    assert outcome.changed
    assert [reason.reason for reason in outcome.reasons] == ["due_for_renewal"]


def test_only_a_certificate_that_stays_has_a_next_renewal_in_check_mode() -> None:
    for verdict, known in ((NOTHING_DUE, True), ({**DUE, "request": None}, False)):
        outcome = make_flow(FakeHost({**verdict, "issued_at": 1000.0})).keep(check_mode=True)
        assert (outcome.next_renewal is not None) == known


def test_a_due_certificate_is_issued_for_the_serial_it_replaces_and_installed_with_its_terms() -> None:
    host, issuer = FakeHost(DUE, INSTALLED), FakeIssuer()
    outcome = make_flow(host, issuer).keep(check_mode=False)
    assert issuer.asked == [("-----BEGIN CERTIFICATE REQUEST-----", "0a")]
    module, arguments = host.calls[1]
    assert module == "host_certificate_install"
    assert arguments["certificate"] == "LEAF\n"
    assert arguments["chain"] == ["SUB\n", "ROOT\n"]
    assert arguments["reload_command"] == "nginx -s reload"
    assert arguments["terms"] == {
        "certificate_authority_arn": CA_ARN,
        "template_arn": "arn:aws:acm-pca:::template/EndEntityCertificate/V1",
        "signing_algorithm": "SHA256WITHECDSA",
        "validity": "DAYS:90",
    }
    assert (outcome.before, outcome.after) == (FACTS, NEW_FACTS)
    assert outcome.differences == ("OU was dropped",)


@pytest.mark.parametrize(
    ("verdict", "expected"),
    [
        ({"action": "apply", "generation": "g1"}, {"generation": "g1"}),
        ({"action": "repair"}, {}),
    ],
)
def test_what_needs_no_certificate_asks_nothing_of_the_ca(verdict: dict[str, Any], expected: dict[str, Any]) -> None:
    host, issuer = FakeHost({**NOTHING_DUE, **verdict, "changed": True}, INSTALLED), FakeIssuer()
    outcome = make_flow(host, issuer).keep(check_mode=False)
    assert issuer.asked == []
    assert {name: host.calls[1][1].get(name) for name in ("generation", "certificate")} == {
        "generation": None,
        "certificate": None,
        **expected,
    }
    assert outcome.changed


def test_a_refused_request_never_reaches_the_ca() -> None:
    host, issuer = FakeHost(DUE), FakeIssuer()
    with pytest.raises(RequestRefused):
        make_flow(host, issuer, gate=refuse).keep(check_mode=False)
    assert issuer.asked == []


@pytest.mark.parametrize(
    ("moment", "not_before", "expected"),
    [
        (Moment(1_000_000, 1_000_000.0), None, 3600),
        (Moment(1_500_000, 1_000_000.0), None, 503_600),
        (Moment(1_000_000, 1_000_000.0), {"type": "ABSOLUTE", "value": 998_000}, 2000),
        (Moment(1_000_000, 1_000_000.0), {"type": "ABSOLUTE", "value": 1_000_500}, 60),
    ],
)
def test_a_hosts_clock_may_be_off_by_as_much_as_a_certificate_is_dated_back(
    moment: Moment, not_before: dict[str, Any] | None, expected: int
) -> None:
    host = FakeHost(NOTHING_DUE)
    make_flow(host, moment=moment, validity_not_before=not_before).keep(check_mode=False)
    assert host.calls[0][1]["max_clock_skew"] == expected


@pytest.mark.parametrize(
    ("moment", "shown", "judged"),
    [
        pytest.param(Moment(1000, 1000.9), 1063.1, 1063, id="issuing took a minute"),
        pytest.param(Moment(9000, 1000.9), 1063.1, 9063, id="and the play judges by another time"),
    ],
)
def test_a_certificate_is_judged_by_the_time_at_which_it_is_installed(
    moment: Moment, shown: float, judged: int
) -> None:
    host = FakeHost(DUE, INSTALLED)
    make_flow(host, moment=moment, now=shown).keep(check_mode=False)
    (_request, inspected), (_install, installed) = host.calls
    assert (inspected["now"], installed["now"]) == (moment.judged, judged)


def test_a_failed_installation_carries_the_arn_of_the_certificate_that_exists() -> None:
    failed = {"failed": True, "msg": "The reload failed.", "step": "reload", "restored": True, "output": "boom"}
    with pytest.raises(StepFailed, match="The reload failed") as caught:
        make_flow(FakeHost(DUE, failed)).keep(check_mode=False)
    assert caught.value.details["certificate_arn"] == f"{CA_ARN}/certificate/0b"
    assert caught.value.details["restored"] is True


def test_a_host_module_that_crashed_is_an_error_with_its_message() -> None:
    with pytest.raises(PrivateCaError, match="host_certificate_request ended without a result"):
        make_flow(FakeHost({"failed": True})).keep(check_mode=False)


ABSURD = [
    {"action": None},
    {"action": "dance"},
    {"action": []},
    {"reasons": "many"},
    {"reasons": [{}]},
    {"request": ["a CSR"]},
    {"request": {"csr": 7}},
    {"superseded": [{"serial": "1"}]},
    {"current": ["facts"]},
    {"current": {"not_after": "soon"}},
    {"issued_at": "lately"},
    {"generation": {"id": 1}},
    {"certificate_arn": 1},
]


@pytest.mark.parametrize("absurd", ABSURD, ids=str)
def test_an_answer_that_no_release_gives_is_an_error_with_a_sentence(absurd: dict[str, Any]) -> None:
    issuer = FakeIssuer()
    with pytest.raises(PrivateCaError, match="Failed to understand what host_certificate_request answered") as caught:
        make_flow(FakeHost({**DUE, **absurd}), issuer).keep(check_mode=False)
    assert "Nothing more was asked of the CA" in caught.value.sentence()


def test_check_mode_shows_the_names_that_the_run_brings_and_what_only_the_ca_can_fill_in_as_new() -> None:
    predicted = build_result(make_flow(FakeHost({**DUE, "request": None})).keep(check_mode=True))
    real = build_result(make_flow(FakeHost(DUE, INSTALLED)).keep(check_mode=False))
    before, after = predicted["diff"]["before"], predicted["diff"]["after"]
    assert before == {name: real["diff"]["before"][name] for name in after}
    assert (after.pop("serial"), after.pop("not_after")) == ("(new)", "(new)")
    assert {name: real["diff"]["after"][name] for name in after} == after
    assert predicted["reasons"] == real["reasons"]


def test_absent_options_are_not_sent_to_the_host_at_any_depth() -> None:
    host = FakeHost(DUE, INSTALLED)
    make_flow(host, verify={"port": 443, "starttls": None}).keep(check_mode=False)
    assert None not in host.calls[0][1].values()
    assert host.calls[1][1]["verify"] == {"port": 443}


@pytest.mark.parametrize(
    ("template", "compared"),
    [
        ("EndEntityCertificate_APIPassthrough", {"key_algorithm"}),
        ("EndEntityCertificate", {"key_algorithm", "subject", "subject_alternative_names"}),
    ],
)
def test_names_that_the_ca_puts_in_place_of_the_requests_are_not_held_against_the_certificate(
    template: str, compared: set[str]
) -> None:
    host = FakeHost(DUE, INSTALLED)
    passthrough = {"subject": {"CN": "other.example.com"}, "subject_alternative_names": ["DNS:other.example.com"]}
    make_flow(host, template=template, api_passthrough=passthrough).keep(check_mode=False)
    arguments = host.calls[1][1]
    assert {"key_algorithm", "subject", "subject_alternative_names"} & set(arguments) == compared


def test_a_renewal_that_covers_the_whole_life_is_refused_before_the_host_is_asked() -> None:
    host = FakeHost()
    with pytest.raises(InvalidInput, match="renew_before"):
        make_flow(host, renew_before="90d").keep(check_mode=False)
    assert host.calls == []


def test_a_service_that_is_reloaded_and_not_looked_at_is_warned_of() -> None:
    outcome = make_flow(FakeHost(DUE, INSTALLED), verify=None).keep(check_mode=False)
    assert any("verify is not given" in warning for warning in build_result(outcome)["warnings"])
    outcome = make_flow(FakeHost(DUE, INSTALLED), verify={"port": 443}).keep(check_mode=False)
    assert "warnings" not in build_result(outcome)
