# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""``host_certificate_info``: everything about the lineages of a host, read without changing anything."""

from __future__ import annotations

import stat
import time
from typing import Any, Mapping

from .._errors import UnsafePath, UnusableState
from .._generations.directory import Directory, FileAttributes
from .._generations.files import Files
from .._generations.inspection import Inspection, inspect_lineage
from .._generations.location import NAME, STATE, check_name, open_base, open_lineage
from .._generations.manifest import Manifest
from .._generations.pending import read_pending
from .._generations.plan import CERTIFICATE_DER, COMBINED, FORMATS, KEYSTORE, PRIVATE_KEY, FilePlan
from .._generations.publication import list_generations
from .._generations.state import ServiceState, read_state
from .._generations.superseded import read_superseded
from .._host_argument_specs import ACM
from .._reissue_policy import WantedLineage, compute_renewal_time, parse_renew_before
from .._x509.times import read_time, show_time
from .disk import told_disk_errors
from .verdict import describe_state

FORMAT_FILES = {"combined": COMBINED, "pkcs12": KEYSTORE, "der": CERTIFICATE_DER}


def read_lineages(params: Mapping[str, Any], files: Files) -> list[dict[str, Any]]:
    """Return what is known of each lineage below the base directory, or of the one that is named."""
    if params.get("name") is not None:
        check_name(params["name"])
    if params.get("renew_before") is not None:
        parse_renew_before(params["renew_before"])
    with told_disk_errors("read the lineages", params["base_directory"]):
        if params.get("name"):
            found = _read_lineage(params, params["name"], files)
            return [] if found is None else [found]
        names = _list_names(params["base_directory"], files)
        return [_read_or_explain(params, name, files) for name in names]


def _list_names(base_directory: str, files: Files) -> list[str]:
    """Return the names of the directories below the base directory that a lineage can have."""
    base = open_base(files, base_directory, create=False)
    if base is None:
        return []
    with base:
        names = [name for name in base.names() if NAME.fullmatch(name) and not name.startswith((".", "-"))]
        return [name for name in names if _is_directory(base, name)]


def _is_directory(base: Directory, name: str) -> bool:
    entry = base.stat(name)
    return entry is not None and stat.S_ISDIR(entry.st_mode)


def _read_or_explain(params: Mapping[str, Any], name: str, files: Files) -> dict[str, Any]:
    """Return a lineage, or why it cannot be read: it must not hide the others."""
    try:
        with told_disk_errors("read the lineage", f"{params['base_directory']}/{name}"):
            found = _read_lineage(params, name, files)
    except (UnsafePath, UnusableState) as error:
        return {**_describe(name, Inspection(), params), "unreadable": error.sentence()}
    return found if found is not None else _describe(name, Inspection(), params)


def _read_lineage(params: Mapping[str, Any], name: str, files: Files) -> dict[str, Any] | None:
    lineage = open_lineage(files, params["base_directory"], name)
    if lineage is None:
        return None
    with lineage:
        state = _read_state(lineage)
        first = inspect_lineage(lineage, FilePlan(FileAttributes(0o644), FileAttributes(0o600)), state)
        manifest = first.live.manifest if first.live is not None else None
        inspection = first if manifest is None else inspect_lineage(lineage, plan_as_recorded(manifest, state), state)
        return {
            **_describe(name, inspection, params),
            "pending": read_pending(lineage) is not None,
            "generations": list_generations(lineage),
            "superseded": [entry._asdict() for entry in read_superseded(lineage)],
        }


def _read_state(lineage: Directory) -> ServiceState:
    """Return the state; where this user may not read it, one that knows only that."""
    try:
        return read_state(lineage)
    except PermissionError:
        because = f"{lineage.show(STATE)} can be read by its owner alone, for it has what a failed command printed"
        return ServiceState(failure={"generation": None, "step": None, "reason": because})


def _describe(name: str, inspection: Inspection, params: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "name": name,
        **_describe_live(inspection, params, name),
        "pending": False,
        "candidate": None if inspection.candidate is None else inspection.candidate.id,
        "failure": inspection.state.failure,
        "generations": [],
        "superseded": [],
    }


def plan_as_recorded(manifest: Manifest, state: ServiceState) -> FilePlan:
    """Return the plan that files and links were made by, so that only later changes are faults."""
    certificate, key = manifest.files.get("cert.pem"), manifest.files.get(PRIVATE_KEY)
    return FilePlan(
        certificates=FileAttributes(certificate.mode if certificate else 0o644),
        keys=FileAttributes(key.mode if key else 0o600),
        formats=tuple(form for form in FORMATS if FORMAT_FILES[form] in manifest.files),
        links=state.links,
        key_format=manifest.key_format,
        key_encrypted=manifest.key_encrypted,
    )


def _describe_live(inspection: Inspection, params: Mapping[str, Any], name: str) -> dict[str, Any]:
    live = inspection.live
    manifest = live.manifest if live is not None else None
    now = time.time() if params.get("now") is None else params["now"]
    return {
        "generation": None if live is None else live.id,
        "current": None if manifest is None else manifest.facts,
        "certificate_arn": None if manifest is None else manifest.certificate_arn,
        "terms": {} if manifest is None else manifest.terms,
        "renew_at": _find_renewal(inspection, params, name),
        "seconds_left": None if manifest is None else int(read_time(manifest.facts["not_after"]) - now),
        "in_service": live is not None and inspection.state.in_service == live.id and not inspection.link_faults,
        "faults": [] if live is None else [fault._asdict() for fault in (*live.faults, *inspection.link_faults)],
        "unreadable": None if live is None else live.unreadable,
    }


def _find_renewal(inspection: Inspection, params: Mapping[str, Any], name: str) -> str | None:
    recorded = describe_state(inspection.live, lambda _generation: True).recorded
    if recorded is None or recorded.terms.get("source") == ACM:  # renewed by AWS Certificate Manager
        return None
    wanted = WantedLineage(name=name, host=params.get("host") or "", renew_before=params.get("renew_before"))
    due = compute_renewal_time(recorded, wanted)
    return None if due is None else show_time(due)
