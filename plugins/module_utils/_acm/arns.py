# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""ARNs of certificates of AWS Certificate Manager, in any partition."""

from __future__ import annotations

import re

from .._acm_pca.arns import parse_authority_arn
from .._errors import InvalidInput

# Service Authorization Reference: arn:<partition>:acm:<region>:<account>:certificate/<id>
_CERTIFICATE = re.compile(r"arn:[\w-]+:acm:(?P<region>[\w-]+):\d{12}:certificate/[\w-]+")


def read_certificate_region(arn: str) -> str:
    """Return the region of a certificate of ACM from its ARN; raise InvalidInput when it is no such ARN."""
    region = find_certificate_region(arn)
    if region is None:
        raise InvalidInput(
            "Failed to read the ARN of a certificate of AWS Certificate Manager",
            because="it does not have the form of one",
            on=arn,
            remedy="Give it as arn:aws:acm:<region>:<account>:certificate/<id>",
        )
    return region


def select_region(certificate_arn: str | None, authority_arn: str | None, region: str | None = None) -> str:
    """Return the region that a certificate of ACM, its CA and the option ``region`` name, of which one must be given.

    Raise InvalidInput for an ARN of another form, and where two regions are named.
    """
    named = [read_certificate_region(certificate_arn)] if certificate_arn else []
    named += [parse_authority_arn(authority_arn).region] if authority_arn else []
    remedy = "Leave region out: the ARN names it"
    if len(set(named)) > 1:
        remedy = "Give the CA of the certificate's region, or certificate_arn without a CA"
    named += [region] if region else []
    if len(set(named)) > 1:
        raise InvalidInput(
            "certificate_arn is of another region than the task says",
            on=certificate_arn,
            because=f"got {' and '.join(dict.fromkeys(named))}",
            remedy=remedy,
        )
    return named[0]


def find_certificate_region(arn: str) -> str | None:
    """Return the region of a certificate of ACM from its ARN, None for any other text."""
    match = _CERTIFICATE.fullmatch(arn)
    return match and match["region"]
