# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Audit reports of a CA: fetch (a recent one), create, present. Nothing else lists what a CA has issued."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, Mapping

from .._errors import AccessDenied, InvalidInput, ServiceError, WaitTimeout
from .audit_rows import RowFilter, filter_rows, parse_report
from .governance_api import GovernanceApi
from .outcome import Outcome
from .polling import Polling
from .report_bucket import ReportBucket, StoredReport

ARGUMENTS: dict[str, Any] = {
    "certificate_authority_arn": {"type": "str", "required": True},
    "s3_bucket_name": {"type": "str", "required": True},
    "format": {"type": "str", "choices": ["JSON", "CSV"], "default": "JSON"},
    "max_age": {"type": "int", "default": 1800},
    "expiring_within": {"type": "str"},
    "subject": {"type": "str"},
    "template": {"type": "str"},
    "revoked": {"type": "bool"},
    "wait_timeout": {"type": "int", "default": 300},
}
GUARD_SECONDS = 1800  # the service makes one report of a CA in 30 minutes
TOO_SOON = ("RequestInProgressException", "RequestFailedException", "LimitExceededException")


@dataclass(frozen=True)
class Audit:
    """A report as the task asks for it; one that is at most ``max_age`` seconds old will do."""

    arn: str
    bucket: str
    report_format: str = "JSON"
    max_age: int = GUARD_SECONDS
    rows: RowFilter = field(default_factory=RowFilter)


@dataclass(frozen=True)
class Report:
    """A report that is there, or will be; ``report_id`` is None for one that another run asked for."""

    bucket: str
    key: str
    report_format: str
    report_id: str | None = None


class AuditReports:
    """The audit reports of a CA: asked for through ``api``, read from ``bucket``."""

    def __init__(self, api: GovernanceApi, bucket: ReportBucket, polling: Polling) -> None:
        self.api = api
        self.bucket = bucket
        self.polling = polling

    def fetch(self, wanted: Audit, any_format: bool = False) -> Report | None:
        """Return a recent report, or None; also None where the bucket may not be listed."""
        try:
            return self.find_recent(wanted, any_format)
        except AccessDenied:
            return None

    def find_recent(self, wanted: Audit, any_format: bool = False) -> Report | None:
        """Return a recent report, or None; raise AccessDenied where the bucket may not be listed."""
        newest = self.bucket.find_newest(wanted.bucket, wanted.arn.rsplit("/", maxsplit=1)[-1])
        if newest is None or not self._is_recent(newest, wanted):
            return None
        if newest.report_format != wanted.report_format and not any_format:
            return None
        return Report(newest.bucket, newest.key, newest.report_format)

    def create(self, wanted: Audit) -> Report | None:
        """Ask for a report and return it, or None when another one is under way or not 30 minutes old."""
        try:
            report_id, key = self.api.create_certificate_authority_audit_report(
                wanted.arn, wanted.bucket, wanted.report_format
            )
        except ServiceError as error:
            if error.details.get("code") in TOO_SOON:
                return None
            raise
        return Report(wanted.bucket, key, wanted.report_format, report_id)

    def present(self, wanted: Audit, check_mode: bool) -> Outcome:
        """Have a recent report and return its rows; in check mode those of the report that is there."""
        recent = self.fetch(wanted)
        if recent is not None:
            return self._outcome(wanted, recent, ())
        step = f"Request an audit report into the bucket {wanted.bucket}"
        if check_mode:
            other = self.fetch(_guarded(wanted), any_format=True)
            if other is not None:
                return self._outcome(wanted, other, ())
            return Outcome((step,), {"recent_report": False}, {"recent_report": True})
        made = self.create(wanted)
        if made is None:
            return self._outcome(wanted, self._wait_for_other(wanted), ())
        self.wait_for(wanted, made)
        return self._outcome(wanted, made, (step,))

    def _is_recent(self, report: StoredReport, wanted: Audit) -> bool:
        return self.polling.clock.now() - report.written_at <= wanted.max_age

    def wait_for(self, wanted: Audit, made: Report) -> None:
        """Return when the report that was asked for is written; raise ServiceError when the service cannot write it."""

        def settled() -> Mapping[str, Any] | None:
            record = self.api.describe_certificate_authority_audit_report(wanted.arn, str(made.report_id))
            return None if record["AuditReportStatus"] == "CREATING" else record

        record = self.polling.until(settled, "Failed to get the audit report", wanted.arn)
        if record["AuditReportStatus"] == "FAILED":
            raise ServiceError(
                "Failed to get the audit report",
                because="the service could not write it",
                on=f"s3://{made.bucket}/{made.key}",
                remedy="Let the bucket's policy allow acm-pca.amazonaws.com s3:PutObject, s3:PutObjectAcl, "
                "s3:GetBucketAcl and s3:GetBucketLocation",
                audit_report_id=made.report_id,
            )

    def _wait_for_other(self, wanted: Audit) -> Report:
        """Return the report that another run asked for, once it is in the bucket."""
        try:
            return self.polling.until(
                lambda: self.find_recent(_guarded(wanted), any_format=True),
                "Failed to get the audit report",
                wanted.arn,
            )
        except AccessDenied as error:
            raise AccessDenied(
                "Failed to get the audit report that is under way",
                because=f"the service makes one in 30 minutes, and {wanted.bucket} may not be listed for the last one",
                on=wanted.arn,
                remedy=f"{error.remedy}, or run again in 30 minutes",
                **error.details,
            ) from error
        except WaitTimeout as error:
            raise WaitTimeout(
                "Failed to get the audit report that is under way",
                because=f"the service makes one in 30 minutes, and the last one does not appear in {wanted.bucket}",
                on=wanted.arn,
                remedy="Give the bucket of the last report, or run again in 30 minutes",
            ) from error

    def read_rows(self, report: Report) -> list[dict[str, Any]]:
        """Return the rows of a report that is written."""
        return parse_report(self.bucket.read(report.bucket, report.key), report.report_format)

    def _outcome(self, wanted: Audit, report: Report, steps: tuple[str, ...]) -> Outcome:
        rows = self.read_rows(report)
        facts = {
            "audit_report_id": report.report_id or report.key.rsplit("/", maxsplit=1)[-1].split(".", maxsplit=1)[0],
            "certificate_authority_arn": wanted.arn,
            "s3_bucket_name": report.bucket,
            "s3_key": report.key,
            "format": report.report_format,
        }
        shown = filter_rows(rows, wanted.rows, self.polling.clock.now())
        before = {"recent_report": not steps}
        return Outcome(steps, before, {"recent_report": True}, facts, {"certificates": shown})


def _guarded(wanted: Audit) -> Audit:
    """Return what is wanted of a report so young, in either format, that the service makes no other."""
    return replace(wanted, max_age=GUARD_SECONDS)


def wanted_audit(params: Mapping[str, Any]) -> Audit:
    """Return what the module's options ask for."""
    rows = RowFilter(params["expiring_within"], params["subject"], params["template"], params["revoked"])
    arn, bucket = params["certificate_authority_arn"], params["s3_bucket_name"]
    return Audit(arn, bucket, params["format"], params["max_age"], rows)


def select_report(bucket: ReportBucket, name: str, arn: str, max_age: int, now: float) -> StoredReport:
    """Return the CA's newest report in the bucket; raise InvalidInput when there is none, or it is too old."""
    newest = bucket.find_newest(name, arn.rsplit("/", maxsplit=1)[-1])
    if newest is None or now - newest.written_at > max_age:
        raise InvalidInput(
            "Failed to find a recent audit report",
            because=f"the bucket {name} has none" if newest is None else f"the newest is older than {max_age} seconds",
            on=arn,
            remedy="Make one with acm_pca_audit_report, or raise max_age",
        )
    return newest
