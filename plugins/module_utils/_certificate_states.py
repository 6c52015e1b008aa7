# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a module tells of one certificate: issued, in progress or failed, with facts and the life that is left."""

from __future__ import annotations

from typing import Any

from ._acm_pca.api import PrivateCaApi
from ._acm_pca.arns import authority_of_certificate
from ._acm_pca.models import IssuedCertificate
from ._errors import InvalidInput, IssuanceFailed
from ._issuance_options import require_region
from ._x509.facts import certificate_facts
from ._x509.times import read_time

ISSUED, IN_PROGRESS, FAILED = "issued", "in_progress", "failed"


def choose_region(certificate_arns: list[str], region: str | None) -> str:
    """Return the one region of the certificates. Raise InvalidInput for several, or another than ``region``."""
    authorities = [authority_of_certificate(arn) for arn in certificate_arns]
    regions = sorted({authority.region for authority in authorities})
    if len(regions) != 1:
        raise InvalidInput(
            "Failed to choose a region",
            because=f"the certificates are of {len(regions)} regions ({', '.join(regions)})",
            remedy="Read the certificates of each region in a task of its own",
        )
    require_region(authorities[0], region)
    return regions[0]


def look_up_certificate(api: PrivateCaApi, certificate_arn: str, now: float) -> dict[str, Any]:
    """Return state and facts of a certificate (API operation GetCertificate); errors but "failed" are raised."""
    authority_of_certificate(certificate_arn)
    try:
        return describe_certificate(certificate_arn, api.get_certificate(certificate_arn), now)
    except IssuanceFailed as error:
        return {"certificate_arn": certificate_arn, "state": FAILED, "failure": error.because}


def describe_certificate(certificate_arn: str, certificate: IssuedCertificate | None, now: float) -> dict[str, Any]:
    """Return PEM texts and facts of ``certificate``; None means that its issuance is in progress."""
    if certificate is None:
        return {"certificate_arn": certificate_arn, "state": IN_PROGRESS}
    facts = _facts(certificate.certificate)
    return {
        "certificate_arn": certificate_arn,
        "state": ISSUED,
        "certificate": certificate.certificate,
        "certificate_chain": list(certificate.chain),
        "facts": facts,
        "chain_facts": [_facts(pem) for pem in certificate.chain],
        **measure_life(facts, now),
    }


def _facts(pem: str) -> dict[str, Any]:
    try:
        return certificate_facts(pem)
    except InvalidInput as error:  # a name that no Python library reads; the certificate itself is still of use
        return {"unreadable": error.because}


def measure_life(facts: dict[str, Any], now: float) -> dict[str, Any]:
    """Return ``expired``, ``days_left`` (negative once it expired) and ``life_left`` (from 1 at the beginning to 0)."""
    if "not_after" not in facts:
        return {}
    begin, end = read_time(facts["not_before"]), read_time(facts["not_after"])
    life = max(1, end - begin)
    return {
        "expired": now >= end,
        "days_left": round((end - now) / 86400, 2),
        "life_left": round(min(1.0, max(0.0, (end - now) / life)), 4),
    }
