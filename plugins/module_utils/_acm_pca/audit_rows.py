# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The rows of an audit report, JSON or CSV: one shape for both, and the filters over them."""

from __future__ import annotations

import csv
import io
import json
import re
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any, Mapping, Sequence

from .._errors import InvalidInput
from .._reissue_policy import parse_renew_before
from .._x509.serials import read_serial

COLUMNS = {
    "aws_account_id": "awsAccountId",
    "requested_by_service_principal": "requestedByServicePrincipal",
    "certificate_arn": "certificateArn",
    "serial": "serial",
    "subject": "subject",
    "not_before": "notBefore",
    "not_after": "notAfter",
    "issued_at": "issuedAt",
    "revoked_at": "revokedAt",
    "revocation_reason": "revocationReason",
    "template_arn": "templateArn",
}
TIMES = ("not_before", "not_after", "issued_at", "revoked_at")


@dataclass(frozen=True)
class RowFilter:
    """Which certificates of a report are meant; None lets all pass. Raises InvalidInput for what is no filter.

    ``expiring_within`` is a time like ``30d`` (what has expired or is revoked does not expire), ``subject`` a regular
    expression, ``template`` a template's name or ARN.
    """

    expiring_within: str | None = None
    subject: str | None = None
    template: str | None = None
    revoked: bool | None = None

    def __post_init__(self) -> None:
        if self.expiring_within is not None:
            _seconds(self.expiring_within)
        _pattern(self.subject)


def parse_report(text: str, report_format: str) -> list[dict[str, Any]]:
    """Return the rows of a report: every column in every row, None where empty, times in ISO 8601, serials in hex."""
    try:
        if report_format == "CSV":
            records: Sequence[Mapping[str, Any]] = list(csv.DictReader(io.StringIO(text)))
        else:
            records = json.loads(text)
        return [_row(record) for record in records]
    except (ValueError, KeyError, AttributeError, csv.Error) as error:
        because = f"it is no {report_format} report: {error}"
        raise InvalidInput(
            "Failed to read the audit report", because=because, remedy="Have another report made"
        ) from error


def _row(record: Mapping[str, Any]) -> dict[str, Any]:
    """Return one row; reports of old wrote some names with a capital."""
    lowered = {str(name)[:1].lower() + str(name)[1:]: value for name, value in record.items()}
    row: dict[str, Any] = {name: lowered.get(column) or None for name, column in COLUMNS.items()}
    row["serial"] = read_serial(lowered["serial"])
    for name in TIMES:
        if row[name] is not None:
            moment = datetime.strptime(row[name], "%Y-%m-%dT%H:%M:%S%z").astimezone(timezone.utc)
            row[name] = moment.strftime("%Y-%m-%dT%H:%M:%SZ")
    return row


def filter_rows(rows: Sequence[Mapping[str, Any]], wanted: RowFilter, now: float) -> list[Mapping[str, Any]]:
    """Return the rows that pass; ``now`` is in epoch seconds."""
    until = None if wanted.expiring_within is None else now + _seconds(wanted.expiring_within)
    subject = _pattern(wanted.subject)
    return [
        row
        for row in rows
        if (until is None or _expires(row, now, until))
        and (subject is None or subject.search(row["subject"] or ""))
        and (wanted.template is None or _is_of(row["template_arn"], wanted.template))
        and (wanted.revoked is None or wanted.revoked == (row["revoked_at"] is not None))
    ]


def _expires(row: Mapping[str, Any], now: float, until: float) -> bool:
    if row["revoked_at"] is not None or row["not_after"] is None:
        return False
    return now <= datetime.strptime(row["not_after"], "%Y-%m-%dT%H:%M:%S%z").timestamp() <= until


def _seconds(text: str) -> float:
    try:
        _share, seconds = parse_renew_before(text)
    except InvalidInput:
        seconds = None
    if seconds is None:
        raise InvalidInput(
            "Failed to filter certificates",
            because="expiring_within is no time",
            on=text,
            remedy="Give it like 30d or 12h",
        )
    return seconds


def _pattern(text: str | None) -> re.Pattern[str] | None:
    try:
        return None if text is None else re.compile(text)
    except re.error as error:
        raise InvalidInput(
            "Failed to filter certificates",
            because=f"subject is no pattern: {error}",
            on=text,
            remedy="Give a regular expression of Python",
        ) from error


def _is_of(template_arn: str | None, wanted: str) -> bool:
    name = wanted.rsplit("template/", maxsplit=1)[-1].split("/", maxsplit=1)[0]
    return template_arn is not None and template_arn.split("template/")[-1].split("/")[0] == name
