# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reading the ledger: which records are meant, and how they are shown."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Iterable

from .._errors import InvalidInput
from .._reissue_policy import parse_renew_before
from .._x509.times import show_time
from .records import Record


@dataclass(frozen=True)
class RecordFilter:
    """Which records are meant; None lets all pass. ``expiring_within`` is a time such as ``30d`` or ``12h``."""

    host: str | None = None
    lineage: str | None = None
    certificate_authority_arn: str | None = None
    state: str | None = None
    expiring_within: str | None = None


def select_records(records: Iterable[Record], wanted: RecordFilter, now: float) -> list[Record]:
    """Return the records that pass, the newest request first. Raise InvalidInput for an unusable time."""
    until = None if wanted.expiring_within is None else now + _seconds(wanted.expiring_within)
    asked = {
        name: getattr(wanted, name)
        for name in ("host", "lineage", "certificate_authority_arn", "state")
        if getattr(wanted, name) is not None
    }
    chosen = [
        record
        for record in records
        if all(getattr(record, name) == value for name, value in asked.items())
        and (until is None or (record.not_after is not None and now <= record.not_after <= until))
    ]
    return sorted(chosen, key=lambda record: (-record.created_at, record.token))


def _seconds(text: str) -> float:
    seconds = None
    with suppress(InvalidInput):
        _share, seconds = parse_renew_before(text)
    if seconds is None:
        raise InvalidInput(
            "Failed to read expiring_within", because="it is no time", on=text, remedy="Write it like 30d or 12h"
        )
    return seconds


def show_record(record: Record) -> dict[str, Any]:
    """Return the record as a module's result shows it: plain values, times in ISO 8601."""
    holder = record.holder
    return {
        "token": record.token,
        "state": record.state,
        "host": record.host,
        "lineage": record.lineage,
        "certificate_authority_arn": record.certificate_authority_arn,
        "certificate_arn": record.certificate_arn,
        "serial": record.serial,
        "not_after": None if record.not_after is None else show_time(record.not_after),
        "terms": dict(record.terms),
        "failure": record.failure,
        "holder": None if holder is None else {"host": holder.host, "pid": holder.pid},
        "reply_missing_since": None if record.sent is None else show_time(record.sent.at),
        "created_at": show_time(record.created_at),
        "updated_at": show_time(record.updated_at),
    }
