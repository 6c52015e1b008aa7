# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""RevokeCertificate (reference 6.1)."""

from __future__ import annotations

import re

from private_ca_emulator.authorization import find_authority
from private_ca_emulator.caller_rights import require_rights_to_list
from private_ca_emulator.errors import ServiceError, invalid_state
from private_ca_emulator.operations.states import refuse_while_updating
from private_ca_emulator.records import CertificateAuthority, IssuedCertificate, Revocation
from private_ca_emulator.revocation_configuration import has_complete_crl
from private_ca_emulator.service import Call, Members, PrivateCa

_SERIAL = re.compile("[0-9a-fA-F]+(:[0-9a-fA-F]+)*")


def revoke_certificate(service: PrivateCa, call: Call) -> Members:
    """RevokeCertificate: final at once for a second call; CRL and OCSP follow on the emulator's clock."""
    authority, now = find_authority(service, call), service.clock.now()
    if authority.status_at(now) not in ("ACTIVE", "DISABLED"):
        raise invalid_state("The certificate authority is not in a valid state for revoking certificates.")
    refuse_while_updating(service, authority)
    serial = _parse_serial(call.members["CertificateSerial"], service)
    issued = _find_revocable(service, authority, serial)
    if issued.revocation is not None:
        if now < issued.revocation.at + service.settings.revocation_delay:
            raise ServiceError("RequestInProgressException", "The revocation of the certificate is in progress.")
        raise ServiceError("RequestAlreadyProcessedException", "The certificate is already revoked.")
    if has_complete_crl(authority) and authority.revoked_count >= service.settings.revocations_per_authority:
        raise ServiceError("LimitExceededException", "The maximum number of revoked certificates has been reached.")
    require_rights_to_list(service, call, authority.revocation["CrlConfiguration"])
    if not service.crls.can_write(authority):
        message = "The CRL bucket of the certificate authority cannot be written. Check your S3 bucket permissions."
        raise ServiceError("RequestFailedException", message)
    issued.revocation = Revocation(now, call.members["RevocationReason"])
    authority.revoked_count += 1
    service.store.note_certificate(authority, issued)
    service.store.note_authority(authority)
    service.crls.note_revocation(authority, issued)
    return {}


def _parse_serial(text: str, service: PrivateCa) -> int:
    hexadecimal = text.replace(" ", "")
    upper_refused = not service.settings.uppercase_serial_accepted and hexadecimal != hexadecimal.lower()
    if upper_refused or not _SERIAL.fullmatch(hexadecimal):
        message = f"The certificate serial '{text}' is not a hexadecimal number."
        raise ServiceError(service.settings.malformed_serial_error, message)
    return int(hexadecimal.replace(":", ""), 16)


def _find_revocable(service: PrivateCa, authority: CertificateAuthority, serial: int) -> IssuedCertificate:
    now = service.clock.now()
    issued = authority.by_serial.get(serial)
    if issued is None or issued.failure is not None:
        message = f"The certificate with serial {serial:x} was not issued by {authority.arn}."
        raise ServiceError(service.settings.revoke_unknown_serial_error, message)
    if issued.self_signed:
        raise ServiceError("InvalidRequestException", "Self-signed certificate can not be revoked")
    if now < issued.ready_at:
        raise ServiceError("RequestInProgressException", "The certificate is still being issued.")
    if issued.not_after < now:
        raise ServiceError(service.settings.revoke_expired_error, "An expired certificate cannot be revoked.")
    return issued
