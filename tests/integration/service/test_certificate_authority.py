# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""acm_pca_certificate_authority against the emulator."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._acm_pca.authorities import Authorities
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._acm_pca.authority_api import AuthorityApi
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._acm_pca.authority_options import (
    ARGUMENTS,
    desired_authority,
)
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._acm_pca.authority_plan import plan_presence
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._acm_pca.polling import Polling
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._clock import SystemClock
from ansible_collections.fleet_pki.aws_private_ca.tests.integration.service.accounts import (
    Account,
    Facts,
    NewAccount,
    Options,
    read_certificate,
)
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes
from module_run import EXPECTED, run_five_steps
from service_policies import sharing_policy

from openssl_command import openssl
from private_ca_emulator.control import EmulatorControl

MODULE = "acm_pca_certificate_authority"
ROOT: Options = {"name": "root", "type": "ROOT", "subject": {"organization": "Example", "common_name": "Example Root"}}
SUBORDINATE: Options = {"name": "sub", "type": "SUBORDINATE", "subject": {"common_name": "Example Sub"}}


def count_authorities(account: Account) -> int:
    return len(account.client().list_certificate_authorities()["CertificateAuthorities"])


def test_a_root_goes_through_the_five_steps(account: Account) -> None:
    options = {**ROOT, "key_algorithm": "EC_prime256v1", "tags": {"team": "pki"}}
    changed = {**options, "ocsp": {"enabled": True}, "tags": {"team": "web"}}
    steps = run_five_steps(account.run, MODULE, options, changed)
    assert steps.statuses == EXPECTED
    assert steps.check.result["certificate_authority"] is None
    assert steps.check.result["steps"] == steps.apply.result["steps"]
    assert steps.check.result["diff"] == steps.apply.result["diff"]
    facts = steps.apply.result["certificate_authority"]
    assert (facts["status"], facts["tags"]) == ("ACTIVE", {"Name": "root", "team": "pki"})
    assert steps.changed.result["steps"] == ["Change the revocation configuration: ocsp", "Set the tags team"]
    assert steps.changed.result["certificate_authority"]["ocsp"]["enabled"] is True
    assert count_authorities(account) == 1


def test_check_mode_makes_no_call_that_changes_something(account: Account, control: EmulatorControl) -> None:
    since = control.requests()[-1]["sequence"] if control.requests() else 0
    account.must_run(MODULE, check_mode=True, **ROOT)
    assert {entry["operation"] for entry in control.requests(since=since)} == {"ListCertificateAuthorities"}


def test_a_subordinate_is_signed_by_its_parent_and_openssl_agrees(
    account: Account, root: str, root_facts: Facts, tmp_path: Path
) -> None:
    made = account.must_run(MODULE, **SUBORDINATE, parent_certificate_authority_arn=root, path_length=0)
    facts = made["certificate_authority"]
    (tmp_path / "root.pem").write_text(root_facts["certificate"])
    (tmp_path / "sub.pem").write_text(facts["certificate"])
    openssl("verify", "-x509_strict", "-CAfile", tmp_path / "root.pem", tmp_path / "sub.pem")
    assert "CA:TRUE, pathlen:0" in openssl("x509", "-in", tmp_path / "sub.pem", "-noout", "-text")


ABOUT_THE_PARENT: dict[str, tuple[Callable[[str], Options], str]] = {
    "no ARN": (lambda arn: {"parent_certificate_authority_arn": "root"}, "does not have the form of one"),
    "unknown": (lambda arn: {"parent_certificate_authority_arn": f"{arn[:-12]}000000000000"}, "Check the ARN"),
    "outlived": (lambda arn: {"validity": {"type": "YEARS", "value": 11}}, "outlives the parent's certificate"),
    "disabled": (lambda arn: {}, "the parent is DISABLED"),
}


@pytest.mark.parametrize("case", ABOUT_THE_PARENT)
def test_a_parent_that_cannot_sign_is_known_in_check_mode_and_before_a_ca_is_made(
    account: Account, root: str, case: str
) -> None:
    options, says = ABOUT_THE_PARENT[case]
    account.must_run(MODULE, name="root", enabled=case != "disabled")
    given = {**SUBORDINATE, "parent_certificate_authority_arn": root, **options(root)}
    for check_mode in (True, False):
        assert says in account.run(MODULE, check_mode, **given)["msg"]
    assert count_authorities(account) == 1


def test_a_parent_of_another_account_signs(account: Account, new_account: NewAccount, root: str) -> None:
    other = new_account()
    account.must_run(
        "acm_pca_policy",
        certificate_authority_arn=root,
        policy=sharing_policy(root, other.number, "SubordinateCACertificate_PathLen0"),
    )
    made = other.must_run(MODULE, **SUBORDINATE, parent_certificate_authority_arn=root)
    assert made["certificate_authority"]["status"] == "ACTIVE"


def test_a_parent_of_another_region_signs(account: Account, root: str) -> None:
    far = dataclasses.replace(account, region="eu-west-1")
    options = {**SUBORDINATE, "parent_certificate_authority_arn": root}
    check = far.must_run(MODULE, check_mode=True, **options)
    made = far.must_run(MODULE, **options)
    facts = made["certificate_authority"]
    assert check["steps"] == made["steps"]
    assert (facts["arn"].split(":")[3], facts["status"]) == ("eu-west-1", "ACTIVE")
    assert not far.must_run(MODULE, **options)["changed"]


def sign_elsewhere(csr_pem: str) -> tuple[str, str]:
    """Return what an external CA makes of a CSR: the certificate and the CA's own."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Corporate Root")])
    csr = x509.load_pem_x509_csr(csr_pem.encode())
    now = datetime.now(UTC)

    def certify(subject: x509.Name, public_key: CertificatePublicKeyTypes, path_length: int | None) -> str:
        usage = x509.KeyUsage(True, False, False, False, False, True, True, False, False)
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(name)
            .public_key(public_key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(hours=1))
            .not_valid_after(now + timedelta(days=365))
            .add_extension(x509.BasicConstraints(True, path_length), critical=True)
            .add_extension(usage, critical=True)
            .sign(key, hashes.SHA256())
            .public_bytes(serialization.Encoding.PEM)
            .decode()
        )

    return certify(csr.subject, csr.public_key(), 0), certify(name, key.public_key(), None)


def test_a_certificate_signed_elsewhere_is_imported_by_a_second_run(account: Account) -> None:
    first = account.must_run(MODULE, **SUBORDINATE)
    assert first["certificate_authority"]["status"] == "PENDING_CERTIFICATE"
    assert "have the returned CSR signed" in first["advice"][0]
    again = account.must_run(MODULE, **SUBORDINATE)
    assert not again["changed"]
    certificate, chain = sign_elsewhere(again["certificate_authority"]["csr"])
    given = {**SUBORDINATE, "certificate": certificate, "certificate_chain": chain}
    check = account.must_run(MODULE, check_mode=True, **given)
    second = account.must_run(MODULE, **given)
    assert check["steps"] == second["steps"] == ["Import the certificate authority's certificate (missing)"]
    assert second["certificate_authority"]["status"] == "ACTIVE"
    assert not account.must_run(MODULE, **given)["changed"]
    renewed, chain = sign_elsewhere(again["certificate_authority"]["csr"])
    third = account.must_run(MODULE, **{**given, "certificate": renewed, "certificate_chain": chain})
    assert third["steps"] == ["Import the certificate authority's certificate (replaced)"]


def test_a_certificate_for_another_key_is_refused_and_explained(account: Account) -> None:
    first = account.must_run(MODULE, **SUBORDINATE)
    other = account.must_run(MODULE, **{**SUBORDINATE, "name": "other", "subject": {"common_name": "Other"}})
    certificate, chain = sign_elsewhere(other["certificate_authority"]["csr"])
    failed = account.run(MODULE, **SUBORDINATE, certificate=certificate, certificate_chain=chain)
    assert failed["failed"]
    assert failed["code"] == "CertificateMismatchException"
    assert first["certificate_authority"]["arn"] in failed["msg"]


def test_a_root_is_renewed_before_it_expires(account: Account) -> None:
    made = account.must_run(MODULE, **ROOT, validity={"type": "DAYS", "value": 10})
    assert not account.must_run(MODULE, **ROOT, renew_before="2d")["changed"]
    check = account.must_run(MODULE, check_mode=True, **ROOT, renew_before="11d")
    assert check["changed"]
    renewed = account.must_run(MODULE, **ROOT, renew_before="11d")
    assert renewed["steps"] == ["Let the root certificate authority sign its own certificate (due_for_renewal)"]
    before, after = made["certificate_authority"], renewed["certificate_authority"]
    assert after["arn"] == before["arn"]
    assert after["not_after"] > before["not_after"]
    keys = [read_certificate(facts["certificate"]).public_key() for facts in (before, after)]
    assert keys[0] == keys[1]
    assert not account.must_run(MODULE, **ROOT, renew_before="11d")["changed"]


def test_an_expired_subordinate_is_signed_again(account: Account, root: str, control: EmulatorControl) -> None:
    options = {**SUBORDINATE, "parent_certificate_authority_arn": root}
    account.must_run(MODULE, **options, validity={"type": "DAYS", "value": 10})
    control.advance(11 * 86400)
    renewed = account.must_run(MODULE, **options)
    assert renewed["steps"] == [f"Let the parent {root} sign the certificate (expired)"]
    assert renewed["certificate_authority"]["status"] == "ACTIVE"


def test_a_root_is_disabled_enabled_deleted_and_restored(account: Account) -> None:
    arn = account.must_run(MODULE, **ROOT)["certificate_authority"]["arn"]
    disabled = account.must_run(MODULE, **ROOT, enabled=False)
    assert disabled["certificate_authority"]["status"] == "DISABLED"
    assert not account.must_run(MODULE, **ROOT)["changed"]
    assert account.must_run(MODULE, **ROOT, enabled=True)["certificate_authority"]["status"] == "ACTIVE"
    check = account.must_run(MODULE, check_mode=True, name="root", state="absent")
    deleted = account.must_run(MODULE, name="root", state="absent", permanent_deletion_time_in_days=7)
    assert check["changed"]
    assert deleted["certificate_authority"]["status"] == "DELETED"
    until = datetime.fromisoformat(deleted["certificate_authority"]["restorable_until"])
    assert timedelta(days=6) < until - datetime.now(UTC) <= timedelta(days=7)
    assert not account.must_run(MODULE, name="root", state="absent")["changed"]
    assert not account.must_run(MODULE, certificate_authority_arn=arn, state="absent")["changed"]
    refused = account.run(MODULE, certificate_authority_arn=arn)
    assert "Set restore to true" in refused["msg"]
    restored = account.must_run(MODULE, **ROOT, restore=True, enabled=True)
    assert (restored["certificate_authority"]["arn"], restored["certificate_authority"]["status"]) == (arn, "ACTIVE")


def test_a_root_deleted_a_moment_ago_is_created_anew_and_not_found_by_its_token(account: Account) -> None:
    first = account.must_run(MODULE, **ROOT)["certificate_authority"]["arn"]
    account.must_run(MODULE, name="root", state="absent")
    second = account.must_run(MODULE, **ROOT)["certificate_authority"]
    assert second["arn"] != first
    assert second["status"] == "ACTIVE"


def test_two_control_nodes_that_find_none_at_once_make_one(account: Account) -> None:
    desired = desired_authority({**{name: given.get("default") for name, given in ARGUMENTS.items()}, **ROOT})
    (creation, *_rest) = plan_presence(desired, None, "missing").steps
    nodes = [Authorities(AuthorityApi(account.client()), Polling(SystemClock())) for _node in range(2)]
    assert len({node.create(desired, creation.argument) for node in nodes}) == 1
    assert count_authorities(account) == 1


def test_a_run_that_was_killed_after_the_creation_is_taken_up(account: Account, control: EmulatorControl) -> None:
    control.fault("access_denied", "IssueCertificate", times=1)
    assert account.run(MODULE, **ROOT)["failed"]
    result = account.must_run(MODULE, **ROOT)
    assert result["steps"] == ["Let the root certificate authority sign its own certificate (missing)"]
    assert count_authorities(account) == 1


def test_creation_and_import_that_take_their_time_are_waited_for(account: Account, control: EmulatorControl) -> None:
    control.settings(creation_delay=1.5, import_delay=1.5, issuance_delay=0.5)
    assert account.must_run(MODULE, **ROOT)["certificate_authority"]["status"] == "ACTIVE"


@pytest.mark.parametrize(
    ("crl", "then", "steps"),
    [
        ({"s3_object_acl": "BUCKET_OWNER_FULL_CONTROL"}, {"expiration_in_days": 9}, 1),
        ({"crl_type": "PARTITIONED", "custom_path": "pki"}, {"custom_path": ""}, 1),
        ({"custom_cname": "crl.example.com"}, {"custom_cname": ""}, 1),
        ({"omit_distribution_point": True}, {"omit_distribution_point": False}, 1),
        ({}, {"crl_type": "PARTITIONED"}, 1),
        ({}, {"s3_object_acl": "BUCKET_OWNER_FULL_CONTROL", "custom_path": "pki", "custom_cname": "example.com"}, 1),
        ({}, {"enabled": False}, 1),
        ({}, {}, 0),
    ],
)
def test_a_crl_configuration_is_changed_in_place(account: Account, crl: Options, then: Options, steps: int) -> None:
    bucket = account.create_bucket("crls")
    whole = {"s3_bucket_name": bucket, "expiration_in_days": 7, **crl}
    made = account.must_run(MODULE, **ROOT, crl=whole)
    assert {**made["certificate_authority"]["crl"], **whole} == made["certificate_authority"]["crl"]
    changed = account.must_run(MODULE, **ROOT, crl=then)
    assert len(changed["steps"]) == steps
    if then.get("enabled", True):
        assert {**whole, **then}.items() <= changed["certificate_authority"]["crl"].items()
    assert not account.must_run(MODULE, **ROOT, crl=then)["changed"]


def test_two_authorities_of_one_name_are_an_error_that_lists_them(account: Account) -> None:
    arns = [
        account.must_run(MODULE, **{**ROOT, "name": name, "activate": False})["certificate_authority"]["arn"]
        for name in ("one", "two")
    ]
    account.client().tag_certificate_authority(CertificateAuthorityArn=arns[1], Tags=[{"Key": "Name", "Value": "one"}])
    failed = account.run(MODULE, **{**ROOT, "name": "one"})
    assert all(arn in failed["msg"] for arn in arns)


def test_a_difference_that_nothing_can_change_is_named(account: Account) -> None:
    account.must_run(MODULE, **ROOT, activate=False)
    failed = account.run(MODULE, **{**ROOT, "key_algorithm": "EC_prime256v1", "usage_mode": "SHORT_LIVED_CERTIFICATE"})
    assert "key_algorithm is RSA_2048, not EC_prime256v1" in failed["msg"]
    assert "usage_mode is GENERAL_PURPOSE, not SHORT_LIVED_CERTIFICATE" in failed["msg"]
    assert count_authorities(account) == 1


OF_KEY = {  # what openssl calls the key of each algorithm
    "RSA_2048": "(2048 bit)",
    "RSA_3072": "(3072 bit)",
    "RSA_4096": "(4096 bit)",
    "EC_prime256v1": "prime256v1",
    "EC_secp384r1": "secp384r1",
    "EC_secp521r1": "secp521r1",
}


@pytest.mark.parametrize("algorithm", OF_KEY)
def test_a_root_of_every_key_algorithm_that_openssl_reads_signs_itself(
    account: Account, algorithm: str, tmp_path: Path
) -> None:
    options = {**ROOT, "key_algorithm": algorithm}
    made = account.must_run(MODULE, **options)["certificate_authority"]
    assert (made["status"], made["key_algorithm"]) == ("ACTIVE", algorithm)
    (tmp_path / "root.pem").write_text(made["certificate"])
    assert OF_KEY[algorithm] in openssl("x509", "-in", tmp_path / "root.pem", "-noout", "-text")
    assert not account.must_run(MODULE, **options)["changed"]


@pytest.mark.parametrize("algorithm", ["ML_DSA_44", "ML_DSA_65", "ML_DSA_87"])
def test_a_root_with_a_key_against_quantum_computers_signs_itself(account: Account, algorithm: str) -> None:
    made = account.must_run(MODULE, **ROOT, key_algorithm=algorithm)["certificate_authority"]
    assert (made["status"], made["signing_algorithm"]) == ("ACTIVE", algorithm)
    root = read_certificate(made["certificate"])
    root.verify_directly_issued_by(root)


@pytest.mark.parametrize(
    "fixed",
    [
        {"usage_mode": "SHORT_LIVED_CERTIFICATE"},
        {"key_storage_security_standard": "FIPS_140_2_LEVEL_2_OR_HIGHER"},
        {"csr_extensions": {"key_usage": ["key_cert_sign", "crl_sign"]}},
    ],
    ids=lambda fixed: next(iter(fixed)),
)
def test_what_is_chosen_at_creation_is_kept_and_seen_by_the_next_run(account: Account, fixed: Options) -> None:
    options = {**ROOT, "key_algorithm": "EC_prime256v1", "region": "ap-northeast-3", **fixed}  # it offers both levels
    account.must_run(MODULE, **options)
    again = account.must_run(MODULE, **options)
    (name, value) = next(iter(fixed.items()))
    shown = again["certificate_authority"][name]
    assert not again["changed"]
    assert (shown if isinstance(value, str) else {key: shown[key] for key in value}) == value


def path_length_of(facts: Facts) -> int | None:
    extensions = read_certificate(facts["certificate"]).extensions
    return extensions.get_extension_for_class(x509.BasicConstraints).value.path_length


@pytest.mark.parametrize("length", [0, 1, 2, 3])
def test_a_subordinate_has_the_path_length_that_is_asked(account: Account, root: str, length: int) -> None:
    options = {**SUBORDINATE, "parent_certificate_authority_arn": root, "path_length": length}
    made = account.must_run(MODULE, **options)["certificate_authority"]
    assert path_length_of(made) == length
    assert not account.must_run(MODULE, **options)["changed"]


def test_a_path_length_is_kept_by_a_renewal_and_changed_by_another_signature(account: Account, root: str) -> None:
    options = {"name": "sub", "parent_certificate_authority_arn": root}
    account.must_run(MODULE, **{**SUBORDINATE, **options, "path_length": 2})
    renewed = account.must_run(MODULE, **options, renew_before="1200d", validity={"type": "YEARS", "value": 4})
    assert (len(renewed["steps"]), path_length_of(renewed["certificate_authority"])) == (1, 2)
    check = account.must_run(MODULE, check_mode=True, **options, path_length=1)
    changed = account.must_run(MODULE, **options, path_length=1)
    assert check["steps"] == changed["steps"]
    assert changed["steps"] == [f"Let the parent {root} sign the certificate (path_length_changed)"]
    assert path_length_of(changed["certificate_authority"]) == 1
    assert not account.must_run(MODULE, **options, path_length=1)["changed"]
