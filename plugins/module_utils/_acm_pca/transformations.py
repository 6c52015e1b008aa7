# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From typed options to the API's shapes: ApiPassthrough (IssueCertificate) and Validity.

Names are spelled as everywhere in the collection (``_x509.names``, ``_x509.subjects``); lengths and patterns that
botocore does not check are the service's to refuse.
"""

from __future__ import annotations

import base64
import binascii
import re
from typing import Any, Callable, Mapping

from .._errors import InvalidInput
from .._x509.names import normalise_general_name
from .._x509.subjects import ATTRIBUTES, OID, normalise_subject
from .expectations import EXTENDED_KEY_USAGE_TYPES, KEY_USAGE_MEMBERS, SUBJECT_MEMBERS
from .models import Validity

_MEMBER_BY_ATTRIBUTE = {name: member for member, name in SUBJECT_MEMBERS.items()}
_MEMBER_BY_USAGE = {name: member for member, name in KEY_USAGE_MEMBERS.items()}
_TYPE_BY_USAGE = {name.lower(): kind for kind, name in EXTENDED_KEY_USAGE_TYPES.items()}
_EDI_PARTY_NAME = re.compile(r"\s*ediPartyName\s*:(?:(?P<assigner>[^;]*);)?(?P<party>.+)", re.IGNORECASE)
_MEMBER_BY_KIND = {
    "DNS": "DnsName",
    "IP": "IpAddress",
    "email": "Rfc822Name",
    "URI": "UniformResourceIdentifier",
    "RID": "RegisteredId",
}


def read_validity(option: Mapping[str, Any] | None) -> Validity | None:
    """Return the option ``{type, value}`` as a validity; None for None. Raise InvalidInput for a value below 1."""
    if option is None:
        return None
    if option["value"] < 1:
        raise InvalidInput(
            "Failed to read the validity",
            because=f"its value is {option['value']}",
            remedy="Give a number from 1 on; for less than a day use END_DATE or ABSOLUTE",
        )
    return Validity(option["type"], option["value"])


def build_passthrough(option: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """Return the option ``api_passthrough`` in the API's shape; None when it says nothing. Raise InvalidInput."""
    option = option or {}
    extensions = {
        "SubjectAlternativeNames": _each(build_general_name, option.get("subject_alternative_names")),
        "KeyUsage": _build_key_usage(option.get("key_usage")),
        "ExtendedKeyUsage": _each(_build_extended_key_usage, option.get("extended_key_usage")),
        "CertificatePolicies": _each(_build_policy, option.get("certificate_policies")),
        "CustomExtensions": _each(_build_custom_extension, option.get("custom_extensions")),
    }
    members = {
        "Subject": build_subject(option["subject"]) if option.get("subject") else None,
        "Extensions": {name: value for name, value in extensions.items() if value} or None,
    }
    return {name: value for name, value in members.items() if value} or None


def _each(build: Callable[[Any], Any], values: list[Any] | None) -> list[Any]:
    return [build(value) for value in values or ()]


def build_subject(subject: Mapping[str, Any]) -> dict[str, Any]:
    """Return a subject (attribute name to string or list of strings) as ASN1Subject.

    The service takes no mixture: where an attribute has no member of its own, or several values, all of them are
    spelled as custom attributes.
    """
    normal = normalise_subject(subject)
    if all(name in _MEMBER_BY_ATTRIBUTE and isinstance(value, str) for name, value in normal.items()):
        return {_MEMBER_BY_ATTRIBUTE[name]: value for name, value in normal.items()}
    attributes = []
    for name in [*(known for known in ATTRIBUTES if known in normal), *(n for n in normal if n not in ATTRIBUTES)]:
        oid = ATTRIBUTES[name][0] if name in ATTRIBUTES else name
        values = normal[name] if isinstance(normal[name], list) else [normal[name]]
        attributes += [{"ObjectIdentifier": oid, "Value": value} for value in values]
    return {"CustomAttributes": attributes}


def build_general_name(text: str) -> dict[str, Any]:
    """Return a name such as ``DNS:www.example.com`` as GeneralName. Raise InvalidInput for what the API cannot carry.

    Beside the kinds of ``_x509.names`` there is ``ediPartyName:[<assigner>;]<party>``.
    """
    party = _EDI_PARTY_NAME.fullmatch(text)
    if party:
        assigner = {"NameAssigner": party["assigner"].strip()} if party["assigner"] else {}
        return {"EdiPartyName": {"PartyName": party["party"].strip(), **assigner}}
    kind, _colon, value = normalise_general_name(text).partition(":")
    if kind == "otherName":
        return {"OtherName": _build_other_name(text, value)}
    if kind == "dirName":
        return {"DirectoryName": build_subject(_split_directory_name(value))}
    return {_MEMBER_BY_KIND[kind]: value}


def _build_other_name(text: str, value: str) -> dict[str, str]:
    oid, _semicolon, content = value.partition(";")
    if not content.startswith("UTF8:"):
        raise InvalidInput(
            "Failed to build a subject alternative name",
            on=text,
            because="the API takes otherName values as text only",
            remedy="Write otherName:<OID>;UTF8:<text>, or let the CSR carry the name",
        )
    return {"TypeId": oid, "Value": content[len("UTF8:") :]}


def _split_directory_name(value: str) -> dict[str, list[str]]:
    attributes: dict[str, list[str]] = {}
    for part in re.findall(r"(?:\\.|[^,\\])+", value):
        name, _equals, content = part.partition("=")
        attributes.setdefault(name, []).append(re.sub(r"\\(.)", r"\1", content))
    return attributes


def _build_key_usage(usages: list[str] | None) -> dict[str, bool] | None:
    return {_MEMBER_BY_USAGE[usage]: True for usage in usages} if usages else None


def _build_extended_key_usage(usage: str) -> dict[str, str]:
    if usage in EXTENDED_KEY_USAGE_TYPES:
        return {"ExtendedKeyUsageType": usage}
    if usage.lower() in _TYPE_BY_USAGE and not OID.fullmatch(usage):
        return {"ExtendedKeyUsageType": _TYPE_BY_USAGE[usage.lower()]}
    return {"ExtendedKeyUsageObjectIdentifier": _require_oid(usage, "an extended key usage")}


def _build_policy(policy: Mapping[str, Any]) -> dict[str, Any]:
    qualifiers = [{"PolicyQualifierId": "CPS", "Qualifier": {"CpsUri": uri}} for uri in policy.get("cps_uris") or ()]
    members: dict[str, Any] = {"CertPolicyId": _require_oid(policy["oid"], "a certificate policy")}
    return {**members, "PolicyQualifiers": qualifiers} if qualifiers else members


def _build_custom_extension(extension: Mapping[str, Any]) -> dict[str, Any]:
    try:
        base64.b64decode(extension["value"], validate=True)
    except (binascii.Error, ValueError) as error:
        raise InvalidInput(
            "Failed to build a custom extension",
            on=extension["oid"],
            because=f"its value is not base64: {error}",
            remedy="Give the DER of the extension's value in base64",
        ) from error
    return {
        "ObjectIdentifier": _require_oid(extension["oid"], "a custom extension"),
        "Value": extension["value"],
        "Critical": bool(extension.get("critical")),
    }


def _require_oid(text: str, what: str) -> str:
    if OID.fullmatch(text.strip()):
        return text.strip()
    raise InvalidInput(
        f"Failed to understand {what}",
        on=text,
        because="it is neither a known name nor a dotted object identifier",
        remedy="Use an OID; extended key usages may also be named, as serverAuth or SERVER_AUTH",
    )
