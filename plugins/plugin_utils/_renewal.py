# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""When the next renewal is due, and what will stand in its way. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..module_utils._acm_pca.models import IssuedCertificate, Validity
from ..module_utils._reissue_policy import (
    RecordedCertificate,
    WantedLineage,
    compute_renewal_time,
    parse_renew_before,
    require_renewal_time,
)
from ..module_utils._x509.facts import certificate_facts
from ..module_utils._x509.times import read_time, show_time
from ._order import Order

_SECONDS = {"DAYS": 86400, "MONTHS": 28 * 86400, "YEARS": 365 * 86400}


def check_renewal_plan(order: Order, now: float) -> None:
    """Raise InvalidInput when ``renew_before`` is no time, or covers the life asked for: every run would issue."""
    wanted = _want(order)
    if wanted.renew_before is not None:
        parse_renew_before(wanted.renew_before)
    end = _estimate_end(order.validity, now)
    if end is not None and end > now:
        require_renewal_time(_record(now, end), wanted)


def plan_renewal(order: Order, facts: Mapping[str, Any] | None, issued_at: float | None) -> str | None:
    """Return when the certificate of ``facts`` is due for renewal, in ISO 8601; None where no time can be said."""
    if facts is None or issued_at is None:
        return None
    if order.managed_renewal is not None:
        return show_time(read_time(facts["not_after"]) - order.managed_renewal)
    due = compute_renewal_time(_record(issued_at, read_time(facts["not_after"])), _want(order))
    return None if due is None else show_time(due)


def warn_of_authority_end(certificate: IssuedCertificate, next_renewal: str | None) -> list[str]:
    """Return a warning when the CA's own certificate ends before one that is renewed on time would."""
    if not certificate.chain or next_renewal is None:
        return []
    leaf, authority = certificate_facts(certificate.certificate), certificate_facts(certificate.chain[0])
    life = read_time(leaf["not_after"]) - read_time(leaf["not_before"])
    if read_time(next_renewal) + life <= read_time(authority["not_after"]):
        return []
    return [
        f"The CA's own certificate ends at {authority['not_after']}: a renewal that asks for the same validity will be "
        "refused then. Renew the CA's certificate before, or ask for a shorter validity."
    ]


def warn_of_unproved_service(order: Order) -> list[str]:
    """Return a warning when a service is reloaded and nobody looks whether it serves the new certificate."""
    if not order.options.get("reload_command") or order.options.get("verify"):
        return []
    return [
        f"The service of certificate {order.lineage.name} is reloaded, but verify is not given: nothing proves that "
        "it serves the new certificate."
    ]


def _estimate_end(validity: Validity | None, now: float) -> float | None:
    if validity is None:
        return None
    if validity.type in _SECONDS:
        return now + validity.value * _SECONDS[validity.type]
    return float(validity.value) if validity.type == "ABSOLUTE" else None


def _record(issued_at: float, not_after: float) -> RecordedCertificate:
    return RecordedCertificate(
        serial="",
        issued_at=issued_at,
        not_after=not_after,
        subject=None,
        subject_alternative_names=None,
        key_algorithm=None,
        terms={},
    )


def _want(order: Order) -> WantedLineage:
    return WantedLineage(
        name=order.lineage.name, host=order.lineage.host, renew_before=order.options.get("renew_before")
    )
