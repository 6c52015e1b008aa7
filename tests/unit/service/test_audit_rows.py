# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The rows of audit reports, JSON and CSV, old and new, and the filters over them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._acm_pca.audit_rows import (
    COLUMNS,
    RowFilter,
    filter_rows,
    parse_report,
)
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._errors import InvalidInput

ISSUED = {
    "awsAccountId": "111122223333",
    "certificateArn": "arn:aws:acm-pca:eu-central-1:111122223333:certificate-authority/x/certificate/0a",
    "serial": "00:0a:1b",
    "subject": "CN=www.example.com,O=Example",
    "notBefore": "2026-11-01T00:00:00+0000",
    "notAfter": "2026-12-01T00:00:00+0000",
    "issuedAt": "2026-11-01T01:00:00+0000",
    "templateArn": "arn:aws:acm-pca:::template/EndEntityCertificate/V1",
}
REVOKED = {**ISSUED, "serial": "0b", "revokedAt": "2026-11-02T00:00:00+0000", "revocationReason": "KEY_COMPROMISE"}
NOW = 1795305600.0  # 2026-11-22T00:00:00Z


def as_csv(*records: dict[str, str]) -> str:
    lines = [",".join(COLUMNS.values())]
    for record in records:
        lines.append(",".join(f'"{record.get(column, "")}"' for column in COLUMNS.values()))
    return "\n".join(lines) + "\n"


def test_json_and_csv_give_the_same_rows() -> None:
    assert parse_report(json.dumps([ISSUED, REVOKED]), "JSON") == parse_report(as_csv(ISSUED, REVOKED), "CSV")


def test_a_row_has_every_column_with_times_and_serials_as_elsewhere() -> None:
    row = parse_report(json.dumps([ISSUED]), "JSON")[0]
    assert set(row) == set(COLUMNS)
    assert (row["serial"], row["not_after"], row["revoked_at"]) == ("a1b", "2026-12-01T00:00:00Z", None)


def test_a_report_of_old_with_capital_names_is_read() -> None:
    old = {("Subject" if name == "subject" else name): value for name, value in ISSUED.items() if name != "templateArn"}
    row = parse_report(json.dumps([old]), "JSON")[0]
    assert (row["subject"], row["template_arn"]) == ("CN=www.example.com,O=Example", None)


@pytest.mark.parametrize(("text", "kind"), [("{", "JSON"), ("[1]", "JSON"), ("[{}]", "JSON"), ("a,b\n1,2\n", "CSV")])
def test_what_is_no_report_is_an_error(text: str, kind: str) -> None:
    with pytest.raises(InvalidInput, match=f"no {kind} report"):
        parse_report(text, kind)


@pytest.mark.parametrize(
    ("wanted", "serials"),
    [
        (RowFilter(), ["a1b", "b"]),
        (RowFilter(expiring_within="30d"), ["a1b"]),
        (RowFilter(expiring_within="8d"), []),
        (RowFilter(revoked=True), ["b"]),
        (RowFilter(revoked=False), ["a1b"]),
        (RowFilter(subject=r"^CN=www\."), ["a1b", "b"]),
        (RowFilter(subject="mail"), []),
        (RowFilter(template="EndEntityCertificate"), ["a1b", "b"]),
        (RowFilter(template="arn:aws:acm-pca:::template/EndEntityCertificate/V1"), ["a1b", "b"]),
        (RowFilter(template="CodeSigningCertificate"), []),
    ],
)
def test_only_the_certificates_that_are_meant_pass(wanted: RowFilter, serials: list[str]) -> None:
    rows = parse_report(json.dumps([ISSUED, REVOKED]), "JSON")
    assert [row["serial"] for row in filter_rows(rows, wanted, NOW)] == serials


def test_what_has_expired_does_not_expire() -> None:
    rows = parse_report(json.dumps([{**ISSUED, "notAfter": "2026-11-21T00:00:00+0000"}]), "JSON")
    assert filter_rows(rows, RowFilter(expiring_within="30d"), NOW) == []


@pytest.mark.parametrize(
    ("filters", "says"),
    [
        ({"expiring_within": "soon"}, r"expiring_within is no time.*30d"),
        ({"expiring_within": "5%"}, r"expiring_within is no time.*30d"),
        ({"subject": "("}, r"subject is no pattern.*Give a regular expression"),
    ],
)
def test_a_filter_that_cannot_be_used_is_an_error_before_there_are_rows(filters: dict[str, Any], says: str) -> None:
    with pytest.raises(InvalidInput, match=says):
        RowFilter(**filters)
