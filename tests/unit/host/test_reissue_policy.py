# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._errors import InvalidInput
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._reissue_policy import (
    REASONS,
    LineageState,
    RecordedCertificate,
    WantedLineage,
    compute_jitter,
    compute_renewal_time,
    list_reissue_reasons,
    parse_renew_before,
    require_renewal_time,
)

DAY = 86400
ISSUED = 1_800_000_000.0


def record(**changes: Any) -> RecordedCertificate:
    values: dict[str, Any] = {
        "serial": "a1",
        "issued_at": ISSUED,
        "not_after": ISSUED + 90 * DAY,
        "subject": {"CN": "web"},
        "subject_alternative_names": ("DNS:a", "DNS:b"),
        "key_algorithm": "EC_prime256v1",
        "terms": {"certificate_authority_arn": "arn:1", "validity": "DAYS:90", "api_passthrough": "{}"},
    }
    return RecordedCertificate(**{**values, **changes})


def want(**changes: Any) -> WantedLineage:
    values: dict[str, Any] = {
        "name": "web",
        "host": "host1",
        "subject": {"CN": "web"},
        "subject_alternative_names": ("DNS:a", "DNS:b"),
        "key_algorithm": "EC_prime256v1",
        "terms": {"certificate_authority_arn": "arn:1", "validity": "DAYS:90", "api_passthrough": "{}"},
    }
    return WantedLineage(**{**values, **changes})


CASES: list[tuple[str, dict[str, Any], dict[str, Any], float, list[str]]] = [
    ("nothing is due on the first day", {}, {}, 1, []),
    ("nothing is due just before the last third with its jitter", {}, {}, 55, []),
    ("renewal is due in the last third", {}, {}, 60, ["due_for_renewal"]),
    ("an expired certificate is only expired", {}, {}, 90, ["expired"]),
    ("a name is added", {}, {"subject_alternative_names": ("DNS:a", "DNS:b", "DNS:c")}, 1, ["names_changed"]),
    ("a name is removed", {}, {"subject_alternative_names": ("DNS:a",)}, 1, ["names_changed"]),
    ("the subject changes", {}, {"subject": {"CN": "other"}}, 1, ["names_changed"]),
    ("names that are not given do not matter", {}, {"subject": None, "subject_alternative_names": None}, 1, []),
    ("the key algorithm changes", {}, {"key_algorithm": "RSA_2048"}, 1, ["key_parameters_changed"]),
    ("a passphrase is dropped", {"key_encrypted": True}, {}, 1, ["key_parameters_changed"]),
    ("the CA changes", {}, {"terms": {**record().terms, "certificate_authority_arn": "arn:2"}}, 1, ["ca_changed"]),
    ("a template appears", {}, {"terms": {**record().terms, "template_arn": "t"}}, 1, ["template_changed"]),
    ("validity is no term", {}, {"terms": {"certificate_authority_arn": "arn:1", "api_passthrough": "{}"}}, 1, []),
    ("passthrough is removed", {}, {"terms": {"certificate_authority_arn": "arn:1"}}, 1, ["api_passthrough_changed"]),
    ("an unknown term differs", {}, {"terms": {**record().terms, "colour": "red"}}, 1, ["terms_changed"]),
    ("it is revoked", {}, {"revoked_serials": ("a1",)}, 1, ["revoked"]),
    ("it is forced", {}, {"force_id": "run-1"}, 1, ["forced"]),
    ("it was forced by this run already", {"force_id": "run-1"}, {"force_id": "run-1"}, 1, []),
    ("several reasons stand in order", {}, {"force_id": "x", "key_algorithm": "RSA_2048"}, 60,
     ["key_parameters_changed", "due_for_renewal", "forced"]),
    ("ten minutes last their first half", {"not_after": ISSUED + 600}, {}, 260 / DAY, []),
    ("ten minutes are due in their second half", {"not_after": ISSUED + 600}, {}, 300 / DAY, ["due_for_renewal"]),
    ("renew_before in days", {}, {"renew_before": "30d"}, 61, ["due_for_renewal"]),
    ("renew_before in hours", {}, {"renew_before": "12h"}, 85, []),
]  # fmt: skip


@pytest.mark.parametrize(("title", "recorded", "wanted", "days", "reasons"), CASES, ids=[case[0] for case in CASES])
def test_the_policy_gives_its_reasons(
    title: str, recorded: dict[str, Any], wanted: dict[str, Any], days: float, reasons: list[str]
) -> None:
    found = list_reissue_reasons(LineageState(recorded=record(**recorded)), want(**wanted), ISSUED + days * DAY)
    assert [reason.reason for reason in found] == reasons
    assert set(reasons) <= set(REASONS)
    assert all(reason.message for reason in found)


@pytest.mark.parametrize(
    ("state", "reason"),
    [
        (LineageState(), "missing"),
        (LineageState(recorded=record(), key_missing=True), "missing"),
        (LineageState(unreadable="generation.json is no JSON"), "unreadable"),
        (LineageState(recorded=record(), key_mismatch=True), "key_does_not_match"),
    ],
)
def test_what_is_broken_stands_alone_as_the_reason(state: LineageState, reason: str) -> None:
    found = list_reissue_reasons(state, want(force_id="x"), ISSUED + 80 * DAY)
    assert [each.reason for each in found] == [reason]


def test_jitter_is_the_same_on_every_run_and_spreads_over_a_twentieth_of_the_lifetime() -> None:
    spread = [compute_jitter(f"host{number}", "web", 100.0) for number in range(500)]
    assert spread == [compute_jitter(f"host{number}", "web", 100.0) for number in range(500)]
    assert 0 <= min(spread) < 0.1 and 4.9 < max(spread) < 5
    assert compute_jitter("h", "one", 100.0) != compute_jitter("h", "two", 100.0)


def test_jitter_only_ever_makes_a_renewal_earlier() -> None:
    recorded = record()
    for number in range(100):
        due = compute_renewal_time(recorded, want(host=f"h{number}"))
        assert due is not None and ISSUED + 55.5 * DAY <= due <= ISSUED + 60 * DAY


def test_renewing_before_the_whole_lifetime_is_refused_because_every_run_would_issue() -> None:
    assert compute_renewal_time(record(), want(renew_before="90d")) is None
    with pytest.raises(InvalidInput, match="every run would issue"):
        require_renewal_time(record(), want(renew_before="90d"))
    with pytest.raises(InvalidInput, match="every run would issue"):
        list_reissue_reasons(LineageState(recorded=record()), want(renew_before="90d"), ISSUED + DAY)


def test_a_certificate_that_another_renews_has_no_renewal_to_refuse() -> None:
    state, wanted = LineageState(recorded=record()), want(renew_before="90d", renewed_elsewhere=True)
    assert list_reissue_reasons(state, wanted, ISSUED + DAY) == []


@pytest.mark.parametrize(
    ("changes", "days", "reason"),
    [
        pytest.param({"terms": {**record().terms, "validity": "DAYS:365"}}, 1, "validity_changed", id="a longer life"),
        pytest.param({"subject": {"CN": "other"}}, 1, "names_changed", id="another name"),
        pytest.param({"revoked_serials": ("a1",)}, 1, "revoked", id="a revocation"),
        pytest.param({"force_id": "run-1"}, 1, "forced", id="a run that forces"),
        pytest.param({}, 90, "expired", id="its end"),
    ],
)
def test_a_life_shorter_than_renew_before_hides_no_other_reason(
    changes: dict[str, Any], days: float, reason: str
) -> None:
    state, wanted = LineageState(recorded=record()), want(renew_before="120d", **changes)
    assert [each.reason for each in list_reissue_reasons(state, wanted, ISSUED + days * DAY)] == [reason]


@pytest.mark.parametrize("text", ["", "30", "0d", "-1d", "100%", "95%", "1y", "d", "1e3d"])
def test_a_renew_before_that_says_nothing_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput, match="renew_before"):
        parse_renew_before(text)
