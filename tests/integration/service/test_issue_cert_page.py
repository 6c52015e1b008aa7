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
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._errors import InvalidInput
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._x509.keys import encode_key, generate_key
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._x509.requests import build_request
from cryptography import x509

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


@pytest.fixture
def issue(account, root, tmp_path):
    """Return a function that issues for a new key and returns the module's result and the key."""

    def run(subject=None, names=(f"DNS:{NAME}",), key_algorithm="EC_prime256v1", **options: Any):
        key = generate_key(key_algorithm)
        csr = build_request(key, {"CN": NAME} if subject is None else subject, list(names))
        given = {
            "certificate_authority_arn": root["arn"],
            "csr": csr,
            "ledger_path": str(tmp_path / "ledger"),
            **options,
        }
        return account.run(ISSUE, **given), key

    return run


@pytest.fixture
def permitted_root(account, root):
    account.must_run("acm_pca_permission", certificate_authority_arn=root["arn"])
    return root


def must(result: dict[str, Any]) -> dict[str, Any]:
    assert not result.get("failed"), result["msg"]
    return result


def leaf(result: dict[str, Any]) -> x509.Certificate:
    return x509.load_pem_x509_certificate(must(result)["certificate"].encode())


def test_row_issue_end_entity_certificates_with_acm(account, permitted_root):
    made = account.must_run(ACM, domain_name=NAME, certificate_authority_arn=permitted_root["arn"])
    assert (
        f"CN={NAME}"
        in x509.load_pem_x509_certificate(made["certificate"]["certificate"].encode()).subject.rfc4514_string()
    )


def test_row_issue_end_entity_certificates_with_private_ca(issue):
    assert leaf(issue()[0]).subject.rfc4514_string() == f"CN={NAME}"


def test_row_association_with_internet_facing_services_takes_acm(account, permitted_root, issue, tmp_path):
    listing = account.client("acm").list_certificates
    types = {"keyTypes": ["RSA_2048", "EC_prime256v1"]}
    result, key = issue()
    must(result)
    assert listing(Includes=types)["CertificateSummaryList"] == [], "an issued certificate is not in ACM"
    made = account.must_run(ACM, domain_name=NAME, certificate_authority_arn=permitted_root["arn"])
    assert made["certificate"]["arn"] == listing(Includes=types)["CertificateSummaryList"][0]["CertificateArn"]
    imported = account.client("acm").import_certificate(
        Certificate=result["certificate"].encode(),
        PrivateKey=encode_key(key),
        CertificateChain="".join(result["certificate_chain"]).encode(),
    )
    assert imported["CertificateArn"] in [
        one["CertificateArn"] for one in listing(Includes=types)["CertificateSummaryList"]
    ]


def test_row_managed_renewal_by_acm(account, control):
    authority = account.must_run(
        "acm_pca_certificate_authority", name="long", type="ROOT", subject={"common_name": "Long"}
    )["certificate_authority"]
    account.must_run("acm_pca_permission", certificate_authority_arn=authority["arn"])
    options = {"domain_name": NAME, "certificate_authority_arn": authority["arn"]}
    before = account.must_run(ACM, **options, export_passphrase="passphrase")["certificate"]
    control.advance(340 * 86400)
    try:
        after = account.must_run(ACM, **options)["certificate"]
    finally:
        control.advance(-340 * 86400)
    assert after["arn"] == before["arn"]
    assert after["serial"] != before["serial"]


def test_row_managed_renewal_of_private_ca_is_indirect(account, root, issue):
    result, _key = issue()
    failed = account.run(ACM, certificate_arn=must(result)["certificate_arn"])
    assert failed["failed"], "ACM does not know what IssueCertificate made"


API = {
    "acm": {"acm:RequestCertificate", "acm:GetCertificate"},
    "private_ca": {"IssueCertificate", "GetCertificate"},
}


@pytest.mark.parametrize("service", API)
def test_row_api_support_is_what_the_modules_use(account, permitted_root, issue, control, service):
    begun = len(control.requests())
    if service == "acm":
        account.must_run(ACM, domain_name=NAME, certificate_authority_arn=permitted_root["arn"])
    else:
        must(issue()[0])
    called = {entry["operation"] for entry in control.requests()[begun:] if entry["account"] == account.number}
    assert API[service] <= called
    assert not called & (API["acm"] | API["private_ca"]) - API[service], "each service by its own operations"


def run_aws(account: Any, directory: Path, command: str) -> subprocess.CompletedProcess[str]:
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


def test_row_cli_support_of_acm(account, permitted_root, tmp_path):
    command = f"aws acm request-certificate --domain-name {NAME} --certificate-authority-arn {permitted_root['arn']}"
    done = run_aws(account, tmp_path, command)
    assert done.returncode == 0, done.stderr
    found = account.must_run(ACM, certificate_arn=json.loads(done.stdout)["CertificateArn"])
    assert found["certificate"]["domain_name"] == NAME


def test_row_console_support_is_for_what_acm_lists(account, permitted_root, issue):
    """A console itself is for people; what ACM's shows is what ListCertificates returns."""
    issued, _key = issue()
    made = account.must_run(
        ACM, domain_name=NAME, certificate_authority_arn=permitted_root["arn"], key_algorithm="EC_prime256v1"
    )["certificate"]
    listing = account.client("acm").list_certificates(Includes={"keyTypes": ["RSA_2048", "EC_prime256v1"]})
    assert [one["CertificateArn"] for one in listing["CertificateSummaryList"]] == [made["arn"]]
    assert must(issued)["certificate_arn"] != made["arn"]


def test_row_cli_support_of_private_ca(account, root, tmp_path):
    done = run_aws(account, tmp_path, "aws acm-pca list-certificate-authorities")
    assert done.returncode == 0, done.stderr
    assert [one["Arn"] for one in json.loads(done.stdout)["CertificateAuthorities"]] == [root["arn"]]


def test_command_issue_certificate_and_get_certificate(account, tmp_path):
    authority = account.must_run(
        "acm_pca_certificate_authority", name="cli", type="ROOT", subject={"common_name": "CLI"}
    )["certificate_authority"]["arn"]
    (tmp_path / "cert_1.csr").write_text(build_request(generate_key("RSA_2048"), {"CN": NAME}, []))
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


def test_rule_the_default_template_is_end_entity_certificate(issue, control):
    certificate = leaf(issue()[0])
    usage = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert {name.dotted_string for name in usage} == {"1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.2"}


def test_rule_one_token_gives_one_certificate(issue):
    key = generate_key("EC_prime256v1")
    csr = build_request(key, {"CN": NAME}, [])
    first, second = (
        must(issue(csr=csr, idempotency_token="1234", ledger="none")[0])["certificate_arn"] for _attempt in range(2)
    )
    other = must(issue(csr=csr, idempotency_token="1235", ledger="none")[0])["certificate_arn"]
    assert first == second != other


SUBJECTS = {
    "only a common name": {"CN": NAME},
    "a whole name": {"C": "DE", "O": "Example", "OU": "Web", "ST": "Hesse", "L": "Wiesbaden", "CN": NAME},
    "a person": {"CN": "Ada Lovelace", "SN": "Lovelace", "GN": "Ada", "title": "Countess"},
    "letters of any script": {"CN": "Пример", "O": "例え"},
    "no subject at all": {},
}


@pytest.mark.parametrize("case", SUBJECTS)
def test_rule_any_subject_name(issue, case):
    result, _key = issue(SUBJECTS[case])
    assert must(result)["facts"]["subject"] == SUBJECTS[case]
    names = {attribute.rfc4514_attribute_name: attribute.value for attribute in leaf(result).subject}
    assert set(SUBJECTS[case].values()) == set(names.values())


@pytest.mark.parametrize("algorithm", KEY_ALGORITHMS)
def test_rule_any_key_algorithm(issue, algorithm):
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
def test_rule_any_signing_algorithm(account, issue, algorithm):
    authority = account.must_run(
        "acm_pca_certificate_authority",
        name="signing",
        type="ROOT",
        key_algorithm=SIGNING_ALGORITHMS[algorithm],
        subject={"common_name": "Signing"},
    )["certificate_authority"]
    result, _key = issue(certificate_authority_arn=authority["arn"], signing_algorithm=algorithm)
    issuer = x509.load_pem_x509_certificate(authority["certificate"].encode())
    leaf(result).verify_directly_issued_by(issuer)
    assert signed_with(leaf(result)) == algorithm


VALIDITIES = {"DAYS": 7, "MONTHS": 2, "YEARS": 2, "ABSOLUTE": 1893456000, "END_DATE": 20300101000000}


@pytest.mark.parametrize("kind", VALIDITIES)
def test_rule_any_validity(issue, kind):
    result, _key = issue(validity={"type": kind, "value": VALIDITIES[kind]})
    certificate = leaf(result)
    if kind in ("ABSOLUTE", "END_DATE"):
        assert certificate.not_valid_after_utc.timestamp() == 1893456000
    else:
        days = (certificate.not_valid_after_utc - certificate.not_valid_before_utc).days
        assert days in {"DAYS": (7,), "MONTHS": range(59, 63), "YEARS": (730, 731)}[kind]


def test_rule_an_issued_certificate_is_imported_into_acm_but_not_exported(account, issue):
    result, key = issue()
    acm = account.client("acm")
    arn = acm.import_certificate(
        Certificate=must(result)["certificate"].encode(),
        PrivateKey=encode_key(key),
        CertificateChain="".join(result["certificate_chain"]).encode(),
    )["CertificateArn"]
    failed = account.run(ACM, certificate_arn=arn, export_passphrase="passphrase")
    assert failed["operation"] == "acm:ExportCertificate"


def test_rule_a_certificate_of_acm_is_exported_with_its_key(account, permitted_root):
    made = account.must_run(
        ACM, domain_name=NAME, certificate_authority_arn=permitted_root["arn"], export_passphrase="passphrase"
    )
    assert made["encrypted_private_key"].startswith("-----BEGIN ENCRYPTED PRIVATE KEY-----")


def test_rule_an_issued_certificate_is_listed_by_an_audit_report_only(account, root, issue):
    result, _key = issue()
    listed = account.must_run(
        "acm_pca_audit_report", certificate_authority_arn=root["arn"], s3_bucket_name=account.create_bucket("audit")
    )["certificates"]
    assert must(result)["certificate_arn"] in [row["certificate_arn"] for row in listed]


@pytest.mark.parametrize(("length", "accepted"), [(64, True), (65, False)])
def test_rule_a_common_name_has_at_most_64_octets(issue, length, accepted):
    name = "a" * (length - len(".example.com")) + ".example.com"
    if accepted:
        assert must(issue({"CN": name}, [])[0])["facts"]["subject"] == {"CN": name}
    else:
        with pytest.raises(InvalidInput, match=r"64 characters.*subject_alternative_names"):
            issue({"CN": name}, [])


@pytest.mark.parametrize(("length", "accepted"), [(253, True), (254, False)])
def test_rule_a_longer_name_goes_into_the_alternative_names_up_to_253_octets(issue, account, length, accepted):
    labels = (hashlib.sha256(b"label").hexdigest()[:61] + ".") * 4
    name = labels[: length - len("example.com")].rstrip(".") + ".example.com"
    name = "a" * (length - len(name)) + name if len(name) < length else name[-length:]
    if not accepted:
        with pytest.raises(InvalidInput, match="253"):
            issue({}, [f"DNS:{name}"])
        return
    result, _key = issue({}, [f"DNS:{name}"])
    assert must(result)["facts"]["subject_alternative_names"] == [f"DNS:{name}"]


def test_note_the_issuance_can_still_fail_after_the_arn_and_get_certificate_tells(account, issue, control):
    control.fault("late_failure", "IssueCertificate", reason="Scripted.", times=1)
    failed, _key = issue()
    assert failed["code"] == "RequestFailedException"
    assert "/certificate/" in failed["certificate_arn"]
    shown = account.must_run("acm_pca_certificate_info", certificate_arns=[failed["certificate_arn"]])
    assert shown["certificates"][0]["state"] == "failed"
