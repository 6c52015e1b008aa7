# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The resource policy of a CA as a resource: fetch, create, update, delete, present, absent."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Mapping

from ansible_collections.amazon.aws.plugins.module_utils.policy import compare_policies

from .._errors import AuthorityUnusable, InvalidInput
from .governance_api import GovernanceApi
from .outcome import Outcome


@dataclass(frozen=True)
class Policies:
    """The resource policies of CAs, through ``api``."""

    api: GovernanceApi

    def fetch(self, arn: str) -> dict[str, Any] | None:
        """Return the CA's policy, or None when it has none; a CA that does not exist is an error."""
        try:
            return read_policy(self.api.get_policy(arn))
        except AuthorityUnusable as error:
            if error.details.get("code") != "ResourceNotFoundException" or "policy" not in str(error.because).lower():
                raise
            return None

    def create(self, arn: str, policy: Mapping[str, Any]) -> None:
        """Set the CA's policy."""
        self.api.put_policy(arn, json.dumps(policy, sort_keys=True))

    update = create

    def delete(self, arn: str) -> None:
        """Delete the CA's policy."""
        self.api.delete_policy(arn)

    def present(self, arn: str, policy: Mapping[str, Any], check_mode: bool) -> Outcome:
        """Make the policy mean what is desired, or in check mode tell what that takes."""
        current = self.fetch(arn)
        if current is not None and not compare_policies(current, dict(policy)):
            return Outcome((), current, current, current)
        if check_mode:
            return Outcome((_sentence(current),), current, policy, policy)
        if current is None:
            self.create(arn, policy)
        else:
            self.update(arn, policy)
        return Outcome((_sentence(current),), current, policy, self.fetch(arn))

    def absent(self, arn: str, check_mode: bool) -> Outcome:
        """Delete the policy, or in check mode tell what that takes."""
        current = self.fetch(arn)
        if current is None:
            return Outcome((), None, None)
        if not check_mode:
            self.delete(arn)
        return Outcome(("Delete the resource policy",), current, None)


def read_policy(text: str) -> dict[str, Any]:
    """Return the policy in a JSON text; raise InvalidInput when it is none."""
    try:
        policy = json.loads(text)
    except ValueError as error:
        raise InvalidInput(
            "Failed to read the policy", because=f"it is no JSON: {error}", remedy="Give it as JSON"
        ) from error
    if not isinstance(policy, dict) or "Statement" not in policy:
        raise InvalidInput("Failed to read the policy", because="it has no Statement", remedy="Give a policy document")
    return policy


def _sentence(current: Mapping[str, Any] | None) -> str:
    return "Put the resource policy" if current is None else "Replace the resource policy"
