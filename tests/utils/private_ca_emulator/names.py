# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""ASN1Subject and GeneralName of the API turned into X.501 names and general names (reference 1.1, 2.6)."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Mapping
from typing import Any

from cryptography import x509
from cryptography.x509.oid import NameOID

from private_ca_emulator import der
from private_ca_emulator.errors import CannotEncode, invalid_args

SUBJECT_ORDER = {
    "Country": NameOID.COUNTRY_NAME,
    "Organization": NameOID.ORGANIZATION_NAME,
    "OrganizationalUnit": NameOID.ORGANIZATIONAL_UNIT_NAME,
    "DistinguishedNameQualifier": NameOID.DN_QUALIFIER,
    "State": NameOID.STATE_OR_PROVINCE_NAME,
    "CommonName": NameOID.COMMON_NAME,
    "SerialNumber": NameOID.SERIAL_NUMBER,
    "Locality": NameOID.LOCALITY_NAME,
    "Title": NameOID.TITLE,
    "Surname": NameOID.SURNAME,
    "GivenName": NameOID.GIVEN_NAME,
    "Initials": NameOID.INITIALS,
    "Pseudonym": NameOID.PSEUDONYM,
    "GenerationQualifier": NameOID.GENERATION_QUALIFIER,
}
_EDI_PARTY_NAME = 0xA5
_ALPHABETS = {"PrintableString": re.compile(r"[A-Za-z0-9 '()+,./:=?-]*"), "IA5String": re.compile(r"[\x00-\x7f]*")}


def build_name(subject: Mapping[str, Any]) -> x509.Name:
    """The distinguished name of an ASN1Subject, one attribute per RDN; InvalidArgsException when it has no encoding."""
    custom = subject.get("CustomAttributes")
    if custom and len(subject) > 1:
        raise invalid_args("CustomAttributes cannot be used together with standard subject attributes.")
    if custom:
        pairs = [(_object_identifier(item["ObjectIdentifier"]), item["Value"]) for item in custom]
    else:
        pairs = [(oid, subject[member]) for member, oid in SUBJECT_ORDER.items() if subject.get(member)]
    try:
        return x509.Name([_attribute(oid, value) for oid, value in pairs])
    except ValueError as error:
        raise CannotEncode(f"The subject cannot be encoded: {error}") from error


def _attribute(oid: x509.ObjectIdentifier, value: str) -> x509.NameAttribute[str]:
    """One attribute, in a string type that has every character of its value (X.680 section 41)."""
    attribute = x509.NameAttribute(oid, value)
    alphabet = _ALPHABETS.get(attribute._type.name)
    if alphabet is not None and not alphabet.fullmatch(value):
        raise ValueError(f"'{value}' is not a {attribute._type.name}")
    return attribute


def _object_identifier(dotted: str) -> x509.ObjectIdentifier:
    try:
        return x509.ObjectIdentifier(dotted)
    except ValueError as error:
        raise CannotEncode(f"'{dotted}' is not an object identifier") from error


def build_object_identifier(dotted: str) -> x509.ObjectIdentifier:
    """An object identifier; InvalidArgsException when the text has no encoding."""
    return _object_identifier(dotted)


def _other_name(value: Mapping[str, str]) -> x509.GeneralName:
    encoded = der.encode(der.UTF8_STRING, value["Value"].encode())
    return x509.OtherName(_object_identifier(value["TypeId"]), encoded)


_GENERAL_NAMES: dict[str, Callable[[Any], x509.GeneralName]] = {
    "OtherName": _other_name,
    "Rfc822Name": x509.RFC822Name,
    "DnsName": x509.DNSName,
    "DirectoryName": lambda value: x509.DirectoryName(build_name(value)),
    "UniformResourceIdentifier": x509.UniformResourceIdentifier,
    "IpAddress": lambda value: x509.IPAddress(ipaddress.ip_address(value)),
    "RegisteredId": lambda value: x509.RegisteredID(_object_identifier(value)),
}


def _encode_edi_party_name(value: Mapping[str, str]) -> bytes:
    """EDIPartyName (RFC 5280 section 4.2.1.6), which `cryptography` does not know; ValueError for half a surrogate."""
    parts = b""
    if "NameAssigner" in value:
        parts += der.encode(0xA0, der.encode(der.UTF8_STRING, value["NameAssigner"].encode()))
    parts += der.encode(0xA1, der.encode(der.UTF8_STRING, value["PartyName"].encode()))
    return der.encode(_EDI_PARTY_NAME, parts)


def encode_general_name(name: Mapping[str, Any]) -> bytes:
    """The DER of one API GeneralName; exactly one choice must be given, otherwise InvalidArgsException."""
    if len(name) != 1:
        raise invalid_args("A GeneralName must have exactly one of its choices.")
    ((choice, value),) = name.items()
    try:
        if choice == "EdiPartyName":
            return _encode_edi_party_name(value)
        built = _GENERAL_NAMES[choice](value)
        return der.content_of(x509.SubjectAlternativeName([built]).public_bytes(), der.SEQUENCE)
    except (ValueError, UnicodeError) as error:
        raise CannotEncode(f"The {choice} '{value}' cannot be encoded: {error}") from error


def encode_general_names(names: list[Mapping[str, Any]]) -> bytes:
    """The DER of GeneralNames, the value of a subjectAltName extension."""
    return der.encode(der.SEQUENCE, b"".join(encode_general_name(name) for name in names))
