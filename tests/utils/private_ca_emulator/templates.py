# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The 61 certificate templates as a table of families and varieties (reference 3.1 and 3.2)."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID, ExtensionOID

from private_ca_emulator.errors import ServiceError

ARN = re.compile(r"arn:([^:]+):acm-pca:::template/([A-Za-z0-9_]+)/V1")
DEFAULT = "EndEntityCertificate"

EncodedExtension = tuple[bool, bytes]
"""(critical, DER of extnValue's content)"""


@dataclass(frozen=True)
class Family:
    """What every variety of a template fixes. `key_usage` and `extended_key_usage` are None where nothing is fixed."""

    name: str
    varieties: str
    is_ca: bool = False
    path_length: int | None = None
    critical_basic_constraints: bool = False
    key_usage: tuple[str, ...] | None = None
    extended_key_usage: tuple[x509.ObjectIdentifier, ...] | None = None
    critical_extended_key_usage: bool = False
    root: bool = False


@dataclass(frozen=True)
class Variety:
    """Which of the request's own values pass through."""

    suffix: str
    from_csr: bool
    from_api: bool


@dataclass(frozen=True)
class Template:
    """One template: `fixed` are the extensions that nothing overrides; AKI and SKI are added at issuance."""

    name: str
    family: Family
    variety: Variety
    fixed: dict[str, EncodedExtension]


_VARIETIES = {
    "base": Variety("", False, False),
    "csr": Variety("_CSRPassthrough", True, False),
    "api": Variety("_APIPassthrough", False, True),
    "apicsr": Variety("_APICSRPassthrough", True, True),
}
_ALL, _BLANK, _ROOT, _API = "base csr api apicsr", "csr api apicsr", "base api", "api"
_SERVER, _CLIENT = ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH
_TLS_USAGE = ("digital_signature", "key_encipherment")
_CA_USAGE = ("digital_signature", "key_cert_sign", "crl_sign")
_SIGN = ("digital_signature",)
_BLANK_CRITICAL = "BlankEndEntityCertificate_CriticalBasicConstraints"


def _with_path_lengths(family: Family) -> list[Family]:
    return [replace(family, name=f"{family.name}_PathLen{length}", path_length=length) for length in range(4)]


_CA = Family("", "", is_ca=True, critical_basic_constraints=True)
_BLANK_ROOT = replace(_CA, name="BlankRootCACertificate", varieties=_API, root=True)

FAMILIES: list[Family] = [
    Family("EndEntityCertificate", _ALL, key_usage=_TLS_USAGE, extended_key_usage=(_SERVER, _CLIENT)),
    Family("EndEntityClientAuthCertificate", _ALL, key_usage=_TLS_USAGE, extended_key_usage=(_CLIENT,)),
    Family("EndEntityServerAuthCertificate", _ALL, key_usage=_TLS_USAGE, extended_key_usage=(_SERVER,)),
    Family(
        "CodeSigningCertificate",
        _ALL,
        key_usage=_SIGN,
        extended_key_usage=(ExtendedKeyUsageOID.CODE_SIGNING,),
        critical_extended_key_usage=True,
    ),
    Family(
        "OCSPSigningCertificate",
        _ALL,
        key_usage=_SIGN,
        extended_key_usage=(ExtendedKeyUsageOID.OCSP_SIGNING,),
        critical_extended_key_usage=True,
    ),
    Family("BlankEndEntityCertificate", _BLANK),
    Family(_BLANK_CRITICAL, _BLANK, critical_basic_constraints=True),
    *_with_path_lengths(replace(_CA, name="SubordinateCACertificate", varieties=_ALL, key_usage=_CA_USAGE)),
    *_with_path_lengths(replace(_CA, name="BlankSubordinateCACertificate", varieties=_BLANK)),
    replace(_CA, name="RootCACertificate", varieties=_ROOT, key_usage=_CA_USAGE, root=True),
    _BLANK_ROOT,
    *_with_path_lengths(_BLANK_ROOT),
]

KEY_USAGES = (
    "digital_signature",
    "content_commitment",
    "key_encipherment",
    "data_encipherment",
    "key_agreement",
    "key_cert_sign",
    "crl_sign",
    "encipher_only",
    "decipher_only",
)


def _fix(family: Family) -> dict[str, EncodedExtension]:
    constraints = x509.BasicConstraints(family.is_ca, family.path_length)
    fixed = {
        ExtensionOID.BASIC_CONSTRAINTS.dotted_string: (family.critical_basic_constraints, constraints.public_bytes())
    }
    if family.key_usage is not None:
        usage = x509.KeyUsage(**{name: name in family.key_usage for name in KEY_USAGES})
        fixed[ExtensionOID.KEY_USAGE.dotted_string] = (True, usage.public_bytes())
    if family.extended_key_usage is not None:
        purposes = x509.ExtendedKeyUsage(family.extended_key_usage)
        fixed[ExtensionOID.EXTENDED_KEY_USAGE.dotted_string] = (
            family.critical_extended_key_usage,
            purposes.public_bytes(),
        )
    return fixed


def _build_table() -> dict[str, Template]:
    table = {}
    for family in FAMILIES:
        fixed = _fix(family)
        for variety in (_VARIETIES[name] for name in family.varieties.split()):
            name = family.name + variety.suffix
            table[name] = Template(name, family, variety, fixed)
    return table


TEMPLATES: dict[str, Template] = _build_table()


def find_template(arn: str | None, partition: str, unknown_code: str) -> Template:
    """The template of an ARN in the CA's partition (the default when None); `unknown_code` when there is none."""
    if arn is None:
        return TEMPLATES[DEFAULT]
    found = ARN.fullmatch(arn)
    if not found or found.group(1) != partition or found.group(2) not in TEMPLATES:
        raise ServiceError(unknown_code, f"The template {arn} does not exist.")
    return TEMPLATES[found.group(2)]


def takes_distribution_point_from(template: Template) -> tuple[str, ...]:
    """Where a CRL distribution point may come from besides the CA's configuration: `api`, `csr` (reference 3.2)."""
    if template.family.root:
        return ()
    sources = []
    if template.variety.from_api and template.family.name == _BLANK_CRITICAL:
        sources.append("api")
    if template.variety.from_csr:
        sources.append("csr")
    return tuple(sources)
