# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""When a lineage is due for another certificate, and why: an ordered list of small pure checks.

Each check answers with a reason from the closed vocabulary ``REASONS`` and a sentence for the user, or with None.
Times are epoch seconds of the control node. No library is needed: what is recorded on the host answers.
"""

from __future__ import annotations

import hashlib
import re
import time
from types import MappingProxyType
from typing import Any, Callable, Mapping, NamedTuple, Sequence

from ._errors import InvalidInput

REASONS: Mapping[str, str] = {
    "missing": "there is no certificate, or one of its parts that only a new issuance can bring back",
    "unreadable": "what is on the host cannot be understood",
    "key_does_not_match": "the private key is not the certificate's",
    "key_parameters_changed": "another key algorithm, or another protection of the key, is asked for",
    "names_changed": "the subject or the subject alternative names differ from those asked for",
    "ca_changed": "another CA is asked for",
    "ca_key_changed": "the CA has another key than the one that signed",
    "template_changed": "another template is asked for",
    "signing_algorithm_changed": "another signing algorithm is asked for",
    "validity_changed": "another validity is asked for",
    "validity_not_before_changed": "another beginning of the validity is asked for",
    "api_passthrough_changed": "other passthrough values are asked for",
    "source_changed": "the certificate is to come from another source",
    "certificate_changed": "another certificate of AWS Certificate Manager is to be installed",
    "terms_changed": "another term of the issuance is asked for",
    "revoked": "the certificate is revoked",
    "expired": "the certificate has expired",
    "due_for_renewal": "the time to renew has come",
    "renewed_by_acm": "AWS Certificate Manager has renewed the certificate that it keeps",
    "forced": "the play asks for a new certificate",
    "file_changed": "a file of the live generation was edited",
    "file_missing": "a file of the live generation is gone, or a new format is asked for",
    "format_changed": "another format of the private key, or another passphrase of the keystore, is asked for",
    "mode_changed": "a file of the live generation has another mode",
    "owner_changed": "a file of the live generation has another owner or group",
    "link_changed": "the live link is missing, or one at a usual path is or points elsewhere",
    "adopted": "a key and certificate in place meet the policy and are taken over",
    "not_in_service": "the newest certificate is on the host, but was not proved to be in service",
    "superseded": "a certificate that a renewal replaced is to be revoked",
}

TERM_REASONS = {
    "certificate_authority_arn": "ca_changed",
    "certificate_authority_key": "ca_key_changed",
    "template_arn": "template_changed",
    "signing_algorithm": "signing_algorithm_changed",
    "validity": "validity_changed",
    "validity_not_before": "validity_not_before_changed",
    "api_passthrough": "api_passthrough_changed",
    "source": "source_changed",
}
# Taking one of these out of the play takes effect; other absent terms leave the choice to the service.
REMOVABLE_TERMS = ("validity_not_before", "api_passthrough", "source")

DAY = 86400
SHORT_LIFETIME = 10 * DAY
JITTER_SHARE = 1 / 20
UNITS = {"s": 1, "m": 60, "h": 3600, "d": DAY, "w": 7 * DAY}


class Reason(NamedTuple):
    """Why something is due: a word of ``REASONS`` and a sentence."""

    reason: str
    message: str


class RecordedCertificate(NamedTuple):
    """What a generation says of itself. Serial in lower-case hex; times in epoch seconds; names in normal form.

    ``issued_at`` is when it was issued, not NotBefore, which AWS sets an hour back.
    """

    serial: str
    issued_at: float
    not_after: float
    subject: Mapping[str, Any] | None
    subject_alternative_names: tuple[str, ...] | None
    key_algorithm: str | None
    terms: Mapping[str, str]
    force_id: str | None = None
    key_encrypted: bool = False


class LineageState(NamedTuple):
    """What was found on the host: a recorded certificate, or what is wrong with it.

    ``key_locked``: the key is protected, and not by the passphrase that was given.
    """

    recorded: RecordedCertificate | None = None
    unreadable: str | None = None
    key_missing: bool = False
    key_mismatch: bool = False
    key_locked: bool = False


class WantedLineage(NamedTuple):
    """What the play asks of the lineage: names, terms and the rules of renewal. ``renew_before`` as in the option.

    ``renewed_elsewhere``: another than the play decides when to renew.
    """

    name: str
    host: str
    subject: Mapping[str, Any] | None = None
    subject_alternative_names: tuple[str, ...] | None = None
    key_algorithm: str | None = None
    key_encrypted: bool = False
    terms: Mapping[str, str] = MappingProxyType({})
    renew_before: str | None = None
    force_id: str | None = None
    revoked_serials: tuple[str, ...] = ()
    renewed_elsewhere: bool = False


Check = Callable[[LineageState, WantedLineage, float], Sequence[Reason]]


def list_reissue_reasons(state: LineageState, wanted: WantedLineage, now: float) -> list[Reason]:
    """Return every reason to issue, in the order of ``CHECKS``; empty when the certificate stays.

    What is missing or unreadable has no further properties, so that one reason stands alone. ``InvalidInput`` for a
    certificate that would stay, were it not always due: another reason brings one that lives as long as is asked now.
    """
    for blocking in BLOCKING_CHECKS:
        found = blocking(state, wanted, now)
        if found:
            return list(found)
    reasons = [reason for check in CHECKS for reason in check(state, wanted, now)]
    if not reasons and not wanted.renewed_elsewhere:
        require_renewal_time(_recorded(state), wanted)
    return reasons


def unreadable(state: LineageState, _wanted: WantedLineage, _now: float) -> Sequence[Reason]:
    """What lies on the host cannot be understood."""
    return [] if state.unreadable is None else [Reason("unreadable", state.unreadable)]


def missing(state: LineageState, wanted: WantedLineage, _now: float) -> Sequence[Reason]:
    """There is no certificate, or it has no key."""
    if state.recorded is None:
        return [Reason("missing", f"The host has no certificate of the name {wanted.name}")]
    return [Reason("missing", "The private key of the certificate is missing")] if state.key_missing else []


def key_does_not_match(state: LineageState, _wanted: WantedLineage, _now: float) -> Sequence[Reason]:
    """The key file holds another key, or none that can be read."""
    message = "The private key on the host is not that of the certificate"
    return [Reason("key_does_not_match", message)] if state.key_mismatch else []


def key_parameters_changed(state: LineageState, wanted: WantedLineage, _now: float) -> Sequence[Reason]:
    """Another key algorithm, or a key without the passphrase that protected the present one, or under another."""
    recorded = _recorded(state)
    if wanted.key_algorithm is not None and recorded.key_algorithm != wanted.key_algorithm:
        message = f"The key is {recorded.key_algorithm}; {wanted.key_algorithm} is asked for"
        return [Reason("key_parameters_changed", message)]
    if recorded.key_encrypted and not wanted.key_encrypted:
        return [Reason("key_parameters_changed", "The key is protected by a passphrase; one without is asked for")]
    if state.key_locked:
        return [Reason("key_parameters_changed", "The key is protected by another passphrase than the one given")]
    return []


def names_changed(state: LineageState, wanted: WantedLineage, _now: float) -> Sequence[Reason]:
    """The names differ from those that were asked for when the certificate was issued."""
    recorded, sentences = _recorded(state), []
    if wanted.subject is not None and recorded.subject is not None and dict(recorded.subject) != dict(wanted.subject):
        sentences.append(f"the subject was {dict(recorded.subject)} and is to be {dict(wanted.subject)}")
    if wanted.subject_alternative_names is not None and recorded.subject_alternative_names is not None:
        before, after = set(recorded.subject_alternative_names), set(wanted.subject_alternative_names)
        sentences += [f"{', '.join(sorted(after - before))} to be added"] if after - before else []
        sentences += [f"{', '.join(sorted(before - after))} to be removed"] if before - after else []
    return [Reason("names_changed", f"Names changed: {'; '.join(sentences)}")] if sentences else []


def terms_changed(state: LineageState, wanted: WantedLineage, _now: float) -> Sequence[Reason]:
    """CA, template, signing algorithm, validity or passthrough are to be others."""
    recorded, found = _recorded(state), []
    absent = [term for term in REMOVABLE_TERMS if term in recorded.terms and term not in wanted.terms]
    for term in [*wanted.terms, *absent]:
        before, after = recorded.terms.get(term), wanted.terms.get(term)
        if before != after:
            message = f"The {term} was {before or 'not set'} and is to be {after or 'unset'}"
            found.append(Reason(TERM_REASONS.get(term, "terms_changed"), message))
    return found


def revoked(state: LineageState, wanted: WantedLineage, _now: float) -> Sequence[Reason]:
    """The serial is among those known to be revoked."""
    serial = _recorded(state).serial
    return [Reason("revoked", f"The certificate {serial} is revoked")] if serial in wanted.revoked_serials else []


def expired(state: LineageState, _wanted: WantedLineage, now: float) -> Sequence[Reason]:
    """NotAfter has passed."""
    not_after = _recorded(state).not_after
    return [Reason("expired", f"The certificate expired at {_show(not_after)}")] if now >= not_after else []


def due_for_renewal(state: LineageState, wanted: WantedLineage, now: float) -> Sequence[Reason]:
    """The last part of the lifetime has begun, less this host's share of jitter."""
    if wanted.renewed_elsewhere:
        return []
    recorded = _recorded(state)
    due = compute_renewal_time(recorded, wanted)
    if due is None or not due <= now < recorded.not_after:
        return []
    message = f"The certificate expires at {_show(recorded.not_after)} and was to be renewed from {_show(due)} on"
    return [Reason("due_for_renewal", message)]


def forced(state: LineageState, wanted: WantedLineage, _now: float) -> Sequence[Reason]:
    """The run asks for a new certificate, and the present one is not yet of this run."""
    if wanted.force_id is None or _recorded(state).force_id == wanted.force_id:
        return []
    return [Reason("forced", "The play asks for a new certificate")]


BLOCKING_CHECKS: tuple[Check, ...] = (unreadable, missing, key_does_not_match)
CHECKS: tuple[Check, ...] = (
    key_parameters_changed,
    names_changed,
    terms_changed,
    revoked,
    expired,
    due_for_renewal,
    forced,
)


def compute_renewal_time(recorded: RecordedCertificate, wanted: WantedLineage) -> float | None:
    """Return when the certificate is due (epoch seconds): ``renew_before`` ahead of NotAfter, less the jitter.

    Default: the last third of the lifetime, the last half where the lifetime is 10 days or less. None when
    ``renew_before`` covers the whole lifetime.
    """
    lifetime = recorded.not_after - recorded.issued_at
    ahead = _seconds_ahead(wanted.renew_before, lifetime)
    jitter = compute_jitter(wanted.host, wanted.name, lifetime)
    if wanted.renew_before is not None and ahead + jitter >= lifetime:
        return None
    return recorded.not_after - ahead - jitter


def require_renewal_time(recorded: RecordedCertificate, wanted: WantedLineage) -> float:
    """Return when the certificate is due; ``InvalidInput`` when it always is, for then every run would issue."""
    due = compute_renewal_time(recorded, wanted)
    if due is None:
        lifetime = _show_span(recorded.not_after - recorded.issued_at)
        raise InvalidInput(
            "Failed to plan the renewal",
            on=wanted.name,
            because=f"renew_before is {wanted.renew_before}, and the certificate lives only {lifetime}, "
            "so that every run would issue another one",
            remedy="Make renew_before shorter (33% is a third of any lifetime) or the validity longer",
        )
    return due


def parse_renew_before(text: str) -> tuple[float | None, float | None]:
    """Return (share of the lifetime, None) for ``33%``, or (None, seconds) for ``30d``, ``12h``, ``90m``, ``2w``."""
    match = re.fullmatch(r"\s*([0-9]+(?:\.[0-9]+)?)\s*([%smhdw])\s*", text)
    value = float(match.group(1)) if match else 0.0
    if match is None or value <= 0 or (match.group(2) == "%" and value >= 95):
        raise InvalidInput(
            "Failed to understand renew_before",
            on=text,
            because="it is neither a percentage above 0 and below 95 nor a positive time",
            remedy="Write it like 33%, 30d or 12h",
        )
    return (value / 100, None) if match.group(2) == "%" else (None, value * UNITS[match.group(2)])


def _seconds_ahead(renew_before: str | None, lifetime: float) -> float:
    if renew_before is None:
        return lifetime / 2 if lifetime <= SHORT_LIFETIME else lifetime / 3
    share, seconds = parse_renew_before(renew_before)
    return lifetime * share if share is not None else seconds or 0.0


def compute_jitter(host: str, name: str, lifetime: float) -> float:
    """Return this lineage's share of jitter in seconds: the same on every run, at most a twentieth of the lifetime."""
    digest = hashlib.sha256(f"{host}\0{name}".encode()).digest()
    return int.from_bytes(digest[:8], "big") / 2**64 * lifetime * JITTER_SHARE


def _recorded(state: LineageState) -> RecordedCertificate:
    if state.recorded is None:
        raise ValueError("a check of a certificate that is missing")
    return state.recorded


def _show(seconds: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))


def _show_span(seconds: float) -> str:
    return f"{seconds / DAY:.0f} days" if seconds >= 2 * DAY else f"{seconds / 60:.0f} minutes"
