# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The extensions of an issued certificate: template, then API, then CSR, then CA configuration (reference 3.1, 3.2)."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from typing import Any

from cryptography import x509
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtensionOID

from private_ca_emulator import der, names
from private_ca_emulator.certificates import find_key_octets
from private_ca_emulator.errors import CannotEncode, ServiceError, invalid_args
from private_ca_emulator.records import CertificateAuthority
from private_ca_emulator.settings import Settings
from private_ca_emulator.signing_requests import SUBJECT_ALTERNATIVE_NAME, SigningRequest
from private_ca_emulator.templates import EncodedExtension, Template, takes_distribution_point_from

KEY_USAGE = ExtensionOID.KEY_USAGE.dotted_string
EXTENDED_KEY_USAGE = ExtensionOID.EXTENDED_KEY_USAGE.dotted_string
CERTIFICATE_POLICIES = ExtensionOID.CERTIFICATE_POLICIES.dotted_string
SUBJECT_KEY_IDENTIFIER = ExtensionOID.SUBJECT_KEY_IDENTIFIER.dotted_string
AUTHORITY_KEY_IDENTIFIER = ExtensionOID.AUTHORITY_KEY_IDENTIFIER.dotted_string
DISTRIBUTION_POINTS = ExtensionOID.CRL_DISTRIBUTION_POINTS.dotted_string
INFORMATION_ACCESS = ExtensionOID.AUTHORITY_INFORMATION_ACCESS.dotted_string

_USAGE_BITS = (
    "DigitalSignature",
    "NonRepudiation",
    "KeyEncipherment",
    "DataEncipherment",
    "KeyAgreement",
    "KeyCertSign",
    "CRLSign",
    "EncipherOnly",
    "DecipherOnly",
)
_PURPOSES = {
    "SERVER_AUTH": "1.3.6.1.5.5.7.3.1",
    "CLIENT_AUTH": "1.3.6.1.5.5.7.3.2",
    "CODE_SIGNING": "1.3.6.1.5.5.7.3.3",
    "EMAIL_PROTECTION": "1.3.6.1.5.5.7.3.4",
    "TIME_STAMPING": "1.3.6.1.5.5.7.3.8",
    "OCSP_SIGNING": "1.3.6.1.5.5.7.3.9",
    "SMART_CARD_LOGIN": "1.3.6.1.4.1.311.20.2.2",
    "DOCUMENT_SIGNING": "1.3.6.1.4.1.311.10.3.12",
    "CERTIFICATE_TRANSPARENCY": "1.3.6.1.4.1.11129.2.4.4",
}


def encode_nine_bit_usage(usage: Mapping[str, bool]) -> bytes:
    """KeyUsage as the service encodes an API value: always nine bits, so one octet more than DER's minimum."""
    bits = sum(1 << (15 - position) for position, name in enumerate(_USAGE_BITS) if usage.get(name))
    return der.encode(der.BIT_STRING, b"\x07" + bits.to_bytes(2, "big"))


def _purpose(entry: Mapping[str, str]) -> x509.ObjectIdentifier:
    if len(entry) != 1:
        raise invalid_args("An ExtendedKeyUsage must have either a type or an object identifier.")
    ((_choice, value),) = entry.items()
    return names.build_object_identifier(_PURPOSES.get(value, value))


def _encode_policies(policies: list[Mapping[str, Any]]) -> bytes:
    informations = []
    for policy in policies:
        qualifiers = [item["Qualifier"]["CpsUri"] for item in policy.get("PolicyQualifiers", [])]
        oid = names.build_object_identifier(policy["CertPolicyId"])
        informations.append(x509.PolicyInformation(oid, qualifiers or None))
    try:
        return x509.CertificatePolicies(informations).public_bytes()
    except (ValueError, UnicodeError) as error:
        raise CannotEncode(f"The certificate policies cannot be encoded: {error}") from error


def encode_api_extensions(
    asked: Mapping[str, Any], subject_is_empty: bool, settings: Settings
) -> dict[str, EncodedExtension]:
    """ApiPassthrough.Extensions by dotted OID; two values for one extension are InvalidArgsException."""
    encoded: dict[str, EncodedExtension] = {}
    if "CertificatePolicies" in asked:
        encoded[CERTIFICATE_POLICIES] = (False, _encode_policies(asked["CertificatePolicies"]))
    if "ExtendedKeyUsage" in asked:
        purposes = x509.ExtendedKeyUsage([_purpose(entry) for entry in asked["ExtendedKeyUsage"]])
        encoded[EXTENDED_KEY_USAGE] = (settings.api_extended_key_usage_critical, purposes.public_bytes())
    if "KeyUsage" in asked:
        encoded[KEY_USAGE] = (settings.api_key_usage_critical, encode_nine_bit_usage(asked["KeyUsage"]))
    if "SubjectAlternativeNames" in asked:
        encoded_names = names.encode_general_names(asked["SubjectAlternativeNames"])
        encoded[SUBJECT_ALTERNATIVE_NAME] = (subject_is_empty, encoded_names)
    for custom in asked.get("CustomExtensions", []):
        dotted = names.build_object_identifier(custom["ObjectIdentifier"]).dotted_string
        if dotted in encoded:
            raise invalid_args(f"The extension {dotted} is given more than once.")
        encoded[dotted] = (custom.get("Critical", False), base64.b64decode(custom["Value"]))
    return encoded


def select_subject(
    template: Template, request: SigningRequest, passthrough: Mapping[str, Any], settings: Settings
) -> x509.Name:
    """The subject: the API's where the template lets it through (whole, or before the CSR's), otherwise the CSR's."""
    if not template.variety.from_api or "Subject" not in passthrough:
        return request.subject
    given = names.build_name(passthrough["Subject"])
    if settings.api_subject == "replaces":
        return given
    types = {attribute.oid for attribute in given}
    rest = [rdn for rdn in request.subject.rdns if types.isdisjoint(item.oid for item in rdn)]
    return x509.Name([*given.rdns, *rest])


def _require_encodable(dotted: str) -> None:
    try:
        x509.ObjectIdentifier(dotted)
    except ValueError as error:
        message = f"The extension {dotted} of the certificate signing request cannot be encoded."
        raise ServiceError("MalformedCSRException", message) from error


def _passed_through(
    template: Template, request: SigningRequest, api: Mapping[str, EncodedExtension]
) -> dict[str, EncodedExtension]:
    passed: dict[str, EncodedExtension] = {}
    if template.variety.from_csr:
        for dotted in request.extensions:
            _require_encodable(dotted)
        passed.update(request.extensions)
    elif SUBJECT_ALTERNATIVE_NAME in request.extensions:
        passed[SUBJECT_ALTERNATIVE_NAME] = request.extensions[SUBJECT_ALTERNATIVE_NAME]
    if template.variety.from_api:
        passed.update(api)
    return passed


def _choose_distribution_point(
    template: Template,
    request: SigningRequest,
    api: Mapping[str, EncodedExtension],
    configured: EncodedExtension | None,
    settings: Settings,
) -> EncodedExtension | None:
    if template.family.root:
        return None
    offered = {"api": api, "csr": request.extensions}
    sources = takes_distribution_point_from(template)
    passed = [offered[source][DISTRIBUTION_POINTS] for source in sources if DISTRIBUTION_POINTS in offered[source]]
    fixed = [] if configured is None else [configured]
    ordered = [*fixed, *passed] if settings.distribution_point == "configured_first" else [*passed, *fixed]
    return ordered[0] if ordered else None


def encode_distribution_point(uri: str) -> EncodedExtension:
    """CRLDistributionPoints with one URI."""
    point = x509.DistributionPoint([x509.UniformResourceIdentifier(uri)], None, None, None)
    return False, x509.CRLDistributionPoints([point]).public_bytes()


def encode_responder(uri: str) -> EncodedExtension:
    """AuthorityInformationAccess with one OCSP URI."""
    access = x509.AccessDescription(AuthorityInformationAccessOID.OCSP, x509.UniformResourceIdentifier(uri))
    return False, x509.AuthorityInformationAccess([access]).public_bytes()


def encode_authority_key_identifier(identifier: bytes) -> EncodedExtension:
    """AuthorityKeyIdentifier with the key identifier alone."""
    return False, x509.AuthorityKeyIdentifier(identifier, None, None).public_bytes()


def assemble_extensions(
    template: Template,
    request: SigningRequest,
    api: Mapping[str, EncodedExtension],
    authority: CertificateAuthority,
    configured: tuple[EncodedExtension | None, EncodedExtension | None],
    *,
    settings: Settings,
) -> dict[str, EncodedExtension]:
    """All extensions by dotted OID; `configured` are the CA's CRL distribution point and OCSP responder."""
    distribution_point, responder = configured
    extensions = _passed_through(template, request, api)
    extensions.pop(DISTRIBUTION_POINTS, None)
    chosen = _choose_distribution_point(template, request, api, distribution_point, settings)
    if chosen is not None:
        extensions[DISTRIBUTION_POINTS] = chosen
    if responder is not None and not template.family.root:
        extensions[INFORMATION_ACCESS] = responder
    extensions.update(template.fixed)
    key_identifier = x509.SubjectKeyIdentifier(hashlib.sha1(find_key_octets(request.encoded_key)).digest())
    extensions[SUBJECT_KEY_IDENTIFIER] = (False, key_identifier.public_bytes())
    if authority.installed is not None and not template.family.root:
        extensions[AUTHORITY_KEY_IDENTIFIER] = encode_authority_key_identifier(
            authority.installed.subject_key_identifier
        )
    elif not (template.family.root and template.variety.from_api):
        extensions.pop(AUTHORITY_KEY_IDENTIFIER, None)
    return extensions
