# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The 61 templates against the catalogue of the reference, written down here once more and independently."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID, ExtensionOID

from openssl_command import openssl
from private_ca_emulator import seeding
from private_ca_emulator.templates import TEMPLATES

from .support import create_constrained, fetch, issue, issue_and_load, make_csr, refusal, verify_with_openssl

TLS, CA_USES, SIGN = (
    "Digital Signature, Key Encipherment",
    "Digital Signature, Certificate Sign, CRL Sign",
    "Digital Signature",
)
BOTH = "TLS Web Server Authentication, TLS Web Client Authentication"
FOUR = ("", "_CSRPassthrough", "_APIPassthrough", "_APICSRPassthrough")
PRINTED: dict[str, tuple[tuple[str, ...], Any, Any, Any]] = {
    # family: (varieties, basic constraints, key usage, extended key usage) as openssl prints them, "critical" included
    "EndEntityCertificate": (FOUR, "CA:FALSE", TLS, BOTH),
    "EndEntityClientAuthCertificate": (FOUR, "CA:FALSE", TLS, "TLS Web Client Authentication"),
    "EndEntityServerAuthCertificate": (FOUR, "CA:FALSE", TLS, "TLS Web Server Authentication"),
    "CodeSigningCertificate": (FOUR, "CA:FALSE", SIGN, "critical Code Signing"),
    "OCSPSigningCertificate": (FOUR, "CA:FALSE", SIGN, "critical OCSP Signing"),
    "BlankEndEntityCertificate": (FOUR[1:], "CA:FALSE", None, None),
    "BlankEndEntityCertificate_CriticalBasicConstraints": (FOUR[1:], "critical CA:FALSE", None, None),
    **{
        f"SubordinateCACertificate_PathLen{n}": (FOUR, f"critical CA:TRUE, pathlen:{n}", CA_USES, None)
        for n in range(4)
    },
    **{
        f"BlankSubordinateCACertificate_PathLen{n}": (FOUR[1:], f"critical CA:TRUE, pathlen:{n}", None, None)
        for n in range(4)
    },
    "RootCACertificate": (("", "_APIPassthrough"), "critical CA:TRUE", CA_USES, None),
    "BlankRootCACertificate": (("_APIPassthrough",), "critical CA:TRUE", None, None),
    **{
        f"BlankRootCACertificate_PathLen{n}": (("_APIPassthrough",), f"critical CA:TRUE, pathlen:{n}", None, None)
        for n in range(4)
    },
}
TABLE: list[tuple[str, Any, Any, Any]] = [
    (family + variety, *printed) for family, (varieties, *printed) in PRINTED.items() for variety in varieties
]
LEAF_TABLE = [row for row in TABLE if "Root" not in row[0]]


def print_extensions(certificate: Path) -> dict[str, str]:
    """Extension name to openssl's text for it, `critical ` before it where so marked."""
    printed: dict[str, str] = {}
    lines = openssl("x509", "-noout", "-text", "-in", certificate).partition("X509v3 extensions:")[2].splitlines()
    for number, line in enumerate(lines[:-1]):
        if line.startswith(" " * 12) and not line.startswith(" " * 13):
            name, _colon, mark = line.strip().partition(":")
            printed[name] = f"{mark.strip()} {lines[number + 1].strip()}".strip()
    return printed


def test_the_catalogue_has_exactly_the_documented_templates() -> None:
    assert {row[0] for row in TABLE} == set(TEMPLATES)
    assert len(TEMPLATES) == 61


def test_every_template_fixes_what_the_catalogue_says(client: Any, root_arn: str, tmp_path: Path) -> None:
    for name, constraints, key_usage, purposes in LEAF_TABLE:
        got = fetch(client, root_arn, issue(client, root_arn, TemplateArn=seeding.template_arn(root_arn, name)))
        strict = () if name.startswith("BlankSubordinate") else ("-x509_strict",)
        verify_with_openssl(tmp_path, got["Certificate"], got["CertificateChain"], *strict)
        printed = print_extensions(tmp_path / "leaf.pem")
        assert printed["X509v3 Basic Constraints"] == constraints, name
        usage = f"critical {key_usage}" if key_usage else None
        assert printed.get("X509v3 Key Usage") == usage, name
        assert printed.get("X509v3 Extended Key Usage") == purposes, name
        assert printed["X509v3 Authority Key Identifier"], name


@pytest.mark.parametrize("row", [row for row in TABLE if "Root" in row[0]], ids=lambda row: row[0])
def test_every_root_template_makes_an_authority(client: Any, tmp_path: Path, row: tuple[str, Any, Any, Any]) -> None:
    name, constraints, key_usage, _purposes = row
    root = seeding.create_active_root(client, template=name)
    pem = client.get_certificate_authority_certificate(CertificateAuthorityArn=root)["Certificate"]
    (tmp_path / "root.pem").write_text(pem + "\n")
    printed = print_extensions(tmp_path / "root.pem")
    assert printed["X509v3 Basic Constraints"] == constraints
    assert printed.get("X509v3 Key Usage") == (f"critical {key_usage}" if key_usage else None)
    assert "X509v3 Authority Key Identifier" not in printed


OTHER_USAGE = x509.KeyUsage(False, True, False, False, False, False, False, False, False)
CSR_EXTENSIONS = (
    (OTHER_USAGE, True),
    (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION]), False),
    (x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4"), b"\x05\x00"), False),
)


@pytest.mark.parametrize(
    ("name", "usage", "custom"),
    [
        ("EndEntityCertificate", "template", False),
        ("EndEntityCertificate_APIPassthrough", "template", False),
        ("EndEntityCertificate_CSRPassthrough", "template", True),
        ("BlankEndEntityCertificate_APIPassthrough", None, False),
        ("BlankEndEntityCertificate_CSRPassthrough", "csr", True),
        ("BlankEndEntityCertificate_APICSRPassthrough", "csr", True),
    ],
)
def test_extensions_of_the_csr_pass_only_where_the_template_lets_them(
    client: Any, root_arn: str, name: str, usage: str | None, custom: bool
) -> None:
    csr = make_csr(extensions=CSR_EXTENSIONS)
    leaf = issue_and_load(client, root_arn, Csr=csr, TemplateArn=seeding.template_arn(root_arn, name))
    found = {extension.oid: extension for extension in leaf.extensions}
    assert (ExtensionOID.KEY_USAGE in found) == (usage is not None)
    if usage == "csr":
        assert found[ExtensionOID.KEY_USAGE].value == OTHER_USAGE
        purposes = list(found[ExtensionOID.EXTENDED_KEY_USAGE].value)
        assert purposes == [ExtendedKeyUsageOID.EMAIL_PROTECTION]
    assert (x509.ObjectIdentifier("1.2.3.4") in found) == custom
    names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["web.example.com"]


def test_an_extension_of_the_csr_that_cannot_be_encoded_is_refused_where_it_would_pass(
    client: Any, root_arn: str, tmp_path: Path
) -> None:
    extension = f"2.25.{2**200}=DER:0500"
    openssl("ecparam", "-name", "prime256v1", "-genkey", "-out", tmp_path / "key")
    made = ("-new", "-key", tmp_path / "key", "-subj", "/CN=web", "-addext", extension)
    openssl("req", *made, "-out", tmp_path / "csr")
    request = {"Csr": (tmp_path / "csr").read_bytes()}
    assert issue(client, root_arn, **request)
    template = seeding.template_arn(root_arn, "BlankEndEntityCertificate_CSRPassthrough")
    code, message = refusal(issue, client, root_arn, TemplateArn=template, **request)
    assert code == "MalformedCSRException"
    assert f"2.25.{2**200}" in message


def api_request(root_arn: str, name: str, **passthrough: Any) -> dict[str, Any]:
    return {"TemplateArn": seeding.template_arn(root_arn, name), "ApiPassthrough": passthrough}


NAMES = [
    {"DnsName": "api.example.com"},
    {"Rfc822Name": "a@example.com"},
    {"IpAddress": "2001:db8::1"},
    {"IpAddress": "192.0.2.1"},
    {"UniformResourceIdentifier": "https://example.com/"},
    {"RegisteredId": "1.2.3.4"},
    {"OtherName": {"TypeId": "1.3.6.1.4.1.311.20.2.3", "Value": "user@example.com"}},
    {"DirectoryName": {"CommonName": "Directory", "Country": "DE"}},
    {"EdiPartyName": {"PartyName": "party", "NameAssigner": "assigner"}},
]


def test_every_kind_of_general_name_passes_through_the_api(client: Any, root_arn: str, tmp_path: Path) -> None:
    asked = api_request(
        root_arn, "BlankEndEntityCertificate_APIPassthrough", Extensions={"SubjectAlternativeNames": NAMES}
    )
    pem = fetch(client, root_arn, issue(client, root_arn, **asked))["Certificate"]
    (tmp_path / "leaf.pem").write_text(pem + "\n")
    printed = print_extensions(tmp_path / "leaf.pem")["X509v3 Subject Alternative Name"]
    for shown in (
        "DNS:api.example.com",
        "email:a@example.com",
        "IP Address:2001:DB8:0:0:0:0:0:1",
        "IP Address:192.0.2.1",
        "URI:https://example.com/",
        "Registered ID:1.2.3.4",
        "othername:",
        "DirName:",
        "EdiPartyName",
    ):
        assert shown in printed
    assert "web.example.com" not in printed


def test_the_api_wins_over_the_csr_and_the_template_over_both(client: Any, root_arn: str) -> None:
    extensions = {
        "KeyUsage": {"KeyAgreement": True},
        "ExtendedKeyUsage": [{"ExtendedKeyUsageType": "TIME_STAMPING"}, {"ExtendedKeyUsageObjectIdentifier": "1.2.3"}],
        "CertificatePolicies": [
            {
                "CertPolicyId": "1.2.3.5",
                "PolicyQualifiers": [{"PolicyQualifierId": "CPS", "Qualifier": {"CpsUri": "https://example.com/cps"}}],
            }
        ],
    }
    subject = {"CommonName": "api.example.com", "Organization": "Example"}
    csr = make_csr(extensions=CSR_EXTENSIONS)
    blank = "BlankEndEntityCertificate_APICSRPassthrough"
    leaf = issue_and_load(
        client, root_arn, Csr=csr, **api_request(root_arn, blank, Extensions=extensions, Subject=subject)
    )
    assert leaf.subject.rfc4514_string() == "CN=api.example.com,O=Example"
    usage = leaf.extensions.get_extension_for_class(x509.KeyUsage).value
    assert (usage.key_agreement, usage.content_commitment) == (True, False)
    purposes = [item.dotted_string for item in leaf.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value]
    assert purposes == ["1.3.6.1.5.5.7.3.8", "1.2.3"]
    assert leaf.extensions.get_extension_for_class(x509.CertificatePolicies).value[0].policy_qualifiers == [
        "https://example.com/cps"
    ]
    fixed = "EndEntityCertificate_APICSRPassthrough"
    leaf = issue_and_load(
        client, root_arn, Csr=csr, **api_request(root_arn, fixed, Extensions=extensions, Subject=subject)
    )
    assert leaf.extensions.get_extension_for_class(x509.KeyUsage).value.key_encipherment
    assert ExtendedKeyUsageOID.SERVER_AUTH in leaf.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value


def test_an_api_key_usage_is_encoded_with_nine_bits(client: Any, root_arn: str) -> None:
    asked = api_request(
        root_arn, "BlankEndEntityCertificate_APIPassthrough", Extensions={"KeyUsage": {"DigitalSignature": True}}
    )
    leaf = issue_and_load(client, root_arn, **asked)
    assert bytes.fromhex("0603551d0f0101ff040503030780 00".replace(" ", "")) in leaf.tbs_certificate_bytes


def test_api_values_are_ignored_by_base_templates(client: Any, root_arn: str) -> None:
    asked = api_request(root_arn, "EndEntityCertificate", Subject={"CommonName": "api.example.com"})
    assert issue_and_load(client, root_arn, **asked).subject.rfc4514_string() == "CN=web.example.com"


def test_custom_subject_attributes_and_extensions_pass_through(client: Any, root_arn: str) -> None:
    custom = [
        {"ObjectIdentifier": "1.3.6.1.4.1.37244.1.3", "Value": "ABCDABCD"},
        {"ObjectIdentifier": "2.5.4.3", "Value": "x"},
    ]
    value = base64.b64encode(b"\x05\x00").decode()
    asked = api_request(
        root_arn,
        "BlankEndEntityCertificate_APIPassthrough",
        Subject={"CustomAttributes": custom},
        Extensions={"CustomExtensions": [{"ObjectIdentifier": "1.2.3.4", "Value": value, "Critical": True}]},
    )
    leaf = issue_and_load(client, root_arn, **asked)
    assert leaf.subject.rfc4514_string() == "CN=x,1.3.6.1.4.1.37244.1.3=ABCDABCD"
    extension = leaf.extensions.get_extension_for_oid(x509.ObjectIdentifier("1.2.3.4"))
    assert (extension.critical, extension.value.public_bytes()) == (True, b"\x05\x00")


@pytest.mark.parametrize(
    "passthrough",
    [
        {"Extensions": {"SubjectAlternativeNames": [{"DnsName": "a", "IpAddress": "192.0.2.1"}]}},
        {"Extensions": {"SubjectAlternativeNames": [{"IpAddress": "nowhere"}]}},
        {"Extensions": {"ExtendedKeyUsage": [{}]}},
        {"Extensions": {"KeyUsage": {}, "CustomExtensions": [{"ObjectIdentifier": "2.5.29.15", "Value": "AwIBBg=="}]}},
        {"Subject": {"CommonName": "a", "CustomAttributes": [{"ObjectIdentifier": "2.5.4.3", "Value": "x"}]}},
    ],
)
def test_contradictory_api_values_are_invalid_arguments(
    client: Any, root_arn: str, passthrough: dict[str, Any]
) -> None:
    asked = api_request(root_arn, "BlankEndEntityCertificate_APIPassthrough", **passthrough)
    assert refusal(issue, client, root_arn, **asked)[0] == "InvalidArgsException"


@pytest.mark.parametrize(
    "arn",
    [
        "arn:aws:acm-pca:::template/Invented/V1",
        "arn:aws:acm-pca:::template/EndEntityCertificate/V2",
        "arn:aws-cn:acm-pca:::template/EndEntityCertificate/V1",
        "arn:aws:acm-pca:::template/RootCACertificate_CSRPassthrough/V1",
    ],
)
def test_an_unknown_template_is_refused_with_the_code_that_is_set(
    client: Any, control: Any, root_arn: str, arn: str
) -> None:
    assert refusal(issue, client, root_arn, TemplateArn=arn)[0] == "InvalidArgsException"
    control.settings(unknown_template_error="ValidationException")
    assert refusal(issue, client, root_arn, TemplateArn=arn)[0] == "ValidationException"


def test_name_constraints_of_the_authority_surface_late_or_early_as_set(
    client: Any, control: Any, root_arn: str
) -> None:
    sub = create_constrained(client, root_arn, x509.NameConstraints([x509.DNSName("example.com")], None))
    fetch(client, sub, issue(client, sub))
    outside = {"Csr": make_csr("web.example.org", ("web.example.org",))}
    assert refusal(fetch, client, sub, issue(client, sub, **outside))[0] == "RequestFailedException"
    control.settings(name_constraints_breach="early")
    assert refusal(issue, client, sub, **outside)[0] == "ValidationException"
