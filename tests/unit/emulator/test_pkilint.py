# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""pkilint, an independent linter of RFC 5280, as judge of what the emulator signs."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from pkilint import loader, pkix
from pkilint.pkix import certificate, crl, extension, name
from pkilint.validation import ValidationFindingSeverity

from private_ca_emulator import seeding
from private_ca_emulator.control import EmulatorControl
from private_ca_emulator.templates import FAMILIES, TEMPLATES, Family

from .support import issue_and_load, make_csr
from .test_revocation import create_revoking_root, read_crl

EXPLAINED = {
    # the Blank families of CAs fix no key usage (reference 3.2): whoever asks for one must bring it
    "BlankSubordinateCACertificate": {"pkix.ca_certificate_no_ku_extension"},
    "BlankRootCACertificate": {"pkix.ca_certificate_no_ku_extension"},
}
ERRORS = (ValidationFindingSeverity.ERROR, ValidationFindingSeverity.FATAL)


def find_faults(validator: Any, document: Any) -> set[str]:
    """Codes of error level and above."""
    results = validator.validate(document.root)
    findings = [described.finding for result in results for described in result.finding_descriptions]
    return {finding.code for finding in findings if finding.severity in ERRORS}


def lint_certificate(signed: x509.Certificate) -> set[str]:
    decoders = certificate.create_decoding_validators(name.ATTRIBUTE_TYPE_MAPPINGS, extension.EXTENSION_MAPPINGS)
    parts = [
        certificate.create_issuer_validator_container([]),
        certificate.create_validity_validator_container(),
        certificate.create_subject_validator_container([]),
        certificate.create_extensions_validator_container([]),
        certificate.create_spki_validator_container([]),
    ]
    validator = certificate.create_pkix_certificate_validator_container(decoders, parts)
    encoded = signed.public_bytes(serialization.Encoding.DER)
    return find_faults(validator, loader.RFC5280CertificateDocumentLoader().load_der_document(encoded, "certificate"))


def lint_crl(content: bytes) -> set[str]:
    decoders = [
        pkix.create_attribute_decoder(name.ATTRIBUTE_TYPE_MAPPINGS),
        pkix.create_extension_decoder(extension.EXTENSION_MAPPINGS),
    ]
    parts = [
        crl.create_issuer_validator_container([]),
        crl.create_validity_validator_container([]),
        crl.create_extensions_validator_container([]),
    ]
    validator = crl.create_pkix_crl_validator_container(decoders, parts)
    return find_faults(validator, loader.RFC5280CertificateListDocumentLoader().load_der_document(content, "CRL"))


LEAF_KEY = rsa.generate_private_key(65537, 2048)
"""RSA, as the end-entity templates fix keyEncipherment, which RFC 5480 forbids for EC keys."""


def test_no_certificate_of_any_family_has_an_error_that_is_not_explained(client: Any, root_arn: str) -> None:
    for family in (family for family in FAMILIES if not family.root):
        template = next(name for name, template in TEMPLATES.items() if template.family is family)
        arn = seeding.template_arn(root_arn, template)
        signed = issue_and_load(client, root_arn, Csr=make_csr(key=LEAF_KEY), TemplateArn=arn)
        assert lint_certificate(signed) == EXPLAINED.get(family.name.partition("_PathLen")[0], set()), template


def test_the_judge_does_find_errors(client: Any, root_arn: str) -> None:
    assert lint_certificate(issue_and_load(client, root_arn)) == {"pkix.key_usage_value_prohibited_for_ec"}


@pytest.mark.parametrize("family", [family for family in FAMILIES if family.root], ids=lambda family: family.name)
def test_no_root_certificate_has_an_error_that_is_not_explained(client: Any, family: Family) -> None:
    template = next(name for name, template in TEMPLATES.items() if template.family is family)
    root = seeding.create_active_root(client, template=template)
    pem = client.get_certificate_authority_certificate(CertificateAuthorityArn=root)["Certificate"]
    found = lint_certificate(x509.load_pem_x509_certificate(pem.encode()))
    assert found == EXPLAINED.get(family.name.partition("_PathLen")[0], set())


MINIMAL_USAGE = base64.b64encode(bytes.fromhex("03020106")).decode()
PASSED_USAGES = [
    # a KeyUsage of the API is encoded in nine bits, one octet more than DER allows; a custom extension is exact (3.1)
    ({"KeyUsage": {"KeyCertSign": True, "CRLSign": True}}, {"itu.invalid_asn1_syntax"}),
    ({"CustomExtensions": [{"ObjectIdentifier": "2.5.29.15", "Value": MINIMAL_USAGE, "Critical": True}]}, set()),
]


@pytest.mark.parametrize(("extensions", "explained"), PASSED_USAGES, ids=["key usage", "custom extension"])
def test_a_key_usage_that_is_passed_through_has_the_encoding_that_the_service_documents(
    client: Any, root_arn: str, extensions: dict[str, Any], explained: set[str]
) -> None:
    subordinate = seeding.create_active_subordinate(
        client,
        root_arn,
        template="BlankSubordinateCACertificate_PathLen0_APIPassthrough",
        api_passthrough={"Extensions": extensions},
    )
    pem = client.get_certificate_authority_certificate(CertificateAuthorityArn=subordinate)["Certificate"]
    assert lint_certificate(x509.load_pem_x509_certificate(pem.encode())) == explained


def test_no_certificate_with_a_distribution_point_and_a_responder_has_an_error(client: Any, make_client: Any) -> None:
    root, _leaf = create_revoking_root(client, make_client)
    arn = seeding.template_arn(root, "EndEntityCertificate")
    assert lint_certificate(issue_and_load(client, root, Csr=make_csr(key=LEAF_KEY), TemplateArn=arn)) == set()


@pytest.mark.parametrize("crl_type", ["COMPLETE", "PARTITIONED"])
def test_no_crl_has_an_error(client: Any, make_client: Any, control: EmulatorControl, crl_type: str) -> None:
    root, leaf = create_revoking_root(client, make_client, crl_type=crl_type)
    client.revoke_certificate(
        CertificateAuthorityArn=root, CertificateSerial=f"{leaf.serial_number:x}", RevocationReason="KEY_COMPROMISE"
    )
    control.advance(1800)
    assert lint_crl(read_crl(make_client, leaf)) == set()
