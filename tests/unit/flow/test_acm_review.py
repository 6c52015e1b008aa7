# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Sequence

import pytest
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._acm.plan import DesiredCertificate
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._errors import UnusableState
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._reissue_policy import REASONS, Reason
from ansible_collections.fleet_pki.aws_private_ca.plugins.plugin_utils._acm_review import (
    review_inspection,
    warn_of_failed_renewal,
)
from ansible_collections.fleet_pki.aws_private_ca.plugins.plugin_utils._host_modules import Facts, Inspection
from ansible_collections.fleet_pki.aws_private_ca.tests.unit.flow.fakes import CA_ARN

ARN = "arn:aws:acm:us-east-1:111122223333:certificate/12345678-1234-1234-1234-123456789012"
OTHER = ARN.replace("12345678-", "99999999-")
DESIRED = DesiredCertificate(domain_name="web.example.com", authority_arn=CA_ARN, key_algorithm="EC_prime256v1")
FOUND: Facts = {
    "arn": ARN,
    "type": "PRIVATE",
    "status": "ISSUED",
    "domain_name": "web.example.com",
    "subject_alternative_names": ["web.example.com"],
    "certificate_authority_arn": CA_ARN,
    "key_algorithm": "EC_prime256v1",
    "serial": "0a",
    "not_before": "2026-11-23T00:00:00Z",
    "not_after": "2027-12-23T00:00:00Z",
    "renewal_status": None,
    "renewal_status_reason": None,
}
NOW, LATER = 1_800_000_000, 1_900_000_000
RENEWED = {**FOUND, "serial": "0b"}
INSTALLED = {"serial": "0a"}


def inspected(
    action: str = "none", reasons: Sequence[str] = (), candidate: Facts | None = None, installed: bool = True
) -> Inspection:
    return Inspection(
        action=action,
        reasons=tuple(Reason(word, word) for word in reasons),
        current=INSTALLED if installed else None,
        csr=None,
        resumed=False,
        generation="g1" if action == "apply" else None,
        candidate=candidate,
        replaces=None,
        certificate_arn=ARN if installed else None,
        issued_at=None,
    )


@pytest.mark.parametrize("action", ["none", "repair", "apply"])
def test_what_acm_has_as_well_stays_the_hosts_business(action: str) -> None:
    inspection = inspected(action)
    assert review_inspection(inspection, FOUND, None, DESIRED, NOW) == inspection


CASES = {
    "renewed": (inspected(), RENEWED, None, "renewed_by_acm"),
    "renewed while a repair is due": (inspected("repair"), RENEWED, None, "renewed_by_acm"),
    "renewed while one waits": (inspected("apply", candidate={"serial": "0c"}), RENEWED, None, "renewed_by_acm"),
    "another arn is given": (inspected(), {**RENEWED, "arn": OTHER}, None, "certificate_changed"),
    "gone from acm": (inspected(), None, None, "certificate_changed"),
    "another ca": (inspected(), None, {**FOUND, "certificate_authority_arn": "arn:old"}, "ca_changed"),
    "another key": (inspected(), RENEWED, {**FOUND, "key_algorithm": "RSA_2048"}, "key_parameters_changed"),
    "another first name": (inspected(), RENEWED, {**FOUND, "domain_name": "old.example.com"}, "names_changed"),
    "failed in acm": (inspected(), {**RENEWED, "arn": OTHER}, {**FOUND, "status": "FAILED"}, "certificate_changed"),
}


@pytest.mark.parametrize(("inspection", "found", "former", "word"), CASES.values(), ids=CASES)
def test_what_acm_has_otherwise_is_due_for_its_own_reason(
    inspection: Inspection, found: Facts | None, former: Facts | None, word: str
) -> None:
    reviewed = review_inspection(inspection, found, former, DESIRED, NOW)
    assert reviewed.action == "issue"
    assert [reason.reason for reason in reviewed.reasons] == [word]
    assert word in REASONS
    assert reviewed.available == (found and found["arn"])
    assert (reviewed.candidate or {}).get("serial") == (found and found["serial"])


def test_the_newest_waiting_on_the_host_is_applied_and_not_exported_again() -> None:
    inspection = inspected("apply", candidate={"serial": "0b"})
    assert review_inspection(inspection, RENEWED, None, DESIRED, NOW) == inspection


def test_what_the_host_misses_keeps_the_hosts_reasons() -> None:
    reviewed = review_inspection(inspected("issue", ["missing"], installed=False), FOUND, None, DESIRED, NOW)
    assert ([reason.reason for reason in reviewed.reasons], reviewed.available) == (["missing"], ARN)


def test_one_that_is_not_issued_yet_has_no_facts() -> None:
    pending = {**FOUND, "status": "PENDING_VALIDATION", "serial": None}
    reviewed = review_inspection(inspected("issue", ["missing"], installed=False), pending, None, DESIRED, NOW)
    assert (reviewed.candidate, reviewed.available) == (None, ARN)


@pytest.mark.parametrize(
    ("inspection", "found", "now"),
    [
        pytest.param(inspected("issue", ["revoked"]), FOUND, NOW, id="revoked and not renewed"),
        pytest.param(inspected("issue", ["expired"]), FOUND, LATER, id="expired and not renewed"),
        pytest.param(inspected("issue", ["missing"], installed=False), FOUND, LATER, id="missing and expired in ACM"),
        pytest.param(inspected(), RENEWED, LATER, id="renewed and expired again"),
    ],
)
def test_what_no_export_can_mend_is_told_with_what_to_do(inspection: Inspection, found: Facts | None, now: int) -> None:
    with pytest.raises(UnusableState, match="acm_private_certificate with renew_before"):
        review_inspection(inspection, found, None, DESIRED, now)


def test_a_revoked_certificate_is_replaced_by_the_renewed_one() -> None:
    assert review_inspection(inspected("issue", ["revoked"]), RENEWED, None, DESIRED, NOW).available == ARN


def test_a_renewal_that_failed_is_a_warning() -> None:
    failed = {**FOUND, "renewal_status": "FAILED", "renewal_status_reason": "PCA_ACCESS_DENIED"}
    (warning,) = warn_of_failed_renewal(failed)
    assert "PCA_ACCESS_DENIED" in warning and FOUND["not_after"] in warning
    assert warn_of_failed_renewal(FOUND) == warn_of_failed_renewal(None) == []
