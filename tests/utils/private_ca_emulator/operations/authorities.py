# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""CreateCertificateAuthority, Describe, List, Update, Delete and Restore (reference 1.3, 5)."""

from __future__ import annotations

from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import serialization

from private_ca_emulator import der, names, paging, revocation_configuration, tagging, tokens
from private_ca_emulator.authorization import find_authority, is_shared_with
from private_ca_emulator.caller_rights import require_rights_to_publish
from private_ca_emulator.errors import ServiceError, invalid_args, invalid_state
from private_ca_emulator.extensions import encode_nine_bit_usage
from private_ca_emulator.operations.states import refuse_while_updating
from private_ca_emulator.records import CertificateAuthority, new_authority_arn
from private_ca_emulator.service import Call, Members, PrivateCa
from private_ca_emulator.signing import choose_scheme, generate_key, require_available

_DAY = 86400
_LEVEL_2, _LEVEL_3, _CHINA = (
    "FIPS_140_2_LEVEL_2_OR_HIGHER", "FIPS_140_2_LEVEL_3_OR_HIGHER", "CCPC_LEVEL_1_OR_HIGHER",
)  # fmt: skip
_LEVEL_2_REGIONS = ("ap-southeast-3", "ap-northeast-3", "me-central-1")
_ACCESS_METHODS = {
    "CA_REPOSITORY": "1.3.6.1.5.5.7.48.5",
    "RESOURCE_PKI_MANIFEST": "1.3.6.1.5.5.7.48.10",
    "RESOURCE_PKI_NOTIFY": "1.3.6.1.5.5.7.48.13",
}


def create_certificate_authority(service: PrivateCa, call: Call) -> Members:
    """CreateCertificateAuthority: the ARN at once; the CA stays CREATING for the settings' delay."""
    digest = tokens.digest_request(call)
    absent = service.settings.deduplicate_create_without_token
    key = tokens.choose_token_key(service, call, digest, "", absent)
    with service.store.lock:
        earlier = tokens.find_earlier(service, key, digest)
    if earlier is not None:
        return {"CertificateAuthorityArn": earlier}
    caller = call.caller
    authority = build_authority(service, call, new_authority_arn(caller.partition, caller.region, caller.account))
    with service.store.change():
        earlier = tokens.find_earlier(service, key, digest)
        if earlier is None:
            check_count(service, call)
            service.store.authorities[authority.arn] = authority
            service.store.note_authority(authority)
            tokens.remember(service, key, digest, authority.arn)
    return {"CertificateAuthorityArn": earlier or authority.arn}


def check_count(service: PrivateCa, call: Call) -> None:
    """LimitExceeded where the caller's account has as many CAs as it may in its Region."""
    now = service.clock.now()
    mine = [
        authority
        for authority in service.store.authorities.values()
        if (authority.account, authority.region) == (call.caller.account, call.caller.region)
        and not authority.is_gone(now)
    ]
    if len(mine) >= service.settings.authorities_per_account:
        raise ServiceError("LimitExceededException", "The maximum number of certificate authorities has been reached.")


def build_authority(service: PrivateCa, call: Call, arn: str) -> CertificateAuthority:
    """What CreateCertificateAuthority asks for, under an ARN; what it must not ask for is refused."""
    members, caller, now = call.members, call.caller, service.clock.now()
    configuration = members["CertificateAuthorityConfiguration"]
    revocation = revocation_configuration.normalize(members.get("RevocationConfiguration"))
    standard = _choose_key_standard(members.get("KeyStorageSecurityStandard"), caller.partition, caller.region)
    tags = tagging.merge_tags({}, members.get("Tags", []))
    asked = (configuration["KeyAlgorithm"], configuration["SigningAlgorithm"])
    require_available(service.settings.unavailable_algorithms, *asked)
    generation = service.settings.region_generation
    scheme = choose_scheme(configuration["SigningAlgorithm"], configuration["KeyAlgorithm"], generation)
    subject = names.build_name(configuration["Subject"])
    extensions = _encode_csr_extensions(configuration.get("CsrExtensions", {}))
    require_rights_to_publish(service, call, revocation["CrlConfiguration"])
    service.crls.check_bucket(revocation, caller.account, arn)
    key = generate_key(configuration["KeyAlgorithm"], caller.partition)
    builder = x509.CertificateSigningRequestBuilder().subject_name(subject)
    for extension, critical in extensions:
        builder = builder.add_extension(extension, critical)
    csr = scheme.sign_with(builder, key).public_bytes(serialization.Encoding.PEM).decode()
    return CertificateAuthority(
        arn=arn,
        account=caller.account,
        region=caller.region,
        partition=caller.partition,
        kind=members["CertificateAuthorityType"],
        usage_mode=members.get("UsageMode", "GENERAL_PURPOSE"),
        key_standard=standard,
        configuration=configuration,
        revocation=revocation,
        key=key,
        csr=csr,
        created_at=now,
        ready_at=now + service.settings.creation_delay,
        changed_at=now,
        status="FAILED" if call.late_failure else "PENDING_CERTIFICATE",
        failure_reason=_name_failure(call.late_failure),
        tags=tags,
    )


def _name_failure(reason: str | None) -> str | None:
    return reason if reason in (None, "REQUEST_TIMED_OUT", "UNSUPPORTED_ALGORITHM") else "OTHER"


def _choose_key_standard(asked: str | None, partition: str, region: str) -> str:
    allowed = [_CHINA] if partition == "aws-cn" else [_LEVEL_3]
    if region in _LEVEL_2_REGIONS:
        allowed.append(_LEVEL_2)
    chosen = asked or _LEVEL_3
    if chosen not in allowed:
        raise invalid_args(
            "A certificate authority cannot be created in this region with the specified security standard."
        )
    return chosen


def _encode_csr_extensions(asked: dict[str, Any]) -> list[tuple[x509.ExtensionType, bool]]:
    extensions: list[tuple[x509.ExtensionType, bool]] = [(x509.BasicConstraints(True, None), True)]
    if "KeyUsage" in asked:
        usage = x509.UnrecognizedExtension(x509.ObjectIdentifier("2.5.29.15"), encode_nine_bit_usage(asked["KeyUsage"]))
        extensions.append((usage, True))
    if "SubjectInformationAccess" in asked:
        descriptions = b"".join(_encode_access(item) for item in asked["SubjectInformationAccess"])
        access = der.encode(der.SEQUENCE, descriptions)
        extensions.append((x509.UnrecognizedExtension(x509.ObjectIdentifier("1.3.6.1.5.5.7.1.11"), access), False))
    return extensions


def _encode_access(description: dict[str, Any]) -> bytes:
    method = description["AccessMethod"]
    if len(method) != 1:
        raise invalid_args("An AccessMethod must have either a type or an object identifier.")
    ((_choice, value),) = method.items()
    oid = names.build_object_identifier(_ACCESS_METHODS.get(value, value)).dotted_string
    location = names.encode_general_name(description["AccessLocation"])
    return der.encode(der.SEQUENCE, der.encode_object_identifier(oid) + location)


def describe(authority: CertificateAuthority, now: float) -> Members:
    """The record that Describe and List return; absent members are left out."""
    installed = authority.installed
    record = {
        "Arn": authority.arn,
        "OwnerAccount": authority.account,
        "CreatedAt": round(authority.created_at, 3),
        "LastStateChangeAt": round(authority.changed_at_by(now), 3),
        "Type": authority.kind,
        "Serial": None if installed is None else f"{installed.certificate.serial_number:032x}",
        "Status": authority.status_at(now),
        "NotBefore": None if installed is None else installed.not_before,
        "NotAfter": None if installed is None else installed.not_after,
        "FailureReason": authority.failure_reason,
        "CertificateAuthorityConfiguration": authority.configuration,
        "RevocationConfiguration": authority.revocation,
        "RestorableUntil": authority.restorable_until,
        "KeyStorageSecurityStandard": authority.key_standard,
        "UsageMode": authority.usage_mode,
    }
    return {name: value for name, value in record.items() if value is not None}


def describe_certificate_authority(service: PrivateCa, call: Call) -> Members:
    """DescribeCertificateAuthority."""
    return {"CertificateAuthority": describe(find_authority(service, call), service.clock.now())}


def list_certificate_authorities(service: PrivateCa, call: Call) -> Members:
    """ListCertificateAuthorities: own CAs, or those that other accounts share; at most 100 a page."""
    now, caller = service.clock.now(), call.caller
    own = call.members.get("ResourceOwner", "SELF") == "SELF"
    chosen = {
        (authority.created_at, authority.arn): authority
        for authority in service.store.authorities.values()
        if authority.region == caller.region
        and not authority.is_gone(now)
        and (authority.account == caller.account if own else is_shared_with(authority, caller))
    }
    page, token = paging.cut_page(call, chosen, service.settings.list_page_limit)
    return {"CertificateAuthorities": [describe(authority, now) for authority in page], **token}


def update_certificate_authority(service: PrivateCa, call: Call) -> Members:
    """UpdateCertificateAuthority: status ACTIVE or DISABLED, and the revocation configuration of new certificates."""
    authority, now = find_authority(service, call), service.clock.now()
    refuse_while_updating(service, authority)
    if authority.status_at(now) not in ("ACTIVE", "DISABLED"):
        raise invalid_state("The certificate authority must be in the ACTIVE or DISABLED state to be updated")
    wanted = call.members.get("Status", authority.status)
    if wanted not in ("ACTIVE", "DISABLED"):
        raise invalid_args(f"The status {wanted} cannot be set; a certificate authority can be ACTIVE or DISABLED.")
    if "RevocationConfiguration" in call.members:
        revocation = revocation_configuration.normalize(
            {**authority.revocation, **call.members["RevocationConfiguration"]}
        )
        if "CrlConfiguration" in call.members["RevocationConfiguration"]:
            require_rights_to_publish(service, call, revocation["CrlConfiguration"])
        service.crls.check_bucket(revocation, authority.account, authority.arn)
        authority.revocation = revocation
        service.crls.resume([authority])
    authority.settles_at = now + service.settings.update_delay
    authority.status, authority.changed_at = wanted, now
    service.store.note_authority(authority)
    return {}


def delete_certificate_authority(service: PrivateCa, call: Call) -> Members:
    """DeleteCertificateAuthority: recoverable for 7 to 30 days unless the CA was CREATING or FAILED."""
    authority, now = find_authority(service, call), service.clock.now()
    refuse_while_updating(service, authority)
    status = authority.status_at(now)
    if status in ("ACTIVE", "DELETED"):
        raise invalid_state("The certificate authority is not in a valid state for deletion.")
    lost = status in ("CREATING", "FAILED") or (
        status == "EXPIRED" and not service.settings.expired_authority_restorable
    )
    days = call.members.get("PermanentDeletionTimeInDays", 30)
    authority.status_before_deletion = authority.status
    authority.status, authority.changed_at = "DELETED", now
    authority.restorable_until = None if lost else round(now + days * _DAY, 3)
    service.store.note_authority(authority)
    return {}


def restore_certificate_authority(service: PrivateCa, call: Call) -> Members:
    """RestoreCertificateAuthority: back to the status before the deletion."""
    authority = find_authority(service, call)
    if authority.status != "DELETED":
        raise invalid_state("The certificate authority is not in a valid state for restoration.")
    authority.status, authority.restorable_until = authority.status_before_deletion, None
    authority.changed_at = service.clock.now()
    service.crls.resume([authority])
    service.store.note_authority(authority)
    return {}
