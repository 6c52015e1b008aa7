# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a client can see of a request's members: two requests that differ in one member must not look alike.

MEMBERS maps (shape of botocore's model, member) to a comparison: a function of the world that returns what is seen of
two requests, one without or with one value of the member, the other with another. Here are the members that shape a
certificate or a CA; `input_members_by_operation` has the rest.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

from botocore.exceptions import ClientError
from cryptography import x509

from private_ca_emulator import der, seeding

from .support import fetch, issue, make_csr
from .world import CONFIGURATION, Members, World, create_members

Comparison = Callable[[World], tuple[Any, Any]]
MEMBERS: dict[tuple[str, str], Comparison] = {}
Observer = Callable[[World, Members], Any]


def seen_in(shape: str, member: str) -> Callable[[Comparison], Comparison]:
    """Register a comparison of its own."""

    def register(comparison: Comparison) -> Comparison:
        assert (shape, member) not in MEMBERS
        MEMBERS[shape, member] = comparison
        return comparison

    return register


def compare(shape: str, member: str, observe: Observer, first: Members, second: Members) -> None:
    """Register two requests that differ in one member, and how what comes of them is seen.

    That way of seeing must find no difference where there is none.
    """

    def observe_both(world: World) -> tuple[Any, Any]:
        seen = observe(world, first)
        assert seen == observe(world, first), "two equal requests must look alike"
        return seen, observe(world, second)

    seen_in(shape, member)(observe_both)


def outcome_of(call: Callable[..., Any], **members: Any) -> Any:
    """The reply without its metadata, or code and message of the refusal."""
    try:
        return {name: value for name, value in call(**members).items() if name != "ResponseMetadata"}
    except ClientError as refused:
        return refused.response["Error"]["Code"], refused.response["Error"]["Message"]


def describe_certificate(pem: str) -> list[tuple[int, bytes]]:
    """The parts of a certificate's signed content, but for its serial number."""
    signed = x509.load_pem_x509_certificate(pem.encode()).tbs_certificate_bytes
    version, _serial, *parts = der.walk(der.content_of(signed, der.SEQUENCE))
    return [version, *parts]


def observe_issued(world: World, members: Members) -> Any:
    """The certificate that IssueCertificate with these members leads to, or the refusal."""
    arn = members.get("CertificateAuthorityArn", world.root)
    try:
        named = {**members, "CertificateAuthorityArn": arn}
        if "TemplateArn" in members:
            named["TemplateArn"] = seeding.template_arn(arn, members["TemplateArn"])
        got = fetch(world.client, arn, issue(world.client, arn, **{"Csr": CSR, **named}))
    except ClientError as refused:
        return refused.response["Error"]["Code"], refused.response["Error"]["Message"]
    return describe_certificate(got["Certificate"])


CSR = make_csr()
BLANK = "BlankEndEntityCertificate_APIPassthrough"


def passing(**passthrough: Any) -> Members:
    return {"TemplateArn": BLANK, "ApiPassthrough": passthrough}


def extended(**extensions: Any) -> Members:
    return passing(Extensions=extensions)


def named(*names: Members) -> Members:
    return extended(SubjectAlternativeNames=list(names))


DAYS = {"Type": "DAYS", "Value": 30}
ISSUED: dict[tuple[str, str], tuple[Members, Members]] = {
    ("IssueCertificateRequest", "Csr"): ({}, {"Csr": make_csr("other.example.com", ("other.example.com",))}),
    ("IssueCertificateRequest", "SigningAlgorithm"): ({}, {"SigningAlgorithm": "SHA512WITHECDSA"}),
    ("IssueCertificateRequest", "Validity"): ({}, {"Validity": {**DAYS, "Value": 31}}),
    ("IssueCertificateRequest", "TemplateArn"): ({}, {"TemplateArn": "CodeSigningCertificate"}),
    ("IssueCertificateRequest", "ApiPassthrough"): ({"TemplateArn": BLANK}, passing(Subject={"CommonName": "a"})),
    ("IssueCertificateRequest", "ValidityNotBefore"): (
        {},
        {"ValidityNotBefore": {"Type": "ABSOLUTE", "Value": 1_700_000_000}},
    ),
    ("Validity", "Type"): ({"Validity": DAYS}, {"Validity": {**DAYS, "Type": "MONTHS"}}),
    ("Validity", "Value"): ({"Validity": DAYS}, {"Validity": {**DAYS, "Value": 29}}),
    ("ApiPassthrough", "Subject"): (passing(), passing(Subject={"CommonName": "a"})),
    ("ApiPassthrough", "Extensions"): (passing(), named({"DnsName": "a.example"})),
    ("GeneralName", "DnsName"): (named({"DnsName": "a.example"}), named({"DnsName": "b.example"})),
    ("OtherName", "TypeId"): (
        named({"OtherName": {"TypeId": "1.2.3", "Value": "a"}}),
        named({"OtherName": {"TypeId": "1.2.4", "Value": "a"}}),
    ),
    ("OtherName", "Value"): (
        named({"OtherName": {"TypeId": "1.2.3", "Value": "a"}}),
        named({"OtherName": {"TypeId": "1.2.3", "Value": "b"}}),
    ),
    ("EdiPartyName", "PartyName"): (
        named({"EdiPartyName": {"PartyName": "a"}}),
        named({"EdiPartyName": {"PartyName": "b"}}),
    ),
    ("EdiPartyName", "NameAssigner"): (
        named({"EdiPartyName": {"PartyName": "a"}}),
        named({"EdiPartyName": {"PartyName": "a", "NameAssigner": "b"}}),
    ),
}
GENERAL_NAMES = {
    "OtherName": {"TypeId": "1.2.3", "Value": "a"},
    "Rfc822Name": "a@example.com",
    "DirectoryName": {"CommonName": "a"},
    "EdiPartyName": {"PartyName": "a"},
    "UniformResourceIdentifier": "https://a.example/",
    "IpAddress": "10.0.0.1",
    "RegisteredId": "1.2.3",
}
for _choice, _value in GENERAL_NAMES.items():
    ISSUED["GeneralName", _choice] = (named({"DnsName": "a.example"}), named({_choice: _value}))


def subject(**members: Any) -> Members:
    return passing(Subject=members)


for _member in (
    "Organization", "OrganizationalUnit", "DistinguishedNameQualifier", "State", "SerialNumber", "Locality", "Title",
    "Surname", "GivenName", "Initials", "Pseudonym", "GenerationQualifier", "CommonName", "Country",
):  # fmt: skip
    _other = {"CommonName": "a"} if _member != "CommonName" else {"Title": "a"}
    ISSUED["ASN1Subject", _member] = (subject(**_other), subject(**_other, **{_member: "DE"}))


def attribute(oid: str, value: str) -> Members:
    return subject(CustomAttributes=[{"ObjectIdentifier": oid, "Value": value}])


def custom(oid: str = "1.2.3", value: str = "BQA=", **critical: bool) -> Members:
    return extended(CustomExtensions=[{"ObjectIdentifier": oid, "Value": value, **critical}])


def policy(oid: str = "1.2.3", *uris: str) -> Members:
    qualifiers = [{"PolicyQualifierId": "CPS", "Qualifier": {"CpsUri": uri}} for uri in uris]
    return extended(CertificatePolicies=[{"CertPolicyId": oid, **({"PolicyQualifiers": qualifiers} if uris else {})}])


def purpose(**choice: str) -> Members:
    return extended(ExtendedKeyUsage=[choice])


UNQUALIFIED = {"Qualifier": {"CpsUri": "https://a.example/"}}
SERVER, CLIENT = ({"ExtendedKeyUsageType": f"{side}_AUTH"} for side in ("SERVER", "CLIENT"))
ISSUED |= {
    ("ASN1Subject", "CustomAttributes"): (subject(CommonName="a"), attribute("2.5.4.3", "b")),
    ("CustomAttribute", "ObjectIdentifier"): (attribute("1.2.3", "a"), attribute("1.2.4", "a")),
    ("CustomAttribute", "Value"): (attribute("1.2.3", "a"), attribute("1.2.3", "b")),
    ("Extensions", "CustomExtensions"): (passing(), custom()),
    ("CustomExtension", "ObjectIdentifier"): (custom(), custom("1.2.4")),
    ("CustomExtension", "Value"): (custom(), custom(value="AQH/")),
    ("CustomExtension", "Critical"): (custom(), custom(Critical=True)),
    ("Extensions", "CertificatePolicies"): (passing(), policy()),
    ("PolicyInformation", "CertPolicyId"): (policy(), policy("1.2.4")),
    ("PolicyInformation", "PolicyQualifiers"): (policy(), policy("1.2.3", "https://a.example/")),
    ("PolicyQualifierInfo", "Qualifier"): (
        policy("1.2.3", "https://a.example/"),
        policy("1.2.3", "https://b.example/"),
    ),
    ("Qualifier", "CpsUri"): (policy("1.2.3", "https://a.example/"), policy("1.2.3", "https://c.example/")),
    # of one value only, and required
    ("PolicyQualifierInfo", "PolicyQualifierId"): (
        policy("1.2.3", "https://a.example/"),
        extended(CertificatePolicies=[{"CertPolicyId": "1.2.3", "PolicyQualifiers": [UNQUALIFIED]}]),
    ),
    ("Extensions", "ExtendedKeyUsage"): (passing(), purpose(**SERVER)),
    ("ExtendedKeyUsage", "ExtendedKeyUsageType"): (purpose(**SERVER), purpose(**CLIENT)),
    ("ExtendedKeyUsage", "ExtendedKeyUsageObjectIdentifier"): (
        purpose(**SERVER),
        purpose(ExtendedKeyUsageObjectIdentifier="1.2.3"),
    ),
    ("Extensions", "SubjectAlternativeNames"): (passing(), named({"DnsName": "a.example"})),
    ("Extensions", "KeyUsage"): (passing(), extended(KeyUsage={"KeyAgreement": True})),
}
for _member in (
    "DigitalSignature", "NonRepudiation", "KeyEncipherment", "DataEncipherment", "KeyAgreement", "KeyCertSign",
    "CRLSign", "EncipherOnly", "DecipherOnly",
):  # fmt: skip
    _unset = {"DigitalSignature": False, "KeyAgreement": _member != "KeyAgreement"}
    ISSUED["KeyUsage", _member] = (extended(KeyUsage=_unset), extended(KeyUsage={**_unset, _member: True}))
for (_shape, _member), _requests in ISSUED.items():
    compare(_shape, _member, observe_issued, *_requests)


@seen_in("IssueCertificateRequest", "CertificateAuthorityArn")
def issue_by_two_authorities(world: World) -> tuple[Any, Any]:
    other = seeding.create_active_root(world.client, "Other Root CA")
    return observe_issued(world, {}), observe_issued(world, {"CertificateAuthorityArn": other})


@seen_in("IssueCertificateRequest", "IdempotencyToken")
def issue_twice_with_one_token(world: World) -> tuple[Any, Any]:
    one, two = str(uuid.uuid4()), str(uuid.uuid4())
    arns = [issue(world.client, world.root, Csr=CSR, IdempotencyToken=token) for token in (one, one, one, two)]
    return arns[0] == arns[1], arns[2] == arns[3]


def observe_created(world: World, members: Members) -> Any:
    """Record, tags and CSR of the CA that CreateCertificateAuthority with these members leads to, or the refusal."""
    created = outcome_of(world.client.create_certificate_authority, **{**create_members(), **members})
    if isinstance(created, tuple):
        return created
    record = world.client.describe_certificate_authority(**created)["CertificateAuthority"]
    csr = x509.load_pem_x509_csr(world.client.get_certificate_authority_csr(**created)["Csr"].encode())
    kept = {name: value for name, value in record.items() if name not in ("Arn", "CertificateAuthorityConfiguration")}
    extensions = [(extension.oid, extension.critical, extension.value) for extension in csr.extensions]
    key = csr.public_key().curve.name  # type: ignore[union-attr]
    tags = world.client.list_tags(**created).get("Tags")
    return kept, csr.subject, extensions, key, csr.signature_algorithm_oid, tags


def configured(**members: Any) -> Members:
    return {"CertificateAuthorityConfiguration": {**CONFIGURATION, **members}}


def informing(method: Members, location: str = "https://a.example/") -> Members:
    access = {"AccessMethod": method, "AccessLocation": {"UniformResourceIdentifier": location}}
    return configured(CsrExtensions={"SubjectInformationAccess": [access]})


REPOSITORY = {"AccessMethodType": "CA_REPOSITORY"}
CREATED = {
    ("CreateCertificateAuthorityRequest", "CertificateAuthorityConfiguration"): (
        {},
        configured(Subject={"CommonName": "b"}),
    ),
    ("CreateCertificateAuthorityRequest", "CertificateAuthorityType"): (
        {},
        {"CertificateAuthorityType": "SUBORDINATE"},
    ),
    ("CreateCertificateAuthorityRequest", "KeyStorageSecurityStandard"): (
        {},
        {"KeyStorageSecurityStandard": "CCPC_LEVEL_1_OR_HIGHER"},
    ),
    ("CreateCertificateAuthorityRequest", "Tags"): ({}, {"Tags": [{"Key": "a"}]}),
    ("Tag", "Key"): ({"Tags": [{"Key": "a", "Value": "v"}]}, {"Tags": [{"Key": "b", "Value": "v"}]}),
    ("Tag", "Value"): ({"Tags": [{"Key": "a", "Value": "v"}]}, {"Tags": [{"Key": "a", "Value": "w"}]}),
    ("CertificateAuthorityConfiguration", "Subject"): ({}, configured(Subject={"CommonName": "c"})),
    ("CertificateAuthorityConfiguration", "KeyAlgorithm"): ({}, configured(KeyAlgorithm="EC_secp384r1")),
    ("CertificateAuthorityConfiguration", "SigningAlgorithm"): ({}, configured(SigningAlgorithm="SHA512WITHECDSA")),
    ("CertificateAuthorityConfiguration", "CsrExtensions"): ({}, informing(REPOSITORY)),
    ("CsrExtensions", "KeyUsage"): ({}, configured(CsrExtensions={"KeyUsage": {"KeyCertSign": True}})),
    ("CsrExtensions", "SubjectInformationAccess"): ({}, informing(REPOSITORY)),
    ("AccessDescription", "AccessLocation"): (informing(REPOSITORY), informing(REPOSITORY, "https://b.example/")),
    ("AccessDescription", "AccessMethod"): (
        informing(REPOSITORY),
        informing({"AccessMethodType": "RESOURCE_PKI_NOTIFY"}),
    ),
    ("AccessMethod", "AccessMethodType"): (
        informing(REPOSITORY),
        informing({"AccessMethodType": "RESOURCE_PKI_MANIFEST"}),
    ),
    ("AccessMethod", "CustomObjectIdentifier"): (informing(REPOSITORY), informing({"CustomObjectIdentifier": "1.2.3"})),
}
for (_shape, _member), _requests in CREATED.items():
    compare(_shape, _member, observe_created, *_requests)


@seen_in("CreateCertificateAuthorityRequest", "IdempotencyToken")
def create_twice_with_one_token(world: World) -> tuple[Any, Any]:
    one, two = create_members(), create_members()
    arns = [outcome_of(world.client.create_certificate_authority, **members) for members in (one, one, one, two)]
    return arns[0] == arns[1], arns[2] == arns[3]


@seen_in("CreateCertificateAuthorityRequest", "UsageMode")
def issue_for_a_month_by_a_short_lived_authority(world: World) -> tuple[Any, Any]:
    short = seeding.create_active_root(world.client, UsageMode="SHORT_LIVED_CERTIFICATE")
    return observe_issued(world, {}), observe_issued(world, {"CertificateAuthorityArn": short})


def walk_pairs(shape: Any, found: set[tuple[str, str]]) -> None:
    """Add every (shape, member) that a request's shape reaches to those found before."""
    for name, member in getattr(shape, "members", {}).items():
        if (shape.name, name) not in found:
            found.add((shape.name, name))
            walk_pairs(member, found)
    if shape.type_name == "list":
        walk_pairs(shape.member, found)
