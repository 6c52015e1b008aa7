# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""When a certificate authority needs another certificate, and whether the other one would last."""

from __future__ import annotations

from typing import Any, Mapping

from .._errors import InvalidInput
from .._reissue_policy import parse_renew_before
from .._x509.times import read_time
from .authority_plan import DEFAULT_VALIDITY, Activation, DesiredAuthority
from .expectations import BACKDATE, earliest_end


def certificate_due(
    desired: DesiredAuthority, current: Mapping[str, Any] | None, now: float, same: bool, same_length: bool = True
) -> str | None:
    """Return why the CA needs a certificate, or None.

    It is ``missing``, ``replaced``, ``expired``, ``path_length_changed`` or ``due_for_renewal``. ``now``: epoch
    seconds. ``same``: the certificate given to import is the installed one. ``same_length``: the installed one has the
    path length asked for.
    """
    if not desired.activation.wanted:
        return None
    if current is None or current["status"] in ("CREATING", "PENDING_CERTIFICATE") or not current.get("serial"):
        return "missing"
    if not same:
        return "replaced"
    not_before, not_after = (read_time(current[end]) for end in ("not_before", "not_after"))
    if current["status"] == "EXPIRED" or now >= not_after:
        return "expired"
    if not same_length:
        return "path_length_changed"
    margin = desired.activation.renew_before
    due = margin is not None and now >= not_after - renewal_margin(margin, not_after - not_before)
    return "due_for_renewal" if due else None


def renewal_margin(text: str, lifetime: float) -> float:
    """Return how long before its end a certificate is due, in seconds: ``33%`` of its lifetime, ``30d`` or ``12h``."""
    share, seconds = parse_renew_before(text)
    return lifetime * share if share is not None else seconds or 0.0


def refuse_futile_renewal(activation: Activation, kind: str, now: float) -> None:
    """Raise InvalidInput when a certificate that is signed ``now`` for a CA of this type would be due again at once.

    So it is where ``renew_before`` covers the whole validity, or all the time that is left to its fixed end.
    """
    validity = activation.validity or DEFAULT_VALIDITY[kind]
    end = earliest_end(validity, now)
    if activation.renew_before is None or end is None:
        return
    if end - renewal_margin(activation.renew_before, end - (now - BACKDATE)) > now:
        return
    raise InvalidInput(
        "Failed to plan the renewal of the CA's certificate",
        because=f"renew_before is {activation.renew_before}, and one with the validity {validity.type}:"
        f"{validity.value} would be due at once, so that every run would sign another one",
        remedy="Make renew_before shorter (33% is a third of any lifetime), or let the validity end later",
    )
