# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a caller may do what the request asks: identity policies, resource policies, shares (reference 8)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from private_ca_emulator.accounts import Caller
from private_ca_emulator.errors import ServiceError, not_found
from private_ca_emulator.policy_documents import (
    ALLOWED,
    DENIED,
    as_list,
    conditions_hold,
    evaluate,
    read_statements,
)
from private_ca_emulator.records import AUTHORITY_ARN, CertificateAuthority
from private_ca_emulator.service import Call, PrivateCa
from private_ca_emulator.templates import DEFAULT

SHARED_READS = (
    "DescribeCertificateAuthority",
    "GetCertificate",
    "GetCertificateAuthorityCertificate",
    "ListPermissions",
    "ListTags",
)
PUBLISHED_TEMPLATES = (
    "EndEntityCertificate",
    "EndEntityClientAuthCertificate",
    "EndEntityServerAuthCertificate",
    "BlankEndEntityCertificate_APIPassthrough",
    "BlankEndEntityCertificate_APICSRPassthrough",
    "SubordinateCACertificate_PathLen0",
)
ORGANIZATION = "o-emulated000"
"""All accounts belong to this organization."""
_ORGANIZATION_KEY = "aws:PrincipalOrgID"
_SESSION = re.compile(r"arn:[^:]+:sts::\d{12}:assumed-role/([^/]+)/.+")
NO_IDENTITY_POLICY = "no identity-based policy allows"
_RESOURCE = "no resource-based policy allows"


def deny(call: Call, action: str, resource: str, why: str) -> ServiceError:
    """The refusal in the service's words; it never names the template (reference 8.4)."""
    what = f"User: {call.caller.arn} is not authorized to perform: {action} on resource: {resource}"
    if why == DENIED:
        return ServiceError("AccessDeniedException", f"{what} with an explicit deny in an identity-based policy")
    return ServiceError("AccessDeniedException", f"{what} because {why} the {action} action")


def _name_resource(call: Call) -> str | None:
    return call.members.get("CertificateAuthorityArn") or call.members.get("ResourceArn")


def build_context(service: PrivateCa, call: Call, resource: str) -> dict[str, list[str]]:
    """The condition keys of a request on a resource, each with its values."""
    held = service.store.authorities.get(resource) or service.managed.certificates.get(resource)
    asked = {tag["Key"]: tag.get("Value", "") for tag in call.members.get("Tags", [])}
    context = {f"aws:RequestTag/{key}": [value] for key, value in asked.items()}
    context["aws:PrincipalAccount"] = [call.caller.account]
    context["aws:RequestedRegion"] = [call.caller.region]
    context["aws:SecureTransport"] = ["true"]
    if asked:
        context["aws:TagKeys"] = list(asked)
    for key, value in (held.tags if held else {}).items():
        context[f"aws:ResourceTag/{key}"] = [value]
    if call.operation == "IssueCertificate":
        template = call.members.get("TemplateArn")
        if template is None and service.settings.template_in_context_when_omitted:
            template = f"arn:{call.caller.partition}:acm-pca:::template/{DEFAULT}/V1"
        if template is not None:
            context["acm-pca:TemplateArn"] = [template]
    return context


def authorize_identity(service: PrivateCa, call: Call) -> None:
    """A guard: the identity policies of the access key, where some are attached."""
    registered = service.accounts.keys.get(call.caller.access_key)
    if registered is None or registered.policies is None:
        return
    for name, resource in _list_demands(service, call):
        action = f"{service.name}:{name}"
        verdict = evaluate(registered.policies, action, resource, build_context(service, call, resource))
        if verdict != ALLOWED:
            raise deny(call, action, resource, DENIED if verdict == DENIED else NO_IDENTITY_POLICY)


def _list_demands(service: PrivateCa, call: Call) -> list[tuple[str, str]]:
    """What a call must be allowed: actions, each with its resource. Tags of something new take the action that tags."""
    operation, caller = call.operation, call.caller
    if service.name == "acm":
        anything = f"arn:{caller.partition}:acm:{caller.region}:{caller.account}:certificate/*"
        resource, tagging = call.members.get("CertificateArn", "*"), ("AddTagsToCertificate", anything)
    else:
        resource, tagging = _name_resource(call) or "*", ("TagCertificateAuthority", "*")
    makes = operation in ("CreateCertificateAuthority", "RequestCertificate", "ImportCertificate")
    return [(operation, resource), *([tagging] if makes and "Tags" in call.members else [])]


def find_authority(service: PrivateCa, call: Call) -> CertificateAuthority:
    """The CA that the request names; InvalidArn, ResourceNotFound or AccessDenied otherwise."""
    arn = str(_name_resource(call))
    found = AUTHORITY_ARN.fullmatch(arn)
    if not found:
        code = service.settings.foreign_kind_of_arn_error
        raise ServiceError(code, f"The ARN {arn} is not the ARN of a certificate authority.")
    authority = service.store.authorities.get(arn)
    visible = authority is not None and authority.region == call.caller.region
    if found.group(2) != call.caller.account and not (
        authority and visible and _is_permitted(service, authority, call)
    ):
        raise deny(call, f"acm-pca:{call.operation}", arn, _RESOURCE)
    if authority is None or not visible or authority.is_gone(service.clock.now()):
        raise not_found(arn, service.settings.unknown_arn_error)
    return authority


def _is_permitted(service: PrivateCa, authority: CertificateAuthority, call: Call) -> bool:
    """Whether the CA's resource policy lets another account's call through."""
    context = build_context(service, call, authority.arn)
    return any(
        names_principal(statement, call.caller)
        and f"acm-pca:{call.operation}" in as_list(statement["Action"])
        and conditions_hold(statement, {**context, _ORGANIZATION_KEY: [ORGANIZATION]})
        for statement in _list_statements(authority)
    )


def _list_statements(authority: CertificateAuthority) -> list[Mapping[str, Any]]:
    return read_statements(authority.policy) if authority.policy else []


def names_principal(statement: Mapping[str, Any], caller: Caller) -> bool:
    """Whether a statement's principal includes the caller: the account, the ARN, or the role of the session."""
    principal = statement.get("Principal")
    named = as_list(principal.get("AWS", [])) if isinstance(principal, Mapping) else as_list(principal)
    account_root = f"arn:{caller.partition}:iam::{caller.account}:root"
    return any(
        name in ("*", caller.account, caller.arn, account_root) or _is_role_of(str(name), caller) for name in named
    )


def _is_role_of(principal: str, caller: Caller) -> bool:
    """Whether a principal is the role that the caller assumed; the session's ARN leaves the role's path out."""
    session = _SESSION.fullmatch(caller.arn)
    if session is None:
        return False
    begin, _slash, name = principal.rpartition("/")
    role = f"arn:{caller.partition}:iam::{caller.account}:role"
    return name == session.group(1) and (begin == role or begin.startswith(role + "/"))


def is_shared_with(authority: CertificateAuthority, caller: Caller) -> bool:
    """Whether another account's CA is shared with the caller."""
    if authority.account == caller.account:
        return False
    return any(
        names_principal(statement, caller) and _admits_organization(statement)
        for statement in _list_statements(authority)
    )


def _admits_organization(statement: Mapping[str, Any]) -> bool:
    wanted = statement.get("Condition", {}).get("StringEquals", {}).get(_ORGANIZATION_KEY, ORGANIZATION)
    return ORGANIZATION in as_list(wanted)
