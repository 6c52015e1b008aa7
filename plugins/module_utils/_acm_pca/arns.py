# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""ARNs of AWS Private CA: authorities, certificates and templates, in any partition."""

from __future__ import annotations

import re
from dataclasses import dataclass

from .._errors import InvalidInput

# Service Authorization Reference: <CA ARN> is arn:<partition>:acm-pca:<region>:<account>:certificate-authority/<id>
_AUTHORITY = re.compile(
    r"arn:(?P<partition>[\w-]+):acm-pca:(?P<region>[\w-]+):(?P<account>\d{12}):certificate-authority/(?P<id>[\w-]+)"
)
_CERTIFICATE = re.compile(_AUTHORITY.pattern + r"/certificate/\w+")


@dataclass(frozen=True)
class AuthorityArn:
    """The parts of a CA's ARN; ``text`` is the whole of it."""

    text: str
    partition: str
    region: str
    account: str


def _matched(pattern: re.Pattern[str], text: str, kind: str, example: str) -> re.Match[str]:
    match = pattern.fullmatch(text)
    if match is None:
        raise InvalidInput(
            f"Failed to read the ARN of a {kind}",
            because="it does not have the form of one",
            on=text,
            remedy=f"Give it as {example}",
        )
    return match


def parse_authority_arn(text: str) -> AuthorityArn:
    """Return the parts of the CA ARN ``text``; raise InvalidInput when it is none."""
    example = "arn:aws:acm-pca:<region>:<account>:certificate-authority/<id>"
    match = _matched(_AUTHORITY, text, "certificate authority", example)
    return AuthorityArn(text, match["partition"], match["region"], match["account"])


def authority_of_certificate(certificate_arn: str) -> AuthorityArn:
    """Return the CA that issued ``certificate_arn``, from the ARN alone; raise InvalidInput when it is no such ARN."""
    example = "arn:aws:acm-pca:<region>:<account>:certificate-authority/<id>/certificate/<id>"
    _matched(_CERTIFICATE, certificate_arn, "certificate of AWS Private CA", example)
    return parse_authority_arn(certificate_arn.rsplit("/certificate/", maxsplit=1)[0])
