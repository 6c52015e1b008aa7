# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Finding the certificate of a call whose reply was lost, when the service has forgotten the token.

The service lists no certificates, and its audit report shows neither token nor key. So:

1. Have an audit report that was written after the last attempt of the call (the service makes one in 30 minutes, so
   all workers share it).
2. Of its rows, keep those issued about the time of the call, from the same template, to the same common name, that the
   ledger does not know: a key that is kept over renewals stands in several certificates.
3. Get each of them: the one with the CSR's key is it. When none has the key, no certificate was made.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import AbstractSet, Any, Mapping

from .._clock import Clock
from .._errors import LedgerError, WaitTimeout
from .._x509.facts import request_facts
from .._x509.times import read_time, show_time
from .audit_reports import Audit, AuditReports, Report
from .differences import public_key_of
from .governance_api import GovernanceApi
from .models import IssuanceRequest
from .templates import template_name

_EARLIER, _LATER = 600.0, 1200.0  # room for the clocks, for the attempts of one call and for the issuance itself
_SETTLED = 300  # the attempts of one call end 240 seconds after the first; the rest is for the issuance itself
_PATIENCE = 120.0


@dataclass(frozen=True)
class ReportRecovery:
    """Looks for the certificate in the audit reports that the CA writes to ``bucket``."""

    api: GovernanceApi
    reports: AuditReports
    bucket: str
    clock: Clock

    def __call__(self, request: IssuanceRequest, sent_at: float, known: AbstractSet[str]) -> str | None:
        """Return the ARN of the certificate that ``request``, sent at ``sent_at``, was given; None when it was not.

        ``known`` are the ARNs of other requests' certificates. Raise LedgerError while no report can tell, and what the
        operations raise.
        """
        key = request_facts(request.csr)["public_key_sha256"]
        rows = self.reports.read_rows(self._report_since(request.certificate_authority_arn, sent_at))
        for row in select_candidates(rows, request, sent_at):
            if row["certificate_arn"] in known:
                continue
            certificate = self.api.get_certificate(row["certificate_arn"])
            if certificate is not None and public_key_of(certificate.certificate) == key:
                return str(row["certificate_arn"])
        return None

    def _report_since(self, authority_arn: str, sent_at: float) -> Report:
        age = max(0, int(self.clock.now() - sent_at) - _SETTLED)
        wanted = Audit(authority_arn, self.bucket, max_age=age)
        recent = self.reports.fetch(wanted, any_format=True)
        if recent is not None:
            return recent
        made = self.reports.create(wanted)
        if made is None:
            return self._wait_for_other(wanted)
        self.reports.wait_for(wanted, made)
        return made

    def _wait_for_other(self, wanted: Audit) -> Report:
        """Return the report that another worker has just asked for."""
        failed = "Failed to find out what became of an earlier request"
        try:
            polling = self.reports.polling.up_to(_PATIENCE)
            return polling.until(lambda: self.reports.fetch(wanted, any_format=True), failed, wanted.arn)
        except WaitTimeout as error:
            raise LedgerError(
                failed,
                because="the CA's last audit report is older than the request, and the service makes one in 30 minutes",
                on=wanted.arn,
                remedy="Run again in 30 minutes; nothing was asked for meanwhile",
            ) from error


def select_candidates(rows: list[dict[str, Any]], request: IssuanceRequest, sent_at: float) -> list[Mapping[str, Any]]:
    """Return the rows of an audit report that may be the request's certificate, the nearest in time first."""
    common_name = request_facts(request.csr)["subject"].get("CN")
    passthrough = (request.api_passthrough or {}).get("Subject")
    near = []
    for row in rows:
        issued_at = read_time(row["issued_at"]) if row["issued_at"] else sent_at
        if not -_EARLIER <= issued_at - sent_at <= _LATER:
            continue
        if row["template_arn"] and template_name(row["template_arn"]) != template_name(request.template_arn):
            continue
        if isinstance(common_name, str) and not passthrough and not _may_name(row["subject"], common_name):
            continue
        near.append((abs(issued_at - sent_at), row))
    return [row for _distance, row in sorted(near, key=lambda pair: pair[0])]


def _may_name(subject: str | None, common_name: str) -> bool:
    plain = all(character.isalnum() or character in ".-* " for character in common_name)  # others may be escaped there
    return not plain or common_name in (subject or "")


def refuse_to_ask_again(request: IssuanceRequest, sent_at: float, _known: AbstractSet[str]) -> str | None:
    """Raise LedgerError: the user wants no certificate asked for that may exist already."""
    raise LedgerError(
        "Failed to find out what became of an earlier request",
        because=f"its reply was lost (it was sent at {show_time(sent_at)}) and the service has forgotten its token",
        on=request.certificate_authority_arn,
        remedy="Find the certificate in the CA's audit report or in CloudTrail and give its certificate_arn; or set "
        "recovery_bucket to have it looked for, or on_lost_reply: reissue to have another one asked for",
    )
