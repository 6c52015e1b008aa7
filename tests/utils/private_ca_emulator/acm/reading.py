# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""DescribeCertificate, GetCertificate, ExportCertificate, ListCertificates and tags (reference 11.1)."""

from __future__ import annotations

from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.x509.oid import NameOID
from moto.acm.models import acm_backends

from private_ca_emulator import paging, tagging
from private_ca_emulator.acm.records import ManagedCertificate
from private_ca_emulator.acm.requesting import encode_key, is_eligible
from private_ca_emulator.errors import ServiceError, refused
from private_ca_emulator.service import Call, Members, PrivateCa
from private_ca_emulator.templates import KEY_USAGES

_USAGE_NAMES = dict(
    zip(
        KEY_USAGES,
        (
            "DIGITAL_SIGNATURE", "NON_REPUDIATION", "KEY_ENCIPHERMENT", "DATA_ENCIPHERMENT", "KEY_AGREEMENT",
            "CERTIFICATE_SIGNING", "CRL_SIGNING", "ENCIPHER_ONLY", "DECIPHER_ONLY",
        ),
        strict=True,
    )
)  # fmt: skip
_PURPOSE_NAMES = {
    "1.3.6.1.5.5.7.3.1": "TLS_WEB_SERVER_AUTHENTICATION",
    "1.3.6.1.5.5.7.3.2": "TLS_WEB_CLIENT_AUTHENTICATION",
    "1.3.6.1.5.5.7.3.3": "CODE_SIGNING",
    "1.3.6.1.5.5.7.3.4": "EMAIL_PROTECTION",
    "1.3.6.1.5.5.7.3.8": "TIME_STAMPING",
    "1.3.6.1.5.5.7.3.9": "OCSP_SIGNING",
}
_DEFAULT_KEY_TYPES = ["RSA_2048"]


def _common_name(name: x509.Name) -> str:
    found = name.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(found[0].value) if found else name.rfc4514_string()


def describe_usages(certificate: x509.Certificate) -> Members:
    """`KeyUsages` and `ExtendedKeyUsages` of a CertificateDetail."""
    described: Members = {"KeyUsages": [], "ExtendedKeyUsages": []}
    for extension in certificate.extensions:
        if isinstance(extension.value, x509.KeyUsage):
            usage = extension.value
            names = KEY_USAGES if usage.key_agreement else KEY_USAGES[:7]
            described["KeyUsages"] = [{"Name": _USAGE_NAMES[name]} for name in names if getattr(usage, name)]
        if isinstance(extension.value, x509.ExtendedKeyUsage):
            purposes = [item.dotted_string for item in extension.value]
            described["ExtendedKeyUsages"] = [
                {"Name": _PURPOSE_NAMES.get(purpose, "CUSTOM"), "OID": purpose} for purpose in purposes
            ]
    return described


def _describe_issued(managed: ManagedCertificate) -> Members:
    certificate = managed.certificate
    signature = (certificate.signature_algorithm_oid._name or "").upper().replace("ENCRYPTION", "")
    return {
        "Serial": certificate.serial_number.to_bytes(max(16, (certificate.serial_number.bit_length() + 7) // 8)).hex(
            ":"
        ),
        "Subject": certificate.subject.rfc4514_string(),
        "Issuer": _common_name(certificate.issuer),
        "NotBefore": certificate.not_valid_before_utc.timestamp(),
        "NotAfter": certificate.not_valid_after_utc.timestamp(),
        "SignatureAlgorithm": signature.replace("ECDSA-WITH-", "") + "WITHECDSA" if "ECDSA" in signature else signature,
        **describe_usages(certificate),
    }


def _describe_renewal(managed: ManagedCertificate) -> Members:
    if managed.renewed_at is None:
        return {}
    summary = {
        "RenewalStatus": "FAILED" if managed.renewal_failure else "SUCCESS",
        "DomainValidationOptions": [{"DomainName": name} for name in managed.names],
        "RenewalStatusReason": managed.renewal_failure,
        "UpdatedAt": managed.renewed_at,
    }
    return {"RenewalSummary": {name: value for name, value in summary.items() if value is not None}}


def describe(managed: ManagedCertificate, now: float) -> Members:
    """A CertificateDetail."""
    status = managed.status_at(now)
    settled = status in ("ISSUED", "EXPIRED")
    record = {
        "CertificateArn": managed.arn,
        "DomainName": managed.domain or None,
        "SubjectAlternativeNames": managed.names or None,
        "ImportedAt" if managed.kind == "IMPORTED" else "CreatedAt": managed.created_at,
        "IssuedAt": managed.ready_at if settled and managed.kind == "PRIVATE" else None,
        "Status": status,
        "KeyAlgorithm": managed.key_algorithm,
        "InUseBy": managed.list_users(),
        "FailureReason": managed.failure if status == "FAILED" else None,
        "Type": managed.kind,
        "CertificateAuthorityArn": managed.authority_arn,
        "RenewalEligibility": "ELIGIBLE" if is_eligible(managed) else "INELIGIBLE",
        "Options": {
            "CertificateTransparencyLoggingPreference": "DISABLED",
            "Export": managed.export_option,
        },
        **(_describe_issued(managed) if settled else {}),
        **_describe_renewal(managed),
    }
    return {name: value for name, value in record.items() if value is not None}


def describe_certificate(service: PrivateCa, call: Call) -> Members:
    """DescribeCertificate."""
    managed = service.managed.find(call.members["CertificateArn"], call.caller)
    return {"Certificate": describe(managed, service.clock.now())}


def _require_issued(managed: ManagedCertificate, now: float) -> None:
    status = managed.status_at(now)
    if status == "PENDING_VALIDATION":
        raise ServiceError("RequestInProgressException", "The certificate request is in progress.")
    if status == "FAILED":
        raise refused(f"The certificate {managed.arn} has failed: {managed.failure}")


def get_certificate(service: PrivateCa, call: Call) -> Members:
    """GetCertificate: the certificate and its chain."""
    managed = service.managed.find(call.members["CertificateArn"], call.caller)
    _require_issued(managed, service.clock.now())
    return {"Certificate": managed.pem, **({"CertificateChain": managed.chain} if managed.chain else {})}


def export_certificate(service: PrivateCa, call: Call) -> Members:
    """ExportCertificate: certificate, chain, and the key as encrypted PKCS#8."""
    managed, passphrase = service.managed.find(call.members["CertificateArn"], call.caller), call.members["Passphrase"]
    if not passphrase.isascii() or set(passphrase) & set(b"#$%"):
        raise refused("The passphrase must be ASCII and must not contain #, $ or %.")
    if managed.kind != "PRIVATE":
        raise refused(f"Certificate ARN: {managed.arn} is not a private certificate")
    _require_issued(managed, service.clock.now())
    managed.exported = True
    encryption = serialization.BestAvailableEncryption(passphrase)
    return {
        "Certificate": managed.pem + "\n",
        **({"CertificateChain": managed.chain} if managed.chain else {}),
        "PrivateKey": encode_key(managed.key, encryption).decode(),
    }


def _summarize(detail: Members, exported: bool) -> Members:
    """A CertificateSummary from a CertificateDetail."""
    same = (
        "CertificateArn", "DomainName", "Status", "Type", "KeyAlgorithm", "RenewalEligibility", "NotBefore", "NotAfter",
        "CreatedAt", "IssuedAt", "ImportedAt",
    )  # fmt: skip
    return {
        **{name: detail[name] for name in same if name in detail},
        "SubjectAlternativeNameSummaries": detail["SubjectAlternativeNames"],
        "HasAdditionalSubjectAlternativeNames": False,
        "KeyUsages": [item["Name"] for item in detail.get("KeyUsages", [])],
        "ExtendedKeyUsages": [item["Name"] for item in detail.get("ExtendedKeyUsages", [])],
        "ExportOption": detail["Options"]["Export"],
        "InUse": bool(detail["InUseBy"]),
        "Exported": exported,
    }


def _collect(service: PrivateCa, call: Call) -> list[Members]:
    """Summaries of the caller's certificates, those that moto holds (public ones) included."""
    now, caller = service.clock.now(), call.caller
    own = [
        _summarize(describe(managed, now), managed.exported)
        for managed in service.managed.certificates.values()
        if (managed.account, managed.region) == (caller.account, caller.region)
    ]
    bundles: list[Any] = list(acm_backends[caller.account][caller.region]._certificates.values())
    public = [bundle.describe()["Certificate"] for bundle in bundles if bundle.type == "AMAZON_ISSUED"]
    return own + [_summarize(detail, False) for detail in public]


def list_certificates(service: PrivateCa, call: Call) -> Members:
    """ListCertificates: RSA_2048 alone unless key types are asked for."""
    members = call.members
    includes, statuses = members.get("Includes", {}), members.get("CertificateStatuses", [])
    wanted = includes.get("keyTypes") or _DEFAULT_KEY_TYPES
    chosen = {
        (summary["CreatedAt" if "CreatedAt" in summary else "ImportedAt"], summary["CertificateArn"]): summary
        for summary in _collect(service, call)
        if summary["KeyAlgorithm"] in wanted
        and (not statuses or summary["Status"] in statuses)
        and set(includes.get("keyUsage", [])) <= set(summary["KeyUsages"])
        and set(includes.get("extendedKeyUsage", [])) <= set(summary["ExtendedKeyUsages"])
        and includes.get("exportOption") in (None, summary["ExportOption"])
    }
    descending = members.get("SortOrder") == "DESCENDING"
    page, token = paging.cut_page(call, chosen, 1000, "ValidationException", descending=descending)
    return {"CertificateSummaryList": page, **token}


def add_tags(service: PrivateCa, call: Call) -> Members:
    """AddTagsToCertificate."""
    managed = service.managed.find(call.members["CertificateArn"], call.caller)
    managed.tags = tagging.merge_tags(managed.tags, call.members["Tags"])
    return {}


def remove_tags(service: PrivateCa, call: Call) -> Members:
    """RemoveTagsFromCertificate."""
    managed = service.managed.find(call.members["CertificateArn"], call.caller)
    managed.tags = tagging.remove_tags(managed.tags, call.members["Tags"])
    return {}


def list_tags(service: PrivateCa, call: Call) -> Members:
    """ListTagsForCertificate."""
    managed = service.managed.find(call.members["CertificateArn"], call.caller)
    tags = [{"Key": key, "Value": value} for key, value in managed.tags.items()]
    return {"Tags": tags} if tags else {}
