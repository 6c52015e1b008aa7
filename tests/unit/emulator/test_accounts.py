# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json
import uuid
from typing import Any

import pytest

from private_ca_emulator import seeding
from private_ca_emulator.control import ControlError, EmulatorControl

from .support import fetch, issue, refusal

OWNER, GUEST = "123456789012", "222222222222"
END_ENTITY, SERVER = "EndEntityCertificate", "EndEntityServerAuthCertificate"
READS = [
    "DescribeCertificateAuthority",
    "GetCertificate",
    "GetCertificateAuthorityCertificate",
    "ListPermissions",
    "ListTags",
]


def write_policy(arn: str, template: str = END_ENTITY, **changes: Any) -> str:
    principal = {"AWS": GUEST}
    condition = {"StringEquals": {"acm-pca:TemplateArn": seeding.template_arn(arn, template)}}
    issue_statement = {
        "Effect": "Allow",
        "Principal": principal,
        "Action": "acm-pca:IssueCertificate",
        "Resource": arn,
        "Condition": condition,
        **changes,
    }
    actions = [f"acm-pca:{name}" for name in READS]
    read_statement = {"Effect": "Allow", "Principal": principal, "Action": actions, "Resource": arn}
    return json.dumps({"Version": "2012-10-17", "Statement": [issue_statement, read_statement]})


def test_another_account_is_refused_in_the_services_words(make_client: Any, root_arn: str) -> None:
    guest = make_client(access_key=GUEST)
    code, message = refusal(issue, guest, root_arn)
    assert code == "AccessDeniedException"
    assert message == (
        f"User: arn:aws:iam::{GUEST}:root is not authorized to perform: acm-pca:IssueCertificate on resource: "
        f"{root_arn} because no resource-based policy allows the acm-pca:IssueCertificate action"
    )


def test_a_policy_shares_exactly_its_template_and_the_read_actions(
    client: Any, make_client: Any, control: EmulatorControl, root_arn: str
) -> None:
    client.put_policy(ResourceArn=root_arn, Policy=write_policy(root_arn))
    guest = make_client(access_key=GUEST)
    assert guest.describe_certificate_authority(CertificateAuthorityArn=root_arn)
    arn = issue(guest, root_arn, TemplateArn=seeding.template_arn(root_arn, END_ENTITY))
    assert arn.startswith(root_arn)
    assert fetch(guest, root_arn, arn)["Certificate"]
    assert control.certificates()[-1]["account"] == GUEST
    server = seeding.template_arn(root_arn, SERVER)
    code, message = refusal(issue, guest, root_arn, TemplateArn=server)
    assert code == "AccessDeniedException"
    assert SERVER not in message
    assert refusal(guest.get_certificate_authority_csr, CertificateAuthorityArn=root_arn)[0] == "AccessDeniedException"
    listed = guest.list_certificate_authorities(ResourceOwner="OTHER_ACCOUNTS")["CertificateAuthorities"]
    assert [item["Arn"] for item in listed] == [root_arn]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"Action": "acm-pca:*"}, "InvalidPolicyException"),
        ({"Principal": "*"}, "InvalidPolicyException"),
        ({"Condition": {}}, "InvalidPolicyException"),
        ({"template": "EndEntityCertificate_CSRPassthrough"}, "InvalidPolicyException"),
        ({"Effect": "Deny"}, "LockoutPreventedException"),
    ],
)
def test_a_policy_out_of_the_published_shape_is_refused(
    client: Any, root_arn: str, changes: dict[str, Any], code: str
) -> None:
    assert refusal(client.put_policy, ResourceArn=root_arn, Policy=write_policy(root_arn, **changes))[0] == code


NO_POLICY = [
    "NaN",
    '{"Statement": []}',
    "[" * 20_000,
    '{"Statement": {"Effect": "Allow", "Condition": []}}',
    '{"Statement": {"Effect": "Allow", "Action": [{}], "Condition": {"StringEquals": "x"}}}',
    '{"Statement": {"Effect": "Allow", "Condition": {"DateLessThan": {"aws:CurrentTime": "2030-01-01"}}}}',
]


@pytest.mark.parametrize("policy", NO_POLICY, ids=lambda policy: policy[:60])
def test_a_policy_that_is_none_is_refused(client: Any, root_arn: str, policy: str) -> None:
    assert refusal(client.put_policy, ResourceArn=root_arn, Policy=policy)[0] == "InvalidPolicyException"


def test_a_policy_has_its_two_statements_once(client: Any, root_arn: str) -> None:
    policy = json.loads(write_policy(root_arn))
    allowing, reading = policy["Statement"]
    for statements in ([allowing], [reading], [allowing, allowing], [allowing, reading, allowing]):
        text = json.dumps({**policy, "Statement": statements})
        assert refusal(client.put_policy, ResourceArn=root_arn, Policy=text)[0] == "InvalidPolicyException"


def test_a_policy_is_read_back_and_deleted(client: Any, root_arn: str) -> None:
    missing = ("ResourceNotFoundException", f"Could not find policy for resource {root_arn}.")
    assert refusal(client.get_policy, ResourceArn=root_arn) == missing
    client.put_policy(ResourceArn=root_arn, Policy=write_policy(root_arn))
    assert client.get_policy(ResourceArn=root_arn)["Policy"] == write_policy(root_arn)
    client.delete_policy(ResourceArn=root_arn)
    client.delete_policy(ResourceArn=root_arn)
    assert refusal(client.get_policy, ResourceArn=root_arn) == missing


def test_ram_shares_combine_and_revocation_needs_its_own(
    make_client: Any, control: EmulatorControl, root_arn: str
) -> None:
    guest = make_client(access_key=GUEST)
    default, revoke = "AWSRAMDefaultPermissionCertificateAuthority", "AWSRAMRevokeCertificateCertificateAuthority"
    control.share(root_arn, [GUEST], [default])
    serial = {"CertificateSerial": "ab", "RevocationReason": "UNSPECIFIED", "CertificateAuthorityArn": root_arn}
    assert refusal(guest.revoke_certificate, **serial)[0] == "AccessDeniedException"
    control.share(root_arn, [GUEST], [revoke])
    assert refusal(guest.revoke_certificate, **serial)[0] == "ResourceNotFoundException"
    control.share(root_arn, ["333333333333"], [default])
    assert issue(guest, root_arn, TemplateArn=seeding.template_arn(root_arn, END_ENTITY))
    assert issue(make_client(access_key="333333333333"), root_arn)
    with pytest.raises(ControlError, match="there is no RAM permission"):
        control.share(root_arn, [GUEST], ["AWSRAMInvented"])


def test_a_share_that_is_made_twice_or_beside_a_policy_adds_what_is_new(
    client: Any, control: EmulatorControl, root_arn: str
) -> None:
    put = json.loads(write_policy(root_arn))["Statement"]
    client.put_policy(ResourceArn=root_arn, Policy=write_policy(root_arn))
    for _time in range(2):
        shared = control.share(root_arn, [GUEST], ["AWSRAMRevokeCertificateCertificateAuthority"])
    assert shared["Statement"][:2] == put
    assert [statement["Action"] for statement in shared["Statement"][2:]] == [["acm-pca:RevokeCertificate"]]
    assert json.loads(client.get_policy(ResourceArn=root_arn)["Policy"]) == shared


def test_an_assumed_role_acts_in_its_own_account(make_client: Any, root_arn: str, emulator: Any) -> None:
    assumed = make_client("sts").assume_role(RoleArn=f"arn:aws:iam::{GUEST}:role/issuer", RoleSessionName="session")
    credentials = assumed["Credentials"]
    secrets = {
        "aws_secret_access_key": credentials["SecretAccessKey"],
        "aws_session_token": credentials["SessionToken"],
    }
    guest = make_client(access_key=credentials["AccessKeyId"], **secrets)
    code, message = refusal(issue, guest, root_arn)
    assert code == "AccessDeniedException"
    assert f"arn:aws:sts::{GUEST}:assumed-role/issuer/session" in message
    for role, fits in (
        ("role/issuer", True),
        ("role/team/issuer", True),
        ("role/other", False),
        ("user/issuer", False),
    ):
        policy = write_policy(root_arn).replace(f'"{GUEST}"', f'"arn:aws:iam::{GUEST}:{role}"')
        make_client().put_policy(ResourceArn=root_arn, Policy=policy)
        listed = guest.list_certificate_authorities(ResourceOwner="OTHER_ACCOUNTS")["CertificateAuthorities"]
        assert [item["Arn"] for item in listed] == [root_arn] * fits
        if fits:
            assert issue(guest, root_arn)
        else:
            assert refusal(issue, guest, root_arn)[0] == "AccessDeniedException"


@pytest.mark.parametrize(("organization", "fits"), [("o-emulated000", True), ("o-elsewhere0", False)])
def test_a_policy_for_an_organization_reaches_its_accounts(
    client: Any, make_client: Any, root_arn: str, organization: str, fits: bool
) -> None:
    policy = json.loads(write_policy(root_arn))
    for statement in policy["Statement"]:
        statement["Principal"] = "*"
        statement.setdefault("Condition", {"StringEquals": {}})["StringEquals"]["aws:PrincipalOrgID"] = organization
    client.put_policy(ResourceArn=root_arn, Policy=json.dumps(policy))
    guest = make_client(access_key=GUEST)
    listed = guest.list_certificate_authorities(ResourceOwner="OTHER_ACCOUNTS")["CertificateAuthorities"]
    assert [item["Arn"] for item in listed] == [root_arn] * fits
    if fits:
        assert guest.describe_certificate_authority(CertificateAuthorityArn=root_arn)
    else:
        request = {"CertificateAuthorityArn": root_arn}
        assert refusal(guest.describe_certificate_authority, **request)[0] == "AccessDeniedException"


@pytest.mark.parametrize(
    ("wrong", "complaint"),
    [
        ({"account": "abc"}, "twelve digits"),
        ({"policies": ["x"]}, "policy 1 .* no statement"),
        ({"policies": [{"Statement": {"Action": [1]}}]}, "policy 1 .* Action"),
        ({"policies": [{"Statement": {"Condition": {"IpAddress": {}}}}]}, "IpAddress is not supported"),
    ],
)
def test_an_access_key_that_could_not_be_judged_is_refused(
    control: EmulatorControl, wrong: dict[str, Any], complaint: str
) -> None:
    with pytest.raises(ControlError, match=complaint):
        control.add_access_key("AKIAWRONG", **{"account": OWNER, **wrong})
    assert control.call("GET", "access_keys") == {}


def allow(actions: list[str], resource: str, **condition: Any) -> dict[str, Any]:
    statement = {"Effect": "Allow", "Action": actions, "Resource": resource}
    return {"Version": "2012-10-17", "Statement": [{**statement, **({"Condition": condition} if condition else {})}]}


def test_identity_policies_grant_no_more_than_they_say(
    client: Any, make_client: Any, control: EmulatorControl, root_arn: str
) -> None:
    template = {"acm-pca:TemplateArn": seeding.template_arn(root_arn, END_ENTITY)}
    policies = [
        allow(["acm-pca:IssueCertificate"], root_arn, StringEquals=template),
        allow(["acm-pca:GetCertificate"], root_arn),
    ]
    control.add_access_key("AKIALIMITED", OWNER, f"arn:aws:iam::{OWNER}:user/limited", policies)
    limited = make_client(access_key="AKIALIMITED")
    arn = issue(limited, root_arn, TemplateArn=seeding.template_arn(root_arn, END_ENTITY))
    assert fetch(limited, root_arn, arn)["Certificate"]
    assert issue(limited, root_arn)
    server = seeding.template_arn(root_arn, SERVER)
    assert refusal(issue, limited, root_arn, TemplateArn=server)[0] == "AccessDeniedException"
    assert refusal(limited.describe_certificate_authority, CertificateAuthorityArn=root_arn) == (
        "AccessDeniedException",
        f"User: arn:aws:iam::{OWNER}:user/limited is not authorized to perform: acm-pca:DescribeCertificateAuthority "
        f"on resource: {root_arn} because no identity-based policy allows the acm-pca:DescribeCertificateAuthority "
        "action",
    )
    control.settings(template_in_context_when_omitted=False)
    assert refusal(issue, limited, root_arn)[0] == "AccessDeniedException"


def test_identity_policies_bound_certificate_manager_too(
    make_client: Any, control: EmulatorControl, root_arn: str
) -> None:
    mine = f"arn:aws:acm:*:{OWNER}:certificate/*"
    policies = [allow(["acm:RequestCertificate"], "*"), allow(["acm:DescribeCertificate"], mine)]
    user = f"arn:aws:iam::{OWNER}:user/limited"
    control.add_access_key("AKIALIMITED", OWNER, user, policies)
    acm = make_client("acm", access_key="AKIALIMITED")
    request = {"DomainName": "web.example.com", "CertificateAuthorityArn": root_arn, "KeyAlgorithm": "EC_prime256v1"}
    arn = acm.request_certificate(**request)["CertificateArn"]
    assert acm.describe_certificate(CertificateArn=arn)["Certificate"]["DomainName"] == "web.example.com"
    assert refusal(acm.delete_certificate, CertificateArn=arn) == (
        "AccessDeniedException",
        f"User: {user} is not authorized to perform: acm:DeleteCertificate on resource: {arn} because no "
        "identity-based policy allows the acm:DeleteCertificate action",
    )
    tags = [{"Key": "team", "Value": "pki"}]
    code, message = refusal(acm.request_certificate, **request, Tags=tags)
    assert (code, "acm:AddTagsToCertificate" in message) == ("AccessDeniedException", True)


def test_identity_policies_bound_objects_and_items_that_moto_keeps(make_client: Any, control: EmulatorControl) -> None:
    free_s3, free_table = (make_client(service, access_key=OWNER) for service in ("s3", "dynamodb"))
    bucket = f"bounded-{uuid.uuid4().hex}"
    free_s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": free_s3.meta.region_name})
    for key in ("reports/one", "other"):
        free_s3.put_object(Bucket=bucket, Key=key, Body=b"text")
    free_table.create_table(
        TableName=bucket,
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        BillingMode="PAY_PER_REQUEST",
    )
    policies = [
        allow(["s3:GetObject"], f"arn:aws:s3:::{bucket}/reports/*"),
        allow(["dynamodb:GetItem"], f"arn:aws:dynamodb:*:{OWNER}:table/{bucket}"),
    ]
    control.add_access_key("AKIABOUNDED", OWNER, None, policies)
    s3, table = (make_client(service, access_key="AKIABOUNDED") for service in ("s3", "dynamodb"))
    assert s3.get_object(Bucket=bucket, Key="reports/one")["Body"].read() == b"text"
    assert "Item" not in table.get_item(TableName=bucket, Key={"pk": {"S": "one"}})
    assert refusal(s3.get_object, Bucket=bucket, Key="other")[0] == "AccessDenied"
    assert refusal(s3.put_object, Bucket=bucket, Key="reports/two", Body=b"")[0] == "AccessDenied"
    assert refusal(s3.list_objects_v2, Bucket=bucket)[0] == "AccessDenied"
    code, message = refusal(table.scan, TableName=bucket)
    assert (code, "dynamodb:Scan" in message) == ("AccessDeniedException", True)


def test_identity_policies_bound_networks_and_load_balancers(make_client: Any, control: EmulatorControl) -> None:
    policies = [allow(["ec2:DescribeSubnets", "elasticloadbalancing:DescribeLoadBalancers"], "*")]
    control.add_access_key("AKIABALANCER", OWNER, None, policies)
    ec2, elb = (make_client(service, access_key="AKIABALANCER") for service in ("ec2", "elbv2"))
    assert "Subnets" in ec2.describe_subnets()
    assert elb.describe_load_balancers()["LoadBalancers"] == []
    assert refusal(ec2.describe_vpcs)[0] == "UnauthorizedOperation"
    code, message = refusal(elb.describe_target_groups)
    assert (code, "elasticloadbalancing:DescribeTargetGroups" in message) == ("AccessDenied", True)


def test_an_explicit_deny_wins(make_client: Any, control: EmulatorControl, root_arn: str) -> None:
    denied = {
        "Effect": "Deny",
        "Action": "acm-pca:IssueCertificate",
        "Resource": "*",
        "Condition": {"StringNotLike": {"acm-pca:TemplateArn": "arn:aws:acm-pca:::template/EndEntityCertificate/V*"}},
    }
    policies = [allow(["acm-pca:*"], "*"), {"Version": "2012-10-17", "Statement": [denied]}]
    control.add_access_key("AKIADENIED", OWNER, None, policies)
    user = make_client(access_key="AKIADENIED")
    assert issue(user, root_arn)
    code, message = refusal(issue, user, root_arn, TemplateArn=seeding.template_arn(root_arn, SERVER))
    assert code == "AccessDeniedException"
    assert message.endswith("with an explicit deny in an identity-based policy")


def test_tagging_at_creation_needs_its_own_action(make_client: Any, control: EmulatorControl) -> None:
    control.add_access_key("AKIACREATE", OWNER, None, [allow(["acm-pca:Create*", "acm-pca:Get*"], "*")])
    creator = make_client(access_key="AKIACREATE")
    request = {
        "CertificateAuthorityConfiguration": {
            "KeyAlgorithm": "EC_prime256v1",
            "SigningAlgorithm": "SHA256WITHECDSA",
            "Subject": {"CommonName": "CA"},
        },
        "CertificateAuthorityType": "ROOT",
    }
    assert creator.create_certificate_authority(**request)
    code, message = refusal(creator.create_certificate_authority, **request, Tags=[{"Key": "a", "Value": "b"}])
    assert code == "AccessDeniedException"
    assert "acm-pca:TagCertificateAuthority" in message


def test_a_ca_of_another_region_is_not_found(make_client: Any, root_arn: str) -> None:
    elsewhere = make_client(region="us-east-1")
    code = refusal(elsewhere.describe_certificate_authority, CertificateAuthorityArn=root_arn)[0]
    assert code == "ResourceNotFoundException"


def test_tags_are_added_replaced_and_removed_by_value(client: Any, root_arn: str) -> None:
    arn = {"CertificateAuthorityArn": root_arn}
    client.tag_certificate_authority(**arn, Tags=[{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "ü /"}])
    client.tag_certificate_authority(**arn, Tags=[{"Key": "a", "Value": "2"}])
    client.untag_certificate_authority(**arn, Tags=[{"Key": "a", "Value": "1"}, {"Key": "b"}])
    assert client.list_tags(**arn)["Tags"] == [{"Key": "a", "Value": "2"}]
    for key, code in (("aws:x", "InvalidTagException"), ("a*", "ValidationException")):
        assert refusal(client.tag_certificate_authority, **arn, Tags=[{"Key": key}])[0] == code
    for batch in (range(25), range(25, 49)):
        client.tag_certificate_authority(**arn, Tags=[{"Key": f"k{number}"} for number in batch])
    assert refusal(client.tag_certificate_authority, **arn, Tags=[{"Key": "one more"}])[0] == "TooManyTagsException"
    pages = client.get_paginator("list_tags").paginate(**arn, PaginationConfig={"PageSize": 20})
    assert [len(page["Tags"]) for page in pages] == [20, 20, 10]


def test_permissions_are_for_acm_alone_and_once(client: Any, root_arn: str) -> None:
    request = {"CertificateAuthorityArn": root_arn, "Principal": "acm.amazonaws.com"}
    actions = ["IssueCertificate", "GetCertificate", "ListPermissions"]
    client.create_permission(**request, Actions=actions)
    (permission,) = client.list_permissions(CertificateAuthorityArn=root_arn)["Permissions"]
    assert (permission["Actions"], permission["SourceAccount"]) == (actions, OWNER)
    assert refusal(client.create_permission, **request, Actions=actions)[0] == "PermissionAlreadyExistsException"
    other = {**request, "Principal": "s3.amazonaws.com"}
    assert refusal(client.create_permission, **other, Actions=actions)[0] == "ValidationException"
    client.delete_permission(**request)
    assert refusal(client.delete_permission, **request)[0] == "ResourceNotFoundException"


def test_request_quotas_throttle_per_operation_account_and_region_on_the_emulators_clock(
    client: Any, make_client: Any, control: EmulatorControl, root_arn: str
) -> None:
    control.freeze()
    control.settings(quotas_enabled=True)
    describe = {"CertificateAuthorityArn": root_arn}
    for _number in range(20):
        client.describe_certificate_authority(**describe)
    assert refusal(client.describe_certificate_authority, **describe) == ("ThrottlingException", "Rate exceeded")
    client.list_certificate_authorities()
    make_client(region="us-east-1").list_certificate_authorities()
    control.advance(1)
    client.describe_certificate_authority(**describe)
    control.settings(quota_scale=0.05)
    control.advance(1)
    client.describe_certificate_authority(**describe)
    assert refusal(client.describe_certificate_authority, **describe)[0] == "ThrottlingException"


def test_count_quotas_are_limits_that_no_retry_lifts(client: Any, control: EmulatorControl, root_arn: str) -> None:
    control.settings(certificates_without_complete_crl=2, authorities_per_account=1)
    issue(client, root_arn)
    assert refusal(issue, client, root_arn)[0] == "LimitExceededException"
    assert refusal(seeding.create_active_root, client)[0] == "LimitExceededException"


def test_the_other_services_tell_the_same_accounts_apart(make_client: Any, control: EmulatorControl) -> None:
    control.add_access_key("AKIAOTHER", "333333333333")
    keys = {"AKIAOTHER": "333333333333", GUEST: GUEST, "AKIAUNKNOWN": OWNER}
    for access_key, account in keys.items():
        assert make_client("sts", access_key=access_key).get_caller_identity()["Account"] == account
