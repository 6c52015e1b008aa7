# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is due for a lineage: issue, apply, repair or nothing, from what lies on the disk and the policy's reasons."""

from __future__ import annotations

from typing import Any, Callable, Mapping, NamedTuple

from .._generations.inspection import Fault, Generation, Inspection
from .._reissue_policy import LineageState, Reason, RecordedCertificate, WantedLineage, list_reissue_reasons
from .._x509.times import read_time

KeyMatches = Callable[[Generation], bool]


class Verdict(NamedTuple):
    """``action`` is none, repair, apply or issue. ``generation`` is the id to apply; ``replaces`` a serial.

    ``current``, ``certificate_arn`` and ``issued_at`` (epoch seconds) are of the live generation, ``candidate`` are the
    facts of the one to apply.
    """

    action: str
    reasons: tuple[Reason, ...] = ()
    current: Mapping[str, Any] | None = None
    generation: str | None = None
    replaces: str | None = None
    certificate_arn: str | None = None
    issued_at: float | None = None
    candidate: Mapping[str, Any] | None = None


def decide(inspection: Inspection, wanted: WantedLineage, now: float, key_matches: KeyMatches) -> Verdict:
    """Prefer what needs least: the candidate that waits, then the live generation, and a new certificate last.

    ``key_matches`` is asked only about a generation whose key file has another content than was written, or whose key
    is protected by a passphrase, which may be another than the one given.
    """
    verdict = _decide(inspection, wanted, now, key_matches)
    live = inspection.live
    if live is None or live.manifest is None:
        return verdict
    return verdict._replace(
        current=live.manifest.facts,
        certificate_arn=live.manifest.certificate_arn,
        issued_at=live.manifest.issued_at,
    )


def _decide(inspection: Inspection, wanted: WantedLineage, now: float, key_matches: KeyMatches) -> Verdict:
    live, candidate = inspection.live, inspection.candidate
    if candidate is not None and not _list_reasons(candidate, wanted, now, key_matches):
        reason = Reason("not_in_service", _explain_candidate(inspection, candidate))
        reasons_to_apply = (reason, *_to_reasons(candidate.faults))
        return Verdict("apply", reasons_to_apply, generation=candidate.id, candidate=_find_facts(candidate))
    reasons = _list_reasons(live, wanted, now, key_matches)
    if live is None or reasons:
        return Verdict("issue", tuple(reasons), replaces=_find_serial(candidate) or _find_serial(live))
    faults = _to_reasons((*live.faults, *inspection.link_faults))
    if inspection.state.in_service != live.id:
        message = f"The generation {live.id} was not proved to be in service"
        reasons_to_apply = (Reason("not_in_service", message), *faults)
        return Verdict("apply", reasons_to_apply, generation=live.id, candidate=_find_facts(live))
    return Verdict("repair" if faults else "none", faults)


def _list_reasons(
    generation: Generation | None, wanted: WantedLineage, now: float, key_matches: KeyMatches
) -> list[Reason]:
    return list_reissue_reasons(describe_state(generation, key_matches), wanted, now)


def describe_state(generation: Generation | None, key_matches: KeyMatches) -> LineageState:
    """Return what the policy needs to know of a generation."""
    if generation is None:
        return LineageState()
    if generation.manifest is None:
        return LineageState(unreadable=generation.unreadable)
    manifest = generation.manifest
    try:
        not_after = read_time(manifest.facts["not_after"])
    except ValueError:
        return LineageState(unreadable=f"The manifest of the generation {generation.id} has no time that can be read")
    recorded = RecordedCertificate(
        serial=manifest.facts["serial"],
        issued_at=manifest.issued_at,
        not_after=not_after,
        subject=manifest.subject,
        subject_alternative_names=manifest.subject_alternative_names,
        key_algorithm=manifest.key_algorithm,
        terms=manifest.terms,
        force_id=manifest.force_id,
        key_encrypted=manifest.key_encrypted,
    )
    is_doubtful = generation.key_changed or manifest.key_encrypted
    closed = is_doubtful and not generation.key_missing and not key_matches(generation)
    return LineageState(
        recorded,
        key_missing=generation.key_missing,
        key_mismatch=closed and generation.key_changed,
        key_locked=closed and not generation.key_changed,
    )


def _to_reasons(faults: tuple[Fault, ...]) -> tuple[Reason, ...]:
    return tuple(Reason(fault.reason, fault.message) for fault in faults)


def _explain_candidate(inspection: Inspection, candidate: Generation) -> str:
    failure = inspection.state.failure
    if failure is None or failure.get("generation") != candidate.id:
        return f"The generation {candidate.id} is on the host, but not live"
    return f"The generation {candidate.id} waits: {failure.get('step')} failed, {failure.get('reason')}"


def _find_facts(generation: Generation | None) -> Mapping[str, Any] | None:
    return None if generation is None or generation.manifest is None else generation.manifest.facts


def _find_serial(generation: Generation | None) -> str | None:
    facts = _find_facts(generation)
    return None if facts is None else str(facts["serial"])
