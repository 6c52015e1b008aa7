# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A certificate whose reply was lost is looked for in an audit report that can know of it, and by its key."""

from __future__ import annotations

import json
from datetime import datetime, timezone
from typing import Any

import pytest
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._acm_pca.audit_reports import AuditReports
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._acm_pca.governance_api import GovernanceApi
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._acm_pca.polling import Polling
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._acm_pca.recovery import (
    ReportRecovery,
    select_candidates,
)
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._acm_pca.report_bucket import StoredReport
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._errors import LedgerError
from ansible_collections.fleet_pki.aws_private_ca.tests.unit.api.fakes import (
    AUTHORITY,
    START,
    TEMPLATE,
    FakeClient,
    FakeClock,
    client_error,
    make_csr,
    make_key,
    make_request,
)

GUARD = 1800


def show(epoch: float) -> str:
    return datetime.fromtimestamp(epoch, timezone.utc).strftime("%Y-%m-%dT%H:%M:%S+0000")


class ReportingClient(FakeClient):
    """A CA that also writes audit reports, one in 30 minutes; it is the bucket that they are in as well."""

    def __init__(self, clock: FakeClock) -> None:
        super().__init__(clock)
        self.issued_at: dict[str, float] = {}
        self.reports: list[tuple[float, str]] = []
        self.asked_for = 0

    def issue_certificate(self, **parameters: Any) -> dict[str, Any]:
        reply = super().issue_certificate(**parameters)
        self.issued_at.setdefault(reply["CertificateArn"], self.clock.now())
        return reply

    def create_certificate_authority_audit_report(self, **parameters: Any) -> dict[str, Any]:
        self.asked_for += 1
        if self.reports and self.clock.now() - self.reports[-1][0] < GUARD:
            raise client_error("RequestInProgressException")
        return {"AuditReportId": str(self.write_report()), "S3Key": str(len(self.reports) - 1)}

    def describe_certificate_authority_audit_report(self, **parameters: Any) -> dict[str, Any]:
        return {"AuditReportStatus": "SUCCESS"}

    def write_report(self) -> int:
        rows = [
            {
                "certificateArn": arn,
                "serial": "01",
                "subject": "CN=web.example.com",
                "issuedAt": show(at),
                "templateArn": TEMPLATE,
            }
            for arn, at in self.issued_at.items()
        ]
        self.reports.append((self.clock.now(), json.dumps(rows)))
        return len(self.reports)

    def find_newest(self, bucket: str, authority_id: str) -> StoredReport | None:
        return StoredReport(bucket, str(len(self.reports) - 1), self.reports[-1][0]) if self.reports else None

    def read(self, bucket: str, key: str) -> str:
        return self.reports[int(key)][1]


@pytest.fixture
def client(clock: FakeClock) -> ReportingClient:
    return ReportingClient(clock)


@pytest.fixture
def recover(client: ReportingClient, clock: FakeClock) -> ReportRecovery:
    api = GovernanceApi(client, clock=clock)
    return ReportRecovery(api, AuditReports(api, client, Polling(clock)), "bucket", clock)  # type: ignore[arg-type]


def issue(client: ReportingClient, csr: str, token: str) -> str:
    reply = client.issue_certificate(CertificateAuthorityArn=AUTHORITY, Csr=csr.encode(), IdempotencyToken=token)
    return str(reply["CertificateArn"])


def test_a_report_from_before_the_last_attempt_may_have_left_is_not_believed(
    recover: ReportRecovery, client: ReportingClient, clock: FakeClock
) -> None:
    request = make_request()
    clock.advance(100)
    client.write_report()
    clock.advance(100)
    lost = issue(client, request.csr, "sent at START and again 200 seconds later")
    clock.advance(GUARD)
    assert recover(request, START, frozenset()) == lost
    assert len(client.reports) == 2


def test_a_worker_uses_the_report_that_another_has_asked_for_meanwhile(
    recover: ReportRecovery, client: ReportingClient, clock: FakeClock
) -> None:
    request = make_request()
    lost = issue(client, request.csr, "token")
    client.write_report()
    clock.advance(600)

    def write_one_more() -> None:
        if len(client.reports) < 2:
            client.write_report()

    clock.on_sleep = write_one_more
    assert recover(request, START, frozenset()) == lost
    assert client.asked_for == 1


def test_where_no_report_can_tell_it_says_when_to_come_back(
    recover: ReportRecovery, client: ReportingClient, clock: FakeClock
) -> None:
    client.write_report()
    clock.advance(600)
    with pytest.raises(LedgerError, match=r"older than the request.*Run again in 30 minutes"):
        recover(make_request(), START, frozenset())
    assert clock.now() - START < 900


def test_a_key_that_stands_in_another_requests_certificate_is_no_proof(
    recover: ReportRecovery, client: ReportingClient, clock: FakeClock
) -> None:
    key = make_key()
    other = issue(client, make_csr(key), "another request")
    clock.advance(600)
    request = make_request(make_csr(key, names=("www.example.com",)))
    assert recover(request, START, frozenset({other})) is None
    assert recover(request, START, frozenset()) == other


ROW = {
    "certificate_arn": "arn",
    "subject": "CN=web.example.com",
    "issued_at": "2027-01-15T08:00:00Z",
    "template_arn": TEMPLATE,
}


@pytest.mark.parametrize(
    ("changes", "selected"),
    [
        ({}, True),
        ({"issued_at": "2027-01-15T07:52:00Z"}, True),
        ({"issued_at": "2027-01-15T07:48:00Z"}, False),
        ({"issued_at": "2027-01-15T08:18:00Z"}, True),
        ({"issued_at": "2027-01-15T08:22:00Z"}, False),
        ({"issued_at": None}, True),
        ({"template_arn": TEMPLATE.replace("EndEntity", "CodeSigning")}, False),
        ({"template_arn": None}, True),
        ({"subject": "CN=db.example.com"}, False),
    ],
)
def test_only_rows_about_the_time_of_the_template_and_to_the_name_are_looked_at(
    changes: dict[str, Any], selected: bool
) -> None:
    assert datetime(2027, 1, 15, 8, tzinfo=timezone.utc).timestamp() == START
    assert bool(select_candidates([{**ROW, **changes}], make_request(), START)) is selected
