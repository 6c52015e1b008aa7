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
from moto.core.utils import utcnow
from moto.iam.models import get_account_id_from
from moto.sts.models import AssumedRole, sts_backends

from private_ca_emulator.errors import ServiceError
from private_ca_emulator.policy_documents import check_document
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
    """An access key that a test registered; `policies` None means that everything is allowed.

    With a secret, the signatures of its requests are verified. ValueError says what is wrong with a member.
    """

    account: str
    arn: str | None = None
    policies: list[dict[str, Any]] | None = None
    secret: str | None = None

    def __post_init__(self) -> None:
        if not _ACCOUNT.fullmatch(self.account):
            raise ValueError(f"an access key's account has twelve digits, unlike {self.account!r}")
        if not isinstance(self.policies, (list, type(None))):
            raise ValueError("an access key's policies are a list of policy documents")
        for number, document in enumerate(self.policies or [], start=1):
            try:
                check_document(document)
            except ValueError as error:
                raise ValueError(f"policy {number} of an access key cannot be used: {error}") from error


def _no_region(region: str) -> ServiceError:
    message = f"Credential should be scoped to a valid region, not '{region}'."
    return ServiceError("InvalidSignatureException", message)


class Accounts:
    """Resolves access keys: registered, twelve digits, moto's STS sessions and IAM users, or the default account."""

    def __init__(self) -> None:
        self.keys: dict[str, RegisteredKey] = {}
        self._session = botocore.session.get_session()
        self._partitions: dict[str, str] = {}
        self._regions: dict[str, list[str]] = {}

    def reset(self) -> None:
        """Forget every registered key."""
        self.keys.clear()

    def find_partition(self, region: str) -> str:
        """The partition of a region; the signature's own error for a region that does not exist."""
        if region not in self._partitions:
            try:
                self._partitions[region] = self._session.get_partition_for_region(region)
            except UnknownRegionError:
                raise _no_region(region) from None
        return self._partitions[region]

    def require_region(self, caller: Caller) -> None:
        """The same error for a Region that botocore knows to have no AWS Private CA (reference 12)."""
        if caller.partition not in self._regions:
            self._regions[caller.partition] = self._session.get_available_regions("acm-pca", caller.partition)
        if caller.region not in self._regions[caller.partition]:
            raise _no_region(caller.region)

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
        session = None if registered else _find_session(account, partition, scope.access_key)
        arn = registered.arn if registered else str(session.arn) if session else None
        return Caller(account, arn or f"arn:{partition}:iam::{account}:root", scope.access_key, scope.region, partition)

    def find_secret(self, caller: Caller) -> str | None:
        """The secret of the caller's access key, None where it is unknown; ExpiredToken for a session that is over."""
        registered = self.keys.get(caller.access_key)
        if registered is not None:
            return registered.secret
        session = _find_session(caller.account, caller.partition, caller.access_key)
        if session is None:
            return None
        if session.expiration < utcnow():
            raise ServiceError("ExpiredTokenException", "The security token included in the request is expired")
        return str(session.secret_access_key)

    def require_known(self, caller: Caller) -> None:
        """UnrecognizedClient for an access key that was neither registered nor handed out by STS."""
        session = _find_session(caller.account, caller.partition, caller.access_key)
        if caller.access_key not in self.keys and session is None:
            message = "The security token included in the request is invalid."
            raise ServiceError("UnrecognizedClientException", message)


def _find_session(account: str, partition: str, access_key: str) -> AssumedRole | None:
    if not access_key.startswith("ASIA"):
        return None
    return sts_backends[account][partition].get_assumed_role_from_access_key(access_key)
