# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a request lets one expect of its certificate, in the form of ``_x509.facts``.

The names are ApiPassthrough's or, without those, the CSR's. Usages are expected as they were asked for, whether the
template heeds them or not, so that their silent loss is told.
"""

from __future__ import annotations

import calendar
import datetime
import time
from dataclasses import dataclass
from typing import Any, Mapping

from .._errors import InvalidInput
from .._x509.facts import request_facts
from .._x509.names import normalise_general_name
from .._x509.subjects import normalise_subject
from .models import IssuanceRequest, Validity

# ASN1Subject's members by the short names of ``_x509.subjects``, in the order in which the service encodes them
SUBJECT_MEMBERS = {
    "Country": "C",
    "Organization": "O",
    "OrganizationalUnit": "OU",
    "DistinguishedNameQualifier": "dnQualifier",
    "State": "ST",
    "CommonName": "CN",
    "SerialNumber": "serialNumber",
    "Locality": "L",
    "Title": "title",
    "Surname": "SN",
    "GivenName": "GN",
    "Initials": "initials",
    "Pseudonym": "pseudonym",
    "GenerationQualifier": "generationQualifier",
}
KEY_USAGE_MEMBERS = {
    "DigitalSignature": "digitalSignature",
    "NonRepudiation": "nonRepudiation",
    "KeyEncipherment": "keyEncipherment",
    "DataEncipherment": "dataEncipherment",
    "KeyAgreement": "keyAgreement",
    "KeyCertSign": "keyCertSign",
    "CRLSign": "cRLSign",
    "EncipherOnly": "encipherOnly",
    "DecipherOnly": "decipherOnly",
}
EXTENDED_KEY_USAGE_TYPES = {
    "SERVER_AUTH": "serverAuth",
    "CLIENT_AUTH": "clientAuth",
    "CODE_SIGNING": "codeSigning",
    "EMAIL_PROTECTION": "emailProtection",
    "TIME_STAMPING": "timeStamping",
    "OCSP_SIGNING": "OCSPSigning",
    "SMART_CARD_LOGIN": "smartcardLogon",
    "DOCUMENT_SIGNING": "1.3.6.1.4.1.311.10.3.12",
    "CERTIFICATE_TRANSPARENCY": "1.3.6.1.4.1.11129.2.4.4",
}
_GENERAL_NAMES = {
    "DnsName": "DNS",
    "IpAddress": "IP",
    "Rfc822Name": "email",
    "UniformResourceIdentifier": "URI",
    "RegisteredId": "RID",
}
CERTIFICATE_POLICIES = "2.5.29.32"
BACKDATE = 3600  # the service dates NotBefore back by an hour (IssueCertificate, ValidityNotBefore)


@dataclass(frozen=True)
class Expectations:
    """What was asked, as facts. None leaves a part open; ``extensions`` are the dotted OIDs of all other extensions."""

    subject: Mapping[str, Any]
    subject_alternative_names: frozenset[str]
    key_usage: frozenset[str] | None
    extended_key_usage: frozenset[str] | None
    extensions: frozenset[str]


def expect(request: IssuanceRequest) -> Expectations:
    """Return what ``request`` asks for. Raise InvalidInput for a CSR that cannot be read."""
    csr = request_facts(request.csr)
    passthrough = request.api_passthrough or {}
    asked = passthrough.get("Extensions") or {}
    names = asked.get("SubjectAlternativeNames")
    return Expectations(
        subject=subject_facts(passthrough["Subject"]) if passthrough.get("Subject") else csr["subject"],
        subject_alternative_names=frozenset(
            csr["subject_alternative_names"] if names is None else map(general_name_fact, names)
        ),
        key_usage=_asked(_key_usage(asked.get("KeyUsage")), csr["key_usage"]),
        extended_key_usage=_asked(_extended_key_usage(asked.get("ExtendedKeyUsage")), csr["extended_key_usage"]),
        extensions=frozenset(csr["extensions"]) | _extension_oids(asked),
    )


def _asked(by_api: frozenset[str] | None, by_csr: list[str]) -> frozenset[str] | None:
    if by_api is not None:
        return by_api
    return frozenset(by_csr) or None


def subject_facts(subject: Mapping[str, Any]) -> dict[str, Any]:
    """Return an ASN1Subject of the API in the form of ``_x509.subjects``."""
    attributes = {name: subject[member] for member, name in SUBJECT_MEMBERS.items() if subject.get(member)}
    for custom in subject.get("CustomAttributes") or ():
        attributes[custom["ObjectIdentifier"]] = custom["Value"]
    return normalise_subject(attributes)


def general_name_fact(name: Mapping[str, Any]) -> str:
    """Return a GeneralName of the API in the form of ``_x509.names``; as it is where that form refuses it."""
    ((kind, value),) = name.items()
    if kind == "DirectoryName":
        parts = [f"{short}={text}" for short, text in subject_facts(value).items()]
        return sort_directory_name(f"dirName:{','.join(parts)}")
    if kind == "OtherName":
        return f"otherName:{value['TypeId']};UTF8:{value['Value']}"
    if kind == "EdiPartyName":
        return f"ediPartyName:{value.get('NameAssigner', '')};{value['PartyName']}"
    try:
        return normalise_general_name(f"{_GENERAL_NAMES[kind]}:{value}")
    except InvalidInput:
        return f"{_GENERAL_NAMES[kind]}:{value}"


def sort_directory_name(name: str) -> str:
    """Return a general name in which the order of a directory name's attributes does not matter."""
    if not name.startswith("dirName:"):
        return name
    return "dirName:" + ",".join(sorted(name[len("dirName:") :].split(",")))


def _key_usage(usage: Mapping[str, bool] | None) -> frozenset[str] | None:
    if usage is None:
        return None
    return frozenset(KEY_USAGE_MEMBERS[member] for member, wanted in usage.items() if wanted)


def _extended_key_usage(usages: list[Mapping[str, str]] | None) -> frozenset[str] | None:
    if usages is None:
        return None
    return frozenset(
        usage["ExtendedKeyUsageObjectIdentifier"]
        if "ExtendedKeyUsageObjectIdentifier" in usage
        else EXTENDED_KEY_USAGE_TYPES.get(usage["ExtendedKeyUsageType"], usage["ExtendedKeyUsageType"])
        for usage in usages
    )


def _extension_oids(asked: Mapping[str, Any]) -> frozenset[str]:
    custom = {extension["ObjectIdentifier"] for extension in asked.get("CustomExtensions") or ()}
    return frozenset(custom | ({CERTIFICATE_POLICIES} if asked.get("CertificatePolicies") else set()))


def expected_end(validity: Validity, not_before: float | None) -> tuple[float, float] | None:
    """Return (NotAfter in epoch seconds, tolerance in seconds); None when ``not_before`` would be needed and is None.

    ``not_before`` is the certificate's own, unless it was asked for. The calendar rule for MONTHS and YEARS is not
    documented, so a few days are allowed there.
    """
    if validity.type == "ABSOLUTE":
        return float(validity.value), 0.0
    if validity.type == "END_DATE":
        return _end_date(validity.value), 0.0
    if not_before is None:
        return None
    issued = not_before + BACKDATE
    if validity.type == "DAYS":
        return issued + validity.value * 86400.0, 600.0
    months = validity.value * (12 if validity.type == "YEARS" else 1)
    return _add_months(issued, months), 4 * 86400.0


def earliest_end(validity: Validity, issued_at: float) -> float | None:
    """Return when a certificate issued at ``issued_at`` ends at the earliest, all in epoch seconds.

    None for a validity that is no date at all: the service says what it makes of it.
    """
    try:
        end = expected_end(validity, issued_at - BACKDATE)
    except (ValueError, OverflowError):
        return None
    return None if end is None else end[0] - end[1]


def _end_date(value: int) -> float:
    digits = str(value)
    if len(digits) <= 12:  # UTCTime's years (RFC 5280 section 4.1.2.5.1)
        digits = digits.zfill(12)
        digits = ("19" if digits >= "50" else "20") + digits
    return float(calendar.timegm(time.strptime(digits, "%Y%m%d%H%M%S")))


def _add_months(moment: float, months: int) -> float:
    start = datetime.datetime.fromtimestamp(moment, datetime.timezone.utc)
    years, month = divmod(start.month - 1 + months, 12)
    day = min(start.day, calendar.monthrange(start.year + years, month + 1)[1])
    return start.replace(year=start.year + years, month=month + 1, day=day).timestamp()
