# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Finding certificate authorities: by ARN or by name tag, with all that can be read of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Callable, Mapping, Sequence, TypeVar

from .._errors import AccessDenied, AuthorityUnusable, InvalidInput, ServiceError
from .authority_api import AuthorityApi
from .authority_facts import authority_facts
from .errors import NOT_FOUND_CODES

Value = TypeVar("Value")

ENDED = ("DELETED", "FAILED")
_NOT_YET_KNOWN = ("InvalidStateException", "RequestInProgressException")


@dataclass(frozen=True)
class Gathered:
    """The facts of a CA, and the errors of the sub-calls that were denied, by API operation."""

    facts: dict[str, Any]
    denied: Mapping[str, AccessDenied] = field(default_factory=dict)


def gather(api: AuthorityApi, record: Mapping[str, Any]) -> Gathered:
    """Return all facts of the CA with this API record.

    A CA in the wrong state for a sub-call has no such fact. A denied sub-call leaves None and is named in ``denied``:
    whom a CA is shared with may not read its CSR, and a least-privileged issuer hardly anything.
    """
    arn = record["Arn"]
    denied: dict[str, AccessDenied] = {}

    def attempt(operation: str, call: Callable[[str], Value]) -> Value | None:
        try:
            return call(arn)
        except AccessDenied as error:
            denied[operation] = error
        except ServiceError as error:
            if not _is_for_its_state(error, record):
                raise
        return None

    facts = authority_facts(record)
    facts["tags"] = attempt("ListTags", api.list_tags)
    installed = attempt("GetCertificateAuthorityCertificate", api.get_certificate_authority_certificate)
    facts["certificate"], facts["certificate_chain"] = installed or (None, None)
    facts["csr"] = attempt("GetCertificateAuthorityCsr", api.get_certificate_authority_csr)
    facts["denied"] = sorted(denied)
    return Gathered(facts, denied)


def _is_for_its_state(error: ServiceError, record: Mapping[str, Any]) -> bool:
    """Tell whether the CA's state is why it was refused. A CA whose creation failed may fail every request."""
    code = error.details.get("code")
    return code in _NOT_YET_KNOWN or (code == "RequestFailedException" and record.get("Status") == "FAILED")


def find_by_arn(api: AuthorityApi, arn: str) -> Gathered | None:
    """Return the CA with this ARN, or None when the service does not know it."""
    try:
        record = api.authority_record(arn)
    except AuthorityUnusable as error:
        if error.details.get("code") in NOT_FOUND_CODES:
            return None
        raise
    return gather(api, record)


def find_by_name(api: AuthorityApi, name: str) -> tuple[Gathered | None, list[Mapping[str, Any]]]:
    """Return the own CA whose tag ``Name`` is ``name`` (None: there is none), and the records of all that have ended.

    Raises as ``select_named``. One that is deleted or whose creation failed is never the CA of the name: the service
    may refuse to list its tags, and the caller tells those apart.
    """
    records = api.list_certificate_authorities("SELF")
    named = select_named(api, [record for record in records if record.get("Status") not in ENDED], name)
    ended = [record for record in records if record.get("Status") in ENDED]
    return (gather(api, named[0]) if named else None), ended


def select_named(api: AuthorityApi, records: Sequence[Mapping[str, Any]], name: str) -> list[Mapping[str, Any]]:
    """Return those of the CAs whose tag ``Name`` is ``name``; InvalidInput when several that have not ended have it.

    A CA whose tags may not be read is passed over where another has the name. Where none has, it may be the one, and
    AccessDenied is raised: a second one would be made beside it.
    """
    named: list[Mapping[str, Any]] = []
    denied: list[AccessDenied] = []
    for record in records:
        try:
            if _tags(api, record).get("Name") == name:
                named.append(record)
        except AccessDenied as error:
            denied.append(error)
    if denied and not named:
        raise denied[0]
    arns = sorted(record["Arn"] for record in named if record.get("Status") not in ENDED)
    if len(arns) > 1:
        raise InvalidInput(
            "Failed to find the certificate authority by its name",
            because=f"{len(arns)} have the tag Name={name}: {', '.join(arns)}",
            on=name,
            remedy="Give certificate_authority_arn",
        )
    return named


def _tags(api: AuthorityApi, record: Mapping[str, Any]) -> dict[str, str]:
    try:
        return api.list_tags(record["Arn"])
    except ServiceError as error:
        gone = error.details.get("code") in NOT_FOUND_CODES
        if gone or _is_for_its_state(error, record):
            return {}
        raise


def alike(record: Mapping[str, Any], subject: Mapping[str, Any], kind: str) -> bool:
    """Tell whether the CA with this API record has this subject (API shape) and type."""
    found = record.get("CertificateAuthorityConfiguration", {}).get("Subject")
    return found == subject and record.get("Type") == kind


def select_authorities(
    api: AuthorityApi, arn: str | None, name: str | None, owner: str, include_deleted: bool
) -> list[dict[str, Any]]:
    """Return the facts of the CA with this ARN, or of those of the owner that have the name, or of all of them."""
    if arn is not None:
        found = find_by_arn(api, arn)
        return [found.facts] if found else []
    listed = api.list_certificate_authorities(owner)
    records = [record for record in listed if include_deleted or record.get("Status") != "DELETED"]
    chosen = records if name is None else select_named(api, records, name)
    return [gather(api, record).facts for record in chosen]
