# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What came back against what was asked: the key must be the CSR's, the rest is told as differences."""

from __future__ import annotations

from typing import Any, Iterable, Mapping

from .._errors import InvalidInput, IssuanceFailed
from .._x509.facts import certificate_facts, request_facts
from .._x509.pem import GET_ANEW, load_certificate
from .._x509.times import read_time, show_time
from .._x509.wanted import list_differences, want
from .expectations import Expectations, expect, expected_end, sort_directory_name
from .models import IssuanceRequest, IssuedCertificate
from .templates import takes_api_passthrough, template_name

# told by their own sentences, or always the CA's own: SAN, key usage, extended key usage, key identifiers
_TOLD_ELSEWHERE = frozenset({"2.5.29.17", "2.5.29.15", "2.5.29.37", "2.5.29.14", "2.5.29.35"})


def require_key_of_csr(csr: str, issued: IssuedCertificate, token: str | None = None) -> None:
    """Raise IssuanceFailed unless the certificate carries the CSR's key.

    A token that served another request makes the service return that request's certificate.
    """
    if public_key_of(issued.certificate) == request_facts(csr)["public_key_sha256"]:
        return
    why = "" if token is None else f": the token {token} stands for another request there"
    raise IssuanceFailed(
        "Failed to issue a certificate",
        because=f"AWS returned a certificate with another key{why}",
        on=issued.arn,
        remedy="Run again: the next run asks with a new token" if token else "Give the ARN of this CSR's certificate",
        certificate_arn=issued.arn,
    )


def public_key_of(pem: str) -> str:
    """Return the SHA-256 (hex) of the certificate's SubjectPublicKeyInfo."""
    from .._x509.keys import digest_public_key

    return digest_public_key(load_certificate(pem).public_key())


def certificate_end(pem: str) -> tuple[str, float]:
    """Return (serial in lower-case hex, NotAfter in epoch seconds) of the certificate."""
    from .._x509.facts import read_validity

    certificate = load_certificate(pem)
    return f"{certificate.serial_number:x}", float(read_validity(certificate)[1])


def describe_differences(request: IssuanceRequest, issued: IssuedCertificate) -> tuple[str, ...]:
    """Return, as sentences without the full stop, what the CA dropped or overrode of what was asked."""
    try:
        facts = certificate_facts(issued.certificate)
        expected = expect(request)
        present = _extension_oids(issued.certificate)
    except InvalidInput as error:
        return (f"the certificate could not be compared with the request: {error.because}",)
    found = _compare_passthrough(request)
    found += _compare_names(expected, facts)
    found += _compare_usage("key usage", expected.key_usage, facts["key_usage"])
    found += _compare_usage("extended key usage", expected.extended_key_usage, facts["extended_key_usage"])
    lost = expected.extensions - present - _TOLD_ELSEWHERE
    if lost:
        found.append(f"it lacks the extensions {', '.join(sorted(lost))}")
    found += _compare_validity(request, facts)
    found += _compare_signature(request, facts)
    return tuple(found)


def _extension_oids(pem: str) -> set[str]:
    try:
        return {extension.oid.dotted_string for extension in load_certificate(pem).extensions}
    except ValueError as error:
        raise InvalidInput("Failed to read a certificate", because=str(error), remedy=GET_ANEW) from error


def _compare_passthrough(request: IssuanceRequest) -> list[str]:
    if not request.api_passthrough or takes_api_passthrough(request.template_arn):
        return []
    name = template_name(request.template_arn)
    return [f"api_passthrough was ignored: the template {name} takes nothing from it"]


def _compare_names(expected: Expectations, facts: Mapping[str, Any]) -> list[str]:
    found = list_differences(want(expected.subject, None, None), facts)
    asked = {sort_directory_name(name) for name in expected.subject_alternative_names}
    present = {sort_directory_name(name) for name in facts["subject_alternative_names"]}
    return found + _compare_sets("names", asked, present)


def _compare_usage(kind: str, asked: Iterable[str] | None, present: Iterable[str]) -> list[str]:
    return [] if asked is None else _compare_sets(kind, set(asked), set(present))


def _compare_sets(kind: str, asked: set[str], present: set[str]) -> list[str]:
    found = []
    if asked - present:
        found.append(f"it lacks the {kind} {', '.join(sorted(asked - present))}")
    if present - asked:
        found.append(f"it has the {kind} {', '.join(sorted(present - asked))}, which was not asked for")
    return found


def _compare_validity(request: IssuanceRequest, facts: Mapping[str, Any]) -> list[str]:
    found = []
    not_before, not_after = read_time(facts["not_before"]), read_time(facts["not_after"])
    asked = request.validity_not_before
    if asked is not None and asked.type == "ABSOLUTE" and asked.value != not_before:
        found.append(f"it begins at {facts['not_before']}, not at {show_time(asked.value)}")
    end = expected_end(request.validity, not_before if asked is None else None)
    if end is not None and abs(not_after - end[0]) > end[1]:
        found.append(f"it ends at {facts['not_after']}, not at {show_time(end[0])}")
    return found


def _compare_signature(request: IssuanceRequest, facts: Mapping[str, Any]) -> list[str]:
    asked = request.signing_algorithm
    signed = facts["signature_algorithm"]
    if signed == asked or (signed == "RSASSA_PSS" and asked.endswith("_PSS")):
        return []
    return [f"it is signed with {signed}, not {asked}"]
