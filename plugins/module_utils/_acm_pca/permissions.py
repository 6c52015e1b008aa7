# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The permissions of service principals on a CA as a resource: fetch, create, update, delete, present, absent."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Mapping

from .._errors import InvalidInput
from .._x509.times import show_time
from .governance_api import GovernanceApi
from .outcome import Outcome

ACTIONS = ("IssueCertificate", "GetCertificate", "ListPermissions")


@dataclass(frozen=True)
class Permission:
    """A permission as the task asks for it; ``account`` is the one that the service acts for, None: the CA's own."""

    arn: str
    principal: str = "acm.amazonaws.com"
    account: str | None = None
    actions: tuple[str, ...] = ACTIONS


def desired_permission(params: Mapping[str, Any]) -> Permission:
    """Return what the module's options ask for; raise InvalidInput for what the service takes for no permission."""
    arn, account, actions = params["certificate_authority_arn"], params["source_account"], params["actions"]
    if account is not None and not re.fullmatch(r"\d{12}", account):
        raise InvalidInput(
            "Failed to understand source_account", "it is no account number", account, "Give its 12 digits, quoted"
        )
    if not actions:
        raise InvalidInput(
            "Failed to understand actions", because="there are none", remedy="Give some, or withdraw with state=absent"
        )
    return Permission(arn, params["principal"], account, tuple(actions))


@dataclass(frozen=True)
class Permissions:
    """The permissions of a CA, through ``api``."""

    api: GovernanceApi

    def fetch(self, desired: Permission) -> dict[str, Any] | None:
        """Return the facts of the principal's permission, or None."""
        owner = desired.arn.split(":")[4]
        for facts in self.select(desired.arn, desired.principal):
            if (facts["source_account"] or owner) == (desired.account or owner):
                return facts
        return None

    def select(self, arn: str, principal: str | None = None) -> list[dict[str, Any]]:
        """Return the facts of every permission on the CA, or of this principal's."""
        records = self.api.list_permissions(arn)
        return [permission_facts(arn, record) for record in records if principal in (None, record["Principal"])]

    def create(self, desired: Permission) -> None:
        """Grant the permission."""
        self.api.create_permission(desired.arn, desired.principal, desired.account, sorted(desired.actions))

    def update(self, desired: Permission) -> None:
        """Grant it anew: the service cannot change the actions of a permission."""
        self.delete(desired)
        self.create(desired)

    def delete(self, desired: Permission) -> None:
        """Withdraw the permission."""
        self.api.delete_permission(desired.arn, desired.principal, desired.account)

    def present(self, desired: Permission, check_mode: bool) -> Outcome:
        """Make the permission as desired, or in check mode tell what that takes."""
        current = self.fetch(desired)
        before = _compared(current)
        after = {"principal": desired.principal, "actions": sorted(desired.actions)}
        if before == after:
            return Outcome((), before, after, current)
        step = f"{'Grant' if current is None else 'Change'} the permission of {desired.principal}"
        if check_mode:
            return Outcome((step,), before, after, current)
        if current is None:
            self.create(desired)
        else:
            self.update(desired)
        return Outcome((step,), before, after, self.fetch(desired))

    def absent(self, desired: Permission, check_mode: bool) -> Outcome:
        """Withdraw the permission, or in check mode tell what that takes."""
        current = self.fetch(desired)
        if current is None:
            return Outcome((), None, None)
        if not check_mode:
            self.delete(desired)
        return Outcome((f"Withdraw the permission of {desired.principal}",), _compared(current), None)


def permission_facts(arn: str, record: Mapping[str, Any]) -> dict[str, Any]:
    """Return the facts of a permission from its API record."""
    return {
        "certificate_authority_arn": record.get("CertificateAuthorityArn", arn),
        "principal": record["Principal"],
        "source_account": record.get("SourceAccount"),
        "actions": sorted(record.get("Actions", [])),
        "policy": record.get("Policy"),
        "created_at": show_time(record["CreatedAt"].timestamp()) if record.get("CreatedAt") else None,
    }


def _compared(facts: Mapping[str, Any] | None) -> dict[str, Any] | None:
    return None if facts is None else {"principal": facts["principal"], "actions": facts["actions"]}
