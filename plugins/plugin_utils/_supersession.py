# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which replaced certificates are to be revoked now. Pure.

The host records what a proved successor replaced. It is revoked by the first run after the grace period that finds
nothing else due: then the successor is live and proved, and no roll-back can bring the replaced one into service again.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..module_utils._acm_pca.publication import REASONS
from ..module_utils._errors import InvalidInput
from ..module_utils._reissue_policy import UNITS, Reason
from ..module_utils._x509.times import read_time, show_time

REVOCATION_REASONS = list(REASONS.values())
SUPERSESSION_OPTIONS: dict[str, Any] = {
    "revoke_superseded": {
        "type": "dict",
        "options": {
            "reason": {"type": "str", "choices": REVOCATION_REASONS, "default": "SUPERSEDED"},
            "after": {"type": "str", "default": "7d"},
        },
    },
    "revoke_removed": {"type": "str", "choices": REVOCATION_REASONS},
}


@dataclass(frozen=True)
class Replaced:
    """A certificate that the host says was replaced; times in epoch seconds, ``since`` is that of the proof."""

    serial: str
    certificate_arn: str
    not_after: float
    since: float


@dataclass(frozen=True)
class Supersession:
    """How replaced certificates are revoked: for which reason, and how many seconds after the proof."""

    reason: str
    after: float


def read_supersession(options: Mapping[str, Any]) -> Supersession | None:
    """Return what the task asks, None when nothing is to be revoked. Raises InvalidInput for what cannot work."""
    given = options.get("revoke_superseded")
    if given is None:
        return None
    if not options.get("verify"):
        raise InvalidInput(
            "revoke_superseded needs verify",
            because="only a certificate that is proved to be served lets the one before be revoked",
            remedy="Give verify, or leave revoke_superseded out",
        )
    require_ledger(options, "revoke_superseded")
    return Supersession(reason=given["reason"], after=read_span(given["after"]))


def require_ledger(options: Mapping[str, Any], option: str) -> None:
    """Raise InvalidInput without a ledger: it tells whether a certificate is the host's, whatever the host says."""
    if options.get("ledger") == "none":
        raise InvalidInput(
            f"{option} needs a ledger",
            because="it alone tells that a certificate is this host's",
            remedy="Set ledger to sqlite or dynamodb",
        )


@dataclass(frozen=True)
class Held:
    """A certificate that the host has or had, as far as it has a record of it; ``not_after`` in epoch seconds."""

    generation: str | None
    serial: str | None
    certificate_arn: str | None
    not_after: float | None


@dataclass(frozen=True)
class Revoked:
    """What became of certificates that were to be revoked, as ARNs.

    ``lost`` are those that nobody can revoke any more, for their CA exists no longer.
    """

    certificate_arns: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()


def read_span(text: str) -> float:
    """Return the seconds of ``7d``, ``12h`` or ``0s``. Raises InvalidInput."""
    match = re.fullmatch(r"\s*([0-9]+)\s*([smhdw])\s*", text)
    if match is None:
        raise InvalidInput(
            "Failed to read revoke_superseded.after", on=text, because="it is no time", remedy="Write it as 7d or 12h"
        )
    return float(match.group(1)) * UNITS[match.group(2)]


def list_replaced(entries: Sequence[Mapping[str, Any]]) -> tuple[Replaced, ...]:
    """Return the host's record of replaced certificates without what is none of AWS Private CA's."""
    return tuple(
        Replaced(
            serial=str(entry["serial"]),
            certificate_arn=entry["certificate_arn"],
            not_after=read_time(entry["not_after"]),
            since=float(entry["since"]),
        )
        for entry in entries
        if ":acm-pca:" in entry["certificate_arn"]
    )


def list_held(entries: Sequence[Mapping[str, Any]]) -> tuple[Held, ...]:
    """Return what a removal takes off the host, without the certificates of AWS Certificate Manager."""
    return tuple(
        Held(
            generation=entry["generation"],
            serial=entry["serial"],
            certificate_arn=entry["certificate_arn"],
            not_after=None if entry["not_after"] is None else read_time(entry["not_after"]),
        )
        for entry in entries
        if ":acm:" not in (entry["certificate_arn"] or "")
    )


def select_valid(held: Collection[Held], now: float) -> tuple[Held, ...]:
    """Return what has not expired, as far as is known: what has, nobody can revoke, and it needs no revocation."""
    return tuple(one for one in held if one.not_after is None or now < one.not_after)


def warn_of_unrecorded(held: Collection[Held]) -> tuple[str, ...]:
    """Return a warning for each certificate that cannot be revoked, for the host has no record of its ARN."""
    return tuple(
        f"The host has no ARN on record of the certificate {one.serial or f'in the generation {one.generation}'}, "
        "for it was adopted or its record is damaged, and it is not revoked. If AWS Private CA issued it, revoke it "
        "with acm_pca_revoke_certificate."
        for one in held
        if one.certificate_arn is None
    )


def select_due(
    replaced: Collection[Replaced], serving: str | None, supersession: Supersession | None, now: float
) -> tuple[Replaced, ...]:
    """Return those to revoke now: grace over, not expired, and never the certificate with the ARN ``serving``."""
    if supersession is None:
        return ()
    return tuple(
        one
        for one in replaced
        if one.certificate_arn != serving and one.since + supersession.after <= now < one.not_after
    )


def warn_of_unknown(certificate_arns: Sequence[str], done: Revoked) -> tuple[str, ...]:
    """Return a warning for each certificate that was to be revoked and was not, for the ledger does not know it."""
    return tuple(
        f"The ledger does not know {arn} as this host's certificate, and it was not revoked. If it is, revoke it with "
        "acm_pca_revoke_certificate."
        for arn in certificate_arns
        if arn not in (*done.certificate_arns, *done.lost)
    )


def warn_of_lost_authority(done: Revoked) -> tuple[str, ...]:
    """Return a warning for each certificate that nobody can revoke any more."""
    return tuple(
        f"AWS Private CA does not know {arn}, or its certificate authority exists no longer: nobody can revoke it, and "
        "it was not revoked. If the certificate authority is another account's, revoke it with "
        "acm_pca_revoke_certificate from there."
        for arn in done.lost
    )


def give_reason(one: Replaced) -> Reason:
    """Return why the certificate is to be revoked."""
    since = show_time(one.since)
    return Reason("superseded", f"The certificate {one.serial} was replaced at {since} and is still valid")
