# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From what happened, or would happen, to the task's result.

Pure. ``changed``, ``reasons``, ``msg`` and ``diff`` share one source, so they cannot disagree.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ..module_utils._errors import HostUnreachable, PrivateCaError
from ..module_utils._lineage.diff import build_diff
from ..module_utils._reissue_policy import Reason
from ._host_modules import Facts

_DONE = {
    "none": "nothing is due",
    "repair": "repaired",
    "apply": "brought into service the certificate that the host had already",
    "issue": "issued and installed",
    "remove": "removed",
    "revoke": "revoked what was replaced",
}
_PREDICTED = {
    "none": "nothing is due",
    "repair": "would be repaired",
    "apply": "the certificate that the host has already would be brought into service",
    "issue": "a certificate would be issued and installed",
    "remove": "would be removed",
    "revoke": "what was replaced would be revoked",
}


@dataclass(frozen=True)
class Outcome:
    """One lineage after (or, in check mode, instead of) the work.

    ``before`` and ``after`` are facts of the live certificate; ``after`` is what is asked when ``predicted``.
    ``next_renewal`` is ISO 8601 UTC, ``revoked`` are ARNs.
    """

    name: str
    action: str
    reasons: tuple[Reason, ...]
    predicted: bool
    before: Facts | None
    after: Facts | None
    certificate_arn: str | None = None
    differences: tuple[str, ...] = ()
    paths: Mapping[str, str] = field(default_factory=dict)
    steps: tuple[str, ...] = ()
    served_serial: str | None = None
    next_renewal: str | None = None
    revoked: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()

    @property
    def changed(self) -> bool:
        """Whether anything on the host was, or would be, changed."""
        return self.action != "none"


def build_result(outcome: Outcome) -> dict[str, Any]:
    """Return the result of the task, as documented in ``plugins/modules/host_certificate.py``."""
    result: dict[str, Any] = {
        "changed": outcome.changed,
        "name": outcome.name,
        "action": outcome.action,
        "reasons": [{"reason": reason.reason, "message": reason.message} for reason in outcome.reasons],
        "msg": build_message(outcome),
        "certificate": outcome.before if outcome.predicted else outcome.after,
        "previous": outcome.before if outcome.changed and not outcome.predicted else None,
        "certificate_arn": outcome.certificate_arn,
        "differences": list(outcome.differences),
        "paths": dict(outcome.paths),
        "steps": list(outcome.steps),
        "served_serial": outcome.served_serial,
        "next_renewal": outcome.next_renewal,
        "revoked": list(outcome.revoked),
        "diff": build_diff(
            outcome.name,
            outcome.before,
            outcome.after if outcome.changed else outcome.before,
            "asked for" if outcome.predicted else "live",
        ),
    }
    if outcome.warnings:
        result["warnings"] = list(outcome.warnings)
    return result


def build_message(outcome: Outcome) -> str:
    """Return one line: what was done, or would be, and why."""
    verb = (_PREDICTED if outcome.predicted else _DONE)[outcome.action]
    if outcome.action == "revoke" and not outcome.revoked:
        verb = "nothing was revoked"
    message = f"{outcome.name}: {verb}"
    if outcome.reasons:
        message += " (" + "; ".join(reason.message.rstrip(".") for reason in outcome.reasons) + ")"
    serial = (outcome.after or {}).get("serial")
    if outcome.action == "issue" and serial:
        message += f", serial {serial}, valid until {(outcome.after or {}).get('not_after')}"
    if outcome.action == "none" and outcome.next_renewal:
        message += f" before {outcome.next_renewal}"
    return message


def build_failure(error: PrivateCaError, host: str, name: str) -> dict[str, Any]:
    """Return the failed result: which host, certificate and resource, what to do, and the error's own details.

    A host that cannot be reached is no failure to Ansible, but out of the play.
    """
    return {
        **error.details,
        "unreachable" if isinstance(error, HostUnreachable) else "failed": True,
        "name": name,
        "changed": bool(error.details.get("changed", False)),
        "msg": f"{host}: certificate {name!r}: {error.sentence()}",
    }
