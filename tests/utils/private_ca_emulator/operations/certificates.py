# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""IssueCertificate and GetCertificate (reference 2)."""

from __future__ import annotations

from private_ca_emulator import tokens
from private_ca_emulator.authorization import find_authority
from private_ca_emulator.certificates import to_pem
from private_ca_emulator.errors import ServiceError, invalid_state, not_found
from private_ca_emulator.issuance import Plan, plan_issuance, sign_plan
from private_ca_emulator.name_constraints import find_breach
from private_ca_emulator.records import CERTIFICATE_ARN, CertificateAuthority, IssuedCertificate
from private_ca_emulator.revocation_configuration import has_complete_crl
from private_ca_emulator.service import Call, Members, PrivateCa
from private_ca_emulator.settings import Settings


def issue_certificate(service: PrivateCa, call: Call) -> Members:
    """IssueCertificate: decide, sign at once, and show the result when the settings' delay is over."""
    authority = find_authority(service, call)
    digest = tokens.digest_request(call)
    scope = authority.arn if service.settings.token_scope == "certificate_authority" else ""
    key = tokens.choose_token_key(service, call, digest, scope, service.settings.deduplicate_issue_without_token)
    earlier = tokens.find_earlier(service, key, digest)
    if earlier is not None and not _is_token_freed(service, earlier):
        return {"CertificateArn": earlier}
    issued = issue_for(service, call, authority)
    arn = authority.certificate_arn(issued)
    tokens.remember(service, key, digest, arn)
    return {"CertificateArn": arn}


def _is_token_freed(service: PrivateCa, arn: str) -> bool:
    """Whether the issuance that a token stands for has failed, and the settings have that end its window."""
    owner, _certificate, arn_id = arn.rsplit("/", 2)
    issued = service.store.authorities[owner].certificates[arn_id]
    failed = issued.failure is not None and issued.ready_at <= service.clock.now()
    return failed and not service.settings.failed_issuance_keeps_token


def issue_for(service: PrivateCa, call: Call, authority: CertificateAuthority) -> IssuedCertificate:
    """Sign what `call` asks of a CA, whoever asks: a client, or ACM in the client's name."""
    settings, now = service.settings, service.clock.now()
    partition_id = service.crls.choose_partition(authority)
    plan = plan_issuance(authority, call.members, settings, now, partition_id)
    if authority.issued_count >= choose_limit(authority, settings):
        raise ServiceError(
            "LimitExceededException", "The certificate authority has issued the maximum number of certificates."
        )
    breach = None if plan.template.family.root else find_breach(authority, plan)
    if breach is not None and settings.name_constraints_breach == "early":
        raise ServiceError("ValidationException", breach)
    issued = _record(service, call, authority, plan, call.late_failure or plan.flaw or breach)
    issued.partition_id = partition_id
    authority.add(issued)
    service.store.note_certificate(authority, issued)
    if not plan.template.family.root:
        service.crls.note_issuance(authority, partition_id)
    return issued


def choose_limit(authority: CertificateAuthority, settings: Settings) -> int:
    """The lifetime quota of certificates: one with a complete CRL, another otherwise (reference 9)."""
    if has_complete_crl(authority):
        return settings.certificates_per_authority
    return settings.certificates_without_complete_crl


def _record(
    service: PrivateCa, call: Call, authority: CertificateAuthority, plan: Plan, failure: str | None
) -> IssuedCertificate:
    now = service.clock.now()
    root = plan.template.family.root
    return IssuedCertificate(
        arn_id=f"{plan.serial:032x}" if service.settings.pad_serial_in_arn else f"{plan.serial:x}",
        serial=plan.serial,
        der=b"" if failure else sign_plan(authority, plan),
        chain=None if root or authority.installed is None else authority.installed.full_chain,
        account=call.caller.account,
        service_principal=None,
        template=plan.template.name,
        token=call.members.get("IdempotencyToken"),
        subject=plan.subject.public_bytes(),
        not_before=plan.not_before,
        not_after=plan.not_after,
        issued_at=now,
        ready_at=now + service.settings.issuance_delay,
        failure=failure,
        self_signed=root,
        partition_id=None,
        revocation=None,
    )


def get_certificate(service: PrivateCa, call: Call) -> Members:
    """GetCertificate: in progress until the delay is over, then the certificate, or why it failed."""
    authority, now = find_authority(service, call), service.clock.now()
    arn = call.members["CertificateArn"]
    issued = _find_issued(service, authority, arn)
    if authority.status_at(now) in ("DELETED", "FAILED", "CREATING"):
        message = f"The certificate authority {authority.arn} is not in the correct state to have issued certificates."
        raise invalid_state(message)
    if issued is None:
        raise not_found(arn, service.settings.unknown_arn_error)
    if now < issued.ready_at:
        message = f"The request to issue certificate {arn} is still in progress. Try again later."
        raise ServiceError("RequestInProgressException", message)
    if issued.failure is not None:
        raise ServiceError("RequestFailedException", f"The request to issue certificate {arn} failed: {issued.failure}")
    reply = {"Certificate": to_pem(issued.der)}
    if issued.chain:
        reply["CertificateChain"] = issued.chain
    return reply


def _find_issued(service: PrivateCa, authority: CertificateAuthority, arn: str) -> IssuedCertificate | None:
    found = CERTIFICATE_ARN.fullmatch(arn)
    if not found:
        raise ServiceError(
            service.settings.foreign_kind_of_arn_error, f"The ARN {arn} is not the ARN of a certificate."
        )
    if not arn.startswith(authority.arn + "/"):
        message = f"The certificate {arn} was not issued by the certificate authority {authority.arn}."
        raise ServiceError(service.settings.foreign_certificate_arn_error, message)
    return authority.certificates.get(found.group(4))
