# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the service demands of a CSR, checked before any call (User Guide, "Issuing private certificates")."""

from __future__ import annotations

from typing import Any, Mapping

from .._errors import InvalidInput
from .._x509.facts import describe_request
from .._x509.names import MAXIMUM_DNS_NAME
from .._x509.pem import MAKE_ANEW, load_request
from .._x509.subjects import MAXIMUM_COMMON_NAME


def check_csr(pem: str, api_passthrough: Mapping[str, Any] | None = None, origin: str = "the CSR") -> dict[str, Any]:
    """Return the facts of a CSR that the service can take; raise InvalidInput, with the first fault, for another.

    Checked: size, form, its own signature, that there is a name (in the CSR or in ``api_passthrough``), a common name
    of at most 64 octets, DNS names of at most 253.
    """
    request = load_request(pem, origin)
    try:
        facts = describe_request(request)
    except ValueError as error:
        raise InvalidInput(
            "Failed to read a CSR", on=origin, because=f"it is malformed: {error}", remedy=MAKE_ANEW
        ) from error
    if not _signature_verifies(request):
        raise InvalidInput(
            "Failed to accept the CSR",
            on=origin,
            because="its signature does not verify with its own key",
            remedy="Make the CSR anew with the private key that it is for",
        )
    _require_a_name(facts, api_passthrough or {}, origin)
    _check_lengths(facts, origin)
    return facts


def _signature_verifies(request: Any) -> bool:
    from cryptography.exceptions import UnsupportedAlgorithm

    try:
        return bool(request.is_signature_valid)
    except UnsupportedAlgorithm:
        return True  # this library cannot judge it; the service does


def _require_a_name(facts: Mapping[str, Any], passthrough: Mapping[str, Any], origin: str) -> None:
    names = facts["subject"] or facts["subject_alternative_names"] or passthrough.get("Subject")
    if not names and not passthrough.get("Extensions", {}).get("SubjectAlternativeNames"):
        raise InvalidInput(
            "Failed to accept the CSR",
            on=origin,
            because="it has neither a subject nor a subject alternative name",
            remedy="Make the CSR with at least one name",
        )


def _check_lengths(facts: Mapping[str, Any], origin: str) -> None:
    common_names = facts["subject"].get("CN", [])
    for name in [common_names] if isinstance(common_names, str) else common_names:
        if len(name.encode()) > MAXIMUM_COMMON_NAME:
            raise _too_long(origin, f"its common name has {len(name.encode())} octets", MAXIMUM_COMMON_NAME)
    for name in facts["subject_alternative_names"]:
        kind, _colon, value = name.partition(":")
        if kind == "DNS" and len(value.encode()) > MAXIMUM_DNS_NAME:
            raise _too_long(origin, f"a DNS name has {len(value.encode())} octets", MAXIMUM_DNS_NAME)


def _too_long(origin: str, what: str, most: int) -> InvalidInput:
    return InvalidInput(
        "Failed to accept the CSR",
        on=origin,
        because=f"{what}, AWS Private CA takes {most}",
        remedy="Put a long host name into the subject alternative names (253 octets), and shorten the rest",
    )
