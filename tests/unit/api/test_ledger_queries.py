# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reading the ledger by host, name, CA, state and time of expiry."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

import pytest
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._errors import InvalidInput
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._ledger.holders import this_process
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._ledger.queries import (
    RecordFilter,
    select_records,
    show_record,
)
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._ledger.records import Instant, Record
from ansible_collections.fleet_pki.aws_private_ca.tests.unit.api.fakes import AUTHORITY, START

DAY = 86400.0
OTHER = AUTHORITY[:-1] + "6"


def record(token: str, **members: Any) -> Record:
    authority = members.pop("authority", AUTHORITY)
    return Record(token, {"certificate_authority_arn": authority}, **members)


RECORDS = [
    record("a", host="web1", lineage="web", state="issued", not_after=START + 10 * DAY, created_at=START - 2),
    record("b", host="web1", lineage="mail", state="issued", not_after=START + 40 * DAY, created_at=START - 1),
    record("c", host="web2", lineage="web", state="failed", created_at=START - 3),
    record("d", host="web2", lineage="web", authority=OTHER, state="issued", not_after=START - DAY, created_at=START),
    record("e", state="sending", sent=Instant(START, 0.0, "boot"), holder=this_process()),
]


@pytest.mark.parametrize(
    ("wanted", "tokens"),
    [
        ({}, "dbace"),
        ({"host": "web1"}, "ba"),
        ({"host": "web1", "lineage": "mail"}, "b"),
        ({"lineage": "web"}, "dac"),
        ({"certificate_authority_arn": OTHER}, "d"),
        ({"state": "failed"}, "c"),
        ({"expiring_within": "30d"}, "a"),
        ({"expiring_within": "8w"}, "ba"),
        ({"expiring_within": "1h"}, ""),
        ({"host": "nowhere"}, ""),
    ],
)
def test_filters_choose_records_the_newest_first(wanted: dict[str, str], tokens: str) -> None:
    chosen = select_records(RECORDS, RecordFilter(**wanted), START)
    assert "".join(record.token for record in chosen) == tokens


@pytest.mark.parametrize("text", ["33%", "soon", ""])
def test_a_time_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput, match=r"expiring_within \(.*\): it is no time"):
        select_records(RECORDS, RecordFilter(expiring_within=text), START)


def test_a_record_is_shown_as_plain_values() -> None:
    shown = show_record(RECORDS[4])
    assert shown["reply_missing_since"] == "2027-01-15T08:00:00Z"
    assert set(shown["holder"]) == {"host", "pid"}
    assert show_record(RECORDS[0])["not_after"] == "2027-01-25T08:00:00Z"
    json.dumps([show_record(dataclasses.replace(one, terms={"a": "b"})) for one in RECORDS])
