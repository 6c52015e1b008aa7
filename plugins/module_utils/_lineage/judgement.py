# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What ``host_certificate_request`` makes of its options and a lineage: a judgement, and from that its result."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Mapping, NamedTuple, Sequence

from .._generations.directory import Directory
from .._generations.files import Files
from .._generations.inspection import Generation, Inspection, inspect_lineage
from .._host_argument_specs import ACM
from .._reissue_policy import Reason, WantedLineage, parse_renew_before
from .diff import build_diff
from .options import LineageOptions, read_lineage_options
from .verdict import Verdict, decide

if TYPE_CHECKING:
    from .adoption import Adoptable

DEFAULT_SKEW = 3600.0


class RequestOptions(NamedTuple):
    """What only this module takes. ``max_clock_skew`` is in seconds.

    ``makes_keys``: a due certificate is for a key of this host, so that a request is left for it.
    """

    lineage: LineageOptions
    wanted: WantedLineage
    key_rotation: str
    rotate_key: bool
    max_clock_skew: float
    adopt: Mapping[str, str | None] | None
    makes_keys: bool = True


def read_request_options(params: Mapping[str, Any]) -> RequestOptions:
    """Build the values from the module's parameters."""
    lineage = read_lineage_options(params)
    if params.get("renew_before") is not None:
        parse_renew_before(params["renew_before"])
    is_exported = params.get("source") == ACM
    wanted = WantedLineage(
        name=lineage.name,
        host=params.get("host") or "",
        subject=lineage.wanted.subject,
        subject_alternative_names=lineage.wanted.subject_alternative_names,
        key_algorithm=None if is_exported else lineage.wanted.key_algorithm,
        key_encrypted=lineage.plan.key_encrypted,
        terms=lineage.terms,
        renew_before=params.get("renew_before"),
        force_id=lineage.force_id,
        revoked_serials=_read_serials(params.get("revoked_serials") or ()),
        renewed_elsewhere=is_exported,
    )
    skew = params.get("max_clock_skew")
    return RequestOptions(
        lineage=lineage,
        wanted=wanted,
        key_rotation=params.get("key_rotation") or "always",
        rotate_key=bool(params.get("rotate_key")),
        max_clock_skew=DEFAULT_SKEW if skew is None else float(skew),
        adopt=params.get("adopt") or None,
        makes_keys=not is_exported,
    )


def _read_serials(serials: Sequence[str]) -> tuple[str, ...]:
    if not serials:
        return ()
    from .._x509.serials import read_serial

    return tuple(read_serial(serial) for serial in serials)


class Judgement(NamedTuple):
    """What is due, and the pair in place that is to be taken over for it, if any."""

    verdict: Verdict
    adoptable: Adoptable | None = None


def judge_lineage(lineage: Directory | None, options: RequestOptions, files: Files) -> Judgement:
    """Inspect an open lineage and decide what is due; a pair in place may spare the first issuance."""
    inspection = inspect_lineage(lineage, options.lineage.plan)

    def key_matches(generation: Generation) -> bool:
        from .keys import key_belongs

        return lineage is not None and key_belongs(lineage, generation, options.lineage.passphrases.key)

    verdict = decide(inspection, options.wanted, options.lineage.now, key_matches)
    if options.adopt is None or verdict.action != "issue" or _has_generation(lineage, inspection):
        return Judgement(verdict)
    return _judge_adoption(verdict, options, options.adopt, files)


def _has_generation(lineage: Directory | None, inspection: Inspection) -> bool:
    """Tell whether one is live or waits. A candidate that is not on the disk was cut off as it was staged."""
    if lineage is None or inspection.live is not None or inspection.candidate is None:
        return inspection.live is not None
    from .._generations.publication import list_generations

    return inspection.candidate.id in list_generations(lineage)


def _judge_adoption(
    verdict: Verdict, options: RequestOptions, paths: Mapping[str, str | None], files: Files
) -> Judgement:
    from .adoption import Unadoptable, read_adoptable

    found = read_adoptable(paths, options.lineage, options.wanted, files)
    if isinstance(found, Unadoptable):
        message = f"{verdict.reasons[0].message}, and the pair in place is not taken over: {found.because}"
        return Judgement(verdict._replace(reasons=(Reason("missing", message),)))
    message = f"The certificate {found.facts['serial']} in place is taken over"
    return Judgement(Verdict("apply", (Reason("adopted", message),), generation=found.id, candidate=found.facts), found)


def build_result(
    options: RequestOptions,
    verdict: Verdict,
    request: Mapping[str, Any] | None,
    changed: bool,
    superseded: Sequence[Mapping[str, Any]] = (),
) -> dict[str, Any]:
    """Return the module's result, as the contract in CONTRIBUTING.md has it."""
    wanted = options.lineage.wanted
    asked = None if verdict.action != "issue" else wanted._asdict()
    return {
        "action": verdict.action,
        "reasons": [reason._asdict() for reason in verdict.reasons],
        "current": verdict.current,
        "request": request,
        "generation": verdict.generation,
        "candidate": verdict.candidate,
        "replaces": verdict.replaces,
        "certificate_arn": verdict.certificate_arn,
        "issued_at": verdict.issued_at,
        "superseded": list(superseded),
        "host_time": int(time.time()),
        "changed": changed,
        "diff": build_diff(options.lineage.name, verdict.current, asked or verdict.current, "asked for"),
    }
