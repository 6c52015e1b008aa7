# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""RequestCertificate of a private certificate, and RenewCertificate (reference 11)."""

from __future__ import annotations

import uuid
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.x509.oid import NameOID

from private_ca_emulator import tagging
from private_ca_emulator.accounts import Caller
from private_ca_emulator.acm.records import ManagedCertificate
from private_ca_emulator.authorization import find_authority
from private_ca_emulator.errors import ServiceError, refused
from private_ca_emulator.operations.certificates import issue_for
from private_ca_emulator.records import AUTHORITY_ARN, CertificateAuthority
from private_ca_emulator.service import Call, Members, PrivateCa
from private_ca_emulator.signing import generate_key

VALIDITY_DAYS = 395
RENEWED_BEFORE = 60 * 86400
_TOKEN_WINDOW = 3600
_KEY_ALGORITHMS = ("RSA_2048", "EC_prime256v1", "EC_secp384r1")
_GRANTED = {"IssueCertificate", "GetCertificate", "ListPermissions"}
_FAILURES = {
    "LimitExceededException": "PCA_LIMIT_EXCEEDED",
    "InvalidStateException": "PCA_INVALID_STATE",
    "InvalidArgsException": "PCA_INVALID_ARGS",
    "ResourceNotFoundException": "PCA_RESOURCE_NOT_FOUND",
    "AccessDeniedException": "PCA_ACCESS_DENIED",
    "ValidationException": "PCA_INVALID_DURATION",
    "InvalidArnException": "PCA_INVALID_ARN",
}


def request_certificate(service: PrivateCa, call: Call) -> Members:
    """RequestCertificate with a CA: accepted even when the CA cannot issue; the certificate is FAILED then."""
    members, caller, now = call.members, call.caller, service.clock.now()
    token = (caller.account, caller.region, members.get("IdempotencyToken", ""), members["DomainName"])
    lapses_at, earlier = service.managed.tokens.get(token, (0.0, ""))
    if "IdempotencyToken" in members and now < lapses_at:
        return {"CertificateArn": earlier}
    managed = _build(service, call)
    issue(service, caller, managed)
    service.managed.certificates[managed.arn] = managed
    service.managed.tokens[token] = (now + _TOKEN_WINDOW, managed.arn)
    return {"CertificateArn": managed.arn}


def _build(service: PrivateCa, call: Call) -> ManagedCertificate:
    members, caller, now = call.members, call.caller, service.clock.now()
    names = list(dict.fromkeys([members["DomainName"], *members.get("SubjectAlternativeNames", [])]))
    key_algorithm = members.get("KeyAlgorithm", "RSA_2048")
    if not AUTHORITY_ARN.fullmatch(members["CertificateAuthorityArn"]):
        raise ServiceError(
            "InvalidArnException", f"{members['CertificateAuthorityArn']} is not the ARN of a private CA."
        )
    if "DomainValidationOptions" in members:
        message = "Domain validation options cannot be given for a private certificate."
        raise ServiceError("InvalidDomainValidationOptionsException", message)
    if key_algorithm not in _KEY_ALGORITHMS:
        raise ServiceError("InvalidParameterException", f"The key algorithm {key_algorithm} cannot be requested.")
    if len(members["DomainName"]) > 64:
        raise refused("The first domain name must not be longer than 64 characters.")
    if len(names) > service.settings.acm_names_per_certificate:
        message = f"A certificate can have at most {service.settings.acm_names_per_certificate} domain names."
        raise ServiceError("LimitExceededException", message)
    return ManagedCertificate(
        arn=f"arn:{caller.partition}:acm:{caller.region}:{caller.account}:certificate/{uuid.uuid4()}",
        account=caller.account,
        region=caller.region,
        kind="PRIVATE",
        domain=members["DomainName"],
        names=names,
        key_algorithm=key_algorithm,
        key=None,
        created_at=now,
        ready_at=now + service.settings.acm_issuance_delay,
        authority_arn=members["CertificateAuthorityArn"],
        export_option=members.get("Options", {}).get("Export", "DISABLED"),
        tags=tagging.merge_tags({}, members.get("Tags", [])),
    )


def issue(service: PrivateCa, caller: Caller, managed: ManagedCertificate) -> None:
    """Have the CA sign a new key; `failure` is set when it does not, and a certificate that is there stays."""
    key = generate_key(managed.key_algorithm, caller.partition)
    try:
        issued = _ask_authority(service, caller, managed, key)
    except ServiceError as error:
        managed.failure = _FAILURES.get(error.code, "OTHER")
        return
    if issued.failure is not None:
        constrained = "name constraints" in issued.failure
        managed.failure = "PCA_NAME_CONSTRAINTS_VALIDATION" if constrained else "PCA_REQUEST_FAILED"
        return
    managed.key, managed.der, managed.chain, managed.failure = key, issued.der, issued.chain, None
    managed.show_to_moto(encode_key(key))
    arn = managed.arn
    service.agenda.add(issued.not_after - RENEWED_BEFORE, lambda: _renew_when_due(service, caller, arn))


def _ask_authority(service: PrivateCa, caller: Caller, managed: ManagedCertificate, key: Any) -> Any:
    names: Members = {"CertificateAuthorityArn": managed.authority_arn}
    authority = find_authority(service, Call("IssueCertificate", caller, names))
    if not _may_issue(service, authority, caller):
        raise ServiceError("AccessDeniedException", "The private CA has not granted its permissions to ACM.")
    members = {
        **names,
        "Csr": _build_csr(managed, key),
        "SigningAlgorithm": authority.configuration["SigningAlgorithm"],
        "Validity": {"Type": "DAYS", "Value": VALIDITY_DAYS},
        "TemplateArn": f"arn:{authority.partition}:acm-pca:::template/EndEntityCertificate/V1",
    }
    asked = Call("IssueCertificate", caller, members)
    service.quotas.take(service, asked)  # ACM waits for its turn, so that it is others who are throttled
    issued = issue_for(service, asked, authority)
    issued.service_principal = "acm.amazonaws.com"
    return issued


def _may_issue(service: PrivateCa, authority: CertificateAuthority, caller: Caller) -> bool:
    """Another account issues by the resource policy, the CA's own by CreatePermission for it (reference 8.4, 8.5)."""
    if authority.account != caller.account or not service.settings.acm_needs_permission:
        return True
    own = [permission for permission in authority.permissions if permission.source_account == caller.account]
    return any(set(permission.actions) >= _GRANTED for permission in own)


def _build_csr(managed: ManagedCertificate, key: Any) -> bytes:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, managed.domain)])
    builder = x509.CertificateSigningRequestBuilder().subject_name(name)
    builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(item) for item in managed.names]), False)
    return builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


def encode_key(key: Any, encryption: serialization.KeySerializationEncryption | None = None) -> bytes:
    """PKCS#8 PEM, encrypted or not."""
    algorithm = encryption or serialization.NoEncryption()
    pem: bytes = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, algorithm)
    return pem


def is_eligible(managed: ManagedCertificate) -> bool:
    """Whether ACM renews the certificate by itself: private, and exported or in use."""
    return managed.kind == "PRIVATE" and bool(managed.der) and (managed.exported or bool(managed.list_users()))


def renew(service: PrivateCa, caller: Caller, managed: ManagedCertificate) -> None:
    """A new key and certificate under the same ARN; the old ones stay when the CA refuses."""
    issue(service, caller, managed)
    managed.renewed_at, managed.renewal_failure = service.clock.now(), managed.failure
    managed.failure = None


def _renew_when_due(service: PrivateCa, caller: Caller, arn: str) -> None:
    managed = service.managed.certificates.get(arn)
    if managed is None or not managed.der or not is_eligible(managed):
        return
    if managed.certificate.not_valid_after_utc.timestamp() - RENEWED_BEFORE <= service.clock.now():
        renew(service, caller, managed)


def renew_certificate(service: PrivateCa, call: Call) -> Members:
    """RenewCertificate: only a private certificate that was exported before."""
    managed = service.managed.find(call.members["CertificateArn"], call.caller)
    if service.clock.now() < managed.ready_at:
        raise ServiceError("RequestInProgressException", "The certificate request is in progress.")
    if managed.kind != "PRIVATE" or not managed.exported:
        raise refused("Only a private certificate that was exported can be renewed.")
    renew(service, call.caller, managed)
    return {}
