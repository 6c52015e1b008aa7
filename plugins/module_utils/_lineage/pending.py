# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The request of a host for a due certificate: key and CSR in ``pending/``, resumed by the run after a failure."""

from __future__ import annotations

from typing import Any

from .._errors import InvalidInput, UnusableState
from .._generations.directory import Directory
from .._generations.files import Files
from .._generations.inspection import inspect_lineage
from .._generations.location import open_lineage
from .._generations.lock import hold_lock
from .._generations.pending import PendingDescription, PendingRequest, read_pending, write_pending
from .._x509.facts import request_facts
from .._x509.keys import digest_public_key, encode_key, generate_key, load_key, name_key_algorithm
from .._x509.requests import build_request
from .judgement import RequestOptions, build_result, judge_lineage
from .keys import key_belongs, read_generation_key
from .verdict import Verdict


def leave_request(options: RequestOptions, files: Files) -> dict[str, Any]:
    """Judge again under the lineage's lock, leave key and CSR if a certificate is due, and return the result."""
    opened = open_lineage(files, options.lineage.base_directory, options.lineage.name, create=True)
    if opened is None:
        raise UnusableState(
            "Failed to make the lineage",
            on=options.lineage.name,
            because="it vanished at once",
            remedy="Look at what removes it, and run again",
        )
    with opened as lineage, hold_lock(lineage):
        judgement = judge_lineage(lineage, options, files)
        verdict = judgement.verdict
        if judgement.adoptable is not None:
            from .adoption import stage_adopted

            stage_adopted(lineage, judgement.adoptable, options.lineage)
            return build_result(options, verdict, None, changed=True)
        if verdict.action != "issue":
            return build_result(options, verdict, None, changed=False)
        pending = find_pending(lineage, verdict, options)
        if pending is not None:
            return build_result(options, verdict, {"csr": pending.csr, "resumed": True}, changed=False)
        pending = _make_request(lineage, verdict, options)
        write_pending(lineage, pending)
        return build_result(options, verdict, {"csr": pending.csr, "resumed": False}, changed=True)


def find_pending(lineage: Directory, verdict: Verdict, options: RequestOptions) -> PendingRequest | None:
    """Return the pending request if it is for just what is wanted now and its key is whole, else None."""
    pending = read_pending(lineage)
    if pending is None:
        return None
    wanted = _describe(verdict, options, pending.description.public_key_sha256)
    return pending if pending.description == wanted and _is_whole(pending, options) else None


def _is_whole(pending: PendingRequest, options: RequestOptions) -> bool:
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
    wanted = options.lineage.wanted
    key = _find_reusable_key(lineage, options) or generate_key(wanted.key_algorithm or "")
    csr = build_request(key, wanted.subject or {}, wanted.subject_alternative_names or ())
    description = _describe(verdict, options, digest_public_key(key.public_key()))
    return PendingRequest(encode_key(key, "pkcs8", options.lineage.passphrases.key), csr, description)


def _find_reusable_key(lineage: Directory, options: RequestOptions) -> Any | None:
    """Return the live key where it is to be kept and is of the algorithm asked for, else None."""
    if options.key_rotation == "always" or (options.key_rotation == "on_demand" and options.rotate_key):
        return None
    live = inspect_lineage(lineage, options.lineage.plan).live
    passphrase = options.lineage.passphrases.key
    if live is None or not key_belongs(lineage, live, passphrase):
        return None
    key = read_generation_key(lineage, live.id, passphrase)
    is_wanted = key is not None and name_key_algorithm(key.public_key()) == options.lineage.wanted.key_algorithm
    return key if is_wanted else None
