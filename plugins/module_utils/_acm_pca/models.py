# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The values that travel between the layers. Plain and frozen; no I/O, no AWS library."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Mapping


@dataclass(frozen=True)
class Validity:
    """Validity as the API has it: ``type`` is END_DATE, ABSOLUTE, DAYS, MONTHS or YEARS, ``value`` an integer >= 1."""

    type: str
    value: int


@dataclass(frozen=True)
class IssuanceRequest:
    """Everything that shapes one issuance (API operation IssueCertificate).

    ``csr`` is PEM text. ``api_passthrough`` has the API's own shape, ready for boto3. ``replaces`` is the serial
    (lower-case hex, no separators) of the certificate that a renewal takes the place of, ``attempt`` counts attempts
    after a RequestFailedException; both shape the token only.
    """

    certificate_authority_arn: str
    csr: str
    template_arn: str
    signing_algorithm: str
    validity: Validity
    validity_not_before: Validity | None = None
    api_passthrough: Mapping[str, Any] | None = None
    replaces: str | None = None
    attempt: int = 0


@dataclass(frozen=True)
class LineageId:
    """One named certificate on one host over its whole life: how the ledger's readers find it."""

    host: str
    name: str


@dataclass(frozen=True)
class IssuedCertificate:
    """What GetCertificate returned: the leaf and its chain as PEM texts, each ended by one newline.

    ``chain`` runs from the issuing CA to the root, root included and last; it is empty for a self-signed certificate.
    """

    arn: str
    certificate: str
    chain: tuple[str, ...]


@dataclass(frozen=True)
class Issuance:
    """The outcome of one pass through the issuing core.

    ``asked_now`` is False when the ledger or the caller already knew the ARN. ``differences`` are sentences: what the
    CA dropped or overrode of what was asked.
    """

    certificate: IssuedCertificate
    token: str
    asked_now: bool
    differences: tuple[str, ...] = ()
