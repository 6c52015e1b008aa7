# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""ImportCertificate and DeleteCertificate (reference 11.1)."""

from __future__ import annotations

import uuid
from typing import Any

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from moto.acm.models import acm_backends

from private_ca_emulator import tagging
from private_ca_emulator.acm.reading import describe_usages
from private_ca_emulator.acm.records import ManagedCertificate
from private_ca_emulator.acm.requesting import encode_key
from private_ca_emulator.certificates import encode_public_key, to_pem
from private_ca_emulator.errors import ServiceError, refused
from private_ca_emulator.service import Call, Members, PrivateCa

_CURVES = {"secp256r1": "EC_prime256v1", "secp384r1": "EC_secp384r1", "secp521r1": "EC_secp521r1"}
_LEAVABLE = {ExtendedKeyUsageOID.CLIENT_AUTH.dotted_string}
"""What a certificate that is imported again may lack, besides keyEncipherment for an EC key."""
_SIZES = (1024, 2048, 3072, 4096)


def name_key_algorithm(key: Any) -> str:
    """The ACM name of a public key's algorithm; ValidationException for one that ACM does not take."""
    if isinstance(key, rsa.RSAPublicKey) and key.key_size in _SIZES:
        return f"RSA_{key.key_size}"
    if isinstance(key, ec.EllipticCurvePublicKey) and key.curve.name in _CURVES:
        return _CURVES[key.curve.name]
    raise refused("The certificate's key algorithm is not supported.")


def list_names(certificate: x509.Certificate) -> list[str]:
    """The DNS names, the common name first."""
    common = [str(item.value) for item in certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)]
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        return list(dict.fromkeys([*common, *names.get_values_for_type(x509.DNSName)]))
    except x509.ExtensionNotFound:
        return common


def _load(members: Members) -> tuple[x509.Certificate, Any, list[x509.Certificate]]:
    try:
        certificate = x509.load_pem_x509_certificate(members["Certificate"])
        chain = x509.load_pem_x509_certificates(members["CertificateChain"]) if "CertificateChain" in members else []
    except (ValueError, TypeError) as error:
        raise refused("The certificate or its chain is not PEM-encoded or is not valid.") from error
    try:
        key = serialization.load_pem_private_key(members["PrivateKey"], None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise refused("The private key is not PEM-encoded, is encrypted or is not valid.") from error
    return certificate, key, chain


def _check(certificate: x509.Certificate, key: Any, chain: list[x509.Certificate], now: float) -> None:
    if encode_public_key(certificate.public_key()) != encode_public_key(key.public_key()):
        raise refused("The private key does not match the certificate.")
    if not certificate.not_valid_before_utc.timestamp() <= now <= certificate.not_valid_after_utc.timestamp():
        raise refused("The certificate is not valid now.")
    signed_with_rsa = "RSA" in (certificate.signature_algorithm_oid._name or "").upper()
    if signed_with_rsa != isinstance(certificate.public_key(), rsa.RSAPublicKey):
        raise refused("The key algorithm of the certificate must match that of the CA that signed it.")
    child = certificate
    for parent in chain:
        try:
            child.verify_directly_issued_by(parent)
        except (ValueError, TypeError, InvalidSignature) as error:
            raise refused("The certificate chain does not lead from the certificate to a root.") from error
        child = parent


def _check_replacement(old: ManagedCertificate, new: x509.Certificate, members: Members) -> None:
    if "Tags" in members:
        raise ServiceError("InvalidParameterException", "Tags cannot be given when a certificate is imported again.")
    if old.kind != "IMPORTED":
        raise refused("Only an imported certificate can be imported again.")
    if old.key_algorithm != name_key_algorithm(new.public_key()):
        raise refused("The key type and size of an imported certificate cannot change.")
    if not set(old.names) & set(list_names(new)):
        raise refused("At least one domain name of the certificate must stay.")
    missing = _list_usages(old.certificate) - _list_usages(new) - _LEAVABLE
    if isinstance(new.public_key(), ec.EllipticCurvePublicKey):
        missing -= {"KEY_ENCIPHERMENT"}
    if missing:
        listed = ", ".join(sorted(missing))
        raise refused(f"Key usages and extended key usages can be added but not removed; these are missing: {listed}.")


def _list_usages(certificate: x509.Certificate) -> set[str]:
    """Key usages by ACM's names, extended key usages by OID."""
    described = describe_usages(certificate)
    return {item["Name"] for item in described["KeyUsages"]} | {item["OID"] for item in described["ExtendedKeyUsages"]}


def import_certificate(service: PrivateCa, call: Call) -> Members:
    """ImportCertificate: a new ARN, or in place of an imported certificate."""
    members, caller, now = call.members, call.caller, service.clock.now()
    certificate, key, chain = _load(members)
    _check(certificate, key, chain, now)
    arn = members.get("CertificateArn")
    tags = tagging.merge_tags({}, members.get("Tags", []))
    if arn is not None:
        old = service.managed.find(arn, caller)
        _check_replacement(old, certificate, members)
        tags = old.tags
    names = list_names(certificate)
    managed = ManagedCertificate(
        arn=arn or f"arn:{caller.partition}:acm:{caller.region}:{caller.account}:certificate/{uuid.uuid4()}",
        account=caller.account,
        region=caller.region,
        kind="IMPORTED",
        domain=names[0] if names else "",
        names=names,
        key_algorithm=name_key_algorithm(certificate.public_key()),
        key=key,
        created_at=now,
        ready_at=now,
        der=certificate.public_bytes(serialization.Encoding.DER),
        chain="\n".join(to_pem(link.public_bytes(serialization.Encoding.DER)) for link in chain) or None,
        tags=tags,
    )
    service.managed.certificates[managed.arn] = managed
    managed.show_to_moto(encode_key(key))
    return {"CertificateArn": managed.arn}


def delete_certificate(service: PrivateCa, call: Call) -> Members:
    """DeleteCertificate: not while something uses it; the CA's records stay."""
    managed = service.managed.find(call.members["CertificateArn"], call.caller)
    if managed.list_users():
        raise ServiceError(
            "ResourceInUseException", f"Certificate {managed.arn} in account {managed.account} is in use."
        )
    del service.managed.certificates[managed.arn]
    acm_backends[managed.account][managed.region]._certificates.pop(managed.arn, None)
    return {}
