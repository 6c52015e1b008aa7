# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Typed options to the API's shapes, every result accepted by the service's own model."""

from __future__ import annotations

import dataclasses
from typing import Any

import botocore.session
import pytest
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._acm_pca.api import issue_parameters
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._acm_pca.transformations import (
    build_general_name,
    build_passthrough,
    build_subject,
    read_validity,
)
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._errors import InvalidInput
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._issuance_options import select_limits
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._ledger.limits import Breaker
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._x509.serials import read_serial
from ansible_collections.fleet_pki.aws_private_ca.tests.unit.api.fakes import make_csr, make_request
from botocore.validate import ParamValidator


def accepted_by_the_model(passthrough: dict[str, Any]) -> bool:
    model = botocore.session.get_session().get_service_model("acm-pca")
    request = model.operation_model("IssueCertificate").input_shape
    assert request is not None
    return not ParamValidator().validate(passthrough, request.members["ApiPassthrough"]).has_errors()


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("DNS:WWW.Example.com", {"DnsName": "www.example.com"}),
        ("IP:2001:DB8::0007", {"IpAddress": "2001:db8::7"}),
        ("email:pki@Example.com", {"Rfc822Name": "pki@example.com"}),
        ("URI:https://example.com/a", {"UniformResourceIdentifier": "https://example.com/a"}),
        ("RID:1.2.3.4", {"RegisteredId": "1.2.3.4"}),
        ("otherName:1.2.3;UTF8:me", {"OtherName": {"TypeId": "1.2.3", "Value": "me"}}),
        ("dirName:CN=web,O=Example", {"DirectoryName": {"CommonName": "web", "Organization": "Example"}}),
        ("ediPartyName:party", {"EdiPartyName": {"PartyName": "party"}}),
        ("ediPartyName:me;party", {"EdiPartyName": {"NameAssigner": "me", "PartyName": "party"}}),
    ],
)
def test_every_kind_of_general_name(text: str, name: dict[str, Any]) -> None:
    assert build_general_name(text) == name
    assert accepted_by_the_model({"Extensions": {"SubjectAlternativeNames": [name]}})


@pytest.mark.parametrize(
    ("subject", "shape"),
    [
        ({"commonName": "web", "C": "DE"}, {"CommonName": "web", "Country": "DE"}),
        ({"SN": "Doe", "GN": "Jo"}, {"Surname": "Doe", "GivenName": "Jo"}),
        ({"dnQualifier": "x"}, {"DistinguishedNameQualifier": "x"}),
        (
            {"O": "Example", "DC": ["com", "example"]},
            {
                "CustomAttributes": [
                    {"ObjectIdentifier": "2.5.4.10", "Value": "Example"},
                    {"ObjectIdentifier": "0.9.2342.19200300.100.1.25", "Value": "com"},
                    {"ObjectIdentifier": "0.9.2342.19200300.100.1.25", "Value": "example"},
                ]
            },
        ),
        ({"1.2.3.4": "x"}, {"CustomAttributes": [{"ObjectIdentifier": "1.2.3.4", "Value": "x"}]}),
    ],
)
def test_subjects_use_members_where_all_attributes_have_one_and_identifiers_otherwise(
    subject: dict[str, Any], shape: dict[str, Any]
) -> None:
    assert build_subject(subject) == shape
    assert accepted_by_the_model({"Subject": shape})


def test_every_suboption_together() -> None:
    built = build_passthrough(
        {
            "subject": {"CN": "web"},
            "subject_alternative_names": ["DNS:web"],
            "key_usage": ["digitalSignature", "cRLSign"],
            "extended_key_usage": ["serverAuth", "CODE_SIGNING", "1.2.3"],
            "certificate_policies": [{"oid": "1.2.3", "cps_uris": ["https://a/"]}, {"oid": "1.2.4", "cps_uris": None}],
            "custom_extensions": [{"oid": "1.2.5", "value": "BAA=", "critical": True}],
        }
    )
    assert built == {
        "Subject": {"CommonName": "web"},
        "Extensions": {
            "SubjectAlternativeNames": [{"DnsName": "web"}],
            "KeyUsage": {"DigitalSignature": True, "CRLSign": True},
            "ExtendedKeyUsage": [
                {"ExtendedKeyUsageType": "SERVER_AUTH"},
                {"ExtendedKeyUsageType": "CODE_SIGNING"},
                {"ExtendedKeyUsageObjectIdentifier": "1.2.3"},
            ],
            "CertificatePolicies": [
                {
                    "CertPolicyId": "1.2.3",
                    "PolicyQualifiers": [{"PolicyQualifierId": "CPS", "Qualifier": {"CpsUri": "https://a/"}}],
                },
                {"CertPolicyId": "1.2.4"},
            ],
            "CustomExtensions": [{"ObjectIdentifier": "1.2.5", "Value": "BAA=", "Critical": True}],
        },
    }
    assert accepted_by_the_model(built)


@pytest.mark.parametrize("option", [None, {}, {"subject": None, "key_usage": None}, {"subject": {}, "key_usage": []}])
def test_a_passthrough_that_says_nothing_is_none(option: dict[str, Any] | None) -> None:
    assert build_passthrough(option) is None


@pytest.mark.parametrize(
    ("option", "text"),
    [
        ({"subject_alternative_names": ["www.example.com"]}, "no known kind"),
        ({"subject_alternative_names": ["otherName:1.2.3;0500"]}, "as text only"),
        ({"subject": {"colour": "blue"}}, "the attribute is unknown"),
        ({"extended_key_usage": ["serverauthentication"]}, "OID"),
        ({"certificate_policies": [{"oid": "any"}]}, "OID"),
        ({"custom_extensions": [{"oid": "1.2.3", "value": "?"}]}, "base64"),
    ],
)
def test_what_the_api_cannot_carry_is_refused(option: dict[str, Any], text: str) -> None:
    with pytest.raises(InvalidInput, match=text):
        build_passthrough(option)


def test_validity_is_at_least_one() -> None:
    assert read_validity(None) is None
    with pytest.raises(InvalidInput, match="from 1 on"):
        read_validity({"type": "DAYS", "value": 0})


@pytest.mark.parametrize(
    ("name", "value"),
    [("requests_per_second", -1.0), ("max_issuances", -1), ("max_issuances_period", 0)],
)
def test_what_is_no_limit_is_refused_by_name(name: str, value: float) -> None:
    given = {"requests_per_second": 20.0, "max_issuances": 5, "max_issuances_period": 60}
    assert select_limits(given).breaker == Breaker(5, 60)
    with pytest.raises(InvalidInput, match=rf"\({name}\): it is {value:g}. Give a number from"):
        select_limits({**given, name: value})


@pytest.mark.parametrize("around", ["{0}", "a CSR:\r\n{0} and more", "é\n{0}"])
def test_of_the_csrs_text_the_request_alone_is_sent(around: str) -> None:
    csr = make_csr()
    request = dataclasses.replace(make_request(), csr=around.format(csr))
    assert issue_parameters(request, "token")["Csr"] == csr.encode()


def test_a_private_key_beside_the_csr_is_never_sent() -> None:
    key = "-----BEGIN PRIVATE KEY-----\nMIGH\n-----END PRIVATE KEY-----\n"
    with pytest.raises(InvalidInput, match=r"which must not leave its host\. Give the CSR alone"):
        issue_parameters(dataclasses.replace(make_request(), csr=key + make_csr()), "token")


@pytest.mark.parametrize("spelling", ["0A:1B", "0x0a1b", "serial=0A1B", "a1b", "0a 1b", "0A-1B", "0a.1b"])
def test_a_serial_is_read_in_any_spelling(spelling: str) -> None:
    assert read_serial(spelling) == "a1b"


def test_the_serial_zero_keeps_a_digit() -> None:
    assert read_serial("00:00") == "0"


@pytest.mark.parametrize("text", ["", "xyz", "12 345 Z", "f" * 65])
def test_what_is_no_serial_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput, match="it is no hexadecimal number"):
        read_serial(text)
