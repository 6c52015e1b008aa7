# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who calls: account, principal and partition from the access key and the region of the signature."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import botocore.session
from botocore.exceptions import UnknownRegionError
from moto.iam.models import get_account_id_from
from moto.sts.models import sts_backends

from private_ca_emulator.errors import ServiceError
from private_ca_emulator.protocol import CredentialScope

_ACCOUNT = re.compile(r"\d{12}")


@dataclass(frozen=True)
class Caller:
    """The identity behind one request."""

    account: str
    arn: str
    access_key: str
    region: str
    partition: str


@dataclass
class RegisteredKey:
    """An access key that a test registered; `policies` None means that everything is allowed."""

    account: str
    arn: str | None = None
    policies: list[dict[str, Any]] | None = None


class Accounts:
    """Resolves access keys: registered, twelve digits, moto's STS sessions and IAM users, or the default account."""

    def __init__(self) -> None:
        self.keys: dict[str, RegisteredKey] = {}
        self._session = botocore.session.get_session()
        self._partitions: dict[str, str] = {}

    def reset(self) -> None:
        """Forget every registered key."""
        self.keys.clear()

    def find_partition(self, region: str) -> str:
        """The partition of a region; the signature's own error for a region that does not exist."""
        if region not in self._partitions:
            try:
                self._partitions[region] = self._session.get_partition_for_region(region)
            except UnknownRegionError:
                message = f"Credential should be scoped to a valid region, not '{region}'."
                raise ServiceError("InvalidSignatureException", message) from None
        return self._partitions[region]

    def names_account(self, access_key: str) -> bool:
        """Whether the access key itself tells the account, so that moto need not be asked."""
        return access_key in self.keys or _ACCOUNT.fullmatch(access_key) is not None

    def find_account(self, access_key: str) -> str:
        """The account of an access key."""
        if access_key in self.keys:
            return self.keys[access_key].account
        if _ACCOUNT.fullmatch(access_key):
            return access_key
        return str(get_account_id_from(access_key))

    def identify(self, scope: CredentialScope) -> Caller:
        """The caller behind a signature."""
        partition = self.find_partition(scope.region)
        account = self.find_account(scope.access_key)
        registered = self.keys.get(scope.access_key)
        arn = registered.arn if registered else _find_session_arn(account, partition, scope.access_key)
        return Caller(account, arn or f"arn:{partition}:iam::{account}:root", scope.access_key, scope.region, partition)


def _find_session_arn(account: str, partition: str, access_key: str) -> str | None:
    if not access_key.startswith("ASIA"):
        return None
    role = sts_backends[account][partition].get_assumed_role_from_access_key(access_key)
    return str(role.arn) if role else None
