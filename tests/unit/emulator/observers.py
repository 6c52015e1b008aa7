# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What shows the choice of a setting, by setting; here those that show in certificates, hierarchies and reports."""

from __future__ import annotations

import json
import urllib.parse
from collections.abc import Callable
from typing import Any

from cryptography import x509
from cryptography.x509.oid import ExtensionOID

from private_ca_emulator import seeding

from .input_members import outcome_of
from .support import issue, issue_and_load, make_csr
from .test_importing import install_at_level
from .world import World, request_for

GUEST = "222222222222"
OBSERVERS: dict[str, Callable[[World], Any]] = {}


def shows(setting: str) -> Callable[[Callable[[World], Any]], Callable[[World], Any]]:
    """Register what shows the choice of a setting."""

    def register(observe: Callable[[World], Any]) -> Callable[[World], Any]:
        OBSERVERS[setting] = observe
        return observe

    return register


def judge(call: Callable[..., Any], **members: Any) -> str:
    """The code of the refusal, or `accepted`."""
    outcome = outcome_of(call, **members)
    return str(outcome[0]) if isinstance(outcome, tuple) else "accepted"


def judge_issuing(world: World, arn: str | None = None, **changes: Any) -> str:
    request = request_for("IssueCertificate", arn or world.root, **changes)
    return judge(world.client.issue_certificate, **request)


@shows("sixth_level")
def issue_below_the_fifth_level(world: World) -> Any:
    fifth = install_at_level(world, 5)
    return judge_issuing(
        world, fifth, TemplateArn=seeding.template_arn(fifth, "BlankSubordinateCACertificate_PathLen0_CSRPassthrough")
    )


@shows("failed_issuance_keeps_token")
def use_the_token_of_a_failed_issuance_again(world: World) -> Any:
    world.control.fault("late_failure", "IssueCertificate", times=1, reason="Scripted.")
    first, second = (issue(world.client, world.root, IdempotencyToken="token") for _time in range(2))
    return first == second


def pass_through(world: World, **passthrough: Any) -> x509.Certificate:
    template = seeding.template_arn(world.root, "BlankEndEntityCertificate_APIPassthrough")
    return issue_and_load(world.client, world.root, TemplateArn=template, ApiPassthrough=passthrough)


@shows("api_subject")
def pass_a_part_of_a_subject_through(world: World) -> Any:
    return pass_through(world, Subject={"Organization": "Example"}).subject.rfc4514_string()


@shows("api_key_usage_critical")
def pass_a_key_usage_through(world: World) -> Any:
    signed = pass_through(world, Extensions={"KeyUsage": {"DigitalSignature": True}})
    return signed.extensions.get_extension_for_class(x509.KeyUsage).critical


@shows("api_extended_key_usage_critical")
def pass_a_purpose_through(world: World) -> Any:
    signed = pass_through(world, Extensions={"ExtendedKeyUsage": [{"ExtendedKeyUsageType": "TIME_STAMPING"}]})
    return signed.extensions.get_extension_for_class(x509.ExtendedKeyUsage).critical


def find_list(world: World, *extensions: tuple[x509.ExtensionType, bool]) -> str:
    """Where a certificate of a CSR with these extensions has its revocation listed, the CA having a CRL."""
    template = seeding.template_arn(world.publish_crl(world.root), "EndEntityCertificate_CSRPassthrough")
    signed = issue_and_load(world.client, world.root, TemplateArn=template, Csr=make_csr(extensions=extensions))
    points = signed.extensions.get_extension_for_oid(ExtensionOID.CRL_DISTRIBUTION_POINTS).value
    assert isinstance(points, x509.CRLDistributionPoints)
    return str((points[0].full_name or [])[0].value)


@shows("distribution_point")
def pass_a_distribution_point_through(world: World) -> Any:
    uri = x509.UniformResourceIdentifier("http://elsewhere.example/list.crl")
    points = x509.CRLDistributionPoints([x509.DistributionPoint([uri], None, None, None)])
    return find_list(world, (points, False)) == uri.value


@shows("crl_uri_style")
def look_where_the_list_is(world: World) -> Any:
    return urllib.parse.urlsplit(find_list(world)).netloc.replace(world.bucket, "BUCKET")


def order_report(world: World, arn: str) -> dict[str, Any]:
    request = request_for("CreateCertificateAuthorityAuditReport", arn, S3BucketName=world.bucket)
    return dict(world.client.create_certificate_authority_audit_report(**request))


@shows("audit_report_scope")
def order_reports_of_two_authorities(world: World) -> Any:
    order_report(world, world.root)
    second = seeding.create_active_root(world.client, "Other Root CA")
    request = request_for("CreateCertificateAuthorityAuditReport", second)
    return judge(world.client.create_certificate_authority_audit_report, **request)


@shows("audit_report_account")
def report_what_a_guest_was_issued(world: World) -> Any:
    world.control.share(world.root, [GUEST], ["AWSRAMDefaultPermissionCertificateAuthority"])
    issue(world.connect(access_key=GUEST), world.root)
    key = order_report(world, world.root)["S3Key"]
    report = world.connect("s3").get_object(Bucket=world.bucket, Key=key)["Body"].read()
    return json.loads(report)[-1]["awsAccountId"]
