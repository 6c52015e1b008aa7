# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Distinguished names (RFC 5280 section 4.1.2.4) as options spell them: attribute name to string or list of strings.

The normal form has the short attribute names of RFC 4514 and OpenSSL, so that two spellings of one name are equal.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Iterable, Mapping

from .._errors import InvalidInput

if TYPE_CHECKING:
    from cryptography import x509

ATTRIBUTES: Mapping[str, tuple[str, str]] = {
    "C": ("2.5.4.6", "countryName"),
    "ST": ("2.5.4.8", "stateOrProvinceName"),
    "L": ("2.5.4.7", "localityName"),
    "street": ("2.5.4.9", "streetAddress"),
    "O": ("2.5.4.10", "organizationName"),
    "OU": ("2.5.4.11", "organizationalUnitName"),
    "CN": ("2.5.4.3", "commonName"),
    "serialNumber": ("2.5.4.5", "serialNumber"),
    "title": ("2.5.4.12", "title"),
    "SN": ("2.5.4.4", "surname"),
    "GN": ("2.5.4.42", "givenName"),
    "initials": ("2.5.4.43", "initials"),
    "generationQualifier": ("2.5.4.44", "generationQualifier"),
    "dnQualifier": ("2.5.4.46", "distinguishedNameQualifier"),
    "pseudonym": ("2.5.4.65", "pseudonym"),
    "DC": ("0.9.2342.19200300.100.1.25", "domainComponent"),
    "UID": ("0.9.2342.19200300.100.1.1", "userId"),
    "emailAddress": ("1.2.840.113549.1.9.1", "emailAddress"),
}
ALIASES = {"s": "ST", "state": "ST", "country": "C", "locality": "L", "organization": "O", "organizationalunit": "OU"}
MAXIMUM_COMMON_NAME = 64
OID = re.compile(r"[0-2](\.(0|[1-9][0-9]*))+")

_BY_OID = {oid: short for short, (oid, _long) in ATTRIBUTES.items()}
_BY_NAME = {
    **ALIASES,
    **{short.lower(): short for short in ATTRIBUTES},
    **{long.lower(): short for short, (_oid, long) in ATTRIBUTES.items()},
}


def normalise_attribute(name: str) -> str:
    """Return an attribute's short name, or the dotted OID where there is none; else ``InvalidInput``."""
    stripped = name.strip()
    if OID.fullmatch(stripped):
        return _BY_OID.get(stripped, stripped)
    try:
        return _BY_NAME[stripped.lower()]
    except KeyError as error:
        raise InvalidInput(
            "Failed to understand a subject",
            on=name,
            because="the attribute is unknown",
            remedy=f"Use one of {', '.join(ATTRIBUTES)}, or a dotted OID",
        ) from error


def normalise_subject(subject: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return the subject with short attribute names, one value as a string, several as a sorted list."""
    values: dict[str, list[str]] = {}
    for name, value in (subject or {}).items():
        texts = value if isinstance(value, (list, tuple)) else [value]
        kept = [str(text) for text in texts if text is not None and str(text) != ""]
        if kept:
            values.setdefault(normalise_attribute(name), []).extend(kept)
    return _join(values)


def _join(values: Mapping[str, list[str]]) -> dict[str, Any]:
    return {name: texts[0] if len(texts) == 1 else sorted(texts) for name, texts in values.items()}


def list_attributes(name: x509.Name) -> list[tuple[str, str]]:
    """Return the attributes of a name, in the order of its encoding, as (short name or OID, value)."""
    pairs = []
    for attribute in name:
        dotted = attribute.oid.dotted_string
        value = attribute.value
        pairs.append((_BY_OID.get(dotted, dotted), value.hex() if isinstance(value, bytes) else value))
    return pairs


def read_subject(name: x509.Name) -> dict[str, Any]:
    """Return a parsed name in the normal form of ``normalise_subject``."""
    values: dict[str, list[str]] = {}
    for short, value in list_attributes(name):
        values.setdefault(short, []).append(value)
    return _join(values)


def build_name(pairs: Iterable[tuple[str, str]]) -> x509.Name:
    """Return the name with an attribute for each pair, in order; ``InvalidInput`` for a value that X.520 forbids."""
    from cryptography import x509

    attributes = []
    for name, value in pairs:
        short = normalise_attribute(name)
        dotted = ATTRIBUTES[short][0] if short in ATTRIBUTES else short
        try:
            if short == "CN" and len(value) > MAXIMUM_COMMON_NAME:
                raise ValueError(f"a common name has at most {MAXIMUM_COMMON_NAME} characters")
            attributes.append(x509.NameAttribute(x509.ObjectIdentifier(dotted), value))
        except (TypeError, ValueError) as error:
            raise InvalidInput(
                "Failed to build a subject",
                on=f"{short}={value}",
                because=str(error),
                remedy="Shorten or correct the value; a long host name belongs in subject_alternative_names",
            ) from error
    return x509.Name(attributes)


def build_subject(subject: Mapping[str, Any]) -> x509.Name:
    """Return the option ``subject`` as a name: attributes from the country down to the common name, then the others."""
    normal = normalise_subject(subject)
    order = [*ATTRIBUTES, *(name for name in normal if name not in ATTRIBUTES)]
    pairs: list[tuple[str, str]] = []
    for name in order:
        value = normal.get(name, [])
        pairs.extend((name, text) for text in (value if isinstance(value, list) else [value]))
    return build_name(pairs)
