# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What ``acm_pca_certificate_info`` reads: certificates by their ARNs, or a CA's list from its newest audit report."""

from __future__ import annotations

from typing import Any, Mapping

from ._acm_pca.api import PrivateCaApi
from ._acm_pca.audit_reports import select_report
from ._acm_pca.audit_rows import RowFilter, filter_rows, parse_report
from ._acm_pca.report_bucket import ReportBucket
from ._aws_connection import connect_client, select_connection
from ._certificate_states import choose_region, look_up_certificate
from ._clock import SystemClock
from ._service_clients import connect_service

LISTING_OPTIONS: dict[str, Any] = {
    "certificate_authority_arn": {"type": "str"},
    "audit_report_bucket": {"type": "str"},
    "max_age": {"type": "int", "default": 86400},
    "expiring_within": {"type": "str"},
    "subject": {"type": "str"},
    "template": {"type": "str"},
    "revoked": {"type": "bool"},
}


def look_up_certificates(params: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return the states of the certificates with these ARNs; of none, without a call."""
    arns, clock = params["certificate_arns"], SystemClock()
    if not arns:
        return []
    connection = select_connection(params, choose_region(arns, params["region"]))
    api = PrivateCaApi(connect_client("acm-pca", connection), clock=clock)
    return [look_up_certificate(api, arn, clock.now()) for arn in arns]


def list_issued(params: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return the rows of the CA's newest audit report that pass the filters; InvalidInput without a recent one."""
    arn, clock = params["certificate_authority_arn"], SystemClock()
    bucket = ReportBucket(connect_service(params, "s3", arn), clock)
    report = select_report(bucket, params["audit_report_bucket"], arn, params["max_age"], clock.now())
    rows = parse_report(bucket.read(report.bucket, report.key), report.report_format)
    wanted = RowFilter(params["expiring_within"], params["subject"], params["template"], params["revoked"])
    return filter_rows(rows, wanted, clock.now())
