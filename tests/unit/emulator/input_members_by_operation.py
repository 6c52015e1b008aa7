# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Comparisons of `input_members` for revocation and for the operations on a CA that exists."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

from botocore import xform_name
from cryptography import x509

from private_ca_emulator import seeding

from .input_members import compare, outcome_of, seen_in
from .support import issue_and_load
from .world import Members, World, crl_in, issue_on, request_for

Step = tuple[str, Members]
OTHER_ACCOUNT = "222222222222"
IDENTIFIER = re.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def observe_published(world: World, revocation: Members) -> Any:
    """What a CA with this revocation configuration puts into a certificate and into two buckets."""
    buckets = {"first": world.make_bucket(), "second": world.make_bucket()}
    crl = dict(revocation.get("CrlConfiguration", {"Enabled": False}))
    if crl["Enabled"]:
        crl["S3BucketName"] = buckets[crl["S3BucketName"]]
    root = seeding.create_active_root(world.client, RevocationConfiguration={**revocation, "CrlConfiguration": crl})
    leaf, s3 = issue_and_load(world.client, root), world.connect("s3")
    uris = [
        extension.value.public_bytes().decode("latin-1")
        for extension in leaf.extensions
        if isinstance(extension.value, (x509.CRLDistributionPoints, x509.AuthorityInformationAccess))
    ]
    objects = [
        (role, IDENTIFIER.sub("ID", listed["Key"]), describe_object(s3, Bucket=bucket, Key=listed["Key"]))
        for role, bucket in buckets.items()
        for listed in s3.list_objects_v2(Bucket=bucket).get("Contents", [])
    ]
    for role, bucket in buckets.items():
        uris = [uri.replace(bucket, role) for uri in uris]
    return [IDENTIFIER.sub("ID", uri) for uri in uris], objects


def describe_object(s3: Any, **names: str) -> tuple[Any, ...]:
    """Who may read an object, and the life of the CRL that it holds."""
    grants = [grant["Grantee"].get("URI") for grant in s3.get_object_acl(**names)["Grants"]]
    if not names["Key"].endswith(".crl"):
        return (grants,)
    crl = x509.load_der_x509_crl(s3.get_object(**names)["Body"].read())
    assert crl.next_update_utc is not None
    return grants, crl.next_update_utc - crl.last_update_utc, [extension.oid for extension in crl.extensions]


def publishing(**members: Any) -> Members:
    return crl_in("first", **members)


def answering(**members: Any) -> Members:
    return {"OcspConfiguration": {"Enabled": True, **members}}


OMITTING = {"OmitExtension": True}
PUBLISHED = {
    ("CreateCertificateAuthorityRequest", "RevocationConfiguration"): ({}, publishing()),
    ("RevocationConfiguration", "CrlConfiguration"): ({}, publishing()),
    ("RevocationConfiguration", "OcspConfiguration"): ({}, answering()),
    ("OcspConfiguration", "Enabled"): ({"OcspConfiguration": {"Enabled": False}}, answering()),
    ("OcspConfiguration", "OcspCustomCname"): (answering(), answering(OcspCustomCname="ocsp.example.com")),
    ("CrlConfiguration", "Enabled"): ({"CrlConfiguration": {"Enabled": False}}, publishing()),
    ("CrlConfiguration", "ExpirationInDays"): (publishing(), publishing(ExpirationInDays=14)),
    ("CrlConfiguration", "CustomCname"): (publishing(), publishing(CustomCname="crl.example.com")),
    ("CrlConfiguration", "CustomPath"): (publishing(), publishing(CustomPath="elsewhere")),
    ("CrlConfiguration", "CrlType"): (publishing(), publishing(CrlType="PARTITIONED")),
    ("CrlConfiguration", "S3ObjectAcl"): (publishing(), publishing(S3ObjectAcl="BUCKET_OWNER_FULL_CONTROL")),
    ("CrlConfiguration", "S3BucketName"): (publishing(), publishing(S3BucketName="second")),
    ("CrlConfiguration", "CrlDistributionPointExtensionConfiguration"): (
        publishing(),
        publishing(CrlDistributionPointExtensionConfiguration=OMITTING),
    ),
    ("CrlDistributionPointExtensionConfiguration", "OmitExtension"): (
        publishing(CrlDistributionPointExtensionConfiguration={"OmitExtension": False}),
        publishing(CrlDistributionPointExtensionConfiguration=OMITTING),
    ),
}
for (_shape, _member), _configurations in PUBLISHED.items():
    compare(_shape, _member, observe_published, *_configurations)


def tell_apart(operation: str, member: str, read: str, *requests: Members, before: tuple[Step, ...] = ()) -> None:
    """Two requests on two new CAs, each after the steps `before`; seen by the reply and by what `read` says then."""

    def observe(world: World, changes: Members) -> Any:
        arn = world.create()
        for earlier, members in before:
            call_on(world, earlier, arn, members)
        seen = call_on(world, operation, arn, changes), call_on(world, read, arn, {})
        return json.dumps(seen, default=str).replace(arn, "CA")

    compare(f"{operation}Request", member, observe, *requests)


def call_on(world: World, operation: str, arn: str, changes: Members) -> Any:
    return outcome_of(getattr(world.client, xform_name(operation)), **request_for(operation, arn, **changes))


PERMIT: Step = ("CreatePermission", {})
PERMIT_OTHER = ("CreatePermission", {"SourceAccount": OTHER_ACCOUNT})
TAG: Step = ("TagCertificateAuthority", {})
TAG_OTHER = ("TagCertificateAuthority", {"Tags": [{"Key": "stage", "Value": "test"}]})
OTHER_TAGS = {"Tags": [{"Key": "team", "Value": "edge"}]}
tell_apart("CreatePermission", "Principal", "ListPermissions", {}, {"Principal": "other.amazonaws.com"})
tell_apart("CreatePermission", "Actions", "ListPermissions", {}, {"Actions": ["GetCertificate"]})
tell_apart("CreatePermission", "SourceAccount", "ListPermissions", {}, {"SourceAccount": OTHER_ACCOUNT})
tell_apart(
    "DeletePermission", "Principal", "ListPermissions", {}, {"Principal": "other.amazonaws.com"}, before=(PERMIT,)
)
tell_apart(
    "DeletePermission", "SourceAccount", "ListPermissions", {}, {"SourceAccount": OTHER_ACCOUNT},
    before=(PERMIT, PERMIT_OTHER),
)  # fmt: skip
tell_apart("TagCertificateAuthority", "Tags", "ListTags", {}, OTHER_TAGS)
tell_apart("UntagCertificateAuthority", "Tags", "ListTags", {}, OTHER_TAGS, before=(TAG,))
for _operation, _steps in (("ListTags", (TAG, TAG_OTHER)), ("ListPermissions", (PERMIT, PERMIT_OTHER))):
    tell_apart(_operation, "MaxResults", _operation, {}, {"MaxResults": 1}, before=_steps)
tell_apart(
    "DeleteCertificateAuthority", "PermanentDeletionTimeInDays", "DescribeCertificateAuthority",
    {}, {"PermanentDeletionTimeInDays": 7},
)  # fmt: skip


def read_second_page(world: World, operation: str, first: Members) -> tuple[Any, Any]:
    call = getattr(world.client, xform_name(operation))
    page = outcome_of(call, **first, MaxResults=1)
    return page, outcome_of(call, **first, MaxResults=1, NextToken=page["NextToken"])


@seen_in("ListTagsRequest", "NextToken")
def list_tags_further(world: World) -> tuple[Any, Any]:
    arn = world.create(Tags=[{"Key": "a"}, {"Key": "b"}])
    return read_second_page(world, "ListTags", {"CertificateAuthorityArn": arn})


@seen_in("ListPermissionsRequest", "NextToken")
def list_permissions_further(world: World) -> tuple[Any, Any]:
    arn = world.create()
    for step, members in (PERMIT, PERMIT_OTHER):
        call_on(world, step, arn, members)
    return read_second_page(world, "ListPermissions", {"CertificateAuthorityArn": arn})


@seen_in("ListCertificateAuthoritiesRequest", "NextToken")
def list_authorities_further(world: World) -> tuple[Any, Any]:
    world.create(), world.create()
    return read_second_page(world, "ListCertificateAuthorities", {})


def compare_lists(**changes: Any) -> Callable[[World], tuple[Any, Any]]:
    def list_twice(world: World) -> tuple[Any, Any]:
        world.create(), world.create()
        call = world.client.list_certificate_authorities
        return outcome_of(call), outcome_of(call, **changes)

    return list_twice


seen_in("ListCertificateAuthoritiesRequest", "MaxResults")(compare_lists(MaxResults=1))
seen_in("ListCertificateAuthoritiesRequest", "ResourceOwner")(compare_lists(ResourceOwner="OTHER_ACCOUNTS"))


@seen_in("PutPolicyRequest", "Policy")
def put_two_policies(world: World) -> tuple[Any, Any]:
    arn, texts = world.create(), []
    for account in (OTHER_ACCOUNT, "333333333333"):
        world.client.delete_policy(ResourceArn=arn)
        shared = world.control.share(arn, [account], ["AWSRAMDefaultPermissionCertificateAuthority"])
        world.client.put_policy(ResourceArn=arn, Policy=json.dumps(shared))
        texts.append(world.client.get_policy(ResourceArn=arn)["Policy"])
    return texts[0], texts[1]


@seen_in("GetCertificateRequest", "CertificateArn")
def fetch_two_certificates(world: World) -> tuple[Any, Any]:
    requests = issue_on(world, world.root), issue_on(world, world.root)
    first, second = (outcome_of(world.client.get_certificate, **request) for request in requests)
    return first, second


def sign_for(world: World, arn: str, **changes: Any) -> Members:
    csr = world.client.get_certificate_authority_csr(CertificateAuthorityArn=arn)["Csr"].encode()
    template = seeding.template_arn(arn, "SubordinateCACertificate_PathLen0")
    request = issue_on(world, world.root, Csr=csr, TemplateArn=template, **changes)
    got = world.client.get_certificate(**request)
    return {"Certificate": got["Certificate"].encode(), "CertificateChain": got["CertificateChain"].encode()}


def install(world: World, arn: str, members: Members) -> Any:
    call_on(world, "ImportCertificateAuthorityCertificate", arn, members)
    return call_on(world, "GetCertificateAuthorityCertificate", arn, {})


@seen_in("ImportCertificateAuthorityCertificateRequest", "Certificate")
def import_two_certificates(world: World) -> tuple[Any, Any]:
    arn = world.create("SUBORDINATE")
    return install(world, arn, sign_for(world, arn)), install(world, arn, sign_for(world, arn))


@seen_in("ImportCertificateAuthorityCertificateRequest", "CertificateChain")
def import_with_and_without_a_chain(world: World) -> tuple[Any, Any]:
    arn = world.create("SUBORDINATE")
    signed = sign_for(world, arn)
    return install(world, arn, {"Certificate": signed["Certificate"]}), install(world, arn, signed)


def observe_updated(world: World, changes: Members) -> Any:
    arn = seeding.create_active_root(world.client)
    call_on(world, "UpdateCertificateAuthority", arn, changes)
    record = call_on(world, "DescribeCertificateAuthority", arn, {})["CertificateAuthority"]
    return record["Status"], record["RevocationConfiguration"]


compare("UpdateCertificateAuthorityRequest", "Status", observe_updated, {}, {"Status": "DISABLED"})
_RESPONDING = {"RevocationConfiguration": answering()}
compare("UpdateCertificateAuthorityRequest", "RevocationConfiguration", observe_updated, {}, _RESPONDING)


def revoke_new(world: World, **changes: Any) -> Any:
    """Why a certificate is revoked, if it is, after RevokeCertificate of its serial, unless `changes` has another."""
    serial = world.issue_serial(world.root)
    call_on(world, "RevokeCertificate", world.root, {"CertificateSerial": serial, **changes})
    issued = world.control.certificates(world.root)
    (listed,) = [item for item in issued if int(item["serial"].replace(":", ""), 16) == int(serial, 16)]
    return listed.get("revocation_reason")


@seen_in("RevokeCertificateRequest", "CertificateSerial")
def revoke_one_of_two(world: World) -> tuple[Any, Any]:
    other = world.issue_serial(world.root)
    return revoke_new(world), revoke_new(world, CertificateSerial=other)


@seen_in("RevokeCertificateRequest", "RevocationReason")
def revoke_for_two_reasons(world: World) -> tuple[Any, Any]:
    return revoke_new(world), revoke_new(world, RevocationReason="KEY_COMPROMISE")


def order_report(world: World, **changes: Any) -> tuple[str, str, list[str]]:
    """Id and key of a new report of a CA with one certificate, and the keys that lie in the world's bucket then."""
    arn = seeding.create_active_root(world.client)
    request = {"S3BucketName": world.bucket, **changes}
    ordered = call_on(world, "CreateCertificateAuthorityAuditReport", arn, request)
    listed = world.connect("s3").list_objects_v2(Bucket=world.bucket).get("Contents", [])
    keys = [item["Key"] for item in listed]
    return arn, ordered["AuditReportId"], [ordered["S3Key"].rpartition(".")[2], str(ordered["S3Key"] in keys)]


@seen_in("CreateCertificateAuthorityAuditReportRequest", "S3BucketName")
def order_reports_into_two_buckets(world: World) -> tuple[Any, Any]:
    return order_report(world)[2], order_report(world, S3BucketName=world.make_bucket())[2]


@seen_in("CreateCertificateAuthorityAuditReportRequest", "AuditReportResponseFormat")
def order_reports_of_two_formats(world: World) -> tuple[Any, Any]:
    return order_report(world)[2], order_report(world, AuditReportResponseFormat="CSV")[2]


@seen_in("DescribeCertificateAuthorityAuditReportRequest", "AuditReportId")
def describe_two_reports(world: World) -> tuple[Any, Any]:
    arn, report, _seen = order_report(world)
    operation = "DescribeCertificateAuthorityAuditReport"
    return call_on(world, operation, arn, {"AuditReportId": report}), call_on(world, operation, arn, {})
