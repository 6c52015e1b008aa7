# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from typing import Any

import pytest
from cryptography import x509

from private_ca_emulator import seeding
from private_ca_emulator.control import EmulatorControl

from .support import issue, refusal

DAY = 86400


def status(client: Any, arn: str) -> str:
    answer: str = client.describe_certificate_authority(CertificateAuthorityArn=arn)["CertificateAuthority"]["Status"]
    return answer


def create(client: Any, kind: str = "ROOT", **options: Any) -> str:
    arn: str = client.create_certificate_authority(
        CertificateAuthorityConfiguration={
            "KeyAlgorithm": "EC_prime256v1",
            "SigningAlgorithm": "SHA256WITHECDSA",
            "Subject": {"CommonName": "Example CA"},
            **options.pop("configuration", {}),
        },
        CertificateAuthorityType=kind,
        **options,
    )["CertificateAuthorityArn"]
    return arn


def test_an_authority_goes_from_creating_over_pending_to_active(client: Any, control: EmulatorControl) -> None:
    control.freeze()
    control.settings(creation_delay=1)
    arn = create(client)
    assert status(client, arn) == "CREATING"
    csr_code = refusal(client.get_certificate_authority_csr, CertificateAuthorityArn=arn)[0]
    assert csr_code == "RequestInProgressException"
    control.advance(1)
    assert status(client, arn) == "PENDING_CERTIFICATE"
    code, message = refusal(client.get_certificate_authority_certificate, CertificateAuthorityArn=arn)
    assert code == "InvalidStateException"
    assert message.endswith("is not in the correct state to have a certificate signing request.")
    assert refusal(issue, client, arn)[0] == "InvalidStateException"


def test_the_authoritys_csr_has_the_subject_in_the_services_order_and_ca_true(client: Any) -> None:
    subject = {"CommonName": "Example CA", "Country": "DE", "Organization": "Example", "State": "Berlin"}
    arn = create(client, configuration={"Subject": subject, "CsrExtensions": {"KeyUsage": {"CRLSign": True}}})
    pem = client.get_certificate_authority_csr(CertificateAuthorityArn=arn)["Csr"]
    csr = x509.load_pem_x509_csr(pem.encode())
    assert csr.subject.rfc4514_string() == "CN=Example CA,ST=Berlin,O=Example,C=DE"
    constraints = csr.extensions.get_extension_for_class(x509.BasicConstraints)
    assert constraints.critical
    assert constraints.value.ca
    assert csr.extensions.get_extension_for_class(x509.KeyUsage).value.crl_sign


def test_an_authority_expires_by_the_clock_and_a_renewed_certificate_revives_it(
    client: Any, control: EmulatorControl
) -> None:
    control.freeze()
    arn = seeding.create_active_root(client, days=10)
    control.advance(10 * DAY + 1)
    assert status(client, arn) == "EXPIRED"
    assert refusal(issue, client, arn)[0] == "InvalidStateException"
    assert refusal(client.update_certificate_authority, CertificateAuthorityArn=arn, Status="DISABLED") == (
        "InvalidStateException",
        "The certificate authority must be in the ACTIVE or DISABLED state to be updated",
    )


def test_delete_needs_disabled_and_restore_brings_it_back_inside_the_window(
    client: Any, control: EmulatorControl, root_arn: str
) -> None:
    control.freeze()
    assert refusal(client.delete_certificate_authority, CertificateAuthorityArn=root_arn) == (
        "InvalidStateException",
        "The certificate authority is not in a valid state for deletion.",
    )
    client.update_certificate_authority(CertificateAuthorityArn=root_arn, Status="DISABLED")
    client.delete_certificate_authority(CertificateAuthorityArn=root_arn, PermanentDeletionTimeInDays=7)
    assert status(client, root_arn) == "DELETED"
    control.advance(7 * DAY - 1)
    client.restore_certificate_authority(CertificateAuthorityArn=root_arn)
    assert status(client, root_arn) == "DISABLED"
    assert refusal(client.restore_certificate_authority, CertificateAuthorityArn=root_arn) == (
        "InvalidStateException",
        "The certificate authority is not in a valid state for restoration.",
    )


def test_a_deleted_authority_is_gone_when_its_window_is_over(
    client: Any, control: EmulatorControl, root_arn: str
) -> None:
    client.update_certificate_authority(CertificateAuthorityArn=root_arn, Status="DISABLED")
    client.delete_certificate_authority(CertificateAuthorityArn=root_arn)
    control.advance(30 * DAY + 1)
    code = refusal(client.restore_certificate_authority, CertificateAuthorityArn=root_arn)[0]
    assert code == "ResourceNotFoundException"
    assert client.list_certificate_authorities()["CertificateAuthorities"] == []


def test_a_deleted_authority_yields_no_certificates(client: Any, control: EmulatorControl, root_arn: str) -> None:
    arn = issue(client, root_arn)
    client.update_certificate_authority(CertificateAuthorityArn=root_arn, Status="DISABLED")
    assert client.get_certificate(CertificateAuthorityArn=root_arn, CertificateArn=arn)["Certificate"]
    client.delete_certificate_authority(CertificateAuthorityArn=root_arn)
    assert refusal(client.get_certificate, CertificateAuthorityArn=root_arn, CertificateArn=arn) == (
        "InvalidStateException",
        f"The certificate authority {root_arn} is not in the correct state to have issued certificates.",
    )


def test_importing_the_certificate_of_another_key_is_a_mismatch(
    client: Any, authorities: seeding.SeededAuthorities
) -> None:
    pending = create(client)
    pem = client.get_certificate_authority_certificate(CertificateAuthorityArn=authorities.root_arn)["Certificate"]
    call = client.import_certificate_authority_certificate
    assert refusal(call, CertificateAuthorityArn=pending, Certificate=pem)[0] == "CertificateMismatchException"
    assert refusal(call, CertificateAuthorityArn=pending, Certificate=b"x")[0] == "MalformedCertificateException"


def test_a_subordinate_needs_its_chain_and_a_root_must_not_have_one(
    client: Any, authorities: seeding.SeededAuthorities
) -> None:
    call = client.import_certificate_authority_certificate
    for arn, chained in ((authorities.subordinate_arn, False), (authorities.root_arn, True)):
        pem = client.get_certificate_authority_certificate(CertificateAuthorityArn=arn)["Certificate"]
        chain = {"CertificateChain": pem.encode()} if chained else {}
        code = refusal(call, CertificateAuthorityArn=arn, Certificate=pem.encode(), **chain)[0]
        assert code == "InvalidRequestException"


def test_identical_creations_without_a_token_are_one_authority_for_five_minutes(
    client: Any, control: EmulatorControl
) -> None:
    control.freeze()
    first = create(client)
    assert create(client) == first
    assert create(client, IdempotencyToken="another") != first
    control.advance(300)
    assert create(client) != first


def test_authorities_are_listed_in_pages_and_by_owner_and_region(client: Any, make_client: Any) -> None:
    arns = [create(client, IdempotencyToken=str(number)) for number in range(5)]
    pages = client.get_paginator("list_certificate_authorities").paginate(PaginationConfig={"PageSize": 2})
    assert [item["Arn"] for page in pages for item in page["CertificateAuthorities"]] == arns
    assert make_client(region="us-east-1").list_certificate_authorities()["CertificateAuthorities"] == []
    assert make_client(access_key="222222222222").list_certificate_authorities()["CertificateAuthorities"] == []
    assert refusal(client.list_certificate_authorities, NextToken="x")[0] == "InvalidNextTokenException"


@pytest.mark.parametrize(
    ("region", "partition", "options", "code"),
    [
        ("us-gov-west-1", "aws-us-gov", {}, None),
        ("cn-north-1", "aws-cn", {"KeyStorageSecurityStandard": "CCPC_LEVEL_1_OR_HIGHER"}, None),
        ("cn-north-1", "aws-cn", {}, "InvalidArgsException"),
        ("eu-central-1", "aws", {"KeyStorageSecurityStandard": "CCPC_LEVEL_1_OR_HIGHER"}, "InvalidArgsException"),
    ],
)
def test_partitions_have_their_own_arns_and_key_standards(
    make_client: Any, region: str, partition: str, options: dict[str, Any], code: str | None
) -> None:
    client = make_client(region=region)
    if code is None:
        assert create(client, **options).startswith(f"arn:{partition}:acm-pca:{region}:")
    else:
        assert refusal(create, client, **options)[0] == code


def test_sm2_is_refused_in_the_services_own_way(client: Any) -> None:
    sm2 = {"KeyAlgorithm": "SM2", "SigningAlgorithm": "SM3WITHSM2"}
    assert refusal(create, client, configuration=sm2)[0] == "InvalidArgsException"


def test_ml_dsa_authorities_issue(client: Any, control: EmulatorControl) -> None:
    root = seeding.create_active_root(client, key_algorithm="ML_DSA_44")
    issue(client, root, SigningAlgorithm="ML_DSA_44")
    assert refusal(issue, client, root, SigningAlgorithm="ML_DSA_65")[0] == "InvalidArgsException"


def test_path_lengths_must_shrink(client: Any, root_arn: str) -> None:
    first = seeding.create_active_subordinate(client, root_arn, template="SubordinateCACertificate_PathLen1")
    for length, refused in ((0, False), (1, True), (2, True)):
        template = seeding.template_arn(first, f"SubordinateCACertificate_PathLen{length}")
        if refused:
            assert refusal(issue, client, first, TemplateArn=template)[0] == "ValidationException"
        else:
            issue(client, first, TemplateArn=template)


def test_a_root_template_signs_nothing_but_the_roots_own_csr(
    client: Any, authorities: seeding.SeededAuthorities
) -> None:
    for arn in (authorities.root_arn, authorities.subordinate_arn):
        template = seeding.template_arn(arn, "RootCACertificate")
        assert refusal(issue, client, arn, TemplateArn=template)[0] == "ValidationException"


def test_a_creation_that_fails_leaves_a_failed_authority_that_can_only_be_deleted(
    client: Any, control: EmulatorControl
) -> None:
    control.fault("late_failure", "CreateCertificateAuthority", reason="UNSUPPORTED_ALGORITHM")
    arn = create(client)
    record = client.describe_certificate_authority(CertificateAuthorityArn=arn)["CertificateAuthority"]
    assert (record["Status"], record["FailureReason"]) == ("FAILED", "UNSUPPORTED_ALGORITHM")
    client.delete_certificate_authority(CertificateAuthorityArn=arn)
    assert refusal(status, client, arn)[0] == "ResourceNotFoundException"


def test_a_change_while_the_last_one_settles_is_a_concurrent_modification(
    client: Any, control: EmulatorControl, root_arn: str
) -> None:
    control.freeze()
    control.settings(update_delay=1)
    client.update_certificate_authority(CertificateAuthorityArn=root_arn, Status="DISABLED")
    code = refusal(client.update_certificate_authority, CertificateAuthorityArn=root_arn, Status="ACTIVE")[0]
    assert code == "ConcurrentModificationException"
    control.advance(1)
    client.update_certificate_authority(CertificateAuthorityArn=root_arn, Status="ACTIVE")


def test_every_change_moves_the_time_of_the_last_one_be_it_a_call_or_time_itself(
    client: Any, control: EmulatorControl
) -> None:
    control.freeze()
    control.set_time(1_800_000_000)
    control.settings(creation_delay=10)
    control.fault("late_failure", "CreateCertificateAuthority", calls=[1], reason="REQUEST_TIMED_OUT")
    failed, arn = create(client), create(client, IdempotencyToken="another")
    begun = control.now()

    def see(of: str = arn) -> tuple[str, int]:
        """The status, and how many seconds after the creation began that was reached."""
        record = client.describe_certificate_authority(CertificateAuthorityArn=of)["CertificateAuthority"]
        return record["Status"], round(record["LastStateChangeAt"].timestamp() - begun)

    def update(**changes: Any) -> None:
        client.update_certificate_authority(CertificateAuthorityArn=arn, **changes)

    assert see() == see(failed) == ("CREATING", 0)
    control.advance(15)
    assert (see(), see(failed)) == (("PENDING_CERTIFICATE", 10), ("FAILED", 10))
    client.delete_certificate_authority(CertificateAuthorityArn=arn)
    assert see() == ("DELETED", 15)
    control.advance(5)
    client.restore_certificate_authority(CertificateAuthorityArn=arn)
    assert see() == ("PENDING_CERTIFICATE", 20)
    control.advance(10)
    seeding.activate_root(client, arn, days=1)
    assert see() == ("ACTIVE", 30)
    for after, changes in ((40, {"Status": "DISABLED"}), (50, {"Status": "ACTIVE"}), (60, {})):
        control.advance(10)
        update(**changes, RevocationConfiguration={"OcspConfiguration": {"Enabled": True}})
        assert see()[1] == after
    control.advance(DAY)
    assert see() == ("EXPIRED", 30 + DAY)


def test_algorithms_that_a_region_lacks_are_refused(client: Any, control: EmulatorControl, root_arn: str) -> None:
    control.settings(unavailable_algorithms=["RSA_3072", "SHA512WITHECDSA"])
    lacking = {"KeyAlgorithm": "RSA_3072", "SigningAlgorithm": "SHA256WITHRSA"}
    assert refusal(create, client, configuration=lacking)[0] == "InvalidArgsException"
    assert refusal(issue, client, root_arn, SigningAlgorithm="SHA512WITHECDSA")[0] == "InvalidArgsException"


def test_a_ca_of_a_newer_region_signs_with_the_hash_of_its_curves_size_alone(
    client: Any, control: EmulatorControl
) -> None:
    control.settings(region_generation="new")
    longer = {"SigningAlgorithm": "SHA384WITHECDSA"}
    code, message = refusal(create, client, configuration=longer)
    assert (code, message.endswith("Valid signing algorithms are: SHA256WITHECDSA.")) == ("InvalidArgsException", True)
    assert create(client, configuration={**longer, "KeyAlgorithm": "EC_secp384r1"})
