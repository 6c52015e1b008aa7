# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Taking over a key and certificate that are in place already, if they are what would be issued."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any, Mapping

from .._errors import PrivateCaError, UnusableState
from .._generations.directory import Directory
from .._generations.files import Files
from .._generations.inspection import read_generation
from .._generations.location import GENERATIONS, check_parents
from .._generations.manifest import MANIFEST, Manifest
from .._generations.publication import stage_generation
from .._generations.state import read_state, write_state
from .._reissue_policy import LineageState, RecordedCertificate, WantedLineage, list_reissue_reasons
from .files import CertificateSet, name_generation, render_files
from .options import LineageOptions


@dataclass(frozen=True)
class Adoptable:
    """A pair in place that meets the policy: the id of its generation to be, its key, texts and facts."""

    id: str
    key: Any
    texts: CertificateSet
    facts: Mapping[str, Any]


@dataclass(frozen=True)
class Unadoptable:
    """Why the pair in place is not taken over: a sentence without the full stop."""

    because: str


def read_adoptable(
    paths: Mapping[str, str | None], options: LineageOptions, wanted: WantedLineage, files: Files
) -> Adoptable | Unadoptable:
    """Read and judge the pair at ``paths`` (``key``, ``certificate``, ``chain``) as a certificate just issued."""
    try:
        found = _read_pair(paths, options, files)
        reasons = list_reissue_reasons(LineageState(_record(found, options)), wanted, options.now)
    except PrivateCaError as error:
        return Unadoptable(error.sentence().rstrip("."))
    return Unadoptable("; ".join(reason.message for reason in reasons)) if reasons else found


def _read_pair(paths: Mapping[str, str | None], options: LineageOptions, files: Files) -> Adoptable:
    from .._errors import InvalidInput
    from .._x509.chains import verify_chain
    from .._x509.keys import digest_public_key, load_key
    from .._x509.pem import split_certificates
    from .._x509.wanted import list_differences

    key = load_key(_read_trusted(paths["key"] or "", files), options.passphrases.key, paths["key"] or "")
    texts: list[str] = []
    for path in (paths["certificate"], paths.get("chain")):
        if path:
            texts += split_certificates(_read_trusted(path, files).decode("ascii", "replace"), path)
    unique = list(dict.fromkeys(texts))
    if not unique:
        raise InvalidInput("Failed to read a certificate", on=paths["certificate"], because="it has none in PEM")
    verified = verify_chain(unique[0], unique[1:], options.now, root_required=False)
    if digest_public_key(key.public_key()) != verified.facts["public_key_sha256"]:
        raise InvalidInput("Failed to match key and certificate", on=paths["key"], because="it is another key")
    differences = list_differences(options.wanted, verified.facts)
    if differences:
        raise InvalidInput("Failed to match the names", on=paths["certificate"], because="; ".join(differences))
    texts_of_set = CertificateSet(verified.leaf, verified.intermediates, verified.root)
    return Adoptable(name_generation(verified.facts), key, texts_of_set, verified.facts)


def _read_trusted(path: str, files: Files) -> bytes:
    """Read a file whose path, links followed, only root and we control."""
    check_parents(os.path.dirname(path))
    folder, name = os.path.split(os.path.realpath(path))
    resolved = check_parents(folder)
    if not os.path.isdir(resolved):
        raise UnusableState("Failed to read a file", on=path, because="it is missing")
    with Directory(files, files.open_parent(resolved), resolved) as directory:
        content = directory.read(name)
    if content is None:
        raise UnusableState("Failed to read a file", on=path, because="it is missing")
    return content


def _record(found: Adoptable, options: LineageOptions) -> RecordedCertificate:
    from .._x509.times import read_time

    return RecordedCertificate(
        serial=found.facts["serial"],
        issued_at=read_time(found.facts["not_before"]),
        not_after=read_time(found.facts["not_after"]),
        subject=options.wanted.subject,
        subject_alternative_names=options.wanted.subject_alternative_names,
        key_algorithm=options.wanted.key_algorithm,
        terms=options.terms,
        force_id=options.force_id,
        key_encrypted=options.plan.key_encrypted,
    )


def stage_adopted(lineage: Directory, found: Adoptable, options: LineageOptions) -> None:
    """Write the pair as a generation, which then waits to be brought into service like any other.

    It may be there already: it was adopted before, and what said so was lost.
    """
    present = read_generation(lineage, found.id, options.plan)
    if present.manifest is not None and not present.key_missing and not present.key_changed:
        write_state(lineage, read_state(lineage)._replace(candidate=found.id, failure=None))
        return
    with lineage.ensure(GENERATIONS, 0o755) as holder:
        holder.remove(found.id, first=MANIFEST)
    recorded = _record(found, options)
    manifest = Manifest(
        facts=found.facts,
        subject=recorded.subject,
        subject_alternative_names=recorded.subject_alternative_names,
        key_algorithm=recorded.key_algorithm,
        key_format=options.plan.key_format,
        key_encrypted=options.plan.key_encrypted,
        terms=options.terms,
        issued_at=recorded.issued_at,
        certificate=found.texts.certificate,
        intermediates=found.texts.intermediates,
        root=found.texts.root,
        force_id=options.force_id,
    )
    files = render_files(found.key, found.texts, options.plan, options.passphrases, options.name)
    stage_generation(lineage, found.id, manifest, files, options.plan)
