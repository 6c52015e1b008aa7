# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""``host_certificate_request``: look at the lineage, say what is due, and leave key and CSR where one is due."""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any, Mapping

from ._errors import UnusableState
from ._generations.directory import Directory
from ._generations.files import Files
from ._generations.inspection import inspect_lineage
from ._generations.location import open_lineage
from ._generations.lock import hold_lock
from ._generations.pending import PendingDescription, PendingRequest, read_pending, write_pending
from ._lineage_diff import build_diff
from ._lineage_disk import told_disk_errors
from ._lineage_keys import key_belongs, read_generation_key
from ._lineage_options import LineageOptions, read_lineage_options
from ._lineage_verdict import Verdict, decide
from ._reissue_policy import Reason, WantedLineage, parse_renew_before

if TYPE_CHECKING:
    from ._lineage_adoption import Adoptable

DEFAULT_SKEW = 3600.0


@dataclass(frozen=True)
class RequestOptions:
    """What only this module takes. ``max_clock_skew`` is in seconds."""

    lineage: LineageOptions
    wanted: WantedLineage
    key_rotation: str
    rotate_key: bool
    max_clock_skew: float
    adopt: Mapping[str, str | None] | None


def read_request_options(params: Mapping[str, Any]) -> RequestOptions:
    """Build the values from the module's parameters."""
    from ._x509.facts import normalise_serial

    lineage = read_lineage_options(params)
    if params.get("renew_before") is not None:
        parse_renew_before(params["renew_before"])
    wanted = WantedLineage(
        name=lineage.name,
        host=params.get("host") or "",
        subject=lineage.wanted.subject,
        subject_alternative_names=lineage.wanted.subject_alternative_names,
        key_algorithm=lineage.wanted.key_algorithm,
        key_encrypted=lineage.plan.key_encrypted,
        terms=lineage.terms,
        renew_before=params.get("renew_before"),
        force_id=lineage.force_id,
        revoked_serials=tuple(normalise_serial(serial) for serial in params.get("revoked_serials") or ()),
    )
    skew = params.get("max_clock_skew")
    return RequestOptions(
        lineage=lineage,
        wanted=wanted,
        key_rotation=params.get("key_rotation") or "always",
        rotate_key=bool(params.get("rotate_key")),
        max_clock_skew=DEFAULT_SKEW if skew is None else float(skew),
        adopt=params.get("adopt") or None,
    )


def request_certificate(params: Mapping[str, Any], files: Files, check_mode: bool) -> dict[str, Any]:
    """Return the module's result (see CONTRIBUTING.md). In check mode, and when nothing is to be issued, only look."""
    options = read_request_options(params)
    lineage_options = options.lineage
    check_clock(lineage_options.now, time.time(), options.max_clock_skew)
    with told_disk_errors("look at the lineage", lineage_options.base_directory):
        judgement, resumable = _look(options, files)
    writes = judgement.adoptable is not None or judgement.verdict.action == "issue"
    if check_mode or not writes:
        return _result(options, judgement.verdict, None, changed=writes and not resumable)
    with told_disk_errors("leave a request", f"{lineage_options.base_directory}/{lineage_options.name}"):
        return _leave_request(options, files)


def check_clock(control_node: float, host: float, tolerance: float) -> None:
    """Raise ``UnusableState`` when host and control node disagree by more than ``tolerance`` seconds.

    AWS sets NotBefore 60 minutes back: a host that is further behind would refuse the certificate that it is given.
    """
    if abs(control_node - host) <= tolerance:
        return
    shown = [time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(each)) for each in (host, control_node)]
    raise UnusableState(
        "Failed to agree on the time",
        because=f"the host's clock says {shown[0]} and the control node's {shown[1]}, "
        f"which is more than {tolerance:.0f} seconds apart",
        remedy="Set the clocks (NTP), or raise max_clock_skew if the difference is meant",
    )


def _look(options: RequestOptions, files: Files) -> tuple[Judgement, bool]:
    lineage = open_lineage(files, options.lineage.base_directory, options.lineage.name)
    if lineage is None:
        return judge_lineage(None, options, files), False
    with lineage:
        judgement = judge_lineage(lineage, options, files)
        is_due = judgement.verdict.action == "issue"
        return judgement, is_due and _find_pending(lineage, judgement.verdict, options) is not None


@dataclass(frozen=True)
class Judgement:
    """What is due, and the pair in place that is to be taken over for it, if any."""

    verdict: Verdict
    adoptable: Adoptable | None = None


def judge_lineage(lineage: Directory | None, options: RequestOptions, files: Files) -> Judgement:
    """Inspect an open lineage and decide what is due; a pair in place may spare the first issuance."""
    inspection = inspect_lineage(lineage, options.lineage.plan)
    passphrase = options.lineage.passphrases.key
    verdict = decide(
        inspection,
        options.wanted,
        options.lineage.now,
        lambda generation: lineage is not None and key_belongs(lineage, generation, passphrase),
    )
    has_none = inspection.live is None and inspection.candidate is None
    if options.adopt is None or verdict.action != "issue" or not has_none:
        return Judgement(verdict)
    return _judge_adoption(verdict, options, options.adopt, files)


def _judge_adoption(
    verdict: Verdict, options: RequestOptions, paths: Mapping[str, str | None], files: Files
) -> Judgement:
    from ._lineage_adoption import Unadoptable, read_adoptable

    found = read_adoptable(paths, options.lineage, options.wanted, files)
    if isinstance(found, Unadoptable):
        message = f"{verdict.reasons[0].message}, and the pair in place is not taken over: {found.because}"
        return Judgement(replace(verdict, reasons=(Reason("missing", message),)))
    message = f"The certificate {found.facts['serial']} in place is taken over"
    return Judgement(Verdict("apply", (Reason("adopted", message),), None, found.id), found)


def _leave_request(options: RequestOptions, files: Files) -> dict[str, Any]:
    opened = open_lineage(files, options.lineage.base_directory, options.lineage.name, create=True)
    if opened is None:
        raise UnusableState("Failed to make the lineage", on=options.lineage.name, because="it vanished at once")
    with opened as lineage, hold_lock(lineage):
        judgement = judge_lineage(lineage, options, files)
        verdict = judgement.verdict
        if judgement.adoptable is not None:
            from ._lineage_adoption import stage_adopted

            stage_adopted(lineage, judgement.adoptable, options.lineage)
            return _result(options, verdict, None, changed=True)
        if verdict.action != "issue":
            return _result(options, verdict, None, changed=False)
        pending = _find_pending(lineage, verdict, options)
        if pending is not None:
            return _result(options, verdict, {"csr": pending.csr, "resumed": True}, changed=False)
        pending = _make_request(lineage, verdict, options)
        write_pending(lineage, pending)
        return _result(options, verdict, {"csr": pending.csr, "resumed": False}, changed=True)


def _find_pending(lineage: Directory, verdict: Verdict, options: RequestOptions) -> PendingRequest | None:
    """Return the pending request if it is for just what is wanted now and its key is whole, else None."""
    pending = read_pending(lineage)
    if pending is None:
        return None
    wanted = _describe(verdict, options, pending.description.public_key_sha256)
    return pending if pending.description == wanted and _is_whole(pending, options) else None


def _is_whole(pending: PendingRequest, options: RequestOptions) -> bool:
    from ._errors import InvalidInput
    from ._x509.facts import request_facts
    from ._x509.keys import digest_public_key, load_key

    try:
        key = load_key(pending.key, options.lineage.passphrases.key)
        digests = {digest_public_key(key.public_key()), request_facts(pending.csr)["public_key_sha256"]}
    except InvalidInput:
        return False
    return digests == {pending.description.public_key_sha256}


def _describe(verdict: Verdict, options: RequestOptions, public_key_sha256: str) -> PendingDescription:
    wanted = options.lineage.wanted
    return PendingDescription(
        subject=wanted.subject,
        subject_alternative_names=wanted.subject_alternative_names,
        key_algorithm=wanted.key_algorithm,
        terms=dict(options.lineage.terms),
        replaces=verdict.replaces,
        public_key_sha256=public_key_sha256,
    )


def _make_request(lineage: Directory, verdict: Verdict, options: RequestOptions) -> PendingRequest:
    from ._x509.keys import digest_public_key, encode_key, generate_key
    from ._x509.requests import build_request

    wanted = options.lineage.wanted
    key = _find_reusable_key(lineage, options) or generate_key(wanted.key_algorithm or "")
    csr = build_request(key, wanted.subject or {}, wanted.subject_alternative_names or ())
    description = _describe(verdict, options, digest_public_key(key.public_key()))
    return PendingRequest(encode_key(key, "pkcs8", options.lineage.passphrases.key), csr, description)


def _find_reusable_key(lineage: Directory, options: RequestOptions) -> Any | None:
    """Return the live key where it is to be kept and is of the algorithm asked for, else None."""
    if options.key_rotation == "always" or (options.key_rotation == "on_demand" and options.rotate_key):
        return None
    from ._x509.keys import name_key_algorithm

    live = inspect_lineage(lineage, options.lineage.plan).live
    passphrase = options.lineage.passphrases.key
    if live is None or not key_belongs(lineage, live, passphrase):
        return None
    key = read_generation_key(lineage, live.id, passphrase)
    is_wanted = key is not None and name_key_algorithm(key.public_key()) == options.lineage.wanted.key_algorithm
    return key if is_wanted else None


def _result(
    options: RequestOptions, verdict: Verdict, request: Mapping[str, Any] | None, changed: bool
) -> dict[str, Any]:
    wanted = options.lineage.wanted
    asked = None if verdict.action != "issue" else asdict(wanted)
    return {
        "action": verdict.action,
        "reasons": [asdict(reason) for reason in verdict.reasons],
        "current": verdict.current,
        "request": request,
        "generation": verdict.generation,
        "candidate": verdict.candidate,
        "replaces": verdict.replaces,
        "certificate_arn": verdict.certificate_arn,
        "issued_at": verdict.issued_at,
        "host_time": int(time.time()),
        "changed": changed,
        "diff": build_diff(options.lineage.name, verdict.current, asked or verdict.current, "asked for"),
    }
