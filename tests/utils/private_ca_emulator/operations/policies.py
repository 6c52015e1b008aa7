# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PutPolicy, GetPolicy, DeletePolicy, and the policies that a RAM share attaches (reference 8.4)."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from private_ca_emulator.authorization import PUBLISHED_TEMPLATES, SHARED_READS
from private_ca_emulator.errors import ServiceError
from private_ca_emulator.operations.states import find_settled, refuse_while_updating
from private_ca_emulator.policy_documents import as_list, read_statements
from private_ca_emulator.records import CertificateAuthority
from private_ca_emulator.service import Call, Members, PrivateCa
from private_ca_emulator.templates import ARN

_ISSUE, _REVOKE = "acm-pca:IssueCertificate", "acm-pca:RevokeCertificate"
_READS = {f"acm-pca:{operation}" for operation in SHARED_READS}
_TEMPLATE_KEY, _ORGANIZATION_KEY = "acm-pca:TemplateArn", "aws:PrincipalOrgID"
_ACCOUNT = re.compile(r"\d{12}")
_PRINCIPAL = re.compile(r"\d{12}|arn:[\w-]+:iam::\d{12}:[\w+=,.@/-]+")

SHARE_TEMPLATES = {
    "AWSRAMDefaultPermissionCertificateAuthority": "EndEntityCertificate",
    "AWSRAMBlankEndEntityCertificateAPIPassthroughIssuanceCertificateAuthority": (
        "BlankEndEntityCertificate_APIPassthrough"
    ),
    "AWSRAMBlankEndEntityCertificateAPICSRPassthroughIssuanceCertificateAuthority": (
        "BlankEndEntityCertificate_APICSRPassthrough"
    ),
    "AWSRAMSubordinateCACertificatePathLen0IssuanceCertificateAuthority": "SubordinateCACertificate_PathLen0",
    "AWSRAMRevokeCertificateCertificateAuthority": None,
}
"""The RAM managed permissions, with the template that each lets its principals use; None: revocation only."""


def _invalid(why: str) -> ServiceError:
    return ServiceError("InvalidPolicyException", f"The resource policy is not valid: {why}")


def _parse(text: str) -> list[Mapping[str, Any]]:
    try:
        statements = read_statements(text)
    except ValueError as error:
        raise _invalid(str(error)) from None
    if not statements:
        raise _invalid("it has no statement.")
    return statements


def _check_principal(statement: Mapping[str, Any], equals: Mapping[str, Any]) -> None:
    principal = statement.get("Principal")
    if principal in ("*", {"AWS": "*"}):
        if _ORGANIZATION_KEY not in equals:
            raise _invalid(f"the principal * needs the condition {_ORGANIZATION_KEY}.")
        return
    named = as_list(principal.get("AWS", [])) if isinstance(principal, Mapping) else []
    if not named or not all(_PRINCIPAL.fullmatch(str(name)) for name in named):
        raise _invalid("the principal must be an account or an IAM principal.")


def _check_statement(statement: Mapping[str, Any], authority: CertificateAuthority, templates: str) -> None:
    actions = set(as_list(statement.get("Action", [])))
    equals = statement.get("Condition", {}).get("StringEquals", {})
    if set(statement) - {"Sid", "Effect", "Principal", "Action", "Resource", "Condition"}:
        raise _invalid("a statement has a member that is not allowed.")
    if statement.get("Effect") != "Allow" or as_list(statement.get("Resource", "")) != [authority.arn]:
        raise _invalid(f"each statement must allow actions on {authority.arn}.")
    _check_principal(statement, equals)
    if set(statement.get("Condition", {})) - {"StringEquals"} or set(equals) - {_TEMPLATE_KEY, _ORGANIZATION_KEY}:
        raise _invalid("a condition is not allowed.")
    if actions == {_ISSUE}:
        _check_templates(as_list(equals.get(_TEMPLATE_KEY, [])), templates)
    elif actions != _READS or _TEMPLATE_KEY in equals:
        raise _invalid("the actions must be IssueCertificate alone, or all of the read actions.")


def _check_templates(arns: list[Any], templates: str) -> None:
    for arn in arns or [""]:
        found = ARN.fullmatch(str(arn))
        if not found or (templates == "published_set" and found.group(2) not in PUBLISHED_TEMPLATES):
            raise _invalid(f"IssueCertificate needs the condition {_TEMPLATE_KEY} with a template that can be shared.")


def put_policy(service: PrivateCa, call: Call) -> Members:
    """PutPolicy: the published two-statement shape, nothing else."""
    authority = find_settled(service, call)
    refuse_while_updating(service, authority)
    statements = _parse(call.members["Policy"])
    if any(statement.get("Effect") == "Deny" for statement in statements):
        message = "The policy would prevent the current principal from changing it later."
        raise ServiceError("LockoutPreventedException", message)
    for statement in statements:
        _check_statement(statement, authority, service.settings.cross_account_templates)
    granted = [set(as_list(statement["Action"])) for statement in statements]
    if sorted(granted, key=len) != [{_ISSUE}, _READS]:
        raise _invalid("it needs two statements, one for IssueCertificate and one for the read actions.")
    authority.policy, authority.policy_from_share = call.members["Policy"], False
    service.store.note_authority(authority)
    return {}


def get_policy(service: PrivateCa, call: Call) -> Members:
    """GetPolicy."""
    authority = find_settled(service, call)
    if authority.policy is None:
        message = f"Could not find policy for resource {authority.arn}."
        raise ServiceError("ResourceNotFoundException", message)
    return {"Policy": authority.policy}


def delete_policy(service: PrivateCa, call: Call) -> Members:
    """DeletePolicy: succeeds without a policy too."""
    authority = find_settled(service, call)
    refuse_while_updating(service, authority)
    authority.policy, authority.policy_from_share = None, False
    service.store.note_authority(authority)
    return {}


def build_share_policy(authority: CertificateAuthority, accounts: Any, permissions: Any) -> str:
    """The resource policy once RAM has added a share, by its managed permissions, to what was granted before.

    ValueError for an unknown permission, and for what is no list of accounts or of permissions.
    """
    for given in (accounts, permissions):
        if not isinstance(given, list) or not given:
            raise ValueError(f"got {given!r}.")
    if not all(isinstance(account, str) and _ACCOUNT.fullmatch(account) for account in accounts):
        raise ValueError(f"accounts have twelve digits, unlike those of {accounts}.")
    principal = {"AWS": [f"arn:{authority.partition}:iam::{account}:root" for account in accounts]}
    statements = read_statements(authority.policy) if authority.policy else []
    for statement in [one for name in permissions for one in _list_granted(authority, principal, name)]:
        if statement not in statements:
            statements.append(statement)
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


def _list_granted(
    authority: CertificateAuthority, principal: Mapping[str, Any], permission: str
) -> list[Mapping[str, Any]]:
    """The statements of one managed permission."""
    if permission not in SHARE_TEMPLATES:
        raise ValueError(f"there is no RAM permission {permission}; there are: {', '.join(SHARE_TEMPLATES)}")
    template = SHARE_TEMPLATES[permission]
    allow = {"Effect": "Allow", "Principal": principal, "Resource": authority.arn}
    if template is None:
        return [{**allow, "Action": [_REVOKE]}]
    arn = f"arn:{authority.partition}:acm-pca:::template/{template}/V1"
    condition = {"StringEquals": {_TEMPLATE_KEY: arn}}
    return [{**allow, "Action": [_ISSUE], "Condition": condition}, {**allow, "Action": sorted(_READS)}]
