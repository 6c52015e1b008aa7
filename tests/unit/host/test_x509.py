# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import ssl
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._errors import InvalidInput, RequestRefused
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._x509.chains import is_signed_by, verify_chain
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._x509.facts import (
    certificate_facts,
    request_facts,
)
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._x509.gate import check_request
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._x509.keys import (
    encode_key,
    generate_key,
    load_key,
)
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._x509.pem import load_request
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._x509.requests import build_request
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._x509.wanted import want
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from host_authority import (
    DAY,
    NOW,
    Hierarchy,
    ask_openssl,
    make_authority,
    make_hierarchy,
    name,
    pem,
    verify_with_openssl,
)

NAMES = ["DNS:web.example.com", "IP:10.0.0.7"]


@pytest.fixture(scope="module")
def hierarchy() -> Hierarchy:
    return make_hierarchy()


@pytest.fixture(scope="module")
def csr() -> str:
    return build_request(generate_key("EC_prime256v1"), {"CN": "web.example.com"}, NAMES)


@pytest.mark.parametrize(
    ("algorithm", "shown"),
    [
        ("RSA_2048", "2048 bit"),
        ("RSA_3072", "3072 bit"),
        ("EC_prime256v1", "prime256v1"),
        ("EC_secp384r1", "secp384r1"),
        ("EC_secp521r1", "secp521r1"),
    ],
)
def test_openssl_reads_the_request_of_every_key_algorithm_and_verifies_it(algorithm: str, shown: str) -> None:
    csr = build_request(generate_key(algorithm), {"CN": "web.example.com", "O": "Example"}, NAMES)
    printed = ask_openssl("req", "-verify", "-noout", "-text", stdin=csr.encode())
    assert shown in printed and "DNS:web.example.com, IP Address:10.0.0.7" in printed
    facts = request_facts(csr)
    assert facts["key_algorithm"] == algorithm
    assert facts["subject"] == {"CN": "web.example.com", "O": "Example"}
    assert facts["subject_alternative_names"] == NAMES
    assert facts["extensions"] == ["2.5.29.17"]


def test_a_request_without_a_subject_has_a_critical_alternative_name() -> None:
    csr = build_request(generate_key("EC_prime256v1"), {}, ["DNS:web"])
    assert "Subject Alternative Name: critical" in ask_openssl("req", "-noout", "-text", stdin=csr.encode())


def test_a_request_without_any_name_is_not_made() -> None:
    with pytest.raises(InvalidInput, match="neither a subject nor"):
        build_request(generate_key("EC_prime256v1"), {}, [])


@pytest.mark.parametrize("key_format", ["pkcs8", "traditional"])
@pytest.mark.parametrize("passphrase", [None, "correct horse"])
@pytest.mark.parametrize("algorithm", ["RSA_2048", "EC_prime256v1"])
def test_openssl_reads_a_key_in_each_format(algorithm: str, passphrase: str | None, key_format: str) -> None:
    encoded = encode_key(generate_key(algorithm), key_format, passphrase)
    ask_openssl("pkey", "-noout", "-passin", f"pass:{passphrase or ''}", stdin=encoded)
    assert load_key(encoded, passphrase) is not None


def test_a_key_that_cannot_be_read_is_told_without_its_text() -> None:
    secret = b"-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n-----END PRIVATE KEY-----\n"
    with pytest.raises(InvalidInput) as caught:
        load_key(secret, None, "privkey.pem")
    assert "c2VjcmV0" not in str(caught.value) and caught.value.__cause__ is None


def test_the_facts_of_a_certificate_are_those_that_openssl_prints(hierarchy: Hierarchy, csr: str) -> None:
    leaf = hierarchy.issue(csr, serial=0xA1B2C3D4E5F60718293A4B5C6D7E8F90)
    facts = certificate_facts(leaf)
    arguments = ["x509", "-noout", "-serial", "-fingerprint", "-sha256"]
    printed = ask_openssl(*arguments, stdin=leaf.encode()).lower().replace(":", "")
    assert f"serial={facts['serial']}" in printed
    assert facts["fingerprint_sha256"] in printed
    assert facts["issuer"] == {"CN": "Test Subordinate"}
    assert facts["extended_key_usage"] == ["serverAuth", "clientAuth"]
    assert facts["basic_constraints"] == {"ca": False, "path_length": None}
    assert facts["public_key_sha256"] == request_facts(csr)["public_key_sha256"]
    assert facts["signature_algorithm"] == "SHA256WITHECDSA"
    assert facts["not_before"] == "2027-01-15T07:00:00Z"


VERSION_3, VERSION_2 = bytes.fromhex("a003020102"), bytes.fromhex("a003020101")
EC_KEY, UNKNOWN_KEY = bytes.fromhex("06072a8648ce3d0201"), bytes.fromhex("06072a8648ce3d027f")


@pytest.mark.parametrize(("known", "other"), [(VERSION_3, VERSION_2), (EC_KEY, UNKNOWN_KEY)])
def test_a_certificate_that_the_library_cannot_read_is_told(
    hierarchy: Hierarchy, csr: str, known: bytes, other: bytes
) -> None:
    der = ssl.PEM_cert_to_DER_cert(hierarchy.issue(csr))
    with pytest.raises(InvalidInput, match=r"Failed to read a certificate \(the certificate\): it is malformed"):
        certificate_facts(ssl.DER_cert_to_PEM_cert(der.replace(known, other, 1)))


def test_a_good_chain_is_taken_apart_and_openssl_agrees(hierarchy: Hierarchy, csr: str, tmp_path: Path) -> None:
    leaf = hierarchy.issue(csr)
    verified = verify_chain(leaf.rstrip("\n"), ["".join(hierarchy.chain).rstrip("\n")], NOW, "serverAuth")
    assert verified.intermediates == (hierarchy.chain[0],) and verified.root == hierarchy.chain[1]
    verify_with_openssl(tmp_path, verified.leaf, hierarchy.chain)


def _signed_by_another(hierarchy: Hierarchy, csr: str) -> tuple[str, list[str]]:
    return hierarchy.issue(csr, key=ec.generate_private_key(ec.SECP256R1())), hierarchy.chain


def _below(hierarchy: Hierarchy, csr: str, **changes: Any) -> tuple[str, list[str]]:
    other = make_authority("Other", hierarchy.root, **changes)
    return pem(other.sign(x509.load_pem_x509_csr(csr.encode()))), [pem(other.certificate), hierarchy.chain[1]]


def _too_deep(hierarchy: Hierarchy, csr: str) -> tuple[str, list[str]]:
    deeper = make_authority("Deeper", hierarchy.subordinate)
    return pem(deeper.sign(x509.load_pem_x509_csr(csr.encode()))), [pem(deeper.certificate), *hierarchy.chain]


CLIENT_ONLY = [x509.oid.ExtendedKeyUsageOID.CLIENT_AUTH]

FAULTY: list[tuple[str, Callable[[Hierarchy, str], tuple[str, list[str]]], str]] = [
    ("no chain", lambda h, c: (h.issue(c), []), "does not end in a self-signed root"),
    ("no root", lambda h, c: (h.issue(c), h.chain[:1]), "does not end in a self-signed root"),
    ("root first", lambda h, c: (h.issue(c), h.chain[::-1]), "is not the issuer"),
    ("another CA of the same name", lambda h, c: (h.issue(c), make_hierarchy().chain), "does not verify"),
    ("a forged signature", _signed_by_another, "does not verify"),
    ("an expired leaf", lambda h, c: (h.issue(c, now=NOW - 91 * DAY), h.chain), "the certificate is valid from"),
    ("a leaf of the future", lambda h, c: (h.issue(c, now=NOW + DAY), h.chain), "the certificate is valid from"),
    ("an expired CA", lambda h, c: _below(h, c, not_after=NOW - 1), "is valid from"),
    ("an issuer that is no CA", lambda h, c: _below(h, c, ca=False), "is not a CA"),
    ("a path that is too long", _too_deep, "allows 0 CAs below it"),
    ("a leaf that is a CA", lambda h, c: (h.issue(c, ca=True), h.chain), "is one of a CA"),
    (
        "a client's leaf",
        lambda h, c: (h.issue(c, usages=[x509.oid.ExtendedKeyUsageOID.CLIENT_AUTH]), h.chain),
        "not serverAuth",
    ),
    ("a leaf that is text", lambda h, c: ("nonsense", h.chain), "0 PEM certificates"),
    ("a leaf that is two", lambda h, c: (h.issue(c) * 2, h.chain), "2 PEM certificates"),
]


@pytest.mark.parametrize(("title", "make", "fault"), FAULTY, ids=[case[0] for case in FAULTY])
def test_a_faulty_chain_is_refused_with_its_fault(
    hierarchy: Hierarchy, csr: str, title: str, make: Callable[[Hierarchy, str], tuple[str, list[str]]], fault: str
) -> None:
    leaf, chain = make(hierarchy, csr)
    with pytest.raises(InvalidInput, match=fault):
        verify_chain(leaf, chain, NOW, "serverAuth")


@pytest.mark.parametrize("key", [ec.generate_private_key(ec.SECP384R1()), rsa.generate_private_key(65537, 2048)])
def test_signatures_of_both_families_verify_and_others_do_not(
    key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey,
) -> None:
    authority, stranger = make_authority("CA", key=key), make_authority("CA")
    assert is_signed_by(authority.certificate, authority.certificate)
    assert not is_signed_by(authority.certificate, stranger.certificate)


def _request(
    key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey,
    *extensions: x509.ExtensionType,
    common_name: str = "web.example.com",
) -> str:
    builder = x509.CertificateSigningRequestBuilder().subject_name(name(common_name))
    for extension in extensions:
        builder = builder.add_extension(extension, critical=False)
    return pem(builder.sign(key, hashes.SHA256()))


def _names(*names: str) -> x509.SubjectAlternativeName:
    return x509.SubjectAlternativeName([x509.DNSName(each) for each in names])


P256 = ec.generate_private_key(ec.SECP256R1())
GOOD = _names("web.example.com")
SERVER_AUTH = x509.ExtendedKeyUsage([x509.oid.ExtendedKeyUsageOID.SERVER_AUTH])


def _forged() -> str:
    der = bytearray(load_request(_request(P256, GOOD)).public_bytes(serialization.Encoding.DER))
    der[-1] ^= 1
    return pem(x509.load_der_x509_csr(bytes(der)))


REFUSED = [
    ("another subject", _request(P256, GOOD, common_name="evil.example.com"), "the subject is CN=evil"),
    ("one more name", _request(P256, _names("web.example.com", "evil.example.com")), "not asked for"),
    ("a name missing", _request(P256), "it lacks the names DNS:web.example.com"),
    ("a CA bit", _request(P256, GOOD, x509.BasicConstraints(True, None)), "to become a CA"),
    ("a usage", _request(P256, GOOD, SERVER_AUTH), "it asks for the extensions 2.5.29.37"),
    ("a weak key", _request(rsa.generate_private_key(65537, 1024), GOOD), "the key is RSA_1024, not EC_prime256v1"),
    ("another curve", _request(ec.generate_private_key(ec.SECP384R1()), GOOD), "the key is EC_secp384r1"),
    ("a signature that does not verify", _forged(), "does not verify with its own key"),
    ("two requests", _request(P256, GOOD) * 2, "2 PEM certificate requests"),
    ("a private key beside it", encode_key(P256).decode() + _request(P256, GOOD), "a private key beside it"),
    ("no request", "", "it is empty"),
    ("binary", "\x00\xff", "0 PEM certificate requests"),
    ("an oversized one", "x" * 40000, "more than the 32768 characters"),
    ("a broken one", "-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----\n", "malformed"),
]


@pytest.mark.parametrize(("title", "csr_pem", "fault"), REFUSED, ids=[case[0] for case in REFUSED])
def test_the_gate_refuses_and_says_why(title: str, csr_pem: str, fault: str) -> None:
    with pytest.raises(RequestRefused, match=fault):
        check_request(csr_pem, want({"CN": "web.example.com"}, ["DNS:web.example.com"], "EC_prime256v1"))


def test_the_gate_lets_through_what_was_asked_however_it_is_spelled() -> None:
    check_request(
        _request(P256, GOOD), want({"commonName": "web.example.com"}, ["dns:WEB.example.com."], "EC_prime256v1")
    )
