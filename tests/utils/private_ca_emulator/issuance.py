# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Building and signing one certificate (reference 2, 3); no state is changed here."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import serialization

from private_ca_emulator import der, revocation_configuration
from private_ca_emulator import extensions as issued_extensions
from private_ca_emulator.certificates import encode_public_key
from private_ca_emulator.errors import CannotEncode, ServiceError, invalid_state, refused
from private_ca_emulator.records import CertificateAuthority, new_serial
from private_ca_emulator.settings import Settings
from private_ca_emulator.signing import SignatureScheme, choose_scheme, require_available
from private_ca_emulator.signing_requests import SigningRequest, parse_signing_request, require_subject_or_names
from private_ca_emulator.templates import EncodedExtension, Template, find_template
from private_ca_emulator.validity import compute_not_after, compute_not_before

_SEVEN_DAYS = 7 * 86400
_LEVELS = 5
_ALGORITHM, _KEY = 2, 6
"""Positions in a TBSCertificate (RFC 5280 section 4.1)."""
_UTC = datetime.UTC


@dataclass(frozen=True)
class Plan:
    """Everything that is decided before the signature; `flaw` is why there will be none."""

    template: Template
    scheme: SignatureScheme
    serial: int
    subject: x509.Name
    request: SigningRequest
    extensions: dict[str, EncodedExtension]
    not_before: int
    not_after: int
    flaw: str | None


def plan_issuance(
    authority: CertificateAuthority, members: dict[str, Any], settings: Settings, now: float, partition_id: str | None
) -> Plan:
    """Decide what would be signed; every refusal that the service makes before it hands out an ARN is raised here."""
    template = find_template(members.get("TemplateArn"), authority.partition, settings.unknown_template_error)
    check_state(authority, template, now)
    key_algorithm = authority.configuration["KeyAlgorithm"]
    require_available(settings.unavailable_algorithms, members["SigningAlgorithm"])
    scheme = choose_scheme(members["SigningAlgorithm"], key_algorithm, settings.region_generation)
    request = parse_signing_request(members["Csr"], settings)
    _check_template(authority, template, request, settings)
    not_before, not_after = _plan_validity(authority, template, members, settings, int(now))
    subject, api, flaw = _encode_passthrough(template, request, members.get("ApiPassthrough", {}), settings)
    configured = _configured_extensions(authority, partition_id, settings)
    planned = issued_extensions.assemble_extensions(template, request, api, authority, configured, settings=settings)
    if flaw is None:
        require_subject_or_names(subject, planned, settings)
    return Plan(template, scheme, new_serial(), subject, request, planned, not_before, not_after, flaw)


def _encode_passthrough(
    template: Template, request: SigningRequest, passthrough: dict[str, Any], settings: Settings
) -> tuple[x509.Name, dict[str, EncodedExtension], str | None]:
    """Subject and extensions from the API; where the settings say so, what has no encoding fails the issuance late."""
    try:
        subject = issued_extensions.select_subject(template, request, passthrough, settings)
        if not template.variety.from_api:
            return subject, {}, None
        asked = passthrough.get("Extensions", {})
        return subject, issued_extensions.encode_api_extensions(asked, not list(subject), settings), None
    except CannotEncode as error:
        if settings.unencodable_passthrough == "early":
            raise
        return request.subject, {}, error.message


def check_state(authority: CertificateAuthority, template: Template, now: float) -> None:
    """Only an ACTIVE CA issues, and a pending root signs itself (InvalidStateException)."""
    status = authority.status_at(now)
    activating = status == "PENDING_CERTIFICATE" and authority.kind == "ROOT" and template.family.root
    if not activating and (status != "ACTIVE" or now < authority.ready_at):
        raise invalid_state("The certificate authority is not in a valid state for issuing certificates")


def _configured_extensions(
    authority: CertificateAuthority, partition_id: str | None, settings: Settings
) -> tuple[EncodedExtension | None, EncodedExtension | None]:
    distribution_point = responder = None
    if revocation_configuration.names_distribution_point(authority):
        uri = revocation_configuration.crl_uri(authority, partition_id, settings.crl_uri_style)
        distribution_point = issued_extensions.encode_distribution_point(uri)
    responder_uri = revocation_configuration.responder_uri(authority)
    if responder_uri is not None:
        responder = issued_extensions.encode_responder(responder_uri)
    return distribution_point, responder


def _check_template(
    authority: CertificateAuthority, template: Template, request: SigningRequest, settings: Settings
) -> None:
    family = template.family
    if family.root:
        own = encode_public_key(request.public_key) == encode_public_key(authority.key.public_key())
        if authority.kind != "ROOT" or not own:
            message = "A root CA certificate can only be issued by a root CA for its own certificate signing request."
            raise ServiceError(settings.foreign_root_csr_error, message)
    elif family.is_ca and authority.installed is not None:
        check_level(authority.installed.level + 1, settings)
        limit = authority.installed.path_length
        if limit is not None and family.path_length is not None and family.path_length >= limit:
            raise refused(
                f"The path length {family.path_length} of the template must be less than the path length {limit} "
                "of the issuing certificate authority."
            )


def check_level(level: int, settings: Settings) -> None:
    """Refuse a CA certificate below the fifth level of its hierarchy, with the code that the settings name."""
    if level > _LEVELS and settings.sixth_level != "accept":
        message = f"A hierarchy of certificate authorities can have at most {_LEVELS} levels."
        raise ServiceError(settings.sixth_level, message)


def _plan_validity(
    authority: CertificateAuthority, template: Template, members: dict[str, Any], settings: Settings, issued_at: int
) -> tuple[int, int]:
    not_after = compute_not_after(members["Validity"], issued_at, settings.month_arithmetic)
    not_before = compute_not_before(members.get("ValidityNotBefore"), issued_at, not_after)
    if template.family.root or authority.installed is None:
        return not_before, not_after
    if authority.usage_mode == "SHORT_LIVED_CERTIFICATE" and not_after - issued_at > _SEVEN_DAYS:
        message = "The certificate validity specified exceeds the seven days that a short-lived certificate CA allows"
        raise ServiceError(settings.short_lived_excess_error, message)
    end = authority.installed.not_after
    if not_after > end or (not_after == end and settings.equal_not_after == "refuse"):
        raise refused("The certificate validity specified exceeds the certificate authority validity")
    return not_before, not_after


def sign_plan(authority: CertificateAuthority, plan: Plan) -> bytes:
    """The signed certificate, DER."""
    issuer = plan.subject if plan.template.family.root else _issuer_name(authority)
    builder = x509.CertificateBuilder(
        issuer_name=issuer,
        subject_name=plan.subject,
        public_key=plan.request.public_key,
        serial_number=plan.serial,
        not_valid_before=datetime.datetime.fromtimestamp(plan.not_before, _UTC).replace(tzinfo=None),
        not_valid_after=datetime.datetime.fromtimestamp(plan.not_after, _UTC).replace(tzinfo=None),
        extensions=[
            x509.Extension(
                x509.ObjectIdentifier(dotted),
                critical,
                x509.UnrecognizedExtension(x509.ObjectIdentifier(dotted), value),
            )
            for dotted, (critical, value) in plan.extensions.items()
        ],
    )
    signed: x509.Certificate = plan.scheme.sign_with(builder, authority.key)
    if plan.request.encoded_key != encode_public_key(plan.request.public_key):
        return _sign_again(signed, authority, plan)
    return signed.public_bytes(serialization.Encoding.DER)


def _sign_again(signed: x509.Certificate, authority: CertificateAuthority, plan: Plan) -> bytes:
    """The same certificate with the key as the CSR spells it, where the builder of `cryptography` would spell it anew.

    It may be a compressed point, or an RSA key that is for PSS alone; the service copies it as it is (reference 2.6).
    """
    members = list(der.walk(der.content_of(signed.tbs_certificate_bytes, der.SEQUENCE)))
    algorithm = der.encode(*members[_ALGORITHM])
    encoded = [der.encode(*member) for member in members]
    encoded[_KEY] = plan.request.encoded_key
    content = der.encode(der.SEQUENCE, b"".join(encoded))
    signature = b"\0" + plan.scheme.sign_octets(content, authority.key)
    return der.encode(der.SEQUENCE, content + algorithm + der.encode(der.BIT_STRING, signature))


def _issuer_name(authority: CertificateAuthority) -> x509.Name:
    if authority.installed is None:
        raise invalid_state("The certificate authority is not in a valid state for issuing certificates")
    return authority.installed.certificate.subject
