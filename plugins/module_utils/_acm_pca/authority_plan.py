# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is to be done about a certificate authority: pure decisions from the asked and the found, before any call.

A plan is a list of steps in the order that the service's status matrix allows:

1. create, or restore a deleted CA
2. enable, so that a certificate can be imported and the revocation configuration changed
3. sign or import the CA's certificate
4. change the revocation configuration
5. disable
6. tag and untag
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Mapping

from ansible_collections.amazon.aws.plugins.module_utils.tagging import compare_aws_tags

from .._errors import AuthorityUnusable, InvalidInput
from .authority_facts import crl_facts, crl_to_api, csr_extension_facts, ocsp_facts, ocsp_to_api
from .models import Validity

IMMUTABLE = ("type", "key_algorithm", "signing_algorithm", "usage_mode", "key_storage_security_standard")
SIGNING_ALGORITHMS = {
    "RSA_2048": "SHA256WITHRSA",
    "RSA_3072": "SHA256WITHRSA",
    "RSA_4096": "SHA256WITHRSA",
    "EC_prime256v1": "SHA256WITHECDSA",
    "EC_secp384r1": "SHA384WITHECDSA",
    "EC_secp521r1": "SHA512WITHECDSA",
    "ML_DSA_44": "ML_DSA_44",
    "ML_DSA_65": "ML_DSA_65",
    "ML_DSA_87": "ML_DSA_87",
    "SM2": "SM3WITHSM2",
}
DEFAULT_VALIDITY = {"ROOT": Validity("YEARS", 10), "SUBORDINATE": Validity("YEARS", 3)}


@dataclass(frozen=True)
class Activation:
    """Where the CA's certificate comes from: itself (root), a parent CA of the service, or an external CA.

    ``certificate`` and ``certificate_chain`` are PEM texts. ``renew_before`` is ``33%``, ``30d`` or ``12h``; None: the
    certificate is never renewed while it is valid.
    """

    wanted: bool = True
    parent_arn: str | None = None
    path_length: int | None = None
    validity: Validity | None = None
    signing_algorithm: str | None = None
    certificate: str | None = None
    certificate_chain: str | None = None
    renew_before: str | None = None


@dataclass(frozen=True)
class DesiredAuthority:
    """A CA as the task asks for it, in option spelling; None is not asked and left as it is."""

    arn: str | None = None
    name: str | None = None
    type: str | None = None
    key_algorithm: str | None = None
    signing_algorithm: str | None = None
    subject: Mapping[str, Any] | None = None
    csr_extensions: Mapping[str, Any] | None = None
    usage_mode: str | None = None
    key_storage_security_standard: str | None = None
    crl: Mapping[str, Any] | None = None
    ocsp: Mapping[str, Any] | None = None
    tags: Mapping[str, str] | None = None
    purge_tags: bool = True
    enabled: bool | None = None
    restore: bool = False
    activation: Activation = Activation()


@dataclass(frozen=True)
class Step:
    """One step of a plan: ``kind`` is the executor's name of it, ``sentence`` the user's."""

    kind: str
    sentence: str
    argument: Any = None


@dataclass(frozen=True)
class Plan:
    """The steps and the compared facts before and after; ``advice`` is what the user has to do."""

    steps: tuple[Step, ...]
    before: Mapping[str, Any] | None
    after: Mapping[str, Any] | None
    advice: tuple[str, ...] = ()


def plan_presence(desired: DesiredAuthority, current: Mapping[str, Any] | None, due: str | None) -> Plan:
    """Return what makes the CA as it is desired.

    ``current`` are its facts or None, ``due`` is why it needs a certificate (see ``authority_renewal``) or None.
    Raises InvalidInput for differences that nothing can change, AuthorityUnusable for a CA that has failed.
    """
    if current is None:
        base, steps = _plan_creation(desired)
        before: Mapping[str, Any] | None = None
    else:
        require_same_identity(desired, current)
        before = compared(current, due)
        base, steps = _plan_revival(desired, current)
    if base["type"] == "ROOT":
        _require_no_parent(desired.activation)
    facts = compared(base, due)
    advice: list[str] = []
    for decide in (_plan_enabling, _plan_certificate, _plan_revocation, _plan_disabling, _plan_tags):
        decide(desired, facts, steps, advice)
    return Plan(tuple(steps), before, facts, tuple(advice))


def plan_absence(current: Mapping[str, Any] | None, days: int) -> Plan:
    """Return what removes the CA: an active one is disabled first, a deleted one is gone already."""
    if current is None or current["status"] == "DELETED":
        return Plan((), None, None)
    steps = []
    if current["status"] == "ACTIVE":
        steps.append(Step("disable", "Disable the certificate authority, as its deletion demands"))
    window = f"it can be restored for {days} days" if current["status"] != "FAILED" else "nothing can restore it"
    steps.append(Step("delete", f"Delete the certificate authority; {window}", days))
    return Plan(tuple(steps), compared(current, None), None)


def compared(facts: Mapping[str, Any], due: str | None) -> dict[str, Any]:
    """Return the facts that a plan compares and the diff shows: no times and no PEM."""
    names = (*IMMUTABLE, "arn", "status", "subject", "csr_extensions", "crl", "ocsp", "tags")
    return {**{name: facts.get(name) for name in names}, "certificate_due": due}


def desired_tags(desired: DesiredAuthority) -> dict[str, str] | None:
    """Return the tags that the CA is to have, its name among them, or None when the task asks for none."""
    name = {} if desired.name is None else {"Name": desired.name}
    return {**desired.tags, **name} if desired.tags is not None else name or None


def require_same_identity(desired: DesiredAuthority, current: Mapping[str, Any]) -> None:
    """Raise InvalidInput that names every asked property in which the CA differs and that can never change."""
    differences = [
        f"{name} is {current.get(name)}, not {getattr(desired, name)}"
        for name in IMMUTABLE
        if getattr(desired, name) is not None and getattr(desired, name) != current.get(name)
    ]
    differences += _nested_differences("subject", desired.subject, current.get("subject") or {})
    differences += _nested_differences("csr_extensions", desired.csr_extensions, current.get("csr_extensions") or {})
    if differences:
        raise InvalidInput(
            "Failed to change the certificate authority",
            because="its " + ", its ".join(differences),
            on=current["arn"],
            remedy="They are fixed at creation: drop these options, or create another CA under another name",
            immutable=differences,
        )


def _require_no_parent(activation: Activation) -> None:
    unfit = {"path_length": activation.path_length, "parent_certificate_authority_arn": activation.parent_arn}
    given = [name for name, value in unfit.items() if value is not None]
    if given:
        raise InvalidInput(
            "Failed to sign the root certificate",
            because="a root signs itself and has neither a parent nor a path length",
            remedy=f"Drop {' and '.join(given)}, or give the type SUBORDINATE",
        )


def _nested_differences(option: str, asked: Mapping[str, Any] | None, found: Mapping[str, Any]) -> list[str]:
    """Return a sentence for each member that differs; they are compared whole, so an unasked member differs too."""
    if asked is None:
        return []
    names = sorted({name for name, value in asked.items() if value} | {name for name, value in found.items() if value})
    return [
        f"{option}.{name} is {found.get(name)!r}, not {asked.get(name)!r}"
        for name in names
        if (asked.get(name) or None) != (found.get(name) or None)
    ]


def _plan_creation(desired: DesiredAuthority) -> tuple[dict[str, Any], list[Step]]:
    """Return the facts that a new CA will have and the step that creates it."""
    _check_creatable(desired)
    key_algorithm = desired.key_algorithm or "RSA_2048"
    facts = {
        "arn": None,
        "type": desired.type,
        "status": "PENDING_CERTIFICATE",
        "key_algorithm": key_algorithm,
        "signing_algorithm": desired.signing_algorithm or SIGNING_ALGORITHMS[key_algorithm],
        "subject": {name: value for name, value in (desired.subject or {}).items() if value},
        "csr_extensions": desired.csr_extensions or csr_extension_facts(None),
        "usage_mode": desired.usage_mode or "GENERAL_PURPOSE",
        "key_storage_security_standard": desired.key_storage_security_standard or "FIPS_140_2_LEVEL_3_OR_HIGHER",
        "crl": merge_crl(desired.crl, {"enabled": False}),
        "ocsp": merge_ocsp(desired.ocsp, {"enabled": False}),
        "tags": desired_tags(desired) or {},
    }
    return facts, [Step("create", f"Create the {desired.type} certificate authority {desired.name}", facts)]


def _check_creatable(desired: DesiredAuthority) -> None:
    if desired.arn is not None:
        raise InvalidInput(
            "Failed to find the certificate authority",
            because="it does not exist",
            on=desired.arn,
            remedy="Correct the ARN, or give name, type and subject without an ARN to create one",
        )
    missing = [name for name in ("name", "type", "subject") if not getattr(desired, name)]
    if missing:
        raise InvalidInput(
            "Failed to create the certificate authority",
            because=f"these options are missing: {', '.join(missing)}",
            remedy="Give name, type and subject",
        )


def _plan_revival(desired: DesiredAuthority, current: Mapping[str, Any]) -> tuple[dict[str, Any], list[Step]]:
    """Return the facts to go on from, and the step that brings a deleted CA back to the status it had."""
    facts = dict(current)
    if current["status"] == "FAILED":
        raise AuthorityUnusable(
            "Failed to use the certificate authority",
            because=f"its creation failed ({current.get('failure_reason')})",
            on=current["arn"],
            remedy="Delete it with state=absent and its certificate_authority_arn, and create it again",
        )
    if current["status"] != "DELETED":
        return facts, []
    if not desired.restore:
        raise AuthorityUnusable(
            "Failed to use the certificate authority",
            because=f"it is deleted, and restorable until {current.get('restorable_until')}",
            on=current["arn"],
            remedy="Set restore to true to restore it",
        )
    facts["status"] = "DISABLED" if current.get("serial") else "PENDING_CERTIFICATE"
    return facts, [Step("restore", "Restore the deleted certificate authority")]


def _plan_enabling(desired: DesiredAuthority, facts: dict[str, Any], steps: list[Step], _advice: list[str]) -> None:
    if facts["status"] == "DISABLED" and desired.enabled and facts["certificate_due"] != "expired":
        facts["status"] = "ACTIVE"
        steps.append(Step("enable", "Enable the certificate authority"))


def _plan_certificate(desired: DesiredAuthority, facts: dict[str, Any], steps: list[Step], advice: list[str]) -> None:
    due, activation = facts["certificate_due"], desired.activation
    if due is None:
        return
    if facts["status"] == "DISABLED" and due != "expired":
        advice.append(
            f"A certificate is due ({due}), but a disabled certificate authority takes none: set enabled to true"
        )
        return
    if facts["type"] == "ROOT" and due == "expired":
        raise AuthorityUnusable(
            "Failed to renew the root certificate",
            because="it has expired, and the service lets no expired CA sign, not even for itself",
            on=facts["arn"],
            remedy="Create another root and give it renew_before; to keep this one, set activate to false",
        )
    if activation.certificate is not None and due in ("missing", "replaced"):  # or else it is the installed one
        steps.append(Step("import", f"Import the certificate authority's certificate ({due})"))
    elif facts["type"] == "ROOT":
        steps.append(Step("sign", f"Let the root certificate authority sign its own certificate ({due})", due))
    elif activation.parent_arn is not None:
        steps.append(Step("sign", f"Let the parent {activation.parent_arn} sign the certificate ({due})", due))
    else:
        advice.append(
            f"A certificate is due ({due}): have the returned CSR signed and give certificate and certificate_chain, "
            "or give parent_certificate_authority_arn"
        )
        return
    facts.update(certificate_due=None, status="ACTIVE")


def _plan_revocation(desired: DesiredAuthority, facts: dict[str, Any], steps: list[Step], advice: list[str]) -> None:
    wanted = {"crl": merge_crl(desired.crl, facts["crl"]), "ocsp": merge_ocsp(desired.ocsp, facts["ocsp"])}
    names = [name for name in ("crl", "ocsp") if wanted[name] != facts[name]]
    if not names:
        return
    if facts["status"] not in ("ACTIVE", "DISABLED"):
        advice.append(
            f"The revocation configuration ({', '.join(names)}) can be changed only once the CA has a valid certificate"
        )
        return
    facts.update(wanted)
    configuration = {"CrlConfiguration": crl_to_api(wanted["crl"]), "OcspConfiguration": ocsp_to_api(wanted["ocsp"])}
    steps.append(Step("update_revocation", f"Change the revocation configuration: {', '.join(names)}", configuration))


def _plan_disabling(desired: DesiredAuthority, facts: dict[str, Any], steps: list[Step], _advice: list[str]) -> None:
    if facts["status"] == "ACTIVE" and desired.enabled is False:
        facts["status"] = "DISABLED"
        steps.append(Step("disable", "Disable the certificate authority"))


def _plan_tags(desired: DesiredAuthority, facts: dict[str, Any], steps: list[Step], _advice: list[str]) -> None:
    wanted = desired_tags(desired)
    if wanted is None:
        return
    purge = desired.purge_tags and desired.tags is not None
    to_set, to_remove = compare_aws_tags(facts["tags"] or {}, wanted, purge)
    if to_remove:
        steps.append(Step("untag", f"Remove the tags {', '.join(sorted(to_remove))}", sorted(to_remove)))
    if to_set:
        steps.append(Step("tag", f"Set the tags {', '.join(sorted(to_set))}", dict(to_set)))
    kept = {key: value for key, value in (facts["tags"] or {}).items() if key not in to_remove}
    facts["tags"] = {**kept, **to_set}


def merge_crl(asked: Mapping[str, Any] | None, found: Mapping[str, Any]) -> dict[str, Any]:
    """Return the CRL configuration that is to be: the found one, with what is asked laid over it.

    Raises InvalidInput when it is on without a bucket or lifetime, or leaves out the CDP and has a CNAME for it.
    """
    merged = _merge(asked, found)
    if not merged["enabled"]:
        return {"enabled": False}
    facts = {**crl_facts({"Enabled": True}), **merged}
    missing = [name for name in ("s3_bucket_name", "expiration_in_days") if not facts.get(name)]
    if missing:
        raise InvalidInput(
            "Failed to configure the CRL",
            because=f"these options are missing: {', '.join(missing)}",
            remedy="Give them in crl",
        )
    if facts["omit_distribution_point"] and facts["custom_cname"]:
        raise InvalidInput(
            "Failed to configure the CRL",
            because="a distribution point that is left out of certificates has no CNAME",
            remedy="Give one of omit_distribution_point and custom_cname",
        )
    return facts


def merge_ocsp(asked: Mapping[str, Any] | None, found: Mapping[str, Any]) -> dict[str, Any]:
    """Return the OCSP configuration that is to be: the found one, with what is asked laid over it."""
    merged = _merge(asked, found)
    return {**ocsp_facts({"Enabled": True}), **merged} if merged["enabled"] else {"enabled": False}


def _merge(asked: Mapping[str, Any] | None, found: Mapping[str, Any]) -> dict[str, Any]:
    return {**found, **{name: value for name, value in (asked or {}).items() if value is not None}}
