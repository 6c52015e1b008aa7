# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The gate: before a CA sees a host's CSR, the control node compares it with what the play gave that host."""

from __future__ import annotations

from .._errors import InvalidInput, RequestRefused
from .facts import describe_request
from .keys import PUBLIC_EXPONENT
from .pem import load_request
from .wanted import WantedCertificate, list_differences

ALLOWED_EXTENSIONS = {"2.5.29.17": "subjectAltName"}


def check_request(csr_pem: str, wanted: WantedCertificate) -> None:
    """Raise ``RequestRefused`` unless the CSR is well formed, signed by its own key, and asks for just what is wanted.

    Subject, alternative names, key algorithm and size are compared; no extension but the alternative names may be asked
    for, so neither a CA bit nor a usage can ride along. Every difference found is in the message.
    """
    found = list_faults(csr_pem, wanted)
    if found:
        raise RequestRefused(
            "Failed to accept the host's certificate request",
            because="; ".join(found),
            remedy="Nothing was asked of the CA. Look at who wrote the pending request on this host, "
            "remove its pending directory and run the play again",
        )


def list_faults(csr_pem: str, wanted: WantedCertificate) -> list[str]:
    """Return a sentence, without the full stop, for each reason to refuse the CSR; empty when there is none."""
    try:
        request = load_request(csr_pem, "of the host")
        facts = describe_request(request)
    except (InvalidInput, ValueError) as error:
        return [str(error).rstrip(".")]
    found = [] if request.is_signature_valid else ["its signature does not verify with its own key"]
    if (facts["basic_constraints"] or {}).get("ca"):
        found.append("it asks to become a CA")
    foreign = [oid for oid in facts["extensions"] if oid not in ALLOWED_EXTENSIONS]
    if foreign:
        found.append(f"it asks for the extensions {', '.join(foreign)}")
    numbers = getattr(request.public_key(), "public_numbers", None)
    exponent = getattr(numbers(), "e", None) if numbers is not None else None
    if exponent is not None and exponent != PUBLIC_EXPONENT:
        found.append(f"its RSA exponent is {exponent}, not {PUBLIC_EXPONENT}")
    return found + list_differences(wanted, facts)
