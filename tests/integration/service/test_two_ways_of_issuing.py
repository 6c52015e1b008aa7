# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A certificate by RequestCertificate of ACM, and one by IssueCertificate of AWS Private CA: each row of their table.

Renewal, use in other services and listing are rows of the service's own page too: test_issue_cert_page.py.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._x509.keys import generate_key
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._x509.requests import build_request
from ansible_collections.fleet_pki.aws_private_ca.tests.integration.service.accounts import (
    Account,
    Facts,
    make_csr,
    read_certificate,
)
from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from private_ca_emulator.control import EmulatorControl

ACM, NAME = "acm_private_certificate", "www.example.com"
RequestOfAcm = Callable[..., Facts]
Issue = Callable[..., x509.Certificate]


@pytest.fixture
def request_of_acm(account: Account, permitted_root: str) -> RequestOfAcm:
    """Return a function that requests through ACM and returns what the module said."""

    def run(**options: Any) -> Facts:
        asked = {"certificate_authority_arn": permitted_root, "domain_name": NAME, "key_algorithm": "EC_prime256v1"}
        return account.run(ACM, **{**asked, **options})

    return run


@pytest.fixture
def issue(account: Account, root: str) -> Issue:
    """Return a function that issues for a CSR, with options of the module, and returns the certificate."""

    def run(csr: str, **options: Any) -> x509.Certificate:
        asked = {"certificate_authority_arn": root, "csr": csr, "ledger": "none"}
        return read_certificate(account.must_run("acm_pca_issue_certificate", **asked, **options)["certificate"])

    return run


def test_row_key_pair_acm_makes_and_holds_it_and_private_ca_takes_yours(
    request_of_acm: RequestOfAcm, issue: Issue
) -> None:
    exported = request_of_acm(export_passphrase="passphrase")
    held = load_pem_private_key(exported["encrypted_private_key"].encode(), b"passphrase")
    assert read_certificate(exported["certificate"]["certificate"]).public_key() == held.public_key()
    mine = generate_key("EC_prime256v1")
    assert issue(build_request(mine, {"CN": NAME}, [])).public_key() == mine.public_key()


def test_row_names_acm_takes_dns_only_and_private_ca_anything(request_of_acm: RequestOfAcm, issue: Issue) -> None:
    refused = request_of_acm(subject_alternative_names=["192.0.2.7"])
    assert refused["failed"] and "192.0.2.7" in refused["msg"]
    every = ["DNS:www.example.com", "IP:192.0.2.7", "email:pki@example.com", "URI:spiffe://example.com/web"]
    csr = build_request(generate_key("EC_prime256v1"), {"CN": NAME}, every)
    names = issue(csr).extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert {type(name) for name in names} == {
        x509.DNSName, x509.IPAddress, x509.RFC822Name, x509.UniformResourceIdentifier,
    }  # fmt: skip


def test_row_validity_of_acm_is_395_days_and_of_private_ca_any_within_the_ca(
    request_of_acm: RequestOfAcm, issue: Issue
) -> None:
    by_acm = read_certificate(request_of_acm()["certificate"]["certificate"])
    assert (by_acm.not_valid_after_utc - by_acm.not_valid_before_utc).days == 395
    mine = issue(make_csr(), validity={"type": "DAYS", "value": 3})
    assert mine.not_valid_after_utc - mine.not_valid_before_utc == timedelta(days=3, hours=1)


def test_row_validity_a_ca_that_ends_before_395_days_fails_the_request_of_acm(account: Account) -> None:
    arn = account.make_authority("short", validity={"type": "DAYS", "value": 100})["arn"]
    account.permit_acm(arn)
    failed = account.run(ACM, certificate_authority_arn=arn, domain_name=NAME)
    assert failed["failed"] and "395 days" in failed["msg"], failed["msg"]


def test_row_template_of_acm_is_end_entity_certificate_and_of_private_ca_any(
    request_of_acm: RequestOfAcm, issue: Issue, control: EmulatorControl
) -> None:
    assert request_of_acm()["changed"]
    issue(make_csr(), template="EndEntityServerAuthCertificate/V1")
    assert [issued["template"] for issued in control.certificates()[1:]] == [
        "EndEntityCertificate", "EndEntityServerAuthCertificate",
    ]  # fmt: skip


def test_row_short_lived_ca_is_for_private_ca_alone(account: Account) -> None:
    arn = account.make_authority("brief", usage_mode="SHORT_LIVED_CERTIFICATE")["arn"]
    account.permit_acm(arn)
    refused = account.run(ACM, certificate_authority_arn=arn, domain_name=NAME)
    assert refused["failed"] and "short-lived" in refused["msg"], refused["msg"]
    asked = {"certificate_authority_arn": arn, "csr": make_csr(), "ledger": "none"}
    assert account.must_run("acm_pca_issue_certificate", **asked, validity={"type": "DAYS", "value": 7})["changed"]
