# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Certificates from a CA outside the service, imported into a subordinate CA (reference 5.3)."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import AuthorityInformationAccessOID, CertificatePoliciesOID, ExtendedKeyUsageOID, NameOID

from private_ca_emulator import seeding

from .support import fetch, issue, refusal, verify_with_openssl
from .world import World

Extension = tuple[x509.ExtensionType, bool]
PURPOSE = ExtendedKeyUsageOID.SERVER_AUTH
URI = x509.UniformResourceIdentifier("http://pki.example/")
CA: Extension = (x509.BasicConstraints(True, 0), True)


def name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


@dataclass(frozen=True)
class Signer:
    """A CA outside the service: its key and certificate."""

    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate

    @property
    def subject(self) -> x509.Name:
        return self.certificate.subject

    def sign(
        self, subject: x509.Name, key: Any, extensions: Sequence[Extension], days: tuple[int, int] = (-1, 300)
    ) -> x509.Certificate:
        builder = build(subject, key, extensions, days).issuer_name(self.subject)
        return builder.sign(self.key, hashes.SHA256())


def build(
    subject: x509.Name, key: Any, extensions: Sequence[Extension], days: tuple[int, int]
) -> x509.CertificateBuilder:
    now = datetime.datetime.now(datetime.UTC)
    begins, ends = (now + datetime.timedelta(days=distance) for distance in days)
    serial = x509.random_serial_number()
    builder = x509.CertificateBuilder(None, subject, key, serial, begins, ends)
    for extension, critical in extensions:
        builder = builder.add_extension(extension, critical)
    return builder


def make_root(path_length: int | None = None) -> Signer:
    key = ec.generate_private_key(ec.SECP256R1())
    constraints = x509.BasicConstraints(True, path_length)
    builder = build(name("Outside"), key.public_key(), [(constraints, True)], (-2, 3000))
    return Signer(key, builder.issuer_name(name("Outside")).sign(key, hashes.SHA256()))


def encode(*certificates: x509.Certificate) -> bytes:
    return b"".join(certificate.public_bytes(serialization.Encoding.PEM) for certificate in certificates)


OUTSIDE = make_root()
CRITICAL_ALLOWED: list[x509.ExtensionType] = [
    x509.AuthorityKeyIdentifier.from_issuer_public_key(OUTSIDE.key.public_key()),
    x509.CertificatePolicies([x509.PolicyInformation(CertificatePoliciesOID.ANY_POLICY, None)]),
    x509.ExtendedKeyUsage([PURPOSE]),
    x509.InhibitAnyPolicy(0),
    x509.IssuerAlternativeName([URI]),
    x509.KeyUsage(True, False, False, False, False, True, True, False, False),
    x509.NameConstraints([x509.DNSName("example.com")], None),
    x509.UnrecognizedExtension(x509.ObjectIdentifier("2.5.29.33"), b"\x30\x0a\x30\x08\x06\x02\x2a\x03\x06\x02\x2a\x04"),
    x509.SubjectAlternativeName([URI]),
    x509.UnrecognizedExtension(x509.ObjectIdentifier("2.5.29.9"), b"\x30\x00"),
    x509.SubjectKeyIdentifier(b"12345678901234567890"),
    x509.SubjectInformationAccess(
        [x509.AccessDescription(x509.ObjectIdentifier("1.3.6.1.5.5.7.48.5"), URI)],
    ),
]
CRITICAL_REFUSED: list[x509.ExtensionType] = [
    x509.AuthorityInformationAccess([x509.AccessDescription(AuthorityInformationAccessOID.OCSP, URI)]),
    x509.CRLDistributionPoints([x509.DistributionPoint([URI], None, None, None)]),
    x509.FreshestCRL([x509.DistributionPoint([URI], None, None, None)]),
    x509.PolicyConstraints(0, None),
    x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4"), b"\x05\x00"),
]


def read_csr(world: World, arn: str) -> x509.CertificateSigningRequest:
    got = world.client.get_certificate_authority_csr(CertificateAuthorityArn=arn)["Csr"]
    return x509.load_pem_x509_csr(got.encode())


def install(world: World, arn: str, certificate: x509.Certificate, *chain: x509.Certificate) -> None:
    world.client.import_certificate_authority_certificate(
        CertificateAuthorityArn=arn, Certificate=encode(certificate), CertificateChain=encode(*chain)
    )


def sign_for(world: World, arn: str, *extensions: Extension, **options: Any) -> x509.Certificate:
    csr = read_csr(world, arn)
    return OUTSIDE.sign(csr.subject, csr.public_key(), extensions, **options)


def install_at_level(world: World, level: int) -> str:
    """A subordinate CA at this level of a hierarchy of which all above is outside; no path length bounds it."""
    anyone = [(x509.BasicConstraints(True, None), True)]
    above = [OUTSIDE]
    while len(above) < level - 1:
        key = ec.generate_private_key(ec.SECP256R1())
        above.insert(0, Signer(key, above[0].sign(name(f"Level {len(above) + 1}"), key.public_key(), anyone)))
    arn = world.create("SUBORDINATE")
    csr = read_csr(world, arn)
    signed = above[0].sign(csr.subject, csr.public_key(), anyone)
    install(world, arn, signed, *(signer.certificate for signer in above))
    return arn


def test_a_hierarchy_has_five_levels_wherever_they_are(world: World) -> None:
    fifth = install_at_level(world, 5)
    too_deep = ("ValidationException", "A hierarchy of certificate authorities can have at most 5 levels.")
    for template in ("SubordinateCACertificate_PathLen0", "BlankSubordinateCACertificate_PathLen3_APIPassthrough"):
        request = {"TemplateArn": seeding.template_arn(fifth, template)}
        assert refusal(issue, world.client, fifth, **request) == too_deep
    assert fetch(world.client, fifth, issue(world.client, fifth))["CertificateChain"].count("BEGIN") == 5
    assert refusal(install_at_level, world, 6) == too_deep


def test_a_certificate_of_an_outside_parent_makes_an_authority_that_openssl_verifies(
    world: World, tmp_path: Path
) -> None:
    arn = world.create("SUBORDINATE")
    install(world, arn, sign_for(world, arn, CA), OUTSIDE.certificate)
    got = fetch(world.client, arn, issue(world.client, arn))
    assert "OK" in verify_with_openssl(tmp_path, got["Certificate"], got["CertificateChain"])


@pytest.mark.parametrize("extension", CRITICAL_ALLOWED, ids=lambda extension: extension.oid.dotted_string)
def test_these_extensions_can_be_critical(world: World, extension: x509.ExtensionType) -> None:
    arn = world.create("SUBORDINATE")
    install(world, arn, sign_for(world, arn, CA, (extension, True)), OUTSIDE.certificate)
    record = world.client.describe_certificate_authority(CertificateAuthorityArn=arn)["CertificateAuthority"]
    assert record["Status"] == "ACTIVE"


@pytest.mark.parametrize("extension", CRITICAL_REFUSED, ids=lambda extension: extension.oid.dotted_string)
def test_these_extensions_cannot_be_critical(world: World, extension: x509.ExtensionType) -> None:
    arn = world.create("SUBORDINATE")
    critical = sign_for(world, arn, CA, (extension, True))
    assert refusal(install, world, arn, critical, OUTSIDE.certificate) == (
        "MalformedCertificateException",
        f"The extension {extension.oid.dotted_string} must not be marked critical.",
    )
    install(world, arn, sign_for(world, arn, CA, (extension, False)), OUTSIDE.certificate)


NO_CA: list[tuple[str, list[Extension]]] = [
    ("no basic constraints", []),
    ("constraints that are not critical", [(x509.BasicConstraints(True, 0), False)]),
    ("constraints of an end entity", [(x509.BasicConstraints(False, None), True)]),
]


@pytest.mark.parametrize("case", NO_CA, ids=lambda case: case[0])
def test_a_certificate_must_be_a_cas(world: World, case: tuple[str, list[Extension]]) -> None:
    arn = world.create("SUBORDINATE")
    code, message = refusal(install, world, arn, sign_for(world, arn, *case[1]), OUTSIDE.certificate)
    assert (code, "basic constraints" in message) == ("ValidationException", True)


@pytest.mark.parametrize("days", [(-10, -1), (1, 10)], ids=["expired", "not yet valid"])
def test_a_certificate_must_be_valid_now(world: World, days: tuple[int, int]) -> None:
    arn = world.create("SUBORDINATE")
    code, _message = refusal(install, world, arn, sign_for(world, arn, CA, days=days), OUTSIDE.certificate)
    assert code == "MalformedCertificateException"


def test_a_path_length_is_less_than_the_parents(world: World) -> None:
    arn = world.create("SUBORDINATE")
    csr = read_csr(world, arn)
    for limit, own, fits in ((0, 0, False), (1, 1, False), (1, None, False), (1, 0, True)):
        root = make_root(limit)
        signed = root.sign(csr.subject, csr.public_key(), [(x509.BasicConstraints(True, own), True)])
        if fits:
            install(world, arn, signed, root.certificate)
        else:
            assert refusal(install, world, arn, signed, root.certificate)[0] == "ValidationException"


def test_the_chain_runs_from_the_issuer_to_a_root(world: World) -> None:
    arn, key = world.create("SUBORDINATE"), ec.generate_private_key(ec.SECP256R1())
    middle = Signer(key, OUTSIDE.sign(name("Middle"), key.public_key(), [(x509.BasicConstraints(True, 1), True)]))
    csr = read_csr(world, arn)
    signed = middle.sign(csr.subject, csr.public_key(), [CA])
    root, other = OUTSIDE.certificate, make_root().certificate
    for chain in ([root, middle.certificate], [middle.certificate], [root], [middle.certificate, other]):
        assert refusal(install, world, arn, signed, *chain)[0] == "MalformedCertificateException"
    install(world, arn, signed, middle.certificate, root)
    got = world.client.get_certificate_authority_certificate(CertificateAuthorityArn=arn)["CertificateChain"]
    assert x509.load_pem_x509_certificates(got.encode()) == [middle.certificate, root]


def test_the_chain_is_of_cas(world: World) -> None:
    arn, key = world.create("SUBORDINATE"), ec.generate_private_key(ec.SECP256R1())
    csr = read_csr(world, arn)
    for constraints in ([], [(x509.BasicConstraints(False, None), True)]):
        leaf = Signer(key, OUTSIDE.sign(name("Leaf"), key.public_key(), constraints))
        signed = leaf.sign(csr.subject, csr.public_key(), [CA])
        code, message = refusal(install, world, arn, signed, leaf.certificate, OUTSIDE.certificate)
        assert (code, "basic constraints" in message) == ("ValidationException", True)


def test_a_self_signed_certificate_and_another_subject_are_refused(world: World) -> None:
    arn = world.create("SUBORDINATE")
    csr = read_csr(world, arn)
    renamed = OUTSIDE.sign(name("Another"), csr.public_key(), [CA])
    assert refusal(install, world, arn, renamed, OUTSIDE.certificate)[0] == "CertificateMismatchException"
    root = world.create()
    foreign = OUTSIDE.sign(read_csr(world, root).subject, read_csr(world, root).public_key(), [CA])
    code, message = refusal(install, world, root, foreign, OUTSIDE.certificate)
    assert code == "InvalidRequestException"
    assert message == "A certificate that is not self-signed cannot be imported into a ROOT CA."
