# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""``host_certificate_install``: verify, write, switch, test, reload, prove, or roll back; repair; or remove."""

from __future__ import annotations

import contextlib
import dataclasses
import itertools
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Iterator, Mapping

from .._errors import InvalidInput, UnusableState
from .._generations.directory import Directory
from .._generations.files import Files
from .._generations.inspection import Generation, Inspection, inspect_lineage, read_generation
from .._generations.links import check_links
from .._generations.location import LIVE, open_lineage
from .._generations.lock import hold_lock
from .._generations.manifest import Manifest
from .._generations.pending import is_answered, read_pending, remove_pending
from .._generations.publication import list_generations, stage_generation
from .._generations.repairs import Repair, repair_generation
from .._generations.superseded import forget_superseded, read_superseded
from .application import Application, Rollout, announce_change, apply_generation
from .diff import build_diff
from .disk import told_disk_errors
from .files import CertificateSet, name_generation, render_files
from .keys import find_key, key_belongs, read_generation_key
from .options import LineageOptions, read_lineage_options
from .removal import remove_lineage
from .service import Service, read_service
from .signals import undisturbed

if TYPE_CHECKING:
    from .._x509.exported_key import ExportedKey

DEFAULT_KEEP = 2


@dataclass(frozen=True)
class InstallOptions:
    """What only this module takes. ``certificate`` for issue, ``generation`` for apply, neither for repair.

    ``exported_key`` comes with a certificate whose key was not made on this host.
    """

    lineage: LineageOptions
    service: Service
    certificate: str | None
    chain: tuple[str, ...]
    certificate_arn: str | None
    generation: str | None
    keep_generations: int
    forget_superseded: tuple[str, ...]
    state: str
    exported_key: ExportedKey | None = None


def read_install_options(params: Mapping[str, Any]) -> InstallOptions:
    """Build the values from the module's parameters."""
    keep = params.get("keep_generations")
    if keep is not None and keep < 0:
        raise InvalidInput(
            "Failed to read the options",
            on="keep_generations",
            because=f"{keep} is negative",
            remedy="Give the number of old generations to keep, from 0 on",
        )
    return InstallOptions(
        lineage=read_lineage_options(params),
        service=read_service(params),
        certificate=params.get("certificate"),
        chain=tuple(params.get("chain") or ()),
        certificate_arn=params.get("certificate_arn"),
        generation=params.get("generation"),
        keep_generations=DEFAULT_KEEP if keep is None else keep,
        forget_superseded=tuple(params.get("forget_superseded") or ()),
        state=params.get("state") or "present",
        exported_key=_read_exported_key(params),
    )


def _read_exported_key(params: Mapping[str, Any]) -> ExportedKey | None:
    if params.get("private_key") is None:
        return None
    from .._x509.exported_key import ExportedKey

    return ExportedKey(params["private_key"], params.get("private_key_passphrase") or "")


def install_certificate(params: Mapping[str, Any], files: Files, check_mode: bool) -> dict[str, Any]:
    """Return the module's result (see CONTRIBUTING.md). In check mode, only say what would be done."""
    result = _install_or_remove(read_install_options(params), files, check_mode)
    return {**result, "diff": build_diff(params["name"], result["previous"], result["current"])}


def _install_or_remove(options: InstallOptions, files: Files, check_mode: bool) -> dict[str, Any]:
    with told_disk_errors("install the certificate", f"{options.lineage.base_directory}/{options.lineage.name}"):
        if options.state == "absent":
            return remove_lineage(options.lineage, files, check_mode)
        check_links(options.lineage.base_directory, options.lineage.name, options.lineage.plan)
        issued = read_issued(options) if options.certificate is not None else None
        with _opened(options.lineage, files, create=not check_mode) as lineage:
            inspection = inspect_lineage(lineage, options.lineage.plan)
            if check_mode or lineage is None:
                placed = issued if lineage is None or issued is None else place_issued(lineage, options, issued)
                return _predict(lineage, options, inspection, placed)
            with hold_lock(lineage), undisturbed():
                return _install(lineage, options, issued and place_issued(lineage, options, issued))


@contextlib.contextmanager
def _opened(options: LineageOptions, files: Files, create: bool) -> Iterator[Directory | None]:
    lineage = open_lineage(files, options.base_directory, options.name, create)
    if lineage is None:
        yield None
        return
    with lineage:
        yield lineage


@dataclass(frozen=True)
class IssuedSet:
    """An issued certificate after verification: the id of its generation, its texts and its facts.

    ``key`` is its private key where that was not made on this host; None where a request or a generation has it.
    """

    id: str
    texts: CertificateSet
    facts: Mapping[str, Any]
    key: Any = dataclasses.field(default=None, repr=False)


def read_issued(options: InstallOptions) -> IssuedSet:
    """Verify the certificate's chain and names before anything is written; ``InvalidInput`` with the fault."""
    from .._x509.chains import verify_chain
    from .._x509.facts import certificate_facts
    from .._x509.times import read_time
    from .._x509.wanted import list_differences

    usage = "serverAuth" if options.service.endpoint is not None else None
    facts = certificate_facts(options.certificate or "", "the issued certificate")
    moment = min(options.lineage.now, read_time(facts["not_after"]))  # an expired one is for _refuse_stale to tell
    # AWS Certificate Manager is not documented to export the root
    verified = verify_chain(options.certificate or "", options.chain, moment, usage, options.exported_key is None)
    if not verified.authorities:
        raise InvalidInput(
            "Failed to verify the certificate chain",
            because="it has no certificate of a CA",
            remedy="Nothing was changed on the host. Give the chain that was exported with the certificate",
        )
    differences = list_differences(options.lineage.wanted, verified.facts)
    if differences:
        raise InvalidInput(
            "Failed to accept the issued certificate",
            because="; ".join(differences),
            remedy="Nothing was changed on the host. Check the template and its passthrough",
        )
    texts = CertificateSet(verified.leaf, verified.intermediates, verified.root)
    return IssuedSet(name_generation(verified.facts), texts, verified.facts, _open_key(options, verified.facts))


def _open_key(options: InstallOptions, facts: Mapping[str, Any]) -> Any:
    if options.exported_key is None:
        return None
    from .._x509.exported_key import open_exported_key

    return open_exported_key(options.exported_key, facts["public_key_sha256"])


def place_issued(lineage: Directory, options: InstallOptions, issued: IssuedSet) -> IssuedSet:
    """Return the set under the id of the generation that holds it as it is asked for, or else under a free id.

    One certificate may be exported again, because its key was lost here or is to be protected otherwise. What is
    published is never changed: the same certificate then gets another generation.
    """
    if issued.key is None:
        return issued
    present, asked = list_generations(lineage), _describe(lineage, options, issued)
    for number in itertools.count(1):
        candidate = issued.id if number == 1 else f"{issued.id}-{number}"
        if candidate not in present or _holds(lineage, candidate, asked, options):
            break
    return dataclasses.replace(issued, id=candidate)


def _holds(lineage: Directory, generation: str, asked: Manifest, options: InstallOptions) -> bool:
    found = read_generation(lineage, generation, options.lineage.plan)
    if found.manifest is None or found.key_missing:
        return False
    recorded = asked._replace(
        issued_at=found.manifest.issued_at,
        key_format=found.manifest.key_format,
        key_encrypted=found.manifest.key_encrypted,
        files=found.manifest.files,
    )
    return recorded == found.manifest and key_belongs(lineage, found, options.lineage.passphrases.key)


def _refuse_stale(lineage: Directory | None, options: InstallOptions, issued: IssuedSet, forget: bool) -> None:
    """Raise ``UnusableState`` with the detail ``stale`` for a certificate that expired before it came here.

    It belongs to a request that waited too long. That request is removed, so that the next one is another.
    """
    from .._x509.times import read_time

    if options.lineage.now < read_time(issued.facts["not_after"]):
        return
    if lineage is not None and forget and is_answered(read_pending(lineage), issued.facts):
        remove_pending(lineage)
    raise UnusableState(
        "Failed to install the certificate",
        on=issued.facts["serial"],
        because=f"it expired at {issued.facts['not_after']}, before it came to the host",
        remedy="The request that it was issued for is removed; run again, and another one is made",
        stale=True,
    )


def _install(lineage: Directory, options: InstallOptions, issued: IssuedSet | None) -> dict[str, Any]:
    before = inspect_lineage(lineage, options.lineage.plan)
    steps = ["verify"] if issued is not None else []
    if issued is not None:
        _refuse_stale(lineage, options, issued, forget=True)
        steps += _stage(lineage, options, issued)
    target = issued.id if issued is not None else options.generation or _live_id(before)
    generation = _read_whole(lineage, target, options)
    repair = _repair(lineage, generation, options)
    steps += ["repair"] if repair is not None else []
    forgot = ("forget",) if forget_superseded(lineage, options.forget_superseded) else ()
    if not needs_application(before, generation):
        return _result(options, before, generation, Application(forgot, None), changed=bool(forgot))
    manifest = _manifest(generation)
    rollout = Rollout(
        lineage=lineage,
        generation=generation.id,
        facts=manifest.facts,
        plan=options.lineage.plan,
        service=options.service,
        moment=options.lineage.now,
        in_service=before.state.in_service,
        repair=repair,
    )
    application = apply_generation(rollout, options.keep_generations)
    done = dataclasses.replace(application, steps=(*steps, *forgot, *application.steps))
    return _result(options, before, generation, done, changed=True)


def needs_application(before: Inspection, generation: Generation) -> bool:
    """Tell whether a generation is not yet live, not proved to serve, damaged, or lacks a link."""
    is_live = before.live is not None and before.live.id == generation.id
    is_proved = before.state.in_service == generation.id
    return not is_live or not is_proved or bool(generation.faults) or bool(before.link_faults)


def _live_id(inspection: Inspection) -> str:
    if inspection.live is None:
        raise UnusableState(
            "Failed to repair the lineage",
            because="it has no live generation",
            remedy="Give a certificate, or the generation to apply",
        )
    return inspection.live.id


def _stage(lineage: Directory, options: InstallOptions, issued: IssuedSet) -> list[str]:
    """Write the generation unless it is there already, as after a kill or by another control node; then end pending."""
    present = read_generation(lineage, issued.id, None)
    steps = []
    if present.manifest is None:
        secret = options.lineage.passphrases
        key = issued.key or find_key(lineage, issued.facts["public_key_sha256"], secret.key)
        files = render_files(key, issued.texts, options.lineage.plan, secret, options.lineage.name)
        stage_generation(lineage, issued.id, _describe(lineage, options, issued), files, options.lineage.plan)
        steps.append("write")
    if issued.key is not None or is_answered(read_pending(lineage), issued.facts):
        remove_pending(lineage)
    return steps


def _describe(lineage: Directory, options: InstallOptions, issued: IssuedSet) -> Manifest:
    """Record what was asked in the request, not what the CA made of it: the policy compares requests with requests."""
    from .._x509.times import read_time

    pending = read_pending(lineage)
    asked: Any = options.lineage.wanted
    if pending is not None and is_answered(pending, issued.facts):
        asked = pending.description
    earliest, latest = read_time(issued.facts["not_before"]), read_time(issued.facts["not_after"])
    return Manifest(
        facts=issued.facts,
        subject=asked.subject,
        subject_alternative_names=asked.subject_alternative_names,
        key_algorithm=asked.key_algorithm or issued.facts["key_algorithm"],
        key_format=options.lineage.plan.key_format,
        key_encrypted=options.lineage.plan.key_encrypted,
        terms=options.lineage.terms or getattr(asked, "terms", {}),
        issued_at=min(max(options.lineage.now, earliest), latest),
        certificate=issued.texts.certificate,
        intermediates=issued.texts.intermediates,
        root=issued.texts.root,
        certificate_arn=options.certificate_arn,
        force_id=options.lineage.force_id,
    )


def _read_whole(lineage: Directory, target: str, options: InstallOptions) -> Generation:
    generation = read_generation(lineage, target, options.lineage.plan)
    if generation.manifest is None:
        raise UnusableState(
            "Failed to apply a generation", on=target, because=generation.unreadable, remedy="Run the play again"
        )
    if generation.key_missing or (
        generation.key_changed and not key_belongs(lineage, generation, options.lineage.passphrases.key)
    ):
        because = "its private key is missing or is another one"
        raise UnusableState("Failed to apply a generation", on=target, because=because, remedy="Run the play again")
    return generation


def _manifest(generation: Generation) -> Manifest:
    if generation.manifest is None:
        raise UnusableState(
            "Failed to apply a generation", on=generation.id, because=generation.unreadable, remedy="Run the play again"
        )
    return generation.manifest


def _repair(lineage: Directory, generation: Generation, options: InstallOptions) -> Repair | None:
    """Bring every faulty file back from the key and the manifest's texts; nothing is issued."""
    if not generation.faults:
        return None
    manifest, secret, plan = _manifest(generation), options.lineage.passphrases, options.lineage.plan
    key = read_generation_key(lineage, generation.id, secret.key)
    texts = CertificateSet(manifest.certificate, manifest.intermediates, manifest.root)
    files = render_files(key, texts, plan, secret, options.lineage.name)
    updated = manifest._replace(key_format=plan.key_format, key_encrypted=plan.key_encrypted)
    announce_change(lineage, generation.id, plan)
    return repair_generation(lineage, generation.id, updated, files, plan)


def _predict(
    lineage: Directory | None, options: InstallOptions, before: Inspection, issued: IssuedSet | None
) -> dict[str, Any]:
    if issued is not None:
        _refuse_stale(lineage, options, issued, forget=False)
    target = issued.id if issued is not None else options.generation or _live_id(before)
    generation = Generation(target, None, "it is not written yet")
    if lineage is not None:
        found = read_generation(lineage, target, options.lineage.plan)
        generation = found if issued is not None and found.manifest is None else _read_whole(lineage, target, options)
    elif issued is None:
        _manifest(generation)
    on_record = read_superseded(lineage) if lineage is not None else ()
    forgets = any(entry.certificate_arn in options.forget_superseded for entry in on_record)
    result = _result(options, before, generation, None, changed=needs_application(before, generation) or forgets)
    facts = issued.facts if issued is not None else generation.manifest.facts if generation.manifest else None
    return {**result, "current": facts}


def _result(
    options: InstallOptions, before: Inspection, generation: Generation, done: Application | None, changed: bool
) -> dict[str, Any]:
    manifest = generation.manifest
    live = os.path.join(options.lineage.base_directory, options.lineage.name, LIVE)
    names = options.lineage.plan.list_names(manifest is None or manifest.root is not None)
    return {
        "changed": changed,
        "generation": generation.id,
        "current": manifest.facts if manifest is not None else None,
        "certificate_arn": manifest.certificate_arn if manifest is not None else None,
        "issued_at": manifest.issued_at if manifest is not None else None,
        "previous": before.live.manifest.facts
        if before.live is not None and before.live.manifest is not None
        else None,
        "steps": list(done.steps) if done is not None else [],
        "served": done.served if done is not None else None,
        "paths": {name: os.path.join(live, name) for name in names},
        **({"warnings": list(done.warnings)} if done is not None and done.warnings else {}),
    }
