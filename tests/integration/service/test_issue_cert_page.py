# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The page "Issuing a private end-entity certificate" of the service's guide: a test for every row, rule and command.

The two columns of its table are AWS Certificate Manager (``acm``) and AWS Private CA (``private_ca``).
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._errors import InvalidInput
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._x509.keys import encode_key, generate_key
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._x509.requests import build_request
from ansible_collections.fleet_pki.aws_private_ca.tests.integration.service.accounts import (
    Account,
    Facts,
    make_csr,
    read_certificate,
    require_success,
)
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.types import CertificateIssuerPrivateKeyTypes

from private_ca_emulator.control import EmulatorControl

ISSUE, ACM = "acm_pca_issue_certificate", "acm_private_certificate"
NAME = "www.example.com"
KEY_ALGORITHMS = [
    *("RSA_2048", "RSA_3072", "RSA_4096"),
    *("EC_prime256v1", "EC_secp384r1", "EC_secp521r1"),
    *("ML_DSA_44", "ML_DSA_65", "ML_DSA_87"),
]
SIGNING_ALGORITHMS = {
    **{f"SHA{size}WITH{kind}": "RSA_2048" for size in (256, 384, 512) for kind in ("RSA", "RSA_PSS")},
    **{f"SHA{size}WITHECDSA": "EC_prime256v1" for size in (256, 384, 512)},
    **{f"ML_DSA_{size}": f"ML_DSA_{size}" for size in (44, 65, 87)},
}


@dataclass(frozen=True)
class Issuer:
    """Issues from a root by the module; each call returns what the module said, and the new key."""

    account: Account
    root: str
    ledger_path: Path

    def __call__(
        self,
        subject: Mapping[str, str] = MappingProxyType({"CN": NAME}),
        names: Sequence[str] = (f"DNS:{NAME}",),
        key_algorithm: str = "EC_prime256v1",
        **options: Any,
    ) -> tuple[Facts, CertificateIssuerPrivateKeyTypes]:
        key = generate_key(key_algorithm)
        given = {
            "certificate_authority_arn": self.root,
            "csr": build_request(key, subject, names),
            "ledger_path": str(self.ledger_path),
            **options,
        }
        return self.account.run(ISSUE, **given), key


@pytest.fixture
def issue(account: Account, root: str, tmp_path: Path) -> Issuer:
    return Issuer(account, root, tmp_path / "ledger")


def leaf(result: Facts) -> x509.Certificate:
    return read_certificate(require_success(result)["certificate"])


def import_into_acm(account: Account, result: Facts, key: CertificateIssuerPrivateKeyTypes) -> str:
    """Import what the module returned, with its key, and return the ARN that ACM has for it."""
    imported = account.client("acm").import_certificate(
        Certificate=require_success(result)["certificate"].encode(),
        PrivateKey=encode_key(key),
        CertificateChain="".join(result["certificate_chain"]).encode(),
    )
    return imported["CertificateArn"]


def test_row_issue_end_entity_certificates_with_acm(account: Account, permitted_root: str) -> None:
    made = account.must_run(ACM, domain_name=NAME, certificate_authority_arn=permitted_root)
    assert f"CN={NAME}" in read_certificate(made["certificate"]["certificate"]).subject.rfc4514_string()


def test_row_issue_end_entity_certificates_with_private_ca(issue: Issuer) -> None:
    assert leaf(issue()[0]).subject.rfc4514_string() == f"CN={NAME}"


def test_row_association_with_internet_facing_services_takes_acm(
    account: Account, permitted_root: str, issue: Issuer
) -> None:
    result, key = issue()
    require_success(result)
    assert account.list_in_acm() == [], "an issued certificate is not in ACM"
    made = account.must_run(ACM, domain_name=NAME, certificate_authority_arn=permitted_root)
    assert account.list_in_acm() == [made["certificate"]["arn"]]
    assert import_into_acm(account, result, key) in account.list_in_acm()


def test_row_managed_renewal_by_acm(account: Account, permitted_root: str, control: EmulatorControl) -> None:
    options = {"domain_name": NAME, "certificate_authority_arn": permitted_root}
    before = account.must_run(ACM, **options, export_passphrase="passphrase")["certificate"]
    control.advance(340 * 86400)
    after = account.must_run(ACM, **options)["certificate"]
    assert after["arn"] == before["arn"]
    assert after["serial"] != before["serial"]


def test_row_managed_renewal_of_private_ca_is_indirect(account: Account, issue: Issuer) -> None:
    result, _key = issue()
    failed = account.run(ACM, certificate_arn=require_success(result)["certificate_arn"])
    assert failed["failed"], "ACM does not know what IssueCertificate made"


API = {
    "acm": {"acm:RequestCertificate", "acm:GetCertificate"},
    "private_ca": {"IssueCertificate", "GetCertificate"},
}


@pytest.mark.parametrize("service", API)
def test_row_api_support_is_what_the_modules_use(
    account: Account, permitted_root: str, issue: Issuer, control: EmulatorControl, service: str
) -> None:
    begun = len(control.requests())
    if service == "acm":
        account.must_run(ACM, domain_name=NAME, certificate_authority_arn=permitted_root)
    else:
        require_success(issue()[0])
    called = {entry["operation"] for entry in control.requests()[begun:] if entry["account"] == account.number}
    assert API[service] <= called
    assert not called & (API["acm"] | API["private_ca"]) - API[service], "each service by its own operations"


def run_aws(account: Account, directory: Path, command: str) -> subprocess.CompletedProcess[str]:
    """Run a command line of the guide with the AWS command line interface."""
    environment = {
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "HOME": str(directory),
        "AWS_ACCESS_KEY_ID": account.number,
        "AWS_SECRET_ACCESS_KEY": "emulator",
        "AWS_REGION": account.region,
        "AWS_DEFAULT_REGION": account.region,
        "AWS_ENDPOINT_URL": account.endpoint_url,
    }
    return subprocess.run(
        ["bash", "-ec", command], cwd=directory, env=environment, capture_output=True, text=True, check=False
    )


def test_row_cli_support_of_acm(account: Account, permitted_root: str, tmp_path: Path) -> None:
    command = f"aws acm request-certificate --domain-name {NAME} --certificate-authority-arn {permitted_root}"
    done = run_aws(account, tmp_path, command)
    assert done.returncode == 0, done.stderr
    found = account.must_run(ACM, certificate_arn=json.loads(done.stdout)["CertificateArn"])
    assert found["certificate"]["domain_name"] == NAME


def test_row_console_support_is_for_what_acm_lists(account: Account, permitted_root: str, issue: Issuer) -> None:
    """A console itself is for people; what ACM's shows is what ListCertificates returns."""
    issued, _key = issue()
    made = account.must_run(
        ACM, domain_name=NAME, certificate_authority_arn=permitted_root, key_algorithm="EC_prime256v1"
    )["certificate"]
    assert account.list_in_acm() == [made["arn"]]
    assert require_success(issued)["certificate_arn"] != made["arn"]


def test_row_cli_support_of_private_ca(account: Account, root: str, tmp_path: Path) -> None:
    done = run_aws(account, tmp_path, "aws acm-pca list-certificate-authorities")
    assert done.returncode == 0, done.stderr
    assert [one["Arn"] for one in json.loads(done.stdout)["CertificateAuthorities"]] == [root]


def test_command_issue_certificate_and_get_certificate(account: Account, tmp_path: Path) -> None:
    authority = account.make_authority("cli", "RSA_2048")["arn"]
    (tmp_path / "cert_1.csr").write_text(make_csr(NAME))
    command = (
        f"aws acm-pca issue-certificate --certificate-authority-arn {authority} --csr fileb://cert_1.csr "
        "--signing-algorithm SHA256WITHRSA --validity Value=365,Type=DAYS --idempotency-token 1234"
    )
    first, second = (run_aws(account, tmp_path, command) for _attempt in range(2))
    assert first.returncode == 0, first.stderr
    assert json.loads(first.stdout) == json.loads(second.stdout), "one token, one certificate"
    arn = json.loads(first.stdout)["CertificateArn"]
    assert arn.startswith(f"{authority}/certificate/")
    read = run_aws(
        account,
        tmp_path,
        f"aws acm-pca get-certificate --certificate-authority-arn {authority} --certificate-arn {arn}",
    )
    assert read.returncode == 0, read.stderr
    shown = account.must_run("acm_pca_certificate_info", certificate_arns=[arn])["certificates"][0]
    assert shown["facts"]["subject"] == {"CN": NAME}


def test_rule_the_default_template_is_end_entity_certificate(issue: Issuer) -> None:
    certificate = leaf(issue()[0])
    usage = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert {name.dotted_string for name in usage} == {"1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.2"}


def test_rule_one_token_gives_one_certificate(issue: Issuer) -> None:
    csr = make_csr(NAME)
    first, second, other = (
        require_success(issue(csr=csr, idempotency_token=token, ledger="none")[0])["certificate_arn"]
        for token in ("1234", "1234", "1235")
    )
    assert first == second != other


SUBJECTS: dict[str, dict[str, str]] = {
    "only a common name": {"CN": NAME},
    "a whole name": {"C": "DE", "O": "Example", "OU": "Web", "ST": "Hesse", "L": "Wiesbaden", "CN": NAME},
    "a person": {"CN": "Ada Lovelace", "SN": "Lovelace", "GN": "Ada", "title": "Countess"},
    "letters of any script": {"CN": "Пример", "O": "例え"},
    "no subject at all": {},
}


@pytest.mark.parametrize("case", SUBJECTS)
def test_rule_any_subject_name(issue: Issuer, case: str) -> None:
    result, _key = issue(SUBJECTS[case])
    assert require_success(result)["facts"]["subject"] == SUBJECTS[case]
    names = {attribute.rfc4514_attribute_name: attribute.value for attribute in leaf(result).subject}
    assert set(SUBJECTS[case].values()) == set(names.values())


@pytest.mark.parametrize("algorithm", KEY_ALGORITHMS)
def test_rule_any_key_algorithm(issue: Issuer, algorithm: str) -> None:
    result, key = issue(key_algorithm=algorithm)
    assert leaf(result).public_key() == key.public_key()
    assert result["facts"]["key_algorithm"] == algorithm


FAMILIES = {  # object identifiers of RFC 4055, RFC 5758 and RFC 9881; those of ECDSA and RSA end with the hash
    **{f"1.2.840.113549.1.1.{last}": "RSA" for last in (11, 12, 13)},
    "1.2.840.113549.1.1.10": "RSA_PSS",
    **{f"1.2.840.10045.4.3.{last}": "ECDSA" for last in (2, 3, 4)},
    **{f"2.16.840.1.101.3.4.3.{last}": f"ML_DSA_{size}" for last, size in ((17, 44), (18, 65), (19, 87))},
}


def signed_with(certificate: x509.Certificate) -> str:
    """Return the algorithm of the certificate's signature by the API's name."""
    family, algorithm = (
        FAMILIES[certificate.signature_algorithm_oid.dotted_string],
        certificate.signature_hash_algorithm,
    )
    return family if algorithm is None else f"{algorithm.name.upper()}WITH{family}"


@pytest.mark.parametrize("algorithm", SIGNING_ALGORITHMS)
def test_rule_any_signing_algorithm(account: Account, issue: Issuer, algorithm: str) -> None:
    authority = account.make_authority("signing", SIGNING_ALGORITHMS[algorithm])
    result, _key = issue(certificate_authority_arn=authority["arn"], signing_algorithm=algorithm)
    leaf(result).verify_directly_issued_by(read_certificate(authority["certificate"]))
    assert signed_with(leaf(result)) == algorithm


VALIDITIES = {"DAYS": 7, "MONTHS": 2, "YEARS": 2, "ABSOLUTE": 1893456000, "END_DATE": 20300101000000}


@pytest.mark.parametrize("kind", VALIDITIES)
def test_rule_any_validity(issue: Issuer, kind: str) -> None:
    result, _key = issue(validity={"type": kind, "value": VALIDITIES[kind]})
    certificate = leaf(result)
    if kind in ("ABSOLUTE", "END_DATE"):
        assert certificate.not_valid_after_utc.timestamp() == 1893456000
    else:
        days = (certificate.not_valid_after_utc - certificate.not_valid_before_utc).days
        assert days in {"DAYS": (7,), "MONTHS": range(59, 63), "YEARS": (730, 731)}[kind]


def test_rule_an_issued_certificate_is_imported_into_acm_but_not_exported(account: Account, issue: Issuer) -> None:
    result, key = issue()
    arn = import_into_acm(account, result, key)
    failed = account.run(ACM, certificate_arn=arn, export_passphrase="passphrase")
    assert failed["operation"] == "acm:ExportCertificate"


def test_rule_a_certificate_of_acm_is_exported_with_its_key(account: Account, permitted_root: str) -> None:
    made = account.must_run(
        ACM, domain_name=NAME, certificate_authority_arn=permitted_root, export_passphrase="passphrase"
    )
    assert made["encrypted_private_key"].startswith("-----BEGIN ENCRYPTED PRIVATE KEY-----")


def test_rule_an_issued_certificate_is_listed_by_an_audit_report_only(
    account: Account, root: str, issue: Issuer
) -> None:
    result, _key = issue()
    listed = account.must_run(
        "acm_pca_audit_report", certificate_authority_arn=root, s3_bucket_name=account.create_bucket("audit")
    )["certificates"]
    assert require_success(result)["certificate_arn"] in [row["certificate_arn"] for row in listed]


@pytest.mark.parametrize(("length", "accepted"), [(64, True), (65, False)])
def test_rule_a_common_name_has_at_most_64_octets(issue: Issuer, length: int, accepted: bool) -> None:
    name = "a" * (length - len(".example.com")) + ".example.com"
    if accepted:
        assert require_success(issue({"CN": name}, [])[0])["facts"]["subject"] == {"CN": name}
    else:
        with pytest.raises(InvalidInput, match=r"64 characters.*subject_alternative_names"):
            issue({"CN": name}, [])


@pytest.mark.parametrize(("length", "accepted"), [(253, True), (254, False)])
def test_rule_a_longer_name_goes_into_the_alternative_names_up_to_253_octets(
    issue: Issuer, length: int, accepted: bool
) -> None:
    labels = (hashlib.sha256(b"label").hexdigest()[:61] + ".") * 4
    name = labels[: length - len("example.com")].rstrip(".") + ".example.com"
    name = "a" * (length - len(name)) + name if len(name) < length else name[-length:]
    if not accepted:
        with pytest.raises(InvalidInput, match="253"):
            issue({}, [f"DNS:{name}"])
        return
    result, _key = issue({}, [f"DNS:{name}"])
    assert require_success(result)["facts"]["subject_alternative_names"] == [f"DNS:{name}"]


def test_note_the_issuance_can_still_fail_after_the_arn_and_get_certificate_tells(
    account: Account, issue: Issuer, control: EmulatorControl
) -> None:
    control.fault("late_failure", "IssueCertificate", reason="Scripted.", times=1)
    failed, _key = issue()
    assert failed["code"] == "RequestFailedException"
    assert "/certificate/" in failed["certificate_arn"]
    shown = account.must_run("acm_pca_certificate_info", certificate_arns=[failed["certificate_arn"]])
    assert shown["certificates"][0]["state"] == "failed"
