# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The five validity types of IssueCertificate (reference 2.5)."""

from __future__ import annotations

import calendar
import datetime
from collections.abc import Mapping
from typing import Any

from private_ca_emulator.errors import refused

_UTC = datetime.UTC
_BACKDATE = 3600
_LATEST = 253402300799


def _parse_end_date(value: int) -> int:
    digits = str(value)
    if len(digits) <= 12:
        digits = digits.zfill(12)
        digits = ("19" if int(digits[:2]) >= 50 else "20") + digits
    try:
        moment = datetime.datetime.strptime(digits.zfill(14), "%Y%m%d%H%M%S").replace(tzinfo=_UTC)
    except ValueError:
        raise refused(f"The validity value {value} is not a date of the form YYMMDDHHMMSS or YYYYMMDDHHMMSS") from None
    return calendar.timegm(moment.timetuple())


def _add_months(moment: datetime.datetime, months: int, arithmetic: str) -> datetime.datetime:
    years, month = divmod(moment.month - 1 + months, 12)
    year, month = moment.year + years, month + 1
    if year > 9999:
        raise OverflowError
    last = calendar.monthrange(year, month)[1]
    if moment.day <= last:
        return moment.replace(year=year, month=month)
    clamped = moment.replace(year=year, month=month, day=last)
    return clamped if arithmetic == "clamp" else clamped + datetime.timedelta(days=moment.day - last)


def _relative_end(validity: Mapping[str, Any], issued_at: int, arithmetic: str) -> int:
    value, kind = validity["Value"], validity["Type"]
    start = datetime.datetime.fromtimestamp(issued_at, _UTC)
    try:
        if kind == "DAYS":
            end = start + datetime.timedelta(days=value)
        else:
            end = _add_months(start, value * (12 if kind == "YEARS" else 1), arithmetic)
    except OverflowError:
        raise refused(f"The validity of {value} {kind} ends after the year 9999") from None
    return calendar.timegm(end.utctimetuple())


def compute_not_after(validity: Mapping[str, Any], issued_at: int, arithmetic: str) -> int:
    """NotAfter in epoch seconds; relative types count from `issued_at`, absolute ones must lie a second ahead."""
    kind = validity["Type"]
    if kind in ("ABSOLUTE", "END_DATE"):
        end = validity["Value"] if kind == "ABSOLUTE" else _parse_end_date(validity["Value"])
    else:
        end = _relative_end(validity, issued_at, arithmetic)
    if end > _LATEST:
        raise refused("The certificate validity specified ends after the year 9999")
    if end < issued_at + 1:
        raise refused("The certificate validity specified must end in the future")
    return int(end)


def compute_not_before(validity: Mapping[str, Any] | None, issued_at: int, not_after: int) -> int:
    """NotBefore in epoch seconds: an hour before issuance, or the ABSOLUTE time asked for."""
    if validity is None:
        return issued_at - _BACKDATE
    if validity["Type"] != "ABSOLUTE":
        raise refused("ValidityNotBefore must have the type ABSOLUTE")
    if validity["Value"] > not_after:
        raise refused("ValidityNotBefore must not be later than the end of the validity")
    return int(validity["Value"])
