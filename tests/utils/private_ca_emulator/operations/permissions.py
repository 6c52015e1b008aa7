# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""CreatePermission, DeletePermission, ListPermissions: the grant to ACM (reference 8.5)."""

from __future__ import annotations

import json

from private_ca_emulator import paging
from private_ca_emulator.errors import ServiceError, not_found, refused
from private_ca_emulator.operations.states import find_settled
from private_ca_emulator.records import CertificateAuthority, Permission
from private_ca_emulator.service import Call, Members, PrivateCa

ACM = "acm.amazonaws.com"


def _find(authority: CertificateAuthority, call: Call) -> Permission | None:
    account = call.members.get("SourceAccount", call.caller.account)
    for permission in authority.permissions:
        if (permission.principal, permission.source_account) == (call.members["Principal"], account):
            return permission
    return None


def create_permission(service: PrivateCa, call: Call) -> Members:
    """CreatePermission: only the ACM service principal can be given one."""
    authority = find_settled(service, call)
    if call.members["Principal"] != ACM:
        raise refused(f"The principal must be {ACM}.")
    if _find(authority, call) is not None:
        raise ServiceError("PermissionAlreadyExistsException", "The principal already has a permission on this CA.")
    if len(authority.permissions) >= service.settings.permissions_per_authority:
        raise ServiceError("LimitExceededException", "The maximum number of permissions of the CA has been reached.")
    actions = list(dict.fromkeys(call.members["Actions"]))
    account = call.members.get("SourceAccount", call.caller.account)
    authority.permissions.append(Permission(ACM, account, actions, service.clock.now()))
    service.store.note_authority(authority)
    return {}


def delete_permission(service: PrivateCa, call: Call) -> Members:
    """DeletePermission."""
    authority = find_settled(service, call)
    permission = _find(authority, call)
    if permission is None:
        raise not_found(f"{call.members['Principal']} on {authority.arn}")
    authority.permissions.remove(permission)
    service.store.note_authority(authority)
    return {}


def _describe(authority: CertificateAuthority, permission: Permission) -> Members:
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": permission.principal},
        "Action": [f"acm-pca:{action}" for action in permission.actions],
        "Resource": authority.arn,
        "Condition": {"StringEquals": {"aws:SourceAccount": permission.source_account}},
    }
    return {
        "CertificateAuthorityArn": authority.arn,
        "CreatedAt": round(permission.created_at, 3),
        "Principal": permission.principal,
        "SourceAccount": permission.source_account,
        "Actions": permission.actions,
        "Policy": json.dumps({"Version": "2012-10-17", "Statement": [statement]}),
    }


def list_permissions(service: PrivateCa, call: Call) -> Members:
    """ListPermissions."""
    authority = find_settled(service, call)
    permissions = {(one.principal, one.source_account): one for one in authority.permissions}
    page, token = paging.cut_page(call, permissions, 1000)
    return {"Permissions": [_describe(authority, permission) for permission in page], **token}
