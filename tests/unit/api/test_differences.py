# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the CA dropped or overrode is told; the key must be the CSR's."""

from __future__ import annotations

import datetime
import subprocess
import warnings
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._acm_pca.csr_rules import check_csr
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._acm_pca.differences import (
    describe_differences,
    require_key_of_csr,
)
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._acm_pca.models import (
    IssuanceRequest,
    IssuedCertificate,
    Validity,
)
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._errors import InvalidInput, IssuanceFailed
from ansible_collections.fleet_pki.aws_private_ca.tests.unit.api.fakes import AUTHORITY, START, make_key, make_request
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

KEY, CA_KEY = make_key(), make_key()
API_TEMPLATE = "arn:aws:acm-pca:::template/EndEntityCertificate_APIPassthrough/V1"
NOW = datetime.datetime.fromtimestamp(START, datetime.timezone.utc)
USAGES = ("digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement",
          "key_cert_sign", "crl_sign", "encipher_only", "decipher_only")  # fmt: skip


def key_usage(*usages: str) -> x509.KeyUsage:
    return x509.KeyUsage(**{name: name in usages for name in USAGES})


def alternative(*names: str) -> x509.SubjectAlternativeName:
    return x509.SubjectAlternativeName([x509.DNSName(name) for name in names])


def name(common_name: str | None) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)] if common_name else [])


def csr(*extensions: x509.ExtensionType, common_name: str | None = "web", key: Any = KEY) -> str:
    builder = x509.CertificateSigningRequestBuilder().subject_name(name(common_name))
    for extension in extensions:
        builder = builder.add_extension(extension, critical=False)
    return builder.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM).decode()


def issued(
    *extensions: x509.ExtensionType,
    common_name: str = "web",
    days: float = 90,
    not_before: datetime.datetime | None = None,
    key: Any = KEY,
) -> IssuedCertificate:
    builder = x509.CertificateBuilder().subject_name(name(common_name)).issuer_name(name("CA"))
    builder = builder.serial_number(7).public_key(key.public_key())
    builder = builder.not_valid_before(not_before or NOW - datetime.timedelta(hours=1))
    builder = builder.not_valid_after(NOW + datetime.timedelta(days=days))
    for extension in extensions:
        builder = builder.add_extension(extension, critical=False)
    pem = builder.sign(CA_KEY, hashes.SHA256()).public_bytes(Encoding.PEM).decode()
    return IssuedCertificate(f"{AUTHORITY}/certificate/7", pem, ())


POLICY = x509.CertificatePolicies([x509.PolicyInformation(x509.ObjectIdentifier("1.2.3"), None)])
CASES: list[tuple[str, IssuanceRequest, IssuedCertificate, list[str]]] = [
    ("nothing", make_request(csr(alternative("a.test"))), issued(alternative("a.test")), []),
    ("names", make_request(csr(alternative("a.test", "b.test"))), issued(alternative("a.test", "c.test")),
     ["it lacks the names DNS:b.test", "it has the names DNS:c.test, which was not asked for"]),
    ("subject", make_request(csr()), issued(common_name="other"), ["the subject is CN=other, not CN=web"]),
    ("key usage", make_request(csr(key_usage("data_encipherment"))), issued(key_usage("digital_signature")),
     ["it lacks the key usage dataEncipherment", "it has the key usage digitalSignature, which was not asked for"]),
    ("key usage that was not asked for in particular", make_request(csr()), issued(key_usage("digital_signature")), []),
    ("extended key usage", make_request(csr(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CODE_SIGNING]))), issued(),
     ["it lacks the extended key usage codeSigning"]),
    ("extension", make_request(csr(POLICY)), issued(), ["it lacks the extensions 2.5.29.32"]),
    ("end", make_request(csr()), issued(days=30),
     ["it ends at 2027-02-14T08:00:00Z, not at 2027-04-15T08:00:00Z"]),
    ("end by date", make_request(csr(), validity=Validity("END_DATE", 20270415080001)), issued(),
     ["it ends at 2027-04-15T08:00:00Z, not at 2027-04-15T08:00:01Z"]),
    ("end by short date", make_request(csr(), validity=Validity("END_DATE", 270415080000)), issued(), []),
    ("months", make_request(csr(), validity=Validity("MONTHS", 3)), issued(), []),
    ("years", make_request(csr(), validity=Validity("YEARS", 1)), issued(),
     ["it ends at 2027-04-15T08:00:00Z, not at 2028-01-15T08:00:00Z"]),
    ("beginning", make_request(csr(), validity_not_before=Validity("ABSOLUTE", int(START))), issued(),
     ["it begins at 2027-01-15T07:00:00Z, not at 2027-01-15T08:00:00Z"]),
    ("signature", make_request(csr(), signing_algorithm="SHA512WITHECDSA"), issued(),
     ["it is signed with SHA256WITHECDSA, not SHA512WITHECDSA"]),
    ("passthrough that no one heeds",
     make_request(csr(), api_passthrough={"Extensions": {"KeyUsage": {"DigitalSignature": True}}}),
     issued(key_usage("digital_signature")),
     ["api_passthrough was ignored: the template EndEntityCertificate takes nothing from it"]),
    ("passthrough over the CSR",
     make_request(csr(alternative("a.test")), template_arn=API_TEMPLATE, api_passthrough={
         "Subject": {"CommonName": "api"},
         "Extensions": {"SubjectAlternativeNames": [{"DnsName": "b.test"}],
                        "ExtendedKeyUsage": [{"ExtendedKeyUsageType": "SERVER_AUTH"}],
                        "CustomExtensions": [{"ObjectIdentifier": "1.2.9", "Value": "BAA="}]}}),
     issued(alternative("b.test"), x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), common_name="api"),
     ["it lacks the extensions 1.2.9"]),
]  # fmt: skip


@pytest.mark.parametrize(
    ("request_", "certificate", "told"), [case[1:] for case in CASES], ids=[case[0] for case in CASES]
)
def test_differences_are_told(request_: IssuanceRequest, certificate: IssuedCertificate, told: list[str]) -> None:
    assert list(describe_differences(request_, certificate)) == told


def test_a_certificate_with_another_key_is_refused() -> None:
    require_key_of_csr(csr(), issued())
    with pytest.raises(IssuanceFailed, match="the token 1234 stands for another request"):
        require_key_of_csr(csr(), issued(key=make_key()), "1234")
    with pytest.raises(IssuanceFailed, match="Give the ARN of this CSR's certificate"):
        require_key_of_csr(csr(), issued(key=make_key()))


@pytest.mark.parametrize(
    ("pem", "text"),
    [
        ("", "it is empty"),
        ("no PEM", "0 PEM certificate requests"),
        (csr() * 2, "2 PEM certificate requests"),
        (csr() + " " * 33000, "32768"),
        (csr(common_name=None), "neither a subject nor"),
        (csr(alternative("a" * 63 + ".test"), common_name="x" * 64), None),
        (csr(alternative(".".join(["a" * 60] * 5)), common_name=None), "a DNS name has 304 octets"),
    ],
)
def test_csrs_are_checked_before_any_call(pem: str, text: str | None) -> None:
    if text is None:
        assert check_csr(pem)["subject"]["CN"] == "x" * 64
        return
    with pytest.raises(InvalidInput, match=text):
        check_csr(pem)


def test_a_common_name_is_counted_in_octets(tmp_path: Path) -> None:
    command = ["openssl", "req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-utf8"]
    command += ["-keyout", str(tmp_path / "key.pem"), "-subj", f"/CN={33 * chr(0xE4)}"]
    pem = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    with pytest.raises(InvalidInput, match="its common name has 66 octets"), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the library warns of such a name, and reads it
        check_csr(pem)


def test_a_csr_without_a_name_is_taken_when_the_passthrough_has_one() -> None:
    assert check_csr(csr(common_name=None), {"Subject": {"CommonName": "web"}})["subject"] == {}
