# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import base64
import datetime
import json
import urllib.parse
import urllib.request
import uuid
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.x509 import ocsp

from openssl_command import openssl
from private_ca_emulator import seeding
from private_ca_emulator.control import EmulatorControl
from private_ca_emulator.server import EmulatorServer

from .support import issue, issue_and_load, refusal

HALF_HOUR, DAY = 1800, 86400


def make_bucket(make_client: Any) -> str:
    bucket, s3 = f"crl-{uuid.uuid4()}", make_client("s3")
    s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
    seeding.allow_service_writes(s3, bucket)
    return bucket


def create_revoking_root(
    client: Any,
    make_client: Any,
    crl_type: str = "COMPLETE",
    key_algorithm: str = "EC_prime256v1",
    signing_algorithm: str | None = None,
    **crl: Any,
) -> tuple[str, x509.Certificate]:
    """A root with CRL and OCSP on, and a leaf of it."""
    configuration = {
        "CrlConfiguration": {
            "Enabled": True,
            "ExpirationInDays": 7,
            "S3BucketName": make_bucket(make_client),
            "CrlType": crl_type,
            **crl,
        },
        "OcspConfiguration": {"Enabled": True},
    }
    root = seeding.create_active_root(
        client,
        key_algorithm=key_algorithm,
        signing_algorithm=signing_algorithm,
        RevocationConfiguration=configuration,
    )
    algorithm = signing_algorithm or seeding.default_signing_algorithm(key_algorithm)
    return root, issue_and_load(client, root, SigningAlgorithm=algorithm)


def crl_location(leaf: x509.Certificate) -> urllib.parse.SplitResult:
    points = leaf.extensions.get_extension_for_class(x509.CRLDistributionPoints).value
    return urllib.parse.urlsplit(points[0].full_name[0].value)


def read_crl(make_client: Any, leaf: x509.Certificate) -> bytes:
    location = crl_location(leaf)
    bucket = location.netloc.partition(".s3.")[0]
    content: bytes = make_client("s3").get_object(Bucket=bucket, Key=location.path.lstrip("/"))["Body"].read()
    return content


def revoke(client: Any, root: str, leaf: x509.Certificate, reason: str = "SUPERSEDED") -> None:
    client.revoke_certificate(
        CertificateAuthorityArn=root, CertificateSerial=f"{leaf.serial_number:x}", RevocationReason=reason
    )


@pytest.mark.parametrize(
    "spell",
    [
        lambda serial: f"{serial:x}",
        lambda serial: f"{serial:032X}",
        lambda serial: serial.to_bytes(17, "big").hex(":"),
        lambda serial: serial.to_bytes(16, "big").hex(" "),
    ],
    ids=["bare", "upper case", "colons", "spaces"],
)
def test_a_serial_is_taken_in_every_spelling(client: Any, root_arn: str, spell: Any) -> None:
    leaf = issue_and_load(client, root_arn)
    request = {
        "CertificateAuthorityArn": root_arn,
        "CertificateSerial": spell(leaf.serial_number),
        "RevocationReason": "UNSPECIFIED",
    }
    client.revoke_certificate(**request)
    assert refusal(client.revoke_certificate, **request)[0] == "RequestAlreadyProcessedException"


@pytest.mark.parametrize("serial", ["", "xyz", ":0a", "0a:", "0a::0b", "0a" * 20 + "\n", "a" * 127 + "g"])
def test_a_serial_that_is_no_hexadecimal_number_is_refused_at_once(client: Any, root_arn: str, serial: str) -> None:
    request = {"CertificateAuthorityArn": root_arn, "RevocationReason": "UNSPECIFIED", "CertificateSerial": serial}
    assert refusal(client.revoke_certificate, **request)[0] == "InvalidRequestException"
    assert issue(client, root_arn)


def test_what_cannot_be_revoked_says_why(client: Any, control: EmulatorControl, root_arn: str) -> None:
    leaf = issue_and_load(client, root_arn)
    own = control.certificates(root_arn)[0]["serial"]
    asked = {"CertificateAuthorityArn": root_arn, "RevocationReason": "UNSPECIFIED"}
    assert refusal(client.revoke_certificate, CertificateSerial=own, **asked) == (
        "InvalidRequestException",
        "Self-signed certificate can not be revoked",
    )
    assert refusal(client.revoke_certificate, CertificateSerial="abcd", **asked)[0] == "ResourceNotFoundException"
    control.advance(31 * DAY)
    serial = f"{leaf.serial_number:x}"
    assert refusal(client.revoke_certificate, CertificateSerial=serial, **asked)[0] == "InvalidRequestException"


@pytest.mark.parametrize("crl_type", ["COMPLETE", "PARTITIONED"])
def test_openssl_reads_a_revocation_from_the_crl_half_an_hour_later(
    client: Any, make_client: Any, control: EmulatorControl, tmp_path: Path, crl_type: str
) -> None:
    control.freeze()
    now = int(control.now())
    root, leaf = create_revoking_root(client, make_client, crl_type)
    revoke(client, root, leaf, "KEY_COMPROMISE")
    assert len(x509.load_der_x509_crl(read_crl(make_client, leaf))) == 0
    control.advance(HALF_HOUR)
    content = read_crl(make_client, leaf)
    crl = x509.load_der_x509_crl(content)
    assert crl.last_update_utc.timestamp() == now + HALF_HOUR - 3600
    assert crl.next_update_utc == crl.last_update_utc + datetime.timedelta(days=7, hours=1)
    number = crl.extensions.get_extension_for_class(x509.CRLNumber).value.crl_number
    assert number // 1000 == now + HALF_HOUR
    (tmp_path / "list.crl").write_bytes(content)
    (tmp_path / "root.pem").write_text(
        client.get_certificate_authority_certificate(CertificateAuthorityArn=root)["Certificate"] + "\n"
    )
    printed = openssl("crl", "-in", tmp_path / "list.crl", "-CAfile", tmp_path / "root.pem", "-noout", "-text")
    assert f"{leaf.serial_number:X}" in printed
    assert "Key Compromise" in printed


def test_partitioned_lists_carry_their_distribution_point_and_hold_only_their_own(
    client: Any, make_client: Any, control: EmulatorControl
) -> None:
    control.settings(partition_size=1, crl_delay=0)
    root, first = create_revoking_root(client, make_client, "PARTITIONED")
    second = issue_and_load(client, root)
    assert crl_location(first) != crl_location(second)
    revoke(client, root, second)
    assert len(x509.load_der_x509_crl(read_crl(make_client, first))) == 0
    crl = x509.load_der_x509_crl(read_crl(make_client, second))
    assert [entry.serial_number for entry in crl] == [second.serial_number]
    point = crl.extensions.get_extension_for_class(x509.IssuingDistributionPoint)
    assert point.critical
    assert (point.value.full_name or [])[0].value == crl_location(second).geturl()


def test_a_crl_is_made_anew_half_way_to_its_end(client: Any, make_client: Any, control: EmulatorControl) -> None:
    control.freeze()
    _root, leaf = create_revoking_root(client, make_client)
    first = read_crl(make_client, leaf)
    control.advance(3.5 * DAY - 1)
    assert read_crl(make_client, leaf) == first
    control.advance(1)
    assert read_crl(make_client, leaf) != first


def test_a_failed_write_is_tried_again_after_fifteen_minutes(
    client: Any, make_client: Any, control: EmulatorControl
) -> None:
    control.freeze()
    root, leaf = create_revoking_root(client, make_client)
    bucket = crl_location(leaf).netloc.partition(".s3.")[0]
    revoke(client, root, leaf)
    make_client("s3").delete_bucket_policy(Bucket=bucket)
    control.advance(HALF_HOUR)
    assert len(x509.load_der_x509_crl(read_crl(make_client, leaf))) == 0
    seeding.allow_service_writes(make_client("s3"), bucket)
    control.advance(900)
    assert len(x509.load_der_x509_crl(read_crl(make_client, leaf))) == 1


def test_the_crl_can_be_fetched_without_a_signature_with_the_emulator_as_proxy(
    client: Any, make_client: Any, emulator: EmulatorServer
) -> None:
    _root, leaf = create_revoking_root(client, make_client)
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({"http": emulator.endpoint_url}))
    assert opener.open(crl_location(leaf).geturl()).read() == read_crl(make_client, leaf)


@pytest.mark.parametrize(
    ("crl", "code"),
    [
        ({"Enabled": False, "ExpirationInDays": 7}, "InvalidArgsException"),
        ({"CustomCname": "http://crl.example.com"}, "InvalidArgsException"),
        (
            {"CustomCname": "c", "CrlDistributionPointExtensionConfiguration": {"OmitExtension": True}},
            "InvalidArgsException",
        ),
        ({"S3BucketName": "there-is-no-such-bucket"}, "ValidationException"),
    ],
)
def test_a_crl_configuration_that_breaks_a_rule_is_refused(
    client: Any, make_client: Any, crl: dict[str, Any], code: str
) -> None:
    assert refusal(create_revoking_root, client, make_client, **crl)[0] == code


def test_a_bucket_without_the_services_policy_is_refused_in_the_services_words(client: Any, make_client: Any) -> None:
    bucket = make_bucket(make_client)
    make_client("s3").delete_bucket_policy(Bucket=bucket)
    code, message = refusal(create_revoking_root, client, make_client, S3BucketName=bucket)
    assert code == "ValidationException"
    assert "Check your S3 bucket permissions and try again." in message


OWNER = "123456789012"
GRANTS = [
    ("every action of S3", {"Action": "s3:*"}, True),
    ("actions by a wildcard", {"Action": ["s3:Put*", "s3:GetBucket*"]}, True),
    ("the CA's own account", {"Condition": {"StringEquals": {"aws:SourceAccount": OWNER}}}, True),
    ("another account", {"Condition": {"StringEquals": {"aws:SourceAccount": "222222222222"}}}, False),
    ("the CAs of the account", {"Condition": {"ArnLike": {"aws:SourceArn": f"arn:aws:acm-pca:*:{OWNER}:*"}}}, True),
    ("another CA", {"Condition": {"ArnLike": {"aws:SourceArn": f"arn:aws:acm-pca:*:{OWNER}:*/1"}}}, False),
    ("the bucket without its objects", {"Resource": "BUCKET"}, False),
    ("too few actions", {"Action": ["s3:PutObject", "s3:GetBucketAcl"]}, False),
    ("a refusal", {"Effect": "Deny"}, False),
    ("an action that is none", {"Action": [{}]}, False),
]


@pytest.mark.parametrize("grant", GRANTS, ids=lambda grant: grant[0])
def test_the_service_writes_where_the_policy_of_the_bucket_lets_it(
    client: Any, make_client: Any, grant: tuple[str, dict[str, Any], bool]
) -> None:
    _name, changes, fits = grant
    bucket, s3 = make_bucket(make_client), make_client("s3")
    policy = json.loads(s3.get_bucket_policy(Bucket=bucket)["Policy"])
    policy["Statement"][0].update(changes)
    s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps(policy).replace("BUCKET", f"arn:aws:s3:::{bucket}"))
    if fits:
        assert create_revoking_root(client, make_client, S3BucketName=bucket)
    else:
        assert refusal(create_revoking_root, client, make_client, S3BucketName=bucket)[0] == "ValidationException"


@pytest.mark.parametrize("policy", ["[]", '{"Statement": [1]}', "x", "[" * 20_000], ids=lambda policy: policy[:4])
def test_a_bucket_policy_that_is_none_lets_nobody_in(client: Any, make_client: Any, policy: str) -> None:
    bucket = make_bucket(make_client)
    make_client("s3").put_bucket_policy(Bucket=bucket, Policy=policy)
    assert refusal(create_revoking_root, client, make_client, S3BucketName=bucket)[0] == "ValidationException"


def test_revocations_are_bounded_by_a_complete_list_alone(client: Any, control: EmulatorControl, root_arn: str) -> None:
    control.settings(revocations_per_authority=0)
    serial = f"{issue_and_load(client, root_arn).serial_number:x}"
    request = {"CertificateAuthorityArn": root_arn, "CertificateSerial": serial, "RevocationReason": "SUPERSEDED"}
    assert client.revoke_certificate(**request)


def test_the_uri_follows_cname_path_and_omission(client: Any, make_client: Any) -> None:
    root, leaf = create_revoking_root(client, make_client, CustomCname="crl.example.com", CustomPath="lists/pki")
    assert crl_location(leaf).geturl() == f"http://crl.example.com/lists/pki/{root.rpartition('/')[2]}.crl"
    omitted: dict[str, Any] = {"CrlDistributionPointExtensionConfiguration": {"OmitExtension": True}}
    _root, leaf = create_revoking_root(client, make_client, **omitted)
    with pytest.raises(x509.ExtensionNotFound):
        leaf.extensions.get_extension_for_class(x509.CRLDistributionPoints)


def ask_responder(emulator: EmulatorServer, leaf: x509.Certificate, issuer: x509.Certificate, method: str) -> Any:
    encoded = (
        ocsp.OCSPRequestBuilder()
        .add_certificate(leaf, issuer, hashes.SHA256())
        .build()
        .public_bytes(serialization.Encoding.DER)
    )
    url = leaf.extensions.get_extension_for_class(x509.AuthorityInformationAccess).value[0].access_location.value
    if method == "GET":
        request = urllib.request.Request(f"{url}/{urllib.parse.quote(base64.b64encode(encoded), safe='')}")
    else:
        request = urllib.request.Request(url, encoded, {"Content-Type": "application/ocsp-request"})
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({"http": emulator.endpoint_url}))
    return ocsp.load_der_ocsp_response(opener.open(request).read())


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("key_algorithm", ["RSA_2048", "EC_prime256v1", "ML_DSA_65"])
def test_the_responder_knows_good_and_revoked(
    client: Any, make_client: Any, emulator: EmulatorServer, method: str, key_algorithm: str
) -> None:
    root, leaf = create_revoking_root(client, make_client, key_algorithm=key_algorithm)
    pem = client.get_certificate_authority_certificate(CertificateAuthorityArn=root)["Certificate"]
    issuer = x509.load_pem_x509_certificate(pem.encode())
    assert ask_responder(emulator, leaf, issuer, method).certificate_status == ocsp.OCSPCertStatus.GOOD
    revoke(client, root, leaf)
    answer = ask_responder(emulator, leaf, issuer, method)
    assert (answer.certificate_status, answer.revocation_reason) == (
        ocsp.OCSPCertStatus.REVOKED,
        x509.ReasonFlags.superseded,
    )


@pytest.mark.parametrize(
    "signing",
    [
        ("EC_prime256v1", "SHA256WITHECDSA", "ecdsa-with-SHA256"),
        ("EC_secp384r1", "SHA512WITHECDSA", "ecdsa-with-SHA512"),
        ("RSA_2048", "SHA256WITHRSA", "sha256WithRSAEncryption"),
        ("RSA_2048", "SHA256WITHRSA_PSS", "rsassaPss"),
        ("RSA_3072", "SHA512WITHRSA_PSS", "rsassaPss"),
    ],
    ids=lambda signing: signing[1],
)
def test_openssl_verifies_the_responders_reply(
    client: Any, make_client: Any, emulator: EmulatorServer, tmp_path: Path, signing: tuple[str, str, str]
) -> None:
    key_algorithm, signing_algorithm, printed_name = signing
    root, leaf = create_revoking_root(
        client, make_client, key_algorithm=key_algorithm, signing_algorithm=signing_algorithm
    )
    pem = client.get_certificate_authority_certificate(CertificateAuthorityArn=root)["Certificate"]
    (tmp_path / "root.pem").write_text(pem + "\n")
    (tmp_path / "leaf.pem").write_bytes(leaf.public_bytes(serialization.Encoding.PEM))
    revoke(client, root, leaf, "KEY_COMPROMISE")
    printed = openssl(
        "ocsp", "-issuer", tmp_path / "root.pem", "-cert", tmp_path / "leaf.pem", "-CAfile", tmp_path / "root.pem",
        "-url", f"{emulator.endpoint_url}/_emulator/ocsp", "-no_nonce", "-resp_text",
    )  # fmt: skip
    assert f"Signature Algorithm: {printed_name}" in printed
    assert "revoked" in printed
    assert "keyCompromise" in printed


def test_a_subordinate_certificate_is_revoked_at_its_parent(
    client: Any, authorities: seeding.SeededAuthorities
) -> None:
    described = client.describe_certificate_authority(CertificateAuthorityArn=authorities.subordinate_arn)
    serial = described["CertificateAuthority"]["Serial"]
    client.revoke_certificate(
        CertificateAuthorityArn=authorities.root_arn,
        CertificateSerial=serial,
        RevocationReason="CESSATION_OF_OPERATION",
    )
    assert issue(client, authorities.subordinate_arn)


def test_nothing_is_revoked_while_the_bucket_cannot_be_written(client: Any, make_client: Any) -> None:
    root, leaf = create_revoking_root(client, make_client)
    bucket, s3 = crl_location(leaf).netloc.partition(".s3.")[0], make_client("s3")
    s3.delete_bucket_policy(Bucket=bucket)
    assert refusal(revoke, client, root, leaf)[0] == "RequestFailedException"
    seeding.allow_service_writes(s3, bucket)
    revoke(client, root, leaf)
