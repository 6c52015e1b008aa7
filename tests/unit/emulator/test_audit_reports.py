# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import csv
import io
import json
from typing import Any

from private_ca_emulator.control import EmulatorControl

from .support import issue, issue_and_load, make_csr, refusal
from .test_revocation import make_bucket

HEADER = (
    "awsAccountId,requestedByServicePrincipal,certificateArn,serial,subject,notBefore,notAfter,issuedAt,"
    "revokedAt,revocationReason,templateArn"
)


def order(client: Any, root: str, bucket: str, kind: str = "JSON") -> dict[str, str]:
    reply: dict[str, str] = client.create_certificate_authority_audit_report(
        CertificateAuthorityArn=root, S3BucketName=bucket, AuditReportResponseFormat=kind
    )
    return reply


def read(make_client: Any, bucket: str, key: str) -> str:
    text: str = make_client("s3").get_object(Bucket=bucket, Key=key)["Body"].read().decode()
    return text


def test_a_json_report_lists_issued_and_revoked_with_the_documented_members(
    client: Any, make_client: Any, control: EmulatorControl, root_arn: str
) -> None:
    control.freeze()
    control.set_time(1_800_000_000)
    csr = make_csr("a, b")
    leaf = issue_and_load(client, root_arn, Csr=csr)
    client.revoke_certificate(
        CertificateAuthorityArn=root_arn,
        CertificateSerial=f"{leaf.serial_number:x}",
        RevocationReason="KEY_COMPROMISE",
    )
    bucket = make_bucket(make_client)
    ordered = order(client, root_arn, bucket)
    assert ordered["S3Key"] == f"audit-report/{root_arn.rpartition('/')[2]}/{ordered['AuditReportId']}.json"
    client.get_waiter("audit_report_created").wait(
        CertificateAuthorityArn=root_arn, AuditReportId=ordered["AuditReportId"]
    )
    rows = json.loads(read(make_client, bucket, ordered["S3Key"]))
    assert list(rows[-1]) == [
        "awsAccountId", "certificateArn", "serial", "subject", "notBefore", "notAfter", "issuedAt", "revokedAt",
        "revocationReason", "templateArn",
    ]  # fmt: skip
    assert rows[-1]["serial"] == leaf.serial_number.to_bytes(16, "big").hex(":")
    assert rows[-1]["subject"] == "CN=a\\, b"
    assert rows[-1]["notBefore"] == "2027-01-15T07:00:00+0000"
    assert rows[-1]["issuedAt"] == rows[-1]["revokedAt"] == "2027-01-15T08:00:00+0000"
    assert rows[-1]["templateArn"] == "arn:aws:acm-pca:::template/EndEntityCertificate/V1"
    assert rows[0]["templateArn"].endswith("/RootCACertificate/V1")


def test_a_report_lists_what_is_issued_by_then_with_the_time_of_that(
    client: Any, make_client: Any, control: EmulatorControl, root_arn: str
) -> None:
    control.freeze()
    control.set_time(1_800_000_000)
    control.settings(issuance_delay=2, audit_report_interval=0)
    arn, bucket = issue(client, root_arn), make_bucket(make_client)
    seen = []
    for _report in range(2):
        rows = json.loads(read(make_client, bucket, order(client, root_arn, bucket)["S3Key"]))
        seen.append({row["certificateArn"]: row["issuedAt"] for row in rows}.get(arn))
        control.advance(2)
    assert seen == [None, "2027-01-15T08:00:02+0000"]


def test_a_csv_report_has_the_documented_header_and_quotes_the_subject(
    client: Any, make_client: Any, root_arn: str
) -> None:
    issue(client, root_arn, TemplateArn=None)
    bucket = make_bucket(make_client)
    text = read(make_client, bucket, order(client, root_arn, bucket, "CSV")["S3Key"])
    assert text.splitlines()[0] == HEADER
    rows = list(csv.DictReader(io.StringIO(text)))
    assert rows[0]["subject"] == "CN=Example Root CA,O=Example,C=DE"
    assert '"CN=Example Root CA,O=Example,C=DE"' in text
    assert rows[1]["revokedAt"] == ""


def test_a_second_report_within_half_an_hour_is_refused(
    client: Any, make_client: Any, control: EmulatorControl, root_arn: str
) -> None:
    control.freeze()
    bucket = make_bucket(make_client)
    order(client, root_arn, bucket)
    control.advance(1799)
    assert refusal(order, client, root_arn, bucket)[0] == "RequestInProgressException"
    control.advance(1)
    assert order(client, root_arn, bucket)


def test_a_report_is_being_created_until_the_delay_is_over_and_fails_without_its_bucket(
    client: Any, control: EmulatorControl, root_arn: str
) -> None:
    control.freeze()
    control.settings(audit_report_delay=5)
    report = order(client, root_arn, "there-is-no-such-bucket")["AuditReportId"]
    request = {"CertificateAuthorityArn": root_arn, "AuditReportId": report}
    assert client.describe_certificate_authority_audit_report(**request)["AuditReportStatus"] == "CREATING"
    control.advance(5)
    assert client.describe_certificate_authority_audit_report(**request)["AuditReportStatus"] == "FAILED"
    unknown = {**request, "AuditReportId": "00000000-0000-0000-0000-000000000000"}
    code = refusal(client.describe_certificate_authority_audit_report, **unknown)[0]
    assert code == "ResourceNotFoundException"
