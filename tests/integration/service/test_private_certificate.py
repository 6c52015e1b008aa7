# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""acm_private_certificate against the emulator's AWS Certificate Manager."""

from __future__ import annotations

import pytest
from ansible_collections.fleet_pki.aws_private_ca.tests.integration.service.accounts import (
    Account,
    NewAccount,
    Options,
    read_certificate,
)
from ansible_collections.fleet_pki.aws_private_ca.tests.integration.service.occasions import RENEWED
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from module_run import EXPECTED, run_five_steps
from service_policies import sharing_policy

from private_ca_emulator.control import EmulatorControl

MODULE = "acm_private_certificate"


@pytest.fixture
def options(permitted_root: str) -> Options:
    return {"domain_name": "www.example.com", "certificate_authority_arn": permitted_root}


def test_a_certificate_goes_through_the_five_steps(
    account: Account, options: Options, control: EmulatorControl
) -> None:
    control.settings(acm_issuance_delay=1.5)
    options = {**options, "key_algorithm": "EC_prime256v1"}
    steps = run_five_steps(account.run, MODULE, options, {**options, "tags": {"team": "web"}})
    assert steps.statuses == EXPECTED
    assert steps.check.result["diff"] == steps.apply.result["diff"]
    facts = steps.apply.result["certificate"]
    assert (facts["status"], facts["key_algorithm"]) == ("ISSUED", "EC_prime256v1")
    assert read_certificate(facts["certificate"]).serial_number == int(facts["serial"], 16)
    assert steps.changed.result["certificate"]["tags"] == {"team": "web"}
    assert len(account.list_in_acm()) == 1


def test_a_certificate_is_found_by_all_its_names_its_authority_and_its_key(account: Account, options: Options) -> None:
    first = account.must_run(MODULE, **options, subject_alternative_names=["b.example.com", "a.example.com"])
    again = account.must_run(MODULE, **options, subject_alternative_names=["A.example.com", "b.example.com"])
    assert not again["changed"]
    assert again["certificate"]["arn"] == first["certificate"]["arn"]
    assert account.must_run(MODULE, **options)["changed"]
    assert account.must_run(MODULE, **options, key_algorithm="EC_secp384r1")["changed"]
    assert len(account.list_in_acm()) == 3


def test_an_exported_key_is_encrypted_and_fits_the_certificate(account: Account, options: Options) -> None:
    passphrase = "correct horse battery"
    made = account.must_run(MODULE, **options, export_passphrase=passphrase)
    assert "ENCRYPTED" in made["encrypted_private_key"]
    key = load_pem_private_key(made["encrypted_private_key"].encode(), passphrase.encode())
    certificate = read_certificate(made["certificate"]["certificate"])
    assert key.public_key() == certificate.public_key()
    assert passphrase not in str(made)


def test_an_exported_certificate_is_renewed_under_its_arn(account: Account, options: Options) -> None:
    made = account.must_run(MODULE, **options, export_passphrase="passphrase")["certificate"]
    assert account.must_run(MODULE, check_mode=True, **options, **RENEWED)["changed"] is True
    assert account.must_run(MODULE, **options, renew_before="60d")["changed"] is False
    renewed = account.must_run(MODULE, **options, **RENEWED)
    assert renewed["certificate"]["arn"] == made["arn"]
    assert renewed["certificate"]["serial"] != made["serial"]


def test_a_certificate_that_was_never_exported_is_not_renewed_on_demand_and_check_mode_knows(
    account: Account, options: Options
) -> None:
    made = account.must_run(MODULE, **options)["certificate"]
    for check_mode in (True, False):
        failed = account.run(MODULE, check_mode, **options, **RENEWED)
        assert made["arn"] in failed["msg"]
        assert "Export it once" in failed["msg"]
    account.must_run(MODULE, **options, export_passphrase="passphrase")
    assert account.must_run(MODULE, **options, **RENEWED)["certificate"]["serial"] != made["serial"]


TOO_LATE: dict[str, tuple[Options, str]] = {
    "passphrase too short": ({"export_passphrase": "abc"}, "4 to 128 ASCII characters"),
    "passphrase too long": ({"export_passphrase": "a" * 129}, "4 to 128 ASCII characters"),
    "passphrase with $": ({"export_passphrase": "cash$"}, "4 to 128 ASCII characters"),
    "passphrase beyond ASCII": ({"export_passphrase": "schlüssel"}, "4 to 128 ASCII characters"),
    "no time": ({"renew_before": "soon"}, "Write it like 33%, 30d or 12h"),
}


@pytest.mark.parametrize("case", TOO_LATE)
def test_what_would_be_refused_only_after_the_request_is_refused_before_it(
    account: Account, options: Options, case: str
) -> None:
    given, says = TOO_LATE[case]
    for check_mode in (True, False):
        failed = account.run(MODULE, check_mode, **options, **given)
        assert says in failed["msg"]
        assert given.get("export_passphrase", "?!") not in failed["msg"]
    assert account.list_in_acm() == []


@pytest.mark.parametrize("passphrase", ["abcd", "a" * 128, "correct horse, battery: staple!"])
def test_a_passphrase_that_aws_takes_is_taken(account: Account, options: Options, passphrase: str) -> None:
    assert account.must_run(MODULE, **options, export_passphrase=passphrase)["encrypted_private_key"]


def test_a_certificate_is_deleted_once(account: Account, options: Options) -> None:
    arn = account.must_run(MODULE, **options)["certificate"]["arn"]
    assert account.must_run(MODULE, check_mode=True, certificate_arn=arn, state="absent")["changed"]
    assert account.must_run(MODULE, **options, state="absent")["changed"]
    assert not account.must_run(MODULE, **options, state="absent")["changed"]
    assert account.list_in_acm() == []


def test_an_arn_names_its_region_whatever_region_the_task_has(account: Account, options: Options) -> None:
    arn = account.must_run(MODULE, **options)["certificate"]["arn"]
    for region in (None, "us-east-1"):
        assert account.must_run(MODULE, certificate_arn=arn, region=region)["certificate"]["arn"] == arn
    elsewhere = {"domain_name": "b.example.com", "certificate_authority_arn": options["certificate_authority_arn"]}
    assert account.must_run(MODULE, **elsewhere, region=None)["certificate"]["arn"].split(":")[3] == account.region
    refused = account.run(MODULE, **options, certificate_arn=arn.replace(account.region, "us-east-1"))
    assert "is of another region" in refused["msg"]
    assert account.must_run(MODULE, certificate_arn=arn, state="absent", region="us-east-1")["changed"]
    assert arn not in account.list_in_acm()


@pytest.mark.parametrize(
    ("other", "says"),
    [
        ({"domain_name": "b.example.com"}, "names are www.example.com, not b.example.com"),
        ({"subject_alternative_names": ["b.example.com"]}, "not b.example.com, www.example.com"),
    ],
)
def test_a_difference_that_nothing_can_change_is_named(
    account: Account, options: Options, other: Options, says: str
) -> None:
    arn = account.must_run(MODULE, **options)["certificate"]["arn"]
    assert not account.must_run(MODULE, certificate_arn=arn, **{**options, "domain_name": "WWW.example.com"})["changed"]
    for check_mode in (True, False):
        assert says in account.run(MODULE, check_mode, certificate_arn=arn, **{**options, **other})["msg"]


def test_a_certificate_in_use_is_not_deleted_and_check_mode_knows(account: Account, options: Options) -> None:
    arn = account.must_run(MODULE, **options)["certificate"]["arn"]
    serve(account, arn)
    for check_mode in (True, False):
        failed = account.run(MODULE, check_mode, **options, state="absent")
        assert "it is in use by arn:aws:elasticloadbalancing:" in failed["msg"]
        assert "Take it off" in failed["msg"]


def serve(account: Account, arn: str) -> None:
    """Have a load balancer of the account serve the certificate."""
    ec2, balancing = account.client("ec2"), account.client("elbv2")
    vpc = ec2.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.9.0.0/24")["Subnet"]["SubnetId"]
    balancer = balancing.create_load_balancer(Name="front", Subnets=[subnet])["LoadBalancers"][0]["LoadBalancerArn"]
    refuse = {"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "404"}}
    balancing.create_listener(
        LoadBalancerArn=balancer,
        Protocol="HTTPS",
        Port=443,
        Certificates=[{"CertificateArn": arn}],
        DefaultActions=[refuse],
    )


def test_tags_that_yaml_reads_as_numbers_are_texts(account: Account, options: Options) -> None:
    tagged = {**options, "tags": {"cost_center": 4711, "managed": True}}
    made = account.must_run(MODULE, **tagged)["certificate"]
    assert made["tags"] == {"cost_center": "4711", "managed": "True"}
    assert not account.must_run(MODULE, **tagged)["changed"]


def test_a_missing_permission_is_named_before_the_request(account: Account, root: str) -> None:
    failed = account.run(MODULE, domain_name="www.example.com", certificate_authority_arn=root)
    assert "acm_pca_permission" in failed["msg"]
    assert account.list_in_acm() == []


def test_an_unusable_authority_is_named_before_the_request(account: Account, options: Options) -> None:
    account.must_run("acm_pca_certificate_authority", name="root", enabled=False)
    failed = account.run(MODULE, **options)
    assert "it is DISABLED" in failed["msg"]
    assert account.list_in_acm() == []


def test_a_failed_certificate_says_why_and_the_next_run_asks_anew(
    account: Account, root: str, control: EmulatorControl
) -> None:
    options: Options = {"domain_name": "www.example.com", "certificate_authority_arn": root}
    control.fault("access_denied", "ListPermissions")
    failed = account.run(MODULE, **options)
    assert "PCA_ACCESS_DENIED" in failed["msg"]
    control.clear_faults()
    account.permit_acm(root)
    assert account.must_run(MODULE, **options)["certificate"]["status"] == "ISSUED"


def test_in_another_account_than_the_authoritys_acm_needs_no_permission(
    account: Account, new_account: NewAccount, root: str
) -> None:
    other = new_account()
    account.must_run("acm_pca_policy", certificate_authority_arn=root, policy=sharing_policy(root, other.number))
    made = other.must_run(MODULE, domain_name="www.example.com", certificate_authority_arn=root)
    assert made["certificate"]["status"] == "ISSUED"
