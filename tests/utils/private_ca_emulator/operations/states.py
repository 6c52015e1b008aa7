# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The statuses in which a CA takes an operation, where several operations share the rule (reference 5.2)."""

from __future__ import annotations

from private_ca_emulator.authorization import find_authority
from private_ca_emulator.errors import ServiceError, invalid_state
from private_ca_emulator.records import CertificateAuthority
from private_ca_emulator.service import Call, PrivateCa

_UNSETTLED = ("CREATING", "FAILED", "DELETED")


def find_settled(service: PrivateCa, call: Call) -> CertificateAuthority:
    """The CA in any status but CREATING, FAILED and DELETED, as tags, permissions and policies need it."""
    authority = find_authority(service, call)
    refuse_failed(service, call, authority)
    status = authority.status_at(service.clock.now())
    if status in _UNSETTLED:
        raise invalid_state(f"The certificate authority {authority.arn} is in the state {status}.")
    return authority


def refuse_failed(service: PrivateCa, call: Call, authority: CertificateAuthority) -> None:
    """RequestFailed for a CA whose creation failed, where the settings say so and the operation declares it."""
    if service.settings.failed_authority_error != "RequestFailedException":
        return
    declared = [shape.name for shape in service.validator.operations[call.operation].error_shapes]
    if authority.status == "FAILED" and "RequestFailedException" in declared:
        message = f"The creation of the certificate authority {authority.arn} failed: {authority.failure_reason}."
        raise ServiceError("RequestFailedException", message)


def refuse_while_updating(service: PrivateCa, authority: CertificateAuthority) -> None:
    """ConcurrentModification until the last update of the CA has settled (`update_delay`)."""
    if service.clock.now() < authority.settles_at:
        message = "A previous update to your private CA is still ongoing."
        raise ServiceError("ConcurrentModificationException", message)
