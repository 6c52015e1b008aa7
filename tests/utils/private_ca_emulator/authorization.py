# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which CA a request is about, and whether the caller may do that to it (reference 8.4)."""

from __future__ import annotations

from private_ca_emulator.accounts import Caller
from private_ca_emulator.errors import ServiceError, not_found
from private_ca_emulator.records import AUTHORITY_ARN, CertificateAuthority
from private_ca_emulator.service import Call, PrivateCa


def find_authority(service: PrivateCa, call: Call) -> CertificateAuthority:
    """The CA that the request names; InvalidArn, ResourceNotFound or AccessDenied otherwise."""
    arn = call.members.get("CertificateAuthorityArn") or call.members["ResourceArn"]
    found = AUTHORITY_ARN.fullmatch(arn)
    if not found:
        code = service.settings.foreign_kind_of_arn_error
        raise ServiceError(code, f"The ARN {arn} is not the ARN of a certificate authority.")
    if found.group(2) != call.caller.account:
        raise deny(call, arn)
    authority = service.store.authorities.get(arn)
    if authority is None or authority.region != call.caller.region or authority.is_gone(service.clock.now()):
        raise not_found(arn)
    return authority


def deny(call: Call, resource: str, why: str = "no resource-based policy allows") -> ServiceError:
    """The refusal in the service's words; it never names the template (reference 8.4)."""
    action = f"acm-pca:{call.operation}"
    message = (
        f"User: {call.caller.arn} is not authorized to perform: {action} on resource: {resource} "
        f"because {why} the {action} action"
    )
    return ServiceError("AccessDeniedException", message)


def is_shared_with(authority: CertificateAuthority, caller: Caller) -> bool:
    """Whether another account's CA is shared with the caller."""
    return False
