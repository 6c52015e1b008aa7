# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Certificate authorities as a resource: fetch, create, update, delete, present, absent."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from typing import Any, Callable, Mapping, Sequence

from .._errors import AuthorityUnusable, InvalidInput, ServiceError
from .authority_activation import (
    install_certificate,
    path_length_of,
    same_certificate,
    settle_by_parent,
    sign_certificate,
)
from .authority_api import AuthorityApi, tag_list
from .authority_facts import authority_facts, crl_to_api, csr_extensions_to_api, ocsp_to_api, subject_to_api
from .authority_lookup import Gathered, alike, find_by_arn, find_by_name, gather
from .authority_plan import DesiredAuthority, Plan, Step, desired_tags, plan_absence, plan_presence
from .authority_renewal import certificate_due, refuse_futile_renewal
from .outcome import Outcome
from .polling import Polling

_PERMISSIONS_SECONDS = 60.0  # how long a new bucket policy may take to be seen by the service


class Authorities:
    """CAs as they are and as they are to be, through ``api``; ``polling`` bounds every wait.

    ``parent`` reaches the parent CA, which may be in another region; without it, a CA signs its own certificate.
    """

    def __init__(self, api: AuthorityApi, polling: Polling, parent: AuthorityApi | None = None) -> None:
        self.api = api
        self.issuer = parent or api
        self.polling = polling
        self._ended: Sequence[Mapping[str, Any]] = ()

    def fetch(self, desired: DesiredAuthority) -> Gathered | None:
        """Return the CA that the task means, once its creation is done, or None."""
        if desired.arn is not None:
            found = find_by_arn(self.api, desired.arn)
        else:
            found, self._ended = find_by_name(self.api, str(desired.name))
            if found is None and desired.restore:
                found = self._find_deleted(desired)
        if found is not None and found.facts["status"] == "CREATING":
            found = gather(self.api, self._wait_for_creation(found.facts["arn"]))
        if found is not None and desired_tags(desired) is not None and "ListTags" in found.denied:
            raise found.denied["ListTags"]
        comparing, given = "GetCertificateAuthorityCertificate", desired.activation
        if found is not None and (given.certificate or given.parent_arn) and comparing in found.denied:
            raise found.denied[comparing]
        return found

    def create(self, desired: DesiredAuthority, facts: Mapping[str, Any]) -> str:
        """Create the CA with these facts, wait until its key is there, and return its ARN."""
        request = creation_request(desired, facts)
        token = creation_token(request, self._alike(desired))

        def ask() -> str | None:
            try:
                return self.api.create_certificate_authority(str(desired.name), request, token)
            except ServiceError as error:
                if "Check your S3 bucket permissions" not in error.sentence():
                    raise
                refused.append(error)
                return None

        refused: list[ServiceError] = []
        arn = ask()
        if arn is None:
            arn = self._ask_again(ask, refused)
        made = self._wait_for_creation(arn)
        if made["Status"] == "FAILED":
            raise AuthorityUnusable(
                "Failed to create the certificate authority",
                because=f"the service gave up ({made.get('FailureReason')})",
                on=arn,
                remedy="Delete it with state=absent and its certificate_authority_arn, and create it again",
            )
        return arn

    def update(self, arn: str, desired: DesiredAuthority, steps: Sequence[Step]) -> None:
        """Carry out the steps of a plan on an existing CA, in order."""
        carry_out: dict[str, Callable[[Any], None]] = {
            "restore": lambda _: self.api.restore_certificate_authority(arn),
            "enable": lambda _: self.api.update_certificate_authority(arn, Status="ACTIVE"),
            "sign": lambda _: self._sign(arn, desired),
            "import": lambda _: self._import(arn, desired),
            "update_revocation": lambda new: self.api.update_certificate_authority(arn, RevocationConfiguration=new),
            "disable": lambda _: self.api.update_certificate_authority(arn, Status="DISABLED"),
            "untag": lambda keys: self.api.untag_certificate_authority(arn, keys),
            "tag": lambda tags: self.api.tag_certificate_authority(arn, tags),
        }
        for step in steps:
            carry_out[step.kind](step.argument)

    def delete(self, arn: str, steps: Sequence[Step]) -> None:
        """Carry out the steps of a plan that ends with the CA deleted."""
        for step in steps:
            if step.kind == "disable":
                self.api.update_certificate_authority(arn, Status="DISABLED")
            else:
                self.api.delete_certificate_authority(arn, step.argument)

    def present(self, desired: DesiredAuthority, check_mode: bool) -> Outcome:
        """Make the CA as desired, or in check mode tell what that takes."""
        found = self.fetch(desired)
        current = found.facts if found else None
        plan = plan_presence(desired, current, self._due(desired, current))
        if any(step.kind == "sign" for step in plan.steps):
            desired = self._settle_signing(desired, current)
        if check_mode or not plan.steps:
            return _outcome(plan, current)
        steps = list(plan.steps)
        arn = self.create(desired, steps.pop(0).argument) if current is None else current["arn"]
        self.update(arn, desired, steps)
        return _outcome(plan, gather(self.api, self.api.authority_record(arn)).facts)

    def absent(self, desired: DesiredAuthority, days: int, check_mode: bool) -> Outcome:
        """Delete the CA, or in check mode tell what that takes."""
        found = self.fetch(desired)
        current = found.facts if found else None
        plan = plan_absence(current, days)
        if check_mode or not plan.steps or current is None:
            return _outcome(plan, current)
        self.delete(current["arn"], plan.steps)
        left = find_by_arn(self.api, current["arn"])
        return _outcome(plan, left.facts if left else None)

    def _due(self, desired: DesiredAuthority, current: Mapping[str, Any] | None) -> str | None:
        given, installed = desired.activation, None if current is None else current["certificate"]
        same = given.certificate is None or same_certificate(given.certificate, installed)
        length = given.path_length if given.parent_arn else None
        same_length = length is None or installed is None or path_length_of(installed) == length
        return certificate_due(desired, current, self.polling.clock.now(), same, same_length)

    def _settle_signing(self, desired: DesiredAuthority, current: Mapping[str, Any] | None) -> DesiredAuthority:
        """Return what is desired, with what the parent settles; raise what is against signing a certificate."""
        given, now = desired.activation, self.polling.clock.now()
        refuse_futile_renewal(given, "ROOT" if given.parent_arn is None else "SUBORDINATE", now)
        if given.parent_arn is None:
            return desired
        installed = None if current is None else current["certificate"]
        return replace(desired, activation=settle_by_parent(self.issuer, given, installed, now))

    def _sign(self, arn: str, desired: DesiredAuthority) -> None:
        facts = authority_facts(self.api.authority_record(arn))
        sign_certificate(self.api, self.issuer, facts, desired.activation, self.polling)
        self._enable_if_asked(arn, desired)

    def _import(self, arn: str, desired: DesiredAuthority) -> None:
        given = desired.activation
        install_certificate(self.api, arn, str(given.certificate), given.certificate_chain, self.polling)
        self._enable_if_asked(arn, desired)

    def _enable_if_asked(self, arn: str, desired: DesiredAuthority) -> None:
        """Enable a CA that had been disabled before it expired: a new certificate alone leaves it disabled."""
        if desired.enabled and self.api.authority_record(arn)["Status"] == "DISABLED":
            self.api.update_certificate_authority(arn, Status="ACTIVE")

    def _wait_for_creation(self, arn: str) -> Mapping[str, Any]:
        """Return the CA's record once its creation is over, which may have failed."""

        def settled() -> Mapping[str, Any] | None:
            record = self.api.authority_record(arn)
            return None if record["Status"] == "CREATING" else record

        return self.polling.until(settled, "Failed to create the certificate authority", arn)

    def _ask_again(self, ask: Callable[[], str | None], refused: Sequence[ServiceError]) -> str:
        """Ask until the service sees the policy of the CRL's bucket; raise its last refusal when it never does."""
        polling, begun = self.polling.up_to(_PERMISSIONS_SECONDS), self.polling.clock.monotonic()
        while polling.clock.monotonic() - begun < polling.timeout:
            polling.clock.sleep(polling.interval)
            arn = ask()
            if arn is not None:
                return arn
        raise refused[-1]

    def _alike(self, desired: DesiredAuthority) -> list[Mapping[str, Any]]:
        subject = subject_to_api(desired.subject or {})
        return [record for record in self._ended if alike(record, subject, str(desired.type))]

    def _find_deleted(self, desired: DesiredAuthority) -> Gathered | None:
        candidates = [record for record in self._alike(desired) if record["Status"] == "DELETED"]
        if len(candidates) > 1:
            raise InvalidInput(
                "Failed to find the deleted certificate authority",
                because="several have this type and subject: " + ", ".join(record["Arn"] for record in candidates),
                on=desired.name,
                remedy="Give certificate_authority_arn",
            )
        return gather(self.api, candidates[0]) if candidates else None


def creation_request(desired: DesiredAuthority, facts: Mapping[str, Any]) -> dict[str, Any]:
    """Return the members of CreateCertificateAuthority, without its token."""
    configuration = {
        "KeyAlgorithm": facts["key_algorithm"],
        "SigningAlgorithm": facts["signing_algorithm"],
        "Subject": subject_to_api(facts["subject"]),
    }
    if desired.csr_extensions:
        configuration["CsrExtensions"] = csr_extensions_to_api(desired.csr_extensions)
    request: dict[str, Any] = {
        "CertificateAuthorityConfiguration": configuration,
        "CertificateAuthorityType": facts["type"],
        "RevocationConfiguration": {
            "CrlConfiguration": crl_to_api(facts["crl"]),
            "OcspConfiguration": ocsp_to_api(facts["ocsp"]),
        },
        "Tags": tag_list(facts["tags"]),
        "UsageMode": facts["usage_mode"],
    }
    if desired.key_storage_security_standard:
        request["KeyStorageSecurityStandard"] = desired.key_storage_security_standard
    return request


def creation_token(request: Mapping[str, Any], ended: Sequence[Mapping[str, Any]]) -> str:
    """Return the idempotency token of a creation: 36 hex digits.

    Equal requests have one token, so that a retry or a second control node makes no second CA. The CAs of the same type
    and subject that are deleted or failed shape it too: made anew inside the token's window, a CA must be none of them.
    """
    text = json.dumps([request, sorted(record["Arn"] for record in ended)], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:36]


def _outcome(plan: Plan, facts: Mapping[str, Any] | None) -> Outcome:
    sentences = tuple(step.sentence for step in plan.steps)
    return Outcome(sentences, plan.before, plan.after, facts, {"advice": list(plan.advice)})
