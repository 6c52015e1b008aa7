# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The certificate templates of AWS Private CA, as families times varieties, and how users may spell them.

Source: AWS Private CA User Guide, "Understanding certificate templates" and "Template definitions".
"""

from __future__ import annotations

import difflib
import re

from .._errors import InvalidInput
from .arns import parse_authority_arn

DEFAULT_TEMPLATE = "EndEntityCertificate"

_EVERY_VARIETY = ("", "_CSRPassthrough", "_APIPassthrough", "_APICSRPassthrough")
_PATH_LENGTHS = tuple(f"_PathLen{length}" for length in range(4))

_FAMILIES = {
    "EndEntityCertificate": _EVERY_VARIETY,
    "EndEntityClientAuthCertificate": _EVERY_VARIETY,
    "EndEntityServerAuthCertificate": _EVERY_VARIETY,
    "CodeSigningCertificate": _EVERY_VARIETY,
    "OCSPSigningCertificate": _EVERY_VARIETY,
    **{f"SubordinateCACertificate{path}": _EVERY_VARIETY for path in _PATH_LENGTHS},
    "BlankEndEntityCertificate": _EVERY_VARIETY[1:],
    "BlankEndEntityCertificate_CriticalBasicConstraints": _EVERY_VARIETY[1:],
    **{f"BlankSubordinateCACertificate{path}": _EVERY_VARIETY[1:] for path in _PATH_LENGTHS},
    "RootCACertificate": ("", "_APIPassthrough"),
    **{f"BlankRootCACertificate{path}": ("_APIPassthrough",) for path in ("", *_PATH_LENGTHS)},
}

TEMPLATE_NAMES = tuple(family + variety for family, varieties in _FAMILIES.items() for variety in varieties)

_SPELLING = re.compile(r"(?:arn:(?P<partition>[\w-]+):acm-pca:::template/)?(?P<name>\w+)(?P<version>/V1)?")


def template_arn(template: str | None, certificate_authority_arn: str) -> str:
    """Return the ARN of ``template`` (short name, with or without ``/V1``, or ARN) in the partition of the CA.

    None means the service's default. Raise InvalidInput, with the nearest names, for a template that does not exist.
    """
    partition = parse_authority_arn(certificate_authority_arn).partition
    match = _SPELLING.fullmatch((template or DEFAULT_TEMPLATE).strip())
    name = match["name"] if match else None
    if name not in TEMPLATE_NAMES:
        raise _unknown(template or "")
    if match and match["partition"] and not match["version"]:
        raise _unknown(template or "")
    return f"arn:{partition}:acm-pca:::template/{name}/V1"


def _unknown(template: str) -> InvalidInput:
    wanted = template.rsplit("template/", maxsplit=1)[-1].split("/", maxsplit=1)[0]
    by_lower_case = {name.lower(): name for name in TEMPLATE_NAMES}
    near = [by_lower_case[name] for name in difflib.get_close_matches(wanted.lower(), by_lower_case, n=3, cutoff=0.6)]
    return InvalidInput(
        "Failed to find the certificate template",
        because="AWS Private CA has no template of this name",
        on=template,
        remedy=f"Did you mean {', '.join(near)}?" if near else f"The default is {DEFAULT_TEMPLATE}",
        near_matches=near,
    )


def template_name(arn: str) -> str:
    """Return the name in a template's ARN: ``EndEntityCertificate_APIPassthrough``, without its version."""
    return arn.rsplit("template/", maxsplit=1)[-1].split("/", maxsplit=1)[0]


def takes_api_passthrough(arn: str) -> bool:
    """Tell whether the template heeds ApiPassthrough; the service ignores it silently with every other one."""
    return template_name(arn).endswith(("_APIPassthrough", "_APICSRPassthrough"))


def takes_csr_extensions(arn: str) -> bool:
    """Tell whether the template copies extensions other than the subject alternative names from the CSR."""
    return template_name(arn).endswith(("_CSRPassthrough", "_APICSRPassthrough"))
