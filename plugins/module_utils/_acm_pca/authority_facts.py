# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The facts of a certificate authority: one shape for the module, its ``_info`` twin and the plan."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Mapping, Sequence

from .._x509.serials import read_serial
from .._x509.times import show_time

SUBJECT_MEMBERS = {
    "country": "Country",
    "organization": "Organization",
    "organizational_unit": "OrganizationalUnit",
    "distinguished_name_qualifier": "DistinguishedNameQualifier",
    "state": "State",
    "common_name": "CommonName",
    "serial_number": "SerialNumber",
    "locality": "Locality",
    "title": "Title",
    "surname": "Surname",
    "given_name": "GivenName",
    "initials": "Initials",
    "pseudonym": "Pseudonym",
    "generation_qualifier": "GenerationQualifier",
}
KEY_USAGE_MEMBERS = {
    "digital_signature": "DigitalSignature",
    "non_repudiation": "NonRepudiation",
    "key_encipherment": "KeyEncipherment",
    "data_encipherment": "DataEncipherment",
    "key_agreement": "KeyAgreement",
    "key_cert_sign": "KeyCertSign",
    "crl_sign": "CRLSign",
    "encipher_only": "EncipherOnly",
    "decipher_only": "DecipherOnly",
}
CRL_MEMBERS = {
    "enabled": "Enabled",
    "expiration_in_days": "ExpirationInDays",
    "custom_cname": "CustomCname",
    "s3_bucket_name": "S3BucketName",
    "s3_object_acl": "S3ObjectAcl",
    "crl_type": "CrlType",
    "custom_path": "CustomPath",
}
CRL_DEFAULTS = {
    "custom_cname": "",
    "s3_object_acl": "PUBLIC_READ",
    "crl_type": "COMPLETE",
    "custom_path": "",
    "omit_distribution_point": False,
}


def authority_facts(record: Mapping[str, Any]) -> dict[str, Any]:
    """Return the facts of a CA from its API record (shape CertificateAuthority), without its tags and PEM texts.

    Times are ISO 8601 in UTC; what the record does not have is None.
    """
    configuration = record.get("CertificateAuthorityConfiguration", {})
    revocation = record.get("RevocationConfiguration", {})
    return {
        "arn": record["Arn"],
        "owner_account": record.get("OwnerAccount"),
        "type": record.get("Type"),
        "status": record.get("Status"),
        "failure_reason": record.get("FailureReason"),
        "serial": read_serial(record["Serial"]) if record.get("Serial") else None,
        "created_at": _iso(record.get("CreatedAt")),
        "last_state_change_at": _iso(record.get("LastStateChangeAt")),
        "not_before": _iso(record.get("NotBefore")),
        "not_after": _iso(record.get("NotAfter")),
        "restorable_until": _iso(record.get("RestorableUntil")),
        "key_algorithm": configuration.get("KeyAlgorithm"),
        "signing_algorithm": configuration.get("SigningAlgorithm"),
        "subject": subject_facts(configuration.get("Subject", {})),
        "csr_extensions": csr_extension_facts(configuration.get("CsrExtensions")),
        "usage_mode": record.get("UsageMode", "GENERAL_PURPOSE"),
        "key_storage_security_standard": record.get("KeyStorageSecurityStandard"),
        "crl": crl_facts(revocation.get("CrlConfiguration", {})),
        "ocsp": ocsp_facts(revocation.get("OcspConfiguration", {})),
    }


def subject_facts(subject: Mapping[str, Any]) -> dict[str, Any]:
    """Return a subject (shape ASN1Subject) in option spelling, with the members that it has."""
    facts: dict[str, Any] = {name: subject[member] for name, member in SUBJECT_MEMBERS.items() if subject.get(member)}
    if subject.get("CustomAttributes"):
        facts["custom_attributes"] = [
            {"object_identifier": attribute["ObjectIdentifier"], "value": attribute["Value"]}
            for attribute in subject["CustomAttributes"]
        ]
    return facts


def subject_to_api(subject: Mapping[str, Any]) -> dict[str, Any]:
    """Return the API's ASN1Subject of a subject in option spelling; the inverse of ``subject_facts``."""
    members: dict[str, Any] = {member: subject[name] for name, member in SUBJECT_MEMBERS.items() if subject.get(name)}
    if subject.get("custom_attributes"):
        members["CustomAttributes"] = [
            {"ObjectIdentifier": attribute["object_identifier"], "Value": attribute["value"]}
            for attribute in subject["custom_attributes"]
        ]
    return members


def csr_extension_facts(extensions: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return the extensions of a CA's CSR: key usages that are on, and subject information access as the API has it."""
    extensions = extensions or {}
    usage = extensions.get("KeyUsage", {})
    return {
        "key_usage": [name for name, member in KEY_USAGE_MEMBERS.items() if usage.get(member)],
        "subject_information_access": _access_facts(extensions.get("SubjectInformationAccess", ())),
    }


def csr_extensions_to_api(extensions: Mapping[str, Any]) -> dict[str, Any]:
    """Return the API's CsrExtensions of the option; the inverse of ``csr_extension_facts``."""
    members: dict[str, Any] = {}
    if extensions.get("key_usage"):
        members["KeyUsage"] = {KEY_USAGE_MEMBERS[name]: True for name in extensions["key_usage"]}
    if extensions.get("subject_information_access"):
        members["SubjectInformationAccess"] = [
            {
                "AccessMethod": {"AccessMethodType": access["access_method"]},
                "AccessLocation": {"UniformResourceIdentifier": access["uri"]},
            }
            for access in extensions["subject_information_access"]
        ]
    return members


def _access_facts(accesses: Sequence[Mapping[str, Any]]) -> Any:
    """Return the accesses in option spelling: method and URI, the only location that the option can say."""
    return [
        {
            "access_method": access["AccessMethod"].get("AccessMethodType")
            or access["AccessMethod"].get("CustomObjectIdentifier"),
            "uri": access["AccessLocation"].get("UniformResourceIdentifier"),
        }
        for access in accesses
    ]


def crl_facts(configuration: Mapping[str, Any]) -> dict[str, Any]:
    """Return a CRL configuration with the service's defaults filled in; only ``enabled`` when it is off."""
    if not configuration.get("Enabled"):
        return {"enabled": False}
    omission = configuration.get("CrlDistributionPointExtensionConfiguration", {})
    given = {
        name: configuration[member] for name, member in CRL_MEMBERS.items() if configuration.get(member) is not None
    }
    return {**CRL_DEFAULTS, "omit_distribution_point": bool(omission.get("OmitExtension")), **given}


def crl_to_api(crl: Mapping[str, Any]) -> dict[str, Any]:
    """Return the API's CrlConfiguration; when it is off it may hold nothing but ``Enabled``."""
    if not crl["enabled"]:
        return {"Enabled": False}
    members: dict[str, Any] = {
        member: crl[name] for name, member in CRL_MEMBERS.items() if crl.get(name) not in (None, "")
    }
    if crl.get("omit_distribution_point"):
        members["CrlDistributionPointExtensionConfiguration"] = {"OmitExtension": True}
    return members


def ocsp_facts(configuration: Mapping[str, Any]) -> dict[str, Any]:
    """Return an OCSP configuration; only ``enabled`` when it is off."""
    if not configuration.get("Enabled"):
        return {"enabled": False}
    return {"enabled": True, "custom_cname": configuration.get("OcspCustomCname") or ""}


def ocsp_to_api(ocsp: Mapping[str, Any]) -> dict[str, Any]:
    """Return the API's OcspConfiguration; when it is off it may hold nothing but ``Enabled``."""
    if not ocsp["enabled"]:
        return {"Enabled": False}
    cname = ocsp.get("custom_cname")
    return {"Enabled": True, "OcspCustomCname": cname} if cname else {"Enabled": True}


def _iso(moment: datetime | None) -> str | None:
    return None if moment is None else show_time(moment.timestamp())
