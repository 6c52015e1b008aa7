# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Scenarios of `declared_errors` for what a request asks, whatever the status of the CA: arguments, quotas, buckets."""

from __future__ import annotations

import json

from cryptography import x509

from .declared_errors import provokes
from .world import CONFIGURATION, Members, World, create_members, crl_in, request_for

LOCKOUT = "The policy would prevent the current principal from changing it later."

SCRIPTED = {
    # A policy of the published shape only allows, and only other accounts (reference 8.4): without it the owner, who
    # alone may delete it, can do all that it could before. So a fault is scripted to show what a client would see.
    ("DeletePolicy", "LockoutPreventedException"),
}


@provokes("LimitExceededException", "CreateCertificateAuthority")
def create_more_authorities_than_the_quota(world: World) -> tuple[Members, str]:
    world.control.settings(authorities_per_account=1)
    world.create()
    return create_members(), "The maximum number of certificate authorities has been reached."


@provokes("InvalidArgsException", "CreateCertificateAuthority")
def create_with_an_algorithm_that_the_key_cannot_sign(_world: World) -> tuple[Members, str]:
    configuration = {**CONFIGURATION, "SigningAlgorithm": "SHA256WITHRSA"}
    message = (
        "Signing algorithm SHA256WITHRSA cannot be used with key type EC_prime256v1. "
        "Valid signing algorithms are: SHA256WITHECDSA, SHA384WITHECDSA, SHA512WITHECDSA."
    )
    return {**create_members(), "CertificateAuthorityConfiguration": configuration}, message


RESERVED = [{"Key": "aws:team", "Value": "web"}]
RESERVED_MESSAGE = "The tag key 'aws:team' has a reserved prefix."


@provokes("InvalidTagException", "CreateCertificateAuthority")
def create_with_a_reserved_tag(_world: World) -> tuple[Members, str]:
    return {**create_members(), "Tags": RESERVED}, RESERVED_MESSAGE


@provokes("InvalidTagException", "TagCertificateAuthority")
def tag_with_a_reserved_key(world: World) -> tuple[Members, str]:
    return request_for("TagCertificateAuthority", world.create(), Tags=RESERVED), RESERVED_MESSAGE


@provokes("InvalidTagException", "UntagCertificateAuthority")
def untag_a_reserved_key(world: World) -> tuple[Members, str]:
    return request_for("UntagCertificateAuthority", world.create(), Tags=RESERVED), RESERVED_MESSAGE


@provokes("TooManyTagsException", "TagCertificateAuthority")
def tag_beyond_fifty(world: World) -> tuple[Members, str]:
    arn = world.create(Tags=[{"Key": f"key{number}"} for number in range(50)])
    return request_for("TagCertificateAuthority", arn), "A certificate authority can have at most 50 tags."


def make_closed_bucket(world: World) -> tuple[str, str]:
    """A bucket that the service cannot write to, and what it says of it."""
    world.control.settings(bucket_refusal_error="InvalidPolicyException")
    world.connect("s3").delete_bucket_policy(Bucket=world.bucket)
    return world.bucket, (
        "The ACM Private CA service account 'acm-pca-prod-pdx' requires getBucketAcl permissions for your S3 bucket "
        f"'{world.bucket}'. Check your S3 bucket permissions and try again."
    )


@provokes("InvalidPolicyException", "CreateCertificateAuthority")
def create_with_a_bucket_whose_policy_keeps_the_service_out(world: World) -> tuple[Members, str]:
    bucket, message = make_closed_bucket(world)
    return {**create_members(), "RevocationConfiguration": crl_in(bucket)}, message


@provokes("InvalidPolicyException", "UpdateCertificateAuthority")
def update_with_a_bucket_whose_policy_keeps_the_service_out(world: World) -> tuple[Members, str]:
    bucket, message = make_closed_bucket(world)
    return {"CertificateAuthorityArn": world.root, "RevocationConfiguration": crl_in(bucket)}, message


@provokes("InvalidArgsException", "UpdateCertificateAuthority")
def disable_a_crl_that_has_other_members(world: World) -> tuple[Members, str]:
    configuration = {"CrlConfiguration": {"Enabled": False, "ExpirationInDays": 7}}
    request = {"CertificateAuthorityArn": world.root, "RevocationConfiguration": configuration}
    return request, "A disabled CRL configuration must not contain other members."


def order_report(world: World, arn: str) -> Members:
    return request_for("CreateCertificateAuthorityAuditReport", arn, S3BucketName=world.bucket)


TOO_SOON = "An audit report can be created only once every 30 minutes."


@provokes("RequestInProgressException", "CreateCertificateAuthorityAuditReport")
def order_two_reports_at_once(world: World) -> tuple[Members, str]:
    request = order_report(world, world.root)
    world.client.create_certificate_authority_audit_report(**request)
    return request, TOO_SOON


@provokes("RequestFailedException", "CreateCertificateAuthorityAuditReport")
def order_two_reports_where_that_is_a_failure(world: World) -> tuple[Members, str]:
    world.control.settings(audit_report_too_soon_error="RequestFailedException")
    return order_two_reports_at_once(world)


@provokes("InvalidArgsException", "CreateCertificateAuthorityAuditReport")
def order_a_report_into_what_cannot_be_a_bucket(world: World) -> tuple[Members, str]:
    request = {**order_report(world, world.root), "S3BucketName": "No_Bucket"}
    return request, "The S3 bucket name 'No_Bucket' is not valid."


@provokes("InvalidArgsException", "DescribeCertificateAuthorityAuditReport")
def ask_for_the_report_of_another_authority(world: World) -> tuple[Members, str]:
    world.control.settings(foreign_audit_report_error="InvalidArgsException")
    ordered = world.client.create_certificate_authority_audit_report(**order_report(world, world.root))
    other, report = world.create(), ordered["AuditReportId"]
    message = f"The audit report {report} is not one of {other}."
    return {"CertificateAuthorityArn": other, "AuditReportId": report}, message


@provokes("LimitExceededException", "CreatePermission")
def permit_beyond_the_quota(world: World) -> tuple[Members, str]:
    world.control.settings(permissions_per_authority=1)
    request = request_for("CreatePermission", world.root)
    world.client.create_permission(**request)
    message = "The maximum number of permissions of the CA has been reached."
    return {**request, "SourceAccount": "222222222222"}, message


@provokes("PermissionAlreadyExistsException", "CreatePermission")
def permit_twice(world: World) -> tuple[Members, str]:
    request = request_for("CreatePermission", world.root)
    world.client.create_permission(**request)
    return request, "The principal already has a permission on this CA."


@provokes("LockoutPreventedException", "PutPolicy")
def put_a_policy_that_denies(world: World) -> tuple[Members, str]:
    statement = {"Effect": "Deny", "Principal": "*", "Action": "acm-pca:*", "Resource": world.root}
    return request_for("PutPolicy", world.root, Policy=json.dumps({"Statement": [statement]})), LOCKOUT


@provokes("LockoutPreventedException", "DeletePolicy")
def delete_a_policy_where_a_fault_is_scripted(world: World) -> tuple[Members, str]:
    world.control.fault("error", "DeletePolicy", code="LockoutPreventedException", message=LOCKOUT)
    return request_for("DeletePolicy", world.root), LOCKOUT


@provokes("InvalidPolicyException", "PutPolicy")
def put_a_policy_without_a_statement(world: World) -> tuple[Members, str]:
    return request_for("PutPolicy", world.root), "The resource policy is not valid: it has no statement."


BAD_TOKEN = "The token specified in the NextToken argument is not valid."


@provokes("InvalidNextTokenException", "ListCertificateAuthorities")
def list_authorities_from_a_token_that_was_not_given(_world: World) -> tuple[Members, str]:
    return {"NextToken": "abcd"}, BAD_TOKEN


@provokes("InvalidNextTokenException", "ListPermissions")
def list_permissions_from_a_token_that_was_not_given(world: World) -> tuple[Members, str]:
    return request_for("ListPermissions", world.root, NextToken="abcd"), BAD_TOKEN


@provokes("LimitExceededException", "IssueCertificate")
def issue_beyond_the_quota(world: World) -> tuple[Members, str]:
    request = request_for("IssueCertificate", world.root)
    world.control.settings(certificates_without_complete_crl=1)
    return request, "The certificate authority has issued the maximum number of certificates."


@provokes("InvalidArgsException", "IssueCertificate")
def issue_with_an_algorithm_that_the_key_cannot_sign(world: World) -> tuple[Members, str]:
    message = (
        "Signing algorithm SHA384WITHRSA cannot be used with key type EC_prime256v1. "
        "Valid signing algorithms are: SHA256WITHECDSA, SHA384WITHECDSA, SHA512WITHECDSA."
    )
    return request_for("IssueCertificate", world.root, SigningAlgorithm="SHA384WITHRSA"), message


@provokes("MalformedCSRException", "IssueCertificate")
def issue_for_what_is_no_csr(world: World) -> tuple[Members, str]:
    request = request_for("IssueCertificate", world.root, Csr=b"no CSR")
    return request, "The certificate signing request could not be parsed."


@provokes("CertificateMismatchException", "ImportCertificateAuthorityCertificate")
def import_the_certificate_of_another_authority(world: World) -> tuple[Members, str]:
    other = world.client.get_certificate_authority_certificate(CertificateAuthorityArn=world.root)["Certificate"]
    message = "The certificate does not match the certificate signing request of the certificate authority."
    return {"CertificateAuthorityArn": world.create(), "Certificate": other.encode()}, message


@provokes("MalformedCertificateException", "ImportCertificateAuthorityCertificate")
def import_what_is_no_certificate(world: World) -> tuple[Members, str]:
    begin, end = (f"-----{word} CERTIFICATE-----\n" for word in ("BEGIN", "END"))
    request = {"CertificateAuthorityArn": world.create(), "Certificate": f"{begin}AAAA\n{end}".encode()}
    return request, "A certificate could not be parsed."


@provokes("InvalidRequestException", "ImportCertificateAuthorityCertificate")
def import_a_root_with_a_chain(world: World) -> tuple[Members, str]:
    own = world.client.get_certificate_authority_certificate(CertificateAuthorityArn=world.root)["Certificate"].encode()
    request = {"CertificateAuthorityArn": world.root, "Certificate": own, "CertificateChain": own}
    return request, "A certificate chain must not be given for a root CA."


def revocation_of(world: World, serial: str) -> Members:
    return request_for("RevokeCertificate", world.root, CertificateSerial=serial)


@provokes("RequestAlreadyProcessedException", "RevokeCertificate")
def revoke_twice(world: World) -> tuple[Members, str]:
    request = revocation_of(world, world.issue_serial(world.root))
    world.client.revoke_certificate(**request)
    return request, "The certificate is already revoked."


@provokes("RequestInProgressException", "RevokeCertificate")
def revoke_twice_in_short_order(world: World) -> tuple[Members, str]:
    world.control.settings(revocation_delay=60)
    request, _message = revoke_twice(world)
    return request, "The revocation of the certificate is in progress."


@provokes("LimitExceededException", "RevokeCertificate")
def revoke_beyond_the_quota(world: World) -> tuple[Members, str]:
    world.publish_crl(world.root)
    revoke_twice(world)
    world.control.settings(revocations_per_authority=1)
    message = "The maximum number of revoked certificates has been reached."
    return revocation_of(world, world.issue_serial(world.root)), message


@provokes("InvalidRequestException", "RevokeCertificate")
def revoke_the_root_itself(world: World) -> tuple[Members, str]:
    own = world.client.get_certificate_authority_certificate(CertificateAuthorityArn=world.root)["Certificate"]
    serial = x509.load_pem_x509_certificate(own.encode()).serial_number
    return revocation_of(world, f"{serial:x}"), "Self-signed certificate can not be revoked"


@provokes("RequestFailedException", "RevokeCertificate")
def revoke_while_the_bucket_keeps_the_service_out(world: World) -> tuple[Members, str]:
    request = revocation_of(world, world.issue_serial(world.publish_crl(world.root)))
    world.connect("s3").delete_bucket_policy(Bucket=world.bucket)
    message = "The CRL bucket of the certificate authority cannot be written. Check your S3 bucket permissions."
    return request, message
