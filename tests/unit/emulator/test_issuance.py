# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import base64
import datetime
import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization

from openssl_command import openssl
from private_ca_emulator import seeding
from private_ca_emulator.certificates import find_key_octets
from private_ca_emulator.control import EmulatorControl

from .support import fetch, issue, issue_and_load, make_csr, refusal, verify_with_openssl

SIGNATURES = [
    ("RSA_2048", "SHA256WITHRSA", "sha256WithRSAEncryption"),
    ("RSA_2048", "SHA512WITHRSA_PSS", "rsassaPss"),
    ("RSA_3072", "SHA384WITHRSA", "sha384WithRSAEncryption"),
    ("EC_prime256v1", "SHA384WITHECDSA", "ecdsa-with-SHA384"),
    ("EC_secp384r1", "SHA384WITHECDSA", "ecdsa-with-SHA384"),
    ("EC_secp521r1", "SHA512WITHECDSA", "ecdsa-with-SHA512"),
]


@pytest.mark.parametrize(("key_algorithm", "signing_algorithm", "printed"), SIGNATURES)
def test_openssl_verifies_a_leaf_of_a_root_with_every_key_and_signature(
    client: Any, tmp_path: Path, key_algorithm: str, signing_algorithm: str, printed: str
) -> None:
    root = seeding.create_active_root(client, key_algorithm=key_algorithm)
    got = fetch(client, root, issue(client, root, SigningAlgorithm=signing_algorithm))
    assert "OK" in verify_with_openssl(tmp_path, got["Certificate"], got["CertificateChain"], "-x509_strict")
    assert f"Signature Algorithm: {printed}" in openssl("x509", "-noout", "-text", "-in", tmp_path / "leaf.pem")


def make_odd_csrs(directory: Path) -> Iterator[bytes]:
    """CSRs whose keys are spelt unlike those that the service makes: a compressed point, an RSA key for PSS alone."""
    key, request = directory / "key.pem", directory / "request.pem"
    for kind, option in (("EC", "ec_paramgen_curve:P-256"), ("RSA-PSS", "rsa_keygen_bits:2048")):
        openssl("genpkey", "-algorithm", kind, "-pkeyopt", option, "-out", key)
        if kind == "EC":
            openssl("ec", "-in", key, "-conv_form", "compressed", "-out", key)
        openssl("req", "-new", "-key", key, "-subj", "/CN=web", "-out", request)
        yield request.read_bytes()


@pytest.mark.parametrize("signing", [("EC_prime256v1", "SHA256WITHECDSA"), ("RSA_2048", "SHA256WITHRSA_PSS")], ids=str)
def test_a_key_is_copied_as_the_csr_spells_it(client: Any, tmp_path: Path, signing: tuple[str, str]) -> None:
    key_algorithm, signing_algorithm = signing
    root = seeding.create_active_root(client, key_algorithm=key_algorithm)
    for csr in make_odd_csrs(tmp_path):
        got = fetch(client, root, issue(client, root, Csr=csr, SigningAlgorithm=signing_algorithm))
        assert "OK" in verify_with_openssl(tmp_path, got["Certificate"], got["CertificateChain"])
        asked = openssl("req", "-in", tmp_path / "request.pem", "-noout", "-pubkey")
        assert openssl("x509", "-in", tmp_path / "leaf.pem", "-noout", "-pubkey") == asked
        octets = find_key_octets(base64.b64decode("".join(asked.splitlines()[1:-1])))
        identifier = hashlib.sha1(octets).digest()
        leaf = x509.load_pem_x509_certificate(got["Certificate"].encode())
        assert leaf.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.digest == identifier


def test_a_subordinates_leaf_comes_with_the_chain_up_to_and_including_the_root(
    client: Any, authorities: seeding.SeededAuthorities, tmp_path: Path
) -> None:
    got = fetch(client, authorities.subordinate_arn, issue(client, authorities.subordinate_arn))
    assert got["CertificateChain"].count("BEGIN CERTIFICATE") == 2
    assert got["Certificate"].endswith("-----END CERTIFICATE-----")
    assert "OK" in verify_with_openssl(tmp_path, got["Certificate"], got["CertificateChain"], "-x509_strict")


def test_a_self_signed_root_certificate_has_no_chain(client: Any, control: EmulatorControl, root_arn: str) -> None:
    own = control.certificates(root_arn)[0]["certificate_arn"]
    assert fetch(client, root_arn, own)["CertificateChain"] == ""
    assert "CertificateChain" not in client.get_certificate_authority_certificate(CertificateAuthorityArn=root_arn)


def test_not_before_lies_an_hour_back_and_not_after_counts_from_issuance(
    client: Any, control: EmulatorControl, root_arn: str
) -> None:
    now = int(control.freeze())
    leaf = issue_and_load(client, root_arn, Validity={"Type": "DAYS", "Value": 10})
    assert leaf.not_valid_before_utc.timestamp() == now - 3600
    assert leaf.not_valid_after_utc.timestamp() == now + 10 * 86400


@pytest.mark.parametrize(
    ("kind", "value", "end"),
    [
        ("ABSOLUTE", 1800000000, datetime.datetime(2027, 1, 15, 8, 0, tzinfo=datetime.UTC)),
        ("END_DATE", 20270115080000, datetime.datetime(2027, 1, 15, 8, 0, tzinfo=datetime.UTC)),
        ("END_DATE", 270115080000, datetime.datetime(2027, 1, 15, 8, 0, tzinfo=datetime.UTC)),
        ("MONTHS", 1, datetime.datetime(2026, 2, 28, 12, 0, tzinfo=datetime.UTC)),
        ("YEARS", 1, datetime.datetime(2027, 1, 31, 12, 0, tzinfo=datetime.UTC)),
    ],
)
def test_every_validity_type_ends_when_it_says(
    client: Any, control: EmulatorControl, kind: str, value: int, end: datetime.datetime
) -> None:
    control.freeze()
    control.set_time(datetime.datetime(2026, 1, 31, 12, 0, tzinfo=datetime.UTC).timestamp())
    root = seeding.create_active_root(client)
    assert issue_and_load(client, root, Validity={"Type": kind, "Value": value}).not_valid_after_utc == end


def test_validity_not_before_moves_only_the_beginning(client: Any, control: EmulatorControl, root_arn: str) -> None:
    now = int(control.freeze())
    leaf = issue_and_load(client, root_arn, ValidityNotBefore={"Type": "ABSOLUTE", "Value": now - 5})
    assert leaf.not_valid_before_utc.timestamp() == now - 5
    assert leaf.not_valid_after_utc.timestamp() == now + 30 * 86400


def test_a_validity_beyond_the_authoritys_own_is_refused(client: Any, root_arn: str) -> None:
    code, message = refusal(issue, client, root_arn, Validity={"Type": "YEARS", "Value": 20})
    assert code == "ValidationException"
    assert message == "The certificate validity specified exceeds the certificate authority validity"


def test_get_certificate_says_in_progress_until_the_delay_is_over(
    client: Any, control: EmulatorControl, root_arn: str
) -> None:
    control.settings(issuance_delay=2)
    control.freeze()
    arn = issue(client, root_arn)
    code, message = refusal(fetch, client, root_arn, arn)
    assert (code, message) == (
        "RequestInProgressException",
        f"The request to issue certificate {arn} is still in progress. Try again later.",
    )
    control.advance(2)
    assert "BEGIN CERTIFICATE" in fetch(client, root_arn, arn)["Certificate"]


def test_a_token_yields_one_certificate_for_five_minutes_and_another_after(
    client: Any, control: EmulatorControl, root_arn: str
) -> None:
    control.freeze()
    first = issue(client, root_arn, IdempotencyToken="token")
    control.advance(299)
    assert issue(client, root_arn, IdempotencyToken="token") == first
    control.advance(1)
    assert issue(client, root_arn, IdempotencyToken="token") != first
    assert [entry["idempotency_token"] for entry in control.certificates(root_arn)].count("token") == 2


@pytest.mark.parametrize("mode", ["first_arn", "issue_anew", "reject"])
def test_a_reused_token_with_another_request_behaves_as_chosen(
    client: Any, control: EmulatorControl, root_arn: str, mode: str
) -> None:
    control.settings(token_conflict=mode)
    first = issue(client, root_arn, IdempotencyToken="token")
    other = {"Csr": make_csr("other.example.com"), "IdempotencyToken": "token"}
    if mode == "reject":
        assert refusal(issue, client, root_arn, **other)[0] == "InvalidArgsException"
    else:
        assert (issue(client, root_arn, **other) == first) == (mode == "first_arn")


def test_a_csr_whose_signature_is_broken_is_malformed(client: Any, root_arn: str) -> None:
    csr = x509.load_pem_x509_csr(make_csr()).public_bytes(serialization.Encoding.DER)
    broken = x509.load_der_x509_csr(csr[:-1] + bytes([csr[-1] ^ 1])).public_bytes(serialization.Encoding.PEM)
    assert refusal(issue, client, root_arn, Csr=broken)[0] == "MalformedCSRException"
    assert refusal(issue, client, root_arn, Csr=b"not a CSR")[0] == "MalformedCSRException"


def test_a_csr_without_subject_and_names_is_refused(client: Any, root_arn: str) -> None:
    assert refusal(issue, client, root_arn, Csr=make_csr(None, ()))[0] == "MalformedCSRException"


def test_a_signing_algorithm_of_another_family_is_refused_with_the_valid_ones(client: Any) -> None:
    root = seeding.create_active_root(client, key_algorithm="RSA_2048")
    code, message = refusal(issue, client, root, SigningAlgorithm="SHA384WITHECDSA")
    assert code == "InvalidArgsException"
    assert message.startswith(
        "Signing algorithm SHA384WITHECDSA cannot be used with key type RSA_2048. Valid signing algorithms are: SHA"
    )


def test_a_disabled_authority_does_not_issue(client: Any, root_arn: str) -> None:
    client.update_certificate_authority(CertificateAuthorityArn=root_arn, Status="DISABLED")
    code, message = refusal(issue, client, root_arn)
    assert code == "InvalidStateException"
    assert "The certificate authority is not in a valid state for issuing certificates" in message


def test_an_unknown_certificate_and_one_of_another_authority_are_not_found(
    client: Any, authorities: seeding.SeededAuthorities
) -> None:
    arn = issue(client, authorities.root_arn)
    assert refusal(fetch, client, authorities.root_arn, arn[:-4] + "0000")[0] == "ResourceNotFoundException"
    assert refusal(fetch, client, authorities.subordinate_arn, arn)[0] == "ResourceNotFoundException"


def test_a_short_lived_authority_signs_for_seven_days_at_most(client: Any) -> None:
    root = seeding.create_active_root(client, UsageMode="SHORT_LIVED_CERTIFICATE")
    issue(client, root, Validity={"Type": "DAYS", "Value": 7})
    assert refusal(issue, client, root, Validity={"Type": "DAYS", "Value": 8})[0] == "ValidationException"
