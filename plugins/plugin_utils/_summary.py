# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A fleet's results in a few lines for people. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

_KINDS = ("issued", "renewed", "applied", "repaired", "removed", "revoked", "unchanged", "failed")
_DONE = ("issued", "renewed", "applied", "repaired", "removed", "revoked")
_KIND_BY_ACTION = {
    "apply": "applied",
    "repair": "repaired",
    "remove": "removed",
    "revoke": "revoked",
    "none": "unchanged",
}
_MOST_NAMED = 10
_MOST_DATED = 3


@dataclass(frozen=True)
class Report:
    """What happened to one certificate on one host."""

    host: str
    name: str
    kind: str
    message: str
    next_renewal: str | None

    def __str__(self) -> str:
        return f"{self.host} {self.name}".rstrip()


def summarize_certificates(results: Mapping[str, Any], predicted: bool = False, lost: Iterable[str] = ()) -> list[str]:
    """Return one line for each kind of outcome, one for each failure, and one with the next renewals.

    ``predicted`` words them as what would be. ``lost`` are hosts that the play gave up; one without a result is named.
    """
    reports = [report for host, result in results.items() for report in list_reports(host, result)]
    lines = []
    for kind in _KINDS:
        of_kind = [report for report in reports if report.kind == kind]
        if of_kind:
            shown = f"would be {kind}" if predicted and kind in _DONE else kind
            lines.append(f"{shown}: {len(of_kind)}" + ("" if kind == "unchanged" else _name_some(of_kind)))
    lines += [report.message for report in reports if report.kind == "failed"]
    missed = [host for host in lost if host not in {report.host for report in reports}]
    if missed:
        lines.append(f"not looked at, failed or unreachable before: {len(missed)}{_name_some(missed)}")
    return [*(lines or ["no certificate was looked at"]), *_show_renewals(reports)]


def _show_renewals(reports: Iterable[Report]) -> list[str]:
    dated = sorted((report.next_renewal, str(report)) for report in reports if report.next_renewal)
    shown = [f"{moment} ({report})" for moment, report in dated[:_MOST_DATED]]
    return [f"next renewal: {', then '.join(shown)}"] if shown else []


def list_reports(host: str, result: Mapping[str, Any]) -> Iterator[Report]:
    """Yield what happened on one host, from the task's registered result; a loop has a result for each item."""
    items = result.get("results")
    for item in [result] if items is None else items:
        if item.get("failed") or "action" in item:
            yield Report(
                host=host,
                name=str(_find_name(item)),
                kind=_find_kind(item),
                message=str(item.get("msg", "no reason was given")),
                next_renewal=item.get("next_renewal"),
            )


def _find_kind(item: Mapping[str, Any]) -> str:
    if item.get("failed"):
        return "failed"
    if item["action"] != "issue":
        return _KIND_BY_ACTION.get(item["action"], item["action"])
    reasons = {reason["reason"] for reason in item.get("reasons", ())}
    return "issued" if "missing" in reasons else "renewed"


def _find_name(item: Mapping[str, Any]) -> Any:
    return item.get("host_certificate_name", item.get("name", ""))


def _name_some(reports: Sequence[object]) -> str:
    named = ", ".join(map(str, reports[:_MOST_NAMED]))
    return f" ({named}{', ...' if len(reports) > _MOST_NAMED else ''})"
