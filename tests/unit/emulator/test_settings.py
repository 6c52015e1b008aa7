# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Each choice of each setting makes a difference that a client sees: what is not established can be had either way."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

from private_ca_emulator import seeding
from private_ca_emulator.settings import Settings

from .declared_errors import ABSENT, FOREIGN_KIND
from .input_members import outcome_of
from .observers import OBSERVERS, judge, judge_issuing, shows
from .support import LEAF_KEY, create_constrained, issue, issue_and_load, make_csr
from .test_validation import SIGNATURE, send
from .world import World, create_members, crl_in, issue_on, request_for

DAY = 86400
CHOICES = {item.name: item.metadata["choices"] for item in dataclasses.fields(Settings) if "choices" in item.metadata}


@shows("token_conflict")
def reuse_a_token(world: World) -> Any:
    first = issue(world.client, world.root, IdempotencyToken="token")
    other = request_for("IssueCertificate", world.root, IdempotencyToken="token", Csr=make_csr("other.example.com"))
    outcome = outcome_of(world.client.issue_certificate, **other)
    return outcome[0] if isinstance(outcome, tuple) else outcome["CertificateArn"] == first


@shows("token_scope")
def reuse_a_token_at_another_authority(world: World) -> Any:
    other = seeding.create_active_root(world.client, "Other Root CA")
    first, second = (issue(world.client, arn, IdempotencyToken="token") for arn in (world.root, other))
    return first == second


@shows("deduplicate_issue_without_token")
def issue_twice_without_a_token(world: World) -> Any:
    request = request_for("IssueCertificate", world.root)
    first, second = (world.client.issue_certificate(**request)["CertificateArn"] for _time in range(2))
    return first == second


@shows("deduplicate_create_without_token")
def create_twice_without_a_token(world: World) -> Any:
    request = {name: value for name, value in create_members().items() if name != "IdempotencyToken"}
    first, second = (world.client.create_certificate_authority(**request) for _time in range(2))
    return first["CertificateAuthorityArn"] == second["CertificateAuthorityArn"]


@shows("unknown_template_error")
def issue_with_an_unknown_template(world: World) -> Any:
    return judge_issuing(world, TemplateArn=seeding.template_arn(world.root, "Invented"))


@shows("empty_csr_error")
def issue_for_nobody(world: World) -> Any:
    return judge_issuing(world, Csr=make_csr(None, ()))


@shows("unsupported_csr_key")
def issue_for_a_small_key(world: World) -> Any:
    return judge_issuing(world, Csr=make_csr(key=rsa.generate_private_key(65537, 1024)))


@shows("long_common_name")
def issue_for_a_long_name(world: World) -> Any:
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "a" * 65, _validate=False)])
    csr = x509.CertificateSigningRequestBuilder().subject_name(subject).sign(LEAF_KEY, hashes.SHA256())
    return judge_issuing(world, Csr=csr.public_bytes(serialization.Encoding.PEM))


@shows("short_lived_excess_error")
def issue_for_more_than_a_week(world: World) -> Any:
    return judge_issuing(world, seeding.create_active_root(world.client, UsageMode="SHORT_LIVED_CERTIFICATE"))


@shows("foreign_root_csr_error")
def sign_another_root(world: World) -> Any:
    return judge_issuing(world, TemplateArn=seeding.template_arn(world.root, "RootCACertificate"))


def judge_revoking(world: World, serial: str) -> str:
    request = request_for("RevokeCertificate", world.root, CertificateSerial=serial)
    return judge(world.client.revoke_certificate, **request)


@shows("revoke_expired_error")
def revoke_after_the_end(world: World) -> Any:
    signed = issue_and_load(world.client, world.root, Validity={"Type": "DAYS", "Value": 1})
    world.control.advance(2 * DAY)
    return judge_revoking(world, f"{signed.serial_number:x}")


@shows("revoke_unknown_serial_error")
def revoke_what_was_never_issued(world: World) -> Any:
    return judge_revoking(world, "12ab")


@shows("malformed_serial_error")
def revoke_what_is_no_serial(world: World) -> Any:
    return judge_revoking(world, "serial")


@shows("uppercase_serial_accepted")
def revoke_in_upper_case(world: World) -> Any:
    return judge_revoking(world, world.issue_serial(world.root).upper())


@shows("pad_serial_in_arn")
def issue_until_a_serial_is_short(world: World) -> Any:
    request = request_for("IssueCertificate", world.root)
    arns = [world.client.issue_certificate(**request)["CertificateArn"] for _time in range(300)]
    return {len(arn.rpartition("/")[2]) for arn in arns} == {32}


@shows("audit_report_too_soon_error")
def order_reports_too_soon(world: World) -> Any:
    request = request_for("CreateCertificateAuthorityAuditReport", world.root)
    return [judge(world.client.create_certificate_authority_audit_report, **request) for _time in range(2)][1]


@shows("foreign_audit_report_error")
def ask_for_a_report_of_another_authority(world: World) -> Any:
    request = request_for("CreateCertificateAuthorityAuditReport", world.root)
    report = world.client.create_certificate_authority_audit_report(**request)["AuditReportId"]
    asked = {"CertificateAuthorityArn": world.create(), "AuditReportId": report}
    return judge(world.client.describe_certificate_authority_audit_report, **asked)


@shows("foreign_certificate_arn_error")
def ask_for_a_certificate_of_another_authority(world: World) -> Any:
    request = issue_on(world, world.root)
    return judge(world.client.get_certificate, **{**request, "CertificateAuthorityArn": world.create()})


@shows("unknown_arn_error")
def ask_for_an_authority_and_a_certificate_that_do_not_exist(world: World) -> Any:
    authority = judge(world.client.describe_certificate_authority, CertificateAuthorityArn=ABSENT)
    assert judge(world.client.get_certificate, **request_for("GetCertificate", world.root)) == authority
    return authority


@shows("foreign_kind_of_arn_error")
def ask_for_a_widget(world: World) -> Any:
    return judge(world.client.describe_certificate_authority, CertificateAuthorityArn=FOREIGN_KIND)


@shows("list_tags_token_error")
def list_tags_from_a_token_that_was_not_given(world: World) -> Any:
    return judge(world.client.list_tags, CertificateAuthorityArn=world.root, NextToken="abcd")


@shows("failed_authority_error")
def ask_a_failed_authority(world: World) -> Any:
    return judge(world.client.get_policy, ResourceArn=world.fail())


def judge_bucket(world: World, bucket: str) -> str:
    return judge(world.client.create_certificate_authority, **create_members(), RevocationConfiguration=crl_in(bucket))


@shows("bucket_refusal_error")
def publish_into_no_bucket(world: World) -> Any:
    return judge_bucket(world, "there-is-no-such-bucket")


def judge_caller(world: World, *actions: str) -> str:
    """What becomes of a CRL that somebody turns on who may do only this in S3."""
    statement = {"Effect": "Allow", "Action": ["acm-pca:*", *(f"s3:{name}" for name in actions)], "Resource": "*"}
    world.control.add_access_key("AKIAPUBLISHER", "123456789012", None, [{"Statement": [statement]}])
    create = world.connect("acm-pca", access_key="AKIAPUBLISHER").create_certificate_authority
    return judge(create, **create_members(), RevocationConfiguration=crl_in(world.bucket))


@shows("crl_caller_rights")
def publish_as_one_who_may_look_and_one_who_may_write(world: World) -> Any:
    return judge_caller(world, "GetBucket*"), judge_caller(world, "PutObject*")


@shows("crl_caller_error")
def publish_as_one_who_may_not(world: World) -> Any:
    return judge_caller(world)


@shows("s3_bucket_check")
def publish_into_a_closed_bucket_and_into_none(world: World) -> Any:
    world.connect("s3").delete_bucket_policy(Bucket=world.bucket)
    return judge_bucket(world, world.bucket), judge_bucket(world, "there-is-no-such-bucket")


@shows("name_constraints_breach")
def issue_outside_the_constraints(world: World) -> Any:
    constraints = x509.NameConstraints([x509.DNSName("example.org")], None)
    return judge_issuing(world, create_constrained(world.client, world.root, constraints))


@shows("equal_not_after")
def issue_until_the_authority_ends(world: World) -> Any:
    record = world.client.describe_certificate_authority(CertificateAuthorityArn=world.root)["CertificateAuthority"]
    return judge_issuing(world, Validity={"Type": "ABSOLUTE", "Value": int(record["NotAfter"].timestamp())})


@shows("month_arithmetic")
def issue_for_a_month_from_the_last_of_january(world: World) -> Any:
    world.control.set_time(1_801_353_600)  # 2027-01-31
    signed = issue_and_load(world.client, world.root, Validity={"Type": "MONTHS", "Value": 1})
    return signed.not_valid_after_utc.date()


@shows("region_generation")
def issue_with_a_hash_of_another_size(world: World) -> Any:
    return judge_issuing(world, SigningAlgorithm="SHA512WITHECDSA")


@shows("import_into_disabled")
def import_into_a_disabled_authority(world: World) -> Any:
    request = request_for("ImportCertificateAuthorityCertificate", world.disable(world.root))
    return judge(world.client.import_certificate_authority_certificate, **request)


@shows("expired_authority_restorable")
def restore_an_expired_authority(world: World) -> Any:
    arn = seeding.create_active_root(world.client, days=1)
    world.control.advance(2 * DAY)
    return judge(world.client.restore_certificate_authority, CertificateAuthorityArn=world.delete(arn))


@shows("unencodable_passthrough")
def pass_a_subject_through_that_has_no_encoding(world: World) -> Any:
    subject = {"CustomAttributes": [{"ObjectIdentifier": "2.5.4.5", "Value": "M\u00fcnchen"}]}
    template = seeding.template_arn(world.root, "EndEntityCertificate_APIPassthrough")
    return judge_issuing(world, TemplateArn=template, ApiPassthrough={"Subject": subject})


@shows("template_in_context_when_omitted")
def issue_without_a_template_where_a_policy_names_it(world: World) -> Any:
    condition = {"StringEquals": {"acm-pca:TemplateArn": seeding.template_arn(world.root, "EndEntityCertificate")}}
    statement = {"Effect": "Allow", "Action": "acm-pca:IssueCertificate", "Resource": "*", "Condition": condition}
    policy = {"Version": "2012-10-17", "Statement": [statement]}
    world.control.add_access_key("AKIABOUND", "123456789012", policies=[policy])
    request = request_for("IssueCertificate", world.root)
    return judge(world.connect(access_key="AKIABOUND").issue_certificate, **request)


@shows("cross_account_templates")
def share_another_template(world: World) -> Any:
    shared = world.control.share(world.root, ["222222222222"], ["AWSRAMDefaultPermissionCertificateAuthority"])
    policy = json.dumps(shared).replace("template/EndEntityCertificate/", "template/CodeSigningCertificate/")
    return judge(world.client.put_policy, ResourceArn=world.root, Policy=policy)


@shows("acm_needs_permission")
def request_from_acm_without_a_permission(world: World) -> Any:
    acm = world.connect("acm")
    arn = acm.request_certificate(DomainName="web.example.com", CertificateAuthorityArn=world.root)["CertificateArn"]
    return acm.describe_certificate(CertificateArn=arn)["Certificate"]["Status"]


@shows("signature_check")
def sign_with_another_secret_and_long_ago(world: World) -> Any:
    world.control.add_access_key("AKIAKNOWN", "123456789012", secret_access_key="the secret")
    secret = judge(world.connect(access_key="AKIAKNOWN").list_certificate_authorities)
    old = {"X_Amz_Date": "20200101T000000Z", "Authorization": SIGNATURE.replace("DAY", "20200101")}
    status, _reply = send(world.client.meta, b"{}", X_Amz_Target="ACMPrivateCA.ListCertificateAuthorities", **old)
    return secret, status


@shows("unknown_access_keys")
def ask_with_an_unknown_key(world: World) -> Any:
    return judge(world.client.list_certificate_authorities)


@pytest.mark.filterwarnings("ignore:Attribute.s length")
@pytest.mark.parametrize("setting", CHOICES)
def test_every_choice_of_a_setting_makes_a_difference(world: World, setting: str) -> None:
    seen = []
    for choice in CHOICES[setting]:
        world.control.reset()
        fresh = World(world.client, world.control, world.connect)
        if setting != "unknown_access_keys":
            assert fresh.root, "made before the setting can be in its way"
        assert world.control.settings(**{setting: choice})[setting] == choice
        seen.append(OBSERVERS[setting](fresh))
        if setting.endswith("_error"):
            assert seen[-1] == choice
    assert len(set(seen)) == len(CHOICES[setting]), seen


def test_the_default_of_a_setting_is_its_first_choice() -> None:
    assert {name: choices[0] for name, choices in CHOICES.items()} == {
        name: value for name, value in Settings().describe().items() if name in CHOICES
    }
