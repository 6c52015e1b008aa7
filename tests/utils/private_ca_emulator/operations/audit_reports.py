# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""CreateCertificateAuthorityAuditReport and DescribeCertificateAuthorityAuditReport (reference 7)."""

from __future__ import annotations

import csv
import datetime
import io
import json
import re
import uuid

from cryptography import x509

from private_ca_emulator import buckets, der
from private_ca_emulator.authorization import find_authority
from private_ca_emulator.bucket_grants import Writer
from private_ca_emulator.certificates import format_serial
from private_ca_emulator.errors import ServiceError, invalid_args, invalid_state, not_found
from private_ca_emulator.records import AuditReport, CertificateAuthority, IssuedCertificate
from private_ca_emulator.service import Call, Members, PrivateCa
from private_ca_emulator.settings import Settings

COLUMNS = (
    "awsAccountId",
    "requestedByServicePrincipal",
    "certificateArn",
    "serial",
    "subject",
    "notBefore",
    "notAfter",
    "issuedAt",
    "revokedAt",
    "revocationReason",
    "templateArn",
)
_KEYWORDS = (
    *(f"2.5.4.{number}" for number in (3, 6, 7, 8, 9, 10, 11)),
    "0.9.2342.19200300.100.1.25",
    "0.9.2342.19200300.100.1.1",
)
_BUCKET_NAME = re.compile(r"[a-z0-9][a-z0-9.-]*[a-z0-9]")
_MEDIA_TYPES = {"json": "application/json", "csv": "text/csv"}


def _format_time(epoch: float) -> str:
    return datetime.datetime.fromtimestamp(int(epoch), datetime.UTC).strftime("%Y-%m-%dT%H:%M:%S+0000")


def format_subject(name_der: bytes) -> str:
    """RFC 2253 text, most specific first; types without a keyword of RFC 2253 as `OID=#<hex of DER>`."""
    shown = []
    relative_names = der.walk(der.content_of(name_der, der.SEQUENCE))
    for relative_name, (_tag, encoded) in zip(x509.Name.from_bytes(name_der).rdns, relative_names, strict=True):
        parts = []
        for _sequence, attribute in der.walk(encoded):
            oid, value = list(der.walk(attribute))
            dotted = der.decode_object_identifier(oid[1])
            known = [item for item in relative_name if item.oid.dotted_string == dotted and dotted in _KEYWORDS]
            hexadecimal = f"{dotted}=#{der.encode(*value).hex()}"
            parts.append(known[0].rfc4514_string() if known else hexadecimal)
        shown.append("+".join(parts))
    return ",".join(reversed(shown))


def describe_issued(authority: CertificateAuthority, issued: IssuedCertificate, settings: Settings) -> dict[str, str]:
    """One certificate in the order of the report's members; absent ones are left out."""
    revocation = issued.revocation
    described = {
        "awsAccountId": issued.account if settings.audit_report_account == "caller" else authority.account,
        "requestedByServicePrincipal": issued.service_principal,
        "certificateArn": authority.certificate_arn(issued),
        "serial": format_serial(issued.serial),
        "subject": format_subject(issued.subject),
        "notBefore": _format_time(issued.not_before),
        "notAfter": _format_time(issued.not_after),
        "issuedAt": _format_time(issued.ready_at),
        "revokedAt": _format_time(revocation.at) if revocation else None,
        "revocationReason": revocation.reason if revocation else None,
        "templateArn": f"arn:{authority.partition}:acm-pca:::template/{issued.template}/V1",
    }
    return {name: value for name, value in described.items() if value is not None}


def format_report(authority: CertificateAuthority, suffix: str, settings: Settings, now: float) -> bytes:
    """The report's bytes, of what was issued by `now`: a JSON array, or CSV with the documented header."""
    issued = [item for item in authority.certificates.values() if not item.failure and item.ready_at <= now]
    rows = [describe_issued(authority, item, settings) for item in issued]
    if suffix == "json":
        return json.dumps(rows, indent=3).encode()
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def create_audit_report(service: PrivateCa, call: Call) -> Members:
    """CreateCertificateAuthorityAuditReport: one per CA in 30 minutes; it is written when the delay is over."""
    authority, now, settings = find_authority(service, call), service.clock.now(), service.settings
    if authority.status_at(now) not in ("ACTIVE", "DISABLED"):
        raise invalid_state("The certificate authority is not in a valid state for creating an audit report.")
    newest = max((report.created_at for report in _list_reports(service, authority)), default=None)
    if newest is not None and now < newest + settings.audit_report_interval:
        message = "An audit report can be created only once every 30 minutes."
        raise ServiceError(settings.audit_report_too_soon_error, message)
    if not _BUCKET_NAME.fullmatch(call.members["S3BucketName"]):
        raise invalid_args(f"The S3 bucket name '{call.members['S3BucketName']}' is not valid.")
    suffix, report_id = call.members["AuditReportResponseFormat"].lower(), str(uuid.uuid4())
    key = f"audit-report/{authority.uuid}/{report_id}.{suffix}"
    report = AuditReport(report_id, call.members["S3BucketName"], key, now, now + settings.audit_report_delay)
    authority.audit_reports[report_id] = report
    service.store.note_authority(authority)
    _schedule(service, authority, report)
    service.run_due_errands()
    return {"AuditReportId": report_id, "S3Key": key}


def _list_reports(service: PrivateCa, authority: CertificateAuthority) -> list[AuditReport]:
    """The reports that a new one must keep its distance from."""
    if service.settings.audit_report_scope == "certificate_authority":
        return list(authority.audit_reports.values())
    place = (authority.account, authority.region)
    neighbours = [item for item in service.store.authorities.values() if (item.account, item.region) == place]
    return [report for neighbour in neighbours for report in neighbour.audit_reports.values()]


def write_report(service: PrivateCa, authority: CertificateAuthority, report: AuditReport) -> None:
    """Write the report into its bucket; a bucket that refuses makes it FAILED."""
    suffix, now = report.key.rpartition(".")[2], service.clock.now()
    written = buckets.write_object(
        report.bucket,
        report.key,
        format_report(authority, suffix, service.settings, now),
        writer=Writer(authority.account, authority.arn, service.settings.s3_bucket_check),
        at=now,
        acl="bucket-owner-full-control",
        content_type=_MEDIA_TYPES[suffix],
    )
    report.status = "SUCCESS" if written else "FAILED"
    service.store.note_authority(authority)


def resume_reports(service: PrivateCa) -> None:
    """Have the reports written that were being created when the emulator was stopped."""
    for authority in service.store.authorities.values():
        for report in authority.audit_reports.values():
            if report.status == "CREATING":
                _schedule(service, authority, report)


def _schedule(service: PrivateCa, authority: CertificateAuthority, report: AuditReport) -> None:
    service.agenda.add(report.ready_at, lambda: write_report(service, authority, report))


def describe_audit_report(service: PrivateCa, call: Call) -> Members:
    """DescribeCertificateAuthorityAuditReport."""
    authority = find_authority(service, call)
    report_id = call.members["AuditReportId"]
    report = authority.audit_reports.get(report_id)
    if report is None and any(report_id in other.audit_reports for other in service.store.authorities.values()):
        message = f"The audit report {report_id} is not one of {authority.arn}."
        raise ServiceError(service.settings.foreign_audit_report_error, message)
    if report is None:
        raise not_found(report_id)
    return {
        "AuditReportStatus": report.status,
        "S3BucketName": report.bucket,
        "S3Key": report.key,
        "CreatedAt": round(report.created_at, 3),
    }
