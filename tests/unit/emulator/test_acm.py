# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from private_ca_emulator import seeding
from private_ca_emulator.control import EmulatorControl

from .support import fetch, issue, make_csr, refusal, verify_with_openssl

ACM = "acm.amazonaws.com"
DAY = 86400
ALL_KEYS = {"keyTypes": ["RSA_2048", "EC_prime256v1", "EC_secp384r1"]}


@pytest.fixture
def acm(make_client: Any) -> Any:
    return make_client("acm")


@pytest.fixture
def granted(client: Any, root_arn: str) -> str:
    actions = ["IssueCertificate", "GetCertificate", "ListPermissions"]
    client.create_permission(CertificateAuthorityArn=root_arn, Principal=ACM, Actions=actions)
    return root_arn


def request(acm: Any, authority: str, domain: str = "web.example.com", **options: Any) -> str:
    arn: str = acm.request_certificate(DomainName=domain, CertificateAuthorityArn=authority, **options)[
        "CertificateArn"
    ]
    return arn


def detail(acm: Any, arn: str) -> dict[str, Any]:
    found: dict[str, Any] = acm.describe_certificate(CertificateArn=arn)["Certificate"]
    return found


@pytest.mark.parametrize("key_algorithm", ["RSA_2048", "EC_prime256v1", "EC_secp384r1"])
def test_a_private_certificate_is_signed_by_the_private_authority(
    acm: Any, control: EmulatorControl, granted: str, tmp_path: Path, key_algorithm: str
) -> None:
    control.freeze()
    arn = request(acm, granted, SubjectAlternativeNames=["www.example.com"], KeyAlgorithm=key_algorithm)
    got = acm.get_certificate(CertificateArn=arn)
    assert "OK" in verify_with_openssl(tmp_path, got["Certificate"], got["CertificateChain"])
    described = detail(acm, arn)
    assert (described["Status"], described["Type"], described["KeyAlgorithm"]) == ("ISSUED", "PRIVATE", key_algorithm)
    assert described["SubjectAlternativeNames"] == ["web.example.com", "www.example.com"]
    assert described["CertificateAuthorityArn"] == granted
    assert (described["NotAfter"] - described["NotBefore"]).days == 395
    leaf = x509.load_pem_x509_certificate(got["Certificate"].encode())
    assert described["Serial"] == leaf.serial_number.to_bytes(16, "big").hex(":")
    (issued,) = [entry for entry in control.certificates(granted) if entry["template"] == "EndEntityCertificate"]
    assert int(issued["serial"], 16) == leaf.serial_number


def test_the_key_is_exported_encrypted_and_belongs_to_the_certificate(acm: Any, granted: str) -> None:
    arn = request(acm, granted)
    exported = acm.export_certificate(CertificateArn=arn, Passphrase=b"secret phrase")
    assert exported["PrivateKey"].startswith("-----BEGIN ENCRYPTED PRIVATE KEY-----")
    key = serialization.load_pem_private_key(exported["PrivateKey"].encode(), b"secret phrase")
    assert key.public_key() == x509.load_pem_x509_certificate(exported["Certificate"].encode()).public_key()
    code = refusal(acm.export_certificate, CertificateArn=arn, Passphrase=b"with#sign")[0]
    assert code == "ValidationException"


@pytest.mark.parametrize(
    "case",
    [
        ("permission", "PCA_ACCESS_DENIED"),
        ("disable", "PCA_INVALID_STATE"),
        ("unknown", "PCA_RESOURCE_NOT_FOUND"),
        ("expire", "PCA_INVALID_DURATION"),
        ("fault", "PCA_LIMIT_EXCEEDED"),
    ],
)
def test_a_request_that_the_authority_cannot_serve_is_accepted_and_then_failed(
    acm: Any, client: Any, control: EmulatorControl, granted: str, case: tuple[str, str]
) -> None:
    authority, (spoil, reason) = granted, case
    if spoil == "permission":
        client.delete_permission(CertificateAuthorityArn=granted, Principal=ACM)
    elif spoil == "disable":
        client.update_certificate_authority(CertificateAuthorityArn=granted, Status="DISABLED")
    elif spoil == "unknown":
        authority = granted[:-4] + "0000"
    elif spoil == "expire":
        control.advance(3300 * DAY)
    else:
        control.settings(certificates_without_complete_crl=1)
    arn = request(acm, authority)
    described = detail(acm, arn)
    assert (described["Status"], described["FailureReason"]) == ("FAILED", reason)
    assert refusal(acm.get_certificate, CertificateArn=arn)[0] == "ValidationException"


def test_a_permission_for_another_account_or_of_two_actions_lets_nothing_be_issued(
    acm: Any, client: Any, root_arn: str
) -> None:
    actions = ["IssueCertificate", "GetCertificate", "ListPermissions"]
    grants = {"CertificateAuthorityArn": root_arn, "Principal": ACM}
    client.create_permission(**grants, Actions=actions, SourceAccount="222222222222")
    client.create_permission(**grants, Actions=actions[:2])
    assert detail(acm, request(acm, root_arn))["FailureReason"] == "PCA_ACCESS_DENIED"
    client.delete_permission(**grants)
    client.create_permission(**grants, Actions=actions)
    assert detail(acm, request(acm, root_arn))["Status"] == "ISSUED"


def test_issuing_takes_the_time_that_is_set(acm: Any, control: EmulatorControl, granted: str) -> None:
    control.freeze()
    control.settings(acm_issuance_delay=5)
    arn = request(acm, granted)
    assert detail(acm, arn)["Status"] == "PENDING_VALIDATION"
    assert refusal(acm.get_certificate, CertificateArn=arn)[0] == "RequestInProgressException"
    assert refusal(acm.export_certificate, CertificateArn=arn, Passphrase=b"pass")[0] == "RequestInProgressException"
    control.advance(5)
    assert detail(acm, arn)["Status"] == "ISSUED"


def test_a_token_finds_the_first_request_for_an_hour_without_a_look_at_the_authority(
    acm: Any, control: EmulatorControl, granted: str
) -> None:
    control.freeze()
    first = request(acm, granted, IdempotencyToken="token")
    control.advance(3599)
    assert request(acm, granted[:-4] + "0000", IdempotencyToken="token") == first
    assert request(acm, granted, "other.example.com", IdempotencyToken="token") != first
    control.advance(1)
    assert request(acm, granted, IdempotencyToken="token") != first
    assert refusal(request, acm, granted, IdempotencyToken="with-dash")[0] == "ValidationException"


def test_only_an_exported_certificate_can_be_renewed_and_keeps_its_arn(acm: Any, granted: str) -> None:
    arn = request(acm, granted)
    before = detail(acm, arn)
    assert before["RenewalEligibility"] == "INELIGIBLE"
    assert refusal(acm.renew_certificate, CertificateArn=arn)[0] == "ValidationException"
    old = acm.export_certificate(CertificateArn=arn, Passphrase=b"pass")
    acm.renew_certificate(CertificateArn=arn)
    after = detail(acm, arn)
    assert after["Serial"] != before["Serial"]
    assert (after["RenewalEligibility"], after["RenewalSummary"]["RenewalStatus"]) == ("ELIGIBLE", "SUCCESS")
    assert acm.export_certificate(CertificateArn=arn, Passphrase=b"pass")["Certificate"] != old["Certificate"]


def test_an_exported_certificate_is_renewed_sixty_days_before_its_end(
    acm: Any, control: EmulatorControl, granted: str
) -> None:
    control.freeze()
    arn = request(acm, granted)
    acm.export_certificate(CertificateArn=arn, Passphrase=b"pass")
    before = detail(acm, arn)["Serial"]
    control.advance(335 * DAY - 1)
    assert detail(acm, arn)["Serial"] == before
    control.advance(1)
    assert detail(acm, arn)["Serial"] != before


def sign_with_key(client: Any, root_arn: str, name: str = "web.example.com") -> dict[str, bytes]:
    key = ec.generate_private_key(ec.SECP256R1())
    got = fetch(client, root_arn, issue(client, root_arn, Csr=make_csr(name, (name,), key)))
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return {
        "Certificate": got["Certificate"].encode(),
        "CertificateChain": got["CertificateChain"].encode(),
        "PrivateKey": pem,
    }


def test_a_certificate_is_imported_and_imported_again_in_its_place(acm: Any, client: Any, root_arn: str) -> None:
    first, second = sign_with_key(client, root_arn), sign_with_key(client, root_arn)
    arn = acm.import_certificate(**first, Tags=[{"Key": "a", "Value": "b"}])["CertificateArn"]
    assert detail(acm, arn)["Type"] == "IMPORTED"
    assert acm.import_certificate(CertificateArn=arn, **second)["CertificateArn"] == arn
    assert acm.get_certificate(CertificateArn=arn)["Certificate"].encode() == second["Certificate"]
    assert acm.list_tags_for_certificate(CertificateArn=arn)["Tags"] == [{"Key": "a", "Value": "b"}]
    other = sign_with_key(client, root_arn, "other.example.org")
    assert refusal(acm.import_certificate, CertificateArn=arn, **other)[0] == "ValidationException"
    mixed = {**first, "PrivateKey": second["PrivateKey"]}
    assert refusal(acm.import_certificate, **mixed)[0] == "ValidationException"
    assert refusal(acm.export_certificate, CertificateArn=arn, Passphrase=b"pass")[0] == "ValidationException"


def test_an_ec_leaf_of_an_rsa_authority_cannot_be_imported(acm: Any, client: Any) -> None:
    root = seeding.create_active_root(client, key_algorithm="RSA_2048")
    key = ec.generate_private_key(ec.SECP256R1())
    got = fetch(client, root, issue(client, root, Csr=make_csr(key=key), SigningAlgorithm="SHA256WITHRSA"))
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    code = refusal(acm.import_certificate, Certificate=got["Certificate"].encode(), PrivateKey=pem)[0]
    assert code == "ValidationException"


def test_the_list_hides_ec_keys_unless_they_are_asked_for(acm: Any, granted: str) -> None:
    rsa = request(acm, granted)
    curve = request(acm, granted, "ec.example.com", KeyAlgorithm="EC_prime256v1")

    def listed(**options: Any) -> list[str]:
        return [item["CertificateArn"] for item in acm.list_certificates(**options)["CertificateSummaryList"]]

    assert listed() == [rsa]
    assert listed(Includes=ALL_KEYS) == [rsa, curve]
    assert listed(Includes=ALL_KEYS, CertificateStatuses=["FAILED"]) == []
    pages = acm.get_paginator("list_certificates").paginate(Includes=ALL_KEYS, PaginationConfig={"PageSize": 1})
    assert [len(page["CertificateSummaryList"]) for page in pages] == [1, 1]


def test_deleting_leaves_the_authoritys_record(acm: Any, control: EmulatorControl, granted: str) -> None:
    arn = request(acm, granted)
    acm.delete_certificate(CertificateArn=arn)
    assert refusal(acm.describe_certificate, CertificateArn=arn)[0] == "ResourceNotFoundException"
    assert len(control.certificates(granted)) == 2


def test_what_acm_issues_falls_under_the_quota_of_the_private_authority(
    acm: Any, client: Any, control: EmulatorControl, granted: str
) -> None:
    control.freeze()
    control.settings(quotas_enabled=True, quota_overrides={"IssueCertificate": 2})
    request(acm, granted)
    issue(client, granted)
    assert refusal(issue, client, granted) == ("ThrottlingException", "Rate exceeded")
    assert detail(acm, request(acm, granted, "www.example.com"))["Status"] == "ISSUED"


def test_acm_requests_are_logged_and_can_be_made_to_fail(acm: Any, control: EmulatorControl, granted: str) -> None:
    control.fault("throttle", "acm:RequestCertificate", times=1)
    assert refusal(request, acm, granted)[0] == "ThrottlingException"
    request(acm, granted)
    outcomes = [entry["outcome"] for entry in control.requests(operation="acm:RequestCertificate")]
    assert outcomes == ["ThrottlingException", "Success"]


def test_a_load_balancer_uses_a_private_certificate_and_holds_it(acm: Any, make_client: Any, granted: str) -> None:
    arn = request(acm, granted)
    ec2, balancers = make_client("ec2"), make_client("elbv2")
    subnets = [subnet["SubnetId"] for subnet in ec2.describe_subnets()["Subnets"][:2]]
    made = balancers.create_load_balancer(Name="front", Subnets=subnets)["LoadBalancers"][0]["LoadBalancerArn"]
    listener = balancers.create_listener(
        LoadBalancerArn=made,
        Protocol="HTTPS",
        Port=443,
        Certificates=[{"CertificateArn": arn}],
        DefaultActions=[{"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "200"}}],
    )["Listeners"][0]
    assert listener["Certificates"] == [{"CertificateArn": arn}]
    assert detail(acm, arn)["InUseBy"] == [made]
    assert refusal(acm.delete_certificate, CertificateArn=arn)[0] == "ResourceInUseException"
    balancers.delete_load_balancer(LoadBalancerArn=made)


SIGNING, ENCIPHERING, AGREEING = "DigitalSignature", "KeyEncipherment", "KeyAgreement"
SERVER, CLIENT, MAIL = "SERVER_AUTH", "CLIENT_AUTH", "EMAIL_PROTECTION"


@pytest.mark.parametrize(
    "usages",
    [
        ("RSA_2048", [SIGNING, SERVER], [SIGNING, ENCIPHERING, SERVER, MAIL], None),
        ("RSA_2048", [SIGNING, ENCIPHERING, SERVER, CLIENT], [SIGNING, ENCIPHERING, SERVER], None),
        ("RSA_2048", [SIGNING, ENCIPHERING, SERVER], [SIGNING, SERVER], "KEY_ENCIPHERMENT"),
        ("EC_prime256v1", [SIGNING, ENCIPHERING, SERVER], [SIGNING, SERVER], None),
        ("EC_prime256v1", [SIGNING, AGREEING, SERVER], [SIGNING, SERVER], "KEY_AGREEMENT"),
        ("EC_prime256v1", [SIGNING, SERVER, MAIL], [SIGNING, SERVER], "1.3.6.1.5.5.7.3.4"),
        ("EC_prime256v1", [SIGNING, SERVER], [], "1.3.6.1.5.5.7.3.1, DIGITAL_SIGNATURE"),
    ],
)
def test_usages_can_be_added_but_not_removed_when_a_certificate_is_imported_again(
    acm: Any, client: Any, usages: tuple[str, list[str], list[str], str | None]
) -> None:
    key_algorithm, before, after, missing = usages
    root = seeding.create_active_root(client, key_algorithm=key_algorithm)
    curve = key_algorithm.startswith("EC")
    key: Any = ec.generate_private_key(ec.SECP256R1()) if curve else rsa.generate_private_key(65537, 2048)
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())

    def sign(names: list[str]) -> dict[str, bytes]:
        extensions = {
            "KeyUsage": {name: True for name in names if name in (SIGNING, ENCIPHERING, AGREEING)},
            "ExtendedKeyUsage": [{"ExtendedKeyUsageType": name} for name in names if name in (SERVER, CLIENT, MAIL)],
        }
        arn = issue(
            client,
            root,
            Csr=make_csr(key=key),
            SigningAlgorithm=seeding.default_signing_algorithm(key_algorithm),
            TemplateArn=seeding.template_arn(root, "BlankEndEntityCertificate_APIPassthrough"),
            ApiPassthrough={"Extensions": {name: value for name, value in extensions.items() if value}},
        )
        return {"Certificate": fetch(client, root, arn)["Certificate"].encode(), "PrivateKey": pem}

    arn = acm.import_certificate(**sign(before))["CertificateArn"]
    if missing is None:
        assert acm.import_certificate(CertificateArn=arn, **sign(after))["CertificateArn"] == arn
    else:
        code, message = refusal(acm.import_certificate, CertificateArn=arn, **sign(after))
        assert code == "ValidationException"
        assert message.endswith(f"these are missing: {missing}.")
