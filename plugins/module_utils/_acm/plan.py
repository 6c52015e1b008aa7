# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is to be done about a private certificate of ACM: pure decisions from the asked and the found."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any, Collection, Mapping, Sequence

from ansible_collections.amazon.aws.plugins.module_utils.tagging import compare_aws_tags

from .._acm_pca.api import Authority
from .._acm_pca.authority_plan import Step
from .._errors import AuthorityUnusable, InvalidInput, IssuanceFailed
from .._reissue_policy import parse_renew_before

LIFETIME_DAYS = 395  # of every private certificate that ACM issues
ACTIONS = frozenset({"IssueCertificate", "GetCertificate", "ListPermissions"})
LIVING, LOST = ("ISSUED", "PENDING_VALIDATION"), ("FAILED", "EXPIRED", "REVOKED", "INACTIVE")
COMPARED = ("arn", "domain_name", "subject_alternative_names", "key_algorithm", "status", "tags")


@dataclass(frozen=True)
class DesiredCertificate:
    """A certificate as the task asks for it; None is not asked."""

    arn: str | None = None
    domain_name: str | None = None
    names: tuple[str, ...] = ()
    authority_arn: str | None = None
    key_algorithm: str = "RSA_2048"
    tags: Mapping[str, str] | None = None
    purge_tags: bool = True
    renew_before: str | None = None

    @property
    def all_names(self) -> tuple[str, ...]:
        """Return every DNS name, the domain name first, in lower case and each once."""
        return tuple(dict.fromkeys(name.lower() for name in (self.domain_name or "", *self.names) if name))


def certificate_facts(record: Mapping[str, Any], tags: Mapping[str, str]) -> dict[str, Any]:
    """Return the facts of a certificate from its API record (CertificateDetail)."""
    return {
        "arn": record["CertificateArn"],
        "type": record.get("Type"),
        "status": record.get("Status"),
        "failure_reason": record.get("FailureReason"),
        "domain_name": record.get("DomainName"),
        "subject_alternative_names": sorted(record.get("SubjectAlternativeNames", [])),
        "certificate_authority_arn": record.get("CertificateAuthorityArn"),
        "key_algorithm": str(record.get("KeyAlgorithm", "")).replace("-", "_"),
        "serial": str(record.get("Serial", "")).replace(":", "").lower().lstrip("0") or None,
        "not_before": _iso(record.get("NotBefore")),
        "not_after": _iso(record.get("NotAfter")),
        "in_use_by": list(record.get("InUseBy", [])),
        "renewal_eligibility": record.get("RenewalEligibility"),
        "renewal_status": record.get("RenewalSummary", {}).get("RenewalStatus"),
        "renewal_status_reason": record.get("RenewalSummary", {}).get("RenewalStatusReason"),
        "tags": dict(tags),
    }


def is_wanted(facts: Mapping[str, Any], desired: DesiredCertificate) -> bool:
    """Tell whether the certificate has the names, the CA and the key that are asked."""
    return (
        set(desired.all_names) == {str(name).lower() for name in facts["subject_alternative_names"]}
        and desired.all_names[0] == str(facts["domain_name"]).lower()
        and facts["certificate_authority_arn"] == desired.authority_arn
        and facts["key_algorithm"] == desired.key_algorithm
    )


def plan_presence(desired: DesiredCertificate, current: Mapping[str, Any] | None, now: datetime) -> tuple[Step, ...]:
    """Return the steps that make the certificate as desired.

    Raises InvalidInput when it cannot be requested, IssuanceFailed when it is there and will never be issued.
    """
    if current is None:
        if desired.arn is not None or not (desired.domain_name and desired.authority_arn):
            raise InvalidInput(
                "Failed to find the certificate" if desired.arn else "Failed to request the certificate",
                because="it does not exist" if desired.arn else "domain_name or certificate_authority_arn is missing",
                on=desired.arn,
                remedy="Give domain_name and certificate_authority_arn, and no certificate_arn, to request one",
            )
        return (Step("request", f"Request a certificate for {', '.join(desired.all_names)}"),)
    _require_its_names(desired, current)
    require_living(current)
    steps = []
    if is_due(desired, current, now):
        _require_renewable(current)
        steps.append(Step("renew", f"Have the certificate renewed; it ends at {current['not_after']}"))
    if desired.tags is not None:
        to_set, to_remove = compare_aws_tags(current["tags"], dict(desired.tags), desired.purge_tags)
        if to_remove:
            steps.append(Step("untag", f"Remove the tags {', '.join(sorted(to_remove))}", sorted(to_remove)))
        if to_set:
            steps.append(Step("tag", f"Set the tags {', '.join(sorted(to_set))}", dict(to_set)))
    return tuple(steps)


def _require_its_names(desired: DesiredCertificate, current: Mapping[str, Any]) -> None:
    """Raise InvalidInput when the task gives a certificate's ARN, and names or a CA that it does not have."""
    asked, found = desired.all_names if desired.domain_name else (), current["subject_alternative_names"]
    compared_names = [", ".join(sorted({str(name).lower() for name in names})) for names in (found, asked)]
    pairs = {
        "names are": compared_names,
        "certificate_authority_arn is": [current["certificate_authority_arn"], desired.authority_arn],
    }
    differences = [f"{what} {has}, not {wanted}" for what, (has, wanted) in pairs.items() if wanted and has != wanted]
    if differences:
        raise InvalidInput(
            "Failed to change the certificate",
            because="its " + ", its ".join(differences),
            on=current["arn"],
            remedy="They are fixed at the request: drop these options, or drop certificate_arn to request another one",
            immutable=differences,
        )


def require_living(current: Mapping[str, Any]) -> None:
    """Raise IssuanceFailed for a certificate that is neither issued nor to be issued."""
    if current["status"] not in LIVING:
        raise IssuanceFailed(
            "Failed to get the certificate issued",
            because=f"it is {current['status']} ({current['failure_reason'] or 'no reason is given'})",
            on=current["arn"],
            remedy="Look at the state of the CA and at ACM's permission on it, and run again: without certificate_arn, "
            "another one is requested",
            certificate_arn=current["arn"],
        )


def is_issued(facts: Mapping[str, Any]) -> bool:
    """Tell whether ACM has issued the certificate. Raises IssuanceFailed when it never will."""
    require_living(facts)
    return bool(facts["status"] == "ISSUED")


def require_only(found: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
    """Return the one certificate; raise InvalidInput that names them where there are several."""
    if len(found) > 1:
        raise InvalidInput(
            "Failed to choose the certificate to delete",
            because="several have these names, CA and key: " + ", ".join(str(facts["arn"]) for facts in found),
            remedy="Give certificate_arn",
        )
    return found[0]


def require_unused(current: Mapping[str, Any]) -> None:
    """Raise InvalidInput for a certificate that AWS does not delete, because something serves it."""
    if current["in_use_by"]:
        raise InvalidInput(
            "Failed to delete the certificate",
            because=f"it is in use by {', '.join(current['in_use_by'])}",
            on=current["arn"],
            remedy="Take it off what uses it first",
        )


def _require_renewable(current: Mapping[str, Any]) -> None:
    if current["renewal_eligibility"] == "INELIGIBLE":
        raise InvalidInput(
            "Failed to renew the certificate",
            because="AWS Certificate Manager renews only what has been exported or is in use",
            on=current["arn"],
            remedy="Export it once (export_passphrase, without renew_before), or leave renew_before out",
        )


def require_passphrase(text: str) -> None:
    """Raise InvalidInput for a passphrase that ExportCertificate does not take; the message does not show it."""
    if not (4 <= len(text) <= 128 and text.isascii() and not set(text) & set("#$%")):
        raise InvalidInput(
            "Failed to understand export_passphrase",
            because="AWS takes 4 to 128 ASCII characters without #, $ and %",
            remedy="Give another passphrase",
        )


def require_renewal_within_life(renew_before: str) -> None:
    """Raise InvalidInput for a ``renew_before`` that no certificate of ACM outlives, or that cannot be understood."""
    _share, seconds = parse_renew_before(renew_before)
    if seconds is not None and timedelta(seconds=seconds) >= timedelta(days=LIFETIME_DAYS):
        raise InvalidInput(
            "Failed to plan the renewal",
            because=f"renew_before is {renew_before}, and a certificate of ACM lives {LIFETIME_DAYS} days, so that "
            "every run would renew it",
            remedy=f"Make renew_before shorter; {LIFETIME_DAYS - 1}d renews whatever is older than a day",
        )


def is_due(desired: DesiredCertificate, current: Mapping[str, Any], now: datetime) -> bool:
    """Tell whether an issued certificate ends within ``renew_before``."""
    if desired.renew_before is None or current["status"] != "ISSUED":
        return False
    not_before, not_after = (_moment(current[end]) for end in ("not_before", "not_after"))
    share, seconds = parse_renew_before(desired.renew_before)
    margin = (not_after - not_before) * share if share is not None else timedelta(seconds=seconds or 0.0)
    return now >= not_after - margin


def predict(desired: DesiredCertificate, current: Mapping[str, Any] | None, steps: Sequence[Step]) -> dict[str, Any]:
    """Return the compared facts after the steps."""
    if current is None:
        names, tags = sorted(desired.all_names), dict(desired.tags or {})
        return {
            "arn": None,
            "domain_name": desired.all_names[0],
            "subject_alternative_names": names,
            "key_algorithm": desired.key_algorithm,
            "status": "ISSUED",
            "tags": tags,
            "due_for_renewal": False,
        }
    tags = dict(current["tags"])
    for step in steps:
        if step.kind == "untag":
            tags = {key: value for key, value in tags.items() if key not in step.argument}
        if step.kind == "tag":
            tags.update(step.argument)
    return {**compared(current, False), "tags": tags}


def compared(facts: Mapping[str, Any], due: bool) -> dict[str, Any]:
    """Return the facts that the diff shows."""
    return {**{name: facts.get(name) for name in COMPARED}, "due_for_renewal": due}


def creation_request(desired: DesiredCertificate) -> dict[str, Any]:
    """Return the members of RequestCertificate, without its token."""
    request: dict[str, Any] = {
        "DomainName": desired.all_names[0],
        "CertificateAuthorityArn": desired.authority_arn,
        "KeyAlgorithm": desired.key_algorithm,
    }
    if len(desired.all_names) > 1:
        request["SubjectAlternativeNames"] = list(desired.all_names)
    if desired.tags:
        request["Tags"] = [{"Key": key, "Value": value} for key, value in sorted(desired.tags.items())]
    return request


def request_token(desired: DesiredCertificate, lost: Sequence[str]) -> str:
    """Return the idempotency token of a request: 32 hex digits.

    The ARNs of equal requests that came to nothing, or whose certificate was deleted, shape it, so that a new attempt
    is no repetition of theirs.
    """
    terms = [desired.all_names, desired.authority_arn, desired.key_algorithm, sorted(lost)]
    return hashlib.sha256(json.dumps(terms).encode()).hexdigest()[:32]


def require_usable_authority(authority: Authority, missing: Collection[str], now: datetime) -> None:
    """Raise AuthorityUnusable that says what keeps ACM from issuing; ``missing`` are the actions that it may not do."""
    because, remedy = None, ""
    if authority.status != "ACTIVE":
        because, remedy = f"it is {authority.status}", "Activate it: ACM would take the request and then fail it"
    elif authority.usage_mode != "GENERAL_PURPOSE":
        because, remedy = "it makes short-lived certificates only", "Use a certificate authority of general purpose"
    elif authority.not_after and authority.not_after < (now + timedelta(days=LIFETIME_DAYS)).timestamp():
        because, remedy = f"it ends within {LIFETIME_DAYS} days, the life of an ACM certificate", "Renew it first"
    elif missing:
        because = f"AWS Certificate Manager lacks the permission of {', '.join(sorted(missing))}"
        remedy = "Grant it with acm_pca_permission"
    if because is not None:
        raise AuthorityUnusable("Failed to use the certificate authority with ACM", because, authority.arn, remedy)


def _iso(moment: datetime | None) -> str | None:
    return None if moment is None else moment.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def _moment(text: str) -> datetime:
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%S%z")
