# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Private certificates of ACM as a resource: fetch, create, update, delete, present, absent."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any, Callable, Mapping

from .._acm_pca.governance_api import GovernanceApi
from .._acm_pca.outcome import Outcome
from .._acm_pca.polling import Polling
from .._errors import AccessDenied, ServiceError
from .api import KEY_ALGORITHMS, CertificateManagerApi
from .plan import (
    ACTIONS,
    LIVING,
    LOST,
    DesiredCertificate,
    certificate_facts,
    compared,
    creation_request,
    is_due,
    is_issued,
    is_wanted,
    plan_presence,
    predict,
    request_token,
    require_only,
    require_passphrase,
    require_renewal_within_life,
    require_unused,
    require_usable_authority,
)

ARGUMENTS: dict[str, Any] = {
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "certificate_arn": {"type": "str", "aliases": ["arn"]},
    "domain_name": {"type": "str"},
    "subject_alternative_names": {"type": "list", "elements": "str", "default": []},
    "certificate_authority_arn": {"type": "str"},
    "key_algorithm": {"type": "str", "choices": list(KEY_ALGORITHMS), "default": "RSA_2048", "no_log": False},
    "renew_before": {"type": "str"},
    "export_passphrase": {"type": "str", "no_log": True},
    "tags": {"type": "dict", "aliases": ["resource_tags"]},
    "purge_tags": {"type": "bool", "default": True},
    "wait_timeout": {"type": "int", "default": 300},
}
_UNKNOWN_SECONDS = 60.0
"""After these an ARN that ACM gave is that of a deleted certificate: a new one shows after several."""


class PrivateCertificates:
    """The private certificates of an account, through ``api``; their CAs through what ``connect_authorities`` returns.

    ``identify`` returns the account's number. In another account than the CA's, ACM acts by a role of its own and
    needs no permission. Without ``with_tags`` no certificate's tags are read.
    """

    def __init__(
        self,
        api: CertificateManagerApi,
        connect_authorities: Callable[[], GovernanceApi],
        identify: Callable[[], str],
        polling: Polling,
        with_tags: bool = True,
    ) -> None:
        self.api = api
        self.connect_authorities = connect_authorities
        self.identify = identify
        self.polling = polling
        self.with_tags = with_tags

    def fetch(self, desired: DesiredCertificate) -> dict[str, Any] | None:
        """Return the facts of the certificate with the ARN, or with the names, CA and key that are asked, or None."""
        return max(self._find(desired), key=lambda facts: str(facts["not_after"]), default=None)

    def create(self, desired: DesiredCertificate) -> str:
        """Request the certificate, wait until it is issued, and return its ARN.

        For an hour ACM answers an equal request with the ARN of the first, also where that certificate was deleted
        since. So an ARN that stays unknown is taken for a deleted one, and is no repetition of it asked for.
        """
        request, names, clock = creation_request(desired), desired.all_names, self.polling.clock
        failed = [facts["arn"] for facts in self._alike(desired, LOST)]
        asked: list[tuple[str, float]] = []

        def ask() -> None:
            token = request_token(desired, [*failed, *(arn for arn, _since in asked)])
            asked.append((self.api.request_certificate(names[0], request, token), clock.monotonic()))

        def issued() -> str | None:
            arn, since = asked[-1]
            facts = self.read(arn)
            if facts is None and clock.monotonic() - since >= _UNKNOWN_SECONDS:
                ask()
            return arn if facts is not None and is_issued(facts) else None

        ask()
        return self.polling.until(issued, "Failed to wait for the certificate", lambda: asked[-1][0])

    def update(self, current: Mapping[str, Any], steps: Any) -> None:
        """Carry out the steps of a plan on an existing certificate."""
        arn = current["arn"]
        for step in steps:
            if step.kind == "renew":
                self.api.renew_certificate(arn)
                self.wait_for(arn, unlike=current["serial"])
            elif step.kind == "tag":
                self.api.add_tags(arn, step.argument)
            else:
                self.api.remove_tags(arn, step.argument)

    def delete(self, arn: str) -> None:
        """Delete the certificate."""
        self.api.delete_certificate(arn)

    def present(self, desired: DesiredCertificate, check_mode: bool) -> Outcome:
        """Make the certificate as desired, and wait until it is issued; in check mode tell what that takes."""
        now = self._now()
        current = self.fetch(desired)
        steps = plan_presence(desired, current, now)
        if current is None:
            self.require_authority(str(desired.authority_arn))
        before = None if current is None else compared(current, is_due(desired, current, now))
        after, sentences = predict(desired, current, steps), tuple(step.sentence for step in steps)
        if check_mode:
            return Outcome(sentences, before, after, current)
        if current is None:
            return Outcome(sentences, before, after, self._shown(self.create(desired)))
        self.wait_for(current["arn"])
        self.update(current, steps)
        return Outcome(sentences, before, after, self._shown(current["arn"]))

    def absent(self, desired: DesiredCertificate, check_mode: bool) -> Outcome:
        """Delete the certificate, or in check mode tell what that takes."""
        found = self._find(desired)
        if not found:
            return Outcome((), None, None)
        current = require_only(found)
        require_unused(current)
        if not check_mode:
            self.delete(current["arn"])
        return Outcome((f"Delete the certificate {current['arn']}",), compared(current, False), None)

    def read(self, arn: str) -> dict[str, Any] | None:
        """Return the facts of a certificate by its ARN, None when ACM has no such certificate."""
        try:
            record = self.api.describe_certificate(arn)
            return certificate_facts(record, self.api.list_tags(arn) if self.with_tags else {})
        except ServiceError as error:
            if error.details.get("code") == "ResourceNotFoundException":
                return None
            raise

    def _find(self, desired: DesiredCertificate) -> list[dict[str, Any]]:
        if desired.arn is None:
            return self._alike(desired, LIVING)
        facts = self.read(desired.arn)
        return [] if facts is None else [facts]

    def _alike(self, desired: DesiredCertificate, statuses: tuple[str, ...]) -> list[dict[str, Any]]:
        if not desired.all_names:
            return []
        summaries = self.api.list_certificates(statuses)
        candidates = [one for one in summaries if str(one.get("DomainName")).lower() == desired.all_names[0]]
        read = [self.read(one["CertificateArn"]) for one in candidates]
        return [facts for facts in read if facts is not None and is_wanted(facts, desired)]

    def wait_for(self, arn: str, unlike: str | None = None) -> None:
        """Wait until it is issued, with another serial than ``unlike``; ACM's own waiter is for public ones only."""

        def issued() -> dict[str, Any] | None:
            facts = self.read(arn)
            return facts if facts is not None and is_issued(facts) and facts["serial"] != unlike else None

        self.polling.until(issued, "Failed to wait for the certificate", arn)

    def require_authority(self, arn: str) -> None:
        """Refuse a CA that ACM cannot use, as far as this identity may look."""
        authorities = self.connect_authorities()
        try:
            authority = authorities.describe_certificate_authority(arn)
            permissions = authorities.list_permissions(arn)
        except AccessDenied:
            return
        granted = [one for one in permissions if one["Principal"] == "acm.amazonaws.com"]
        permitted = {str(action) for one in granted for action in one["Actions"]}
        needed = ACTIONS if self.identify() == arn.split(":")[4] else frozenset()
        require_usable_authority(authority, needed - permitted, self._now())

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self.polling.clock.now(), tz=timezone.utc)

    def _shown(self, arn: str) -> dict[str, Any]:
        certificate, chain = self.api.get_certificate(arn)
        facts = certificate_facts(self.api.describe_certificate(arn), self.api.list_tags(arn))
        return {**facts, "certificate": certificate, "certificate_chain": chain}


def desired_certificate(params: Mapping[str, Any]) -> DesiredCertificate:
    """Return what the module's options ask for; raise InvalidInput for what AWS would refuse only after a request."""
    if params["renew_before"] is not None:
        require_renewal_within_life(params["renew_before"])
    if params["export_passphrase"] is not None:
        require_passphrase(params["export_passphrase"])
    tags = params["tags"]
    return DesiredCertificate(
        arn=params["certificate_arn"],
        domain_name=params["domain_name"],
        names=tuple(params["subject_alternative_names"]),
        authority_arn=params["certificate_authority_arn"],
        key_algorithm=params["key_algorithm"],
        tags=None if tags is None else {str(key): str(value) for key, value in tags.items()},
        purge_tags=params["purge_tags"],
        renew_before=params["renew_before"],
    )
