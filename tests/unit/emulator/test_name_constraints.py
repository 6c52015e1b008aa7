# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Name constraints of every kind: the emulator and openssl must judge each certificate alike."""

from __future__ import annotations

import datetime
import ipaddress
import re
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import boto3
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from private_ca_emulator import seeding
from private_ca_emulator.server import EmulatorServer

from .support import LEAF_KEY, create_constrained, fetch, issue, refusal

HOSTS = [("web.good.example", True), ("good.example", True), ("web.bad.good.example", False), ("web.example", False)]
PERMITTED = [
    x509.DNSName("good.example"),
    x509.IPAddress(ipaddress.ip_network("10.0.0.0/8")),
    x509.RFC822Name(".good.example"),
    x509.RFC822Name("good.example"),
    x509.RFC822Name("one@other.example"),
    x509.UniformResourceIdentifier(".good.example"),
    x509.DirectoryName(x509.Name([x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Good Example")])),
]
EXCLUDED = [
    x509.DNSName("bad.good.example"),
    x509.IPAddress(ipaddress.ip_network("10.9.0.0/16")),
    x509.RFC822Name("bad.good.example"),
    x509.UniformResourceIdentifier("bad.good.example"),
    x509.DirectoryName(
        x509.Name(
            [
                x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Good Example"),
                x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, "Bad"),
            ]
        )
    ),
]


def directory_name(*parts: str) -> x509.Name:
    oids = (NameOID.ORGANIZATION_NAME, NameOID.ORGANIZATIONAL_UNIT_NAME, NameOID.COMMON_NAME)
    return x509.Name([x509.NameAttribute(oid, part) for oid, part in zip(oids, parts, strict=False)])


CASES: list[tuple[x509.GeneralName, bool]] = [
    *((x509.DNSName(host), fits) for host, fits in HOSTS),
    (x509.DNSName("WEB.GOOD.EXAMPLE"), True),
    (x509.DNSName("notgood.example"), False),
    (x509.IPAddress(ipaddress.ip_address("10.1.2.3")), True),
    (x509.IPAddress(ipaddress.ip_address("10.9.2.3")), False),
    (x509.IPAddress(ipaddress.ip_address("192.0.2.1")), False),
    (x509.RFC822Name("any@good.example"), True),
    (x509.RFC822Name("any@mail.GOOD.example"), True),
    (x509.RFC822Name("one@other.example"), True),
    (x509.RFC822Name("two@other.example"), False),
    (x509.RFC822Name("any@bad.good.example"), False),
    (x509.UniformResourceIdentifier("https://web.good.example/path"), True),
    (x509.UniformResourceIdentifier("https://good.example/"), False),
    (x509.UniformResourceIdentifier("https://bad.good.example:8443/"), False),
    (x509.UniformResourceIdentifier("urn:example:web"), False),
    (x509.UniformResourceIdentifier("https://192.0.2.1/"), False),
    (x509.DirectoryName(directory_name("Good Example", "Web", "a")), True),
    (x509.DirectoryName(directory_name("GOOD  example", "Web")), True),
    (x509.DirectoryName(directory_name("Good Example", "Bad", "a")), False),
    (x509.DirectoryName(directory_name("Other")), False),
]


@dataclass(frozen=True)
class Constrained:
    """A client, a root CA, and below it a CA with the constraints above."""

    client: Any
    root: str
    arn: str


@pytest.fixture(scope="module")
def constrained() -> Iterator[Constrained]:
    with EmulatorServer() as running:
        client = boto3.client(
            "acm-pca",
            endpoint_url=running.endpoint_url,
            region_name="eu-central-1",
            aws_access_key_id="AKIAEXAMPLE",
            aws_secret_access_key="unchecked",
        )
        root = seeding.create_active_root(client)
        yield Constrained(client, root, create_constrained(client, root, x509.NameConstraints(PERMITTED, EXCLUDED)))


def make_named_csr(subject: x509.Name, *names: x509.GeneralName) -> bytes:
    builder = x509.CertificateSigningRequestBuilder().subject_name(subject)
    if names:
        builder = builder.add_extension(x509.SubjectAlternativeName(names), False)
    return builder.sign(LEAF_KEY, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


@pytest.fixture(scope="module")
def judge(tmp_path_factory: pytest.TempPathFactory) -> Callable[[bytes], bool]:
    """What openssl says of a CSR's names below a root with the same constraints, which signs whatever it is given."""
    directory, key = tmp_path_factory.mktemp("judge"), ec.generate_private_key(ec.SECP256R1())
    begins, ends = (datetime.datetime.now(datetime.UTC) + datetime.timedelta(days=days) for days in (-1, 1))
    issuer = directory_name("Judge")

    def sign(subject: x509.Name, public_key: Any, *extensions: tuple[x509.ExtensionType, bool]) -> bytes:
        builder = x509.CertificateBuilder(issuer, subject, public_key, x509.random_serial_number(), begins, ends)
        for extension, critical in extensions:
            builder = builder.add_extension(extension, critical)
        return builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)

    constraints = x509.NameConstraints(PERMITTED, EXCLUDED)
    root = sign(issuer, key.public_key(), (x509.BasicConstraints(True, None), True), (constraints, True))
    (directory / "root.pem").write_bytes(root)

    def accepts(csr: bytes) -> bool:
        request = x509.load_pem_x509_csr(csr)
        extensions = [(extension.value, extension.critical) for extension in request.extensions]
        (directory / "leaf.pem").write_bytes(sign(request.subject, request.public_key(), *extensions))
        command = ["openssl", "verify", "-CAfile", str(directory / "root.pem"), str(directory / "leaf.pem")]
        done = subprocess.run(command, check=False, capture_output=True, text=True)
        assert done.returncode == 0 or re.search("subtree|name syntax|name constraints", done.stderr), done.stderr
        return done.returncode == 0

    return accepts


SUBJECT = directory_name("Good Example", "Web")
MAILBOX = x509.NameAttribute(NameOID.EMAIL_ADDRESS, "two@other.example")
REQUESTS = [
    *(pytest.param((SUBJECT, (name,), fits), id=f"{name.value}") for name, fits in CASES),
    pytest.param((directory_name("Other"), (x509.DNSName("good.example"),), False), id="subject elsewhere"),
    pytest.param((directory_name("Good Example", "Bad"), (), False), id="subject excluded"),
    pytest.param((SUBJECT, (), True), id="subject alone"),
    pytest.param((x509.Name([*SUBJECT, MAILBOX]), (), False), id="mailbox of the subject"),
    pytest.param((SUBJECT, (x509.RegisteredID(NameOID.COMMON_NAME),), True), id="a kind without a rule"),
    pytest.param((SUBJECT, (CASES[0][0], CASES[3][0]), False), id="one of two"),
]


@pytest.mark.parametrize("request_", REQUESTS)
def test_a_name_is_refused_just_where_openssl_finds_it_outside(
    constrained: Constrained,
    judge: Callable[[bytes], bool],
    request_: tuple[x509.Name, tuple[x509.GeneralName, ...], bool],
) -> None:
    subject, names, fits = request_
    csr = make_named_csr(subject, *names)
    assert judge(csr) is fits
    certificate = issue(constrained.client, constrained.arn, Csr=csr)
    if fits:
        assert fetch(constrained.client, constrained.arn, certificate)["Certificate"]
    else:
        code, message = refusal(fetch, constrained.client, constrained.arn, certificate)
        assert code == "RequestFailedException"
        assert "is not permitted by the name constraints" in message


def test_the_constraints_of_a_ca_bind_the_cas_below_it(constrained: Constrained) -> None:
    upper = create_constrained(
        constrained.client, constrained.root, x509.NameConstraints([x509.DNSName("good.example")], None), path_length=1
    )
    lower = seeding.create_active_subordinate(constrained.client, upper)
    csrs = {fits: make_named_csr(SUBJECT, x509.DNSName(host)) for host, fits in HOSTS[1::2]}
    assert fetch(constrained.client, lower, issue(constrained.client, lower, Csr=csrs[True]))["Certificate"]
    outside = issue(constrained.client, lower, Csr=csrs[False])
    assert "The name web.example is not permitted" in refusal(fetch, constrained.client, lower, outside)[1]


def test_a_name_that_cannot_be_read_hides_none_behind_it(constrained: Constrained) -> None:
    unreadable, outside = b"\x82\x02\xc3\xbc", b"\x82\x0bbad.example"
    both = x509.UnrecognizedExtension(x509.SubjectAlternativeName.oid, b"\x30\x11" + unreadable + outside)
    builder = x509.CertificateSigningRequestBuilder(SUBJECT).add_extension(both, False)
    csr = builder.sign(LEAF_KEY, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
    arn = issue(constrained.client, constrained.arn, Csr=csr)
    assert "The name bad.example is not permitted" in refusal(fetch, constrained.client, constrained.arn, arn)[1]


@pytest.mark.parametrize("uri", ["http://[", "http://[::1"])
def test_a_uri_whose_host_cannot_be_read_is_outside(constrained: Constrained, uri: str) -> None:
    csr = make_named_csr(SUBJECT, x509.UniformResourceIdentifier(uri))
    arn = issue(constrained.client, constrained.arn, Csr=csr)
    assert f"The name {uri} is not permitted" in refusal(fetch, constrained.client, constrained.arn, arn)[1]


def test_names_that_the_api_passes_through_are_judged_too(constrained: Constrained) -> None:
    template = seeding.template_arn(constrained.arn, "BlankEndEntityCertificate_APIPassthrough")
    for name, fits in (("https://web.good.example/", True), ("https://web.example/", False)):
        passthrough = {"Extensions": {"SubjectAlternativeNames": [{"UniformResourceIdentifier": name}]}}
        arn = issue(
            constrained.client,
            constrained.arn,
            Csr=make_named_csr(SUBJECT),
            TemplateArn=template,
            ApiPassthrough=passthrough,
        )
        if fits:
            assert fetch(constrained.client, constrained.arn, arn)["Certificate"]
        else:
            assert name in refusal(fetch, constrained.client, constrained.arn, arn)[1]
