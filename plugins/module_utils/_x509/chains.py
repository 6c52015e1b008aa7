# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Path validation (RFC 5280 section 6), as far as a chain from AWS Private CA needs it before it goes live."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Sequence

from .._errors import InvalidInput
from .facts import describe_certificate, find_extension, read_validity
from .pem import load_certificate, split_certificates
from .times import show_time

if TYPE_CHECKING:
    from cryptography import x509


@dataclass(frozen=True)
class VerifiedChain:
    """A leaf with its facts, the intermediate CAs below the root, and the root (None where a root was not demanded)."""

    leaf: str
    intermediates: tuple[str, ...]
    root: str | None
    facts: dict[str, Any]
    authorities: tuple[dict[str, Any], ...]


def verify_chain(
    leaf: str, chain: Sequence[str], now: float, usage: str | None = None, root_required: bool = True
) -> VerifiedChain:
    """Check that the leaf's chain builds to its root at ``now`` (epoch seconds), and take it apart.

    ``chain`` is PEM texts from the issuing CA up, the root last; a text may hold several certificates. Checked of each
    link: name, signature, validity, basicConstraints, keyCertSign, path length. ``usage`` is the extended key usage
    that the leaf must permit (``serverAuth``). Raises ``InvalidInput`` with the first fault.
    """
    texts = [block for text in chain for block in split_certificates(text, "the chain")]
    leaf_certificate = load_certificate(leaf, "the issued certificate")
    authorities = [load_certificate(text, f"chain certificate {index}") for index, text in enumerate(texts, 1)]
    try:
        _check_leaf(leaf_certificate, usage)
        _check_validity(leaf_certificate, "the certificate", now)
        _check_links(leaf_certificate, authorities, now)
        if root_required and not (authorities and is_self_issued(authorities[-1])):
            raise _fault("the chain does not end in a self-signed root")
        facts = describe_certificate(leaf_certificate)
        authority_facts = tuple(describe_certificate(authority) for authority in authorities)
    except ValueError as error:
        raise _fault(f"a certificate is malformed: {error}") from error
    has_root = bool(authorities) and is_self_issued(authorities[-1])
    return VerifiedChain(
        leaf=split_certificates(leaf)[0],
        intermediates=tuple(texts[:-1] if has_root else texts),
        root=texts[-1] if has_root else None,
        facts=facts,
        authorities=authority_facts,
    )


def _fault(because: str) -> InvalidInput:
    return InvalidInput(
        "Failed to verify the certificate chain",
        because=because,
        remedy="Nothing was changed on the host. Check the CA, its template and the clocks",
    )


def _check_leaf(leaf: x509.Certificate, usage: str | None) -> None:
    facts = describe_certificate(leaf)
    if (facts["basic_constraints"] or {}).get("ca"):
        raise _fault("the certificate is one of a CA, not of an end entity")
    permitted = facts["extended_key_usage"]
    if usage is not None and permitted and not {usage, "anyExtendedKeyUsage"} & set(permitted):
        raise _fault(f"the certificate permits {', '.join(permitted)}, but not {usage}")


def _check_validity(certificate: x509.Certificate, label: str, now: float) -> None:
    not_before, not_after = read_validity(certificate)
    if not not_before <= now <= not_after:
        span = f"{show_time(not_before)} to {show_time(not_after)}"
        raise _fault(f"{label} is valid from {span}, and the control node's time is {show_time(now)}")


def _check_links(leaf: x509.Certificate, authorities: Sequence[x509.Certificate], now: float) -> None:
    subject = leaf
    intermediates_below = 0
    for index, issuer in enumerate(authorities, 1):
        label = f"CA certificate {index} of the chain ({issuer.subject.rfc4514_string()})"
        if subject.issuer != issuer.subject:
            raise _fault(f"{label} is not the issuer of the one before it")
        _check_validity(issuer, label, now)
        _check_authority(issuer, label, intermediates_below)
        if not is_signed_by(subject, issuer):
            raise _fault(f"the signature on the one before {label} does not verify with its key")
        intermediates_below += 0 if is_self_issued(issuer) else 1
        subject = issuer
    if authorities and is_self_issued(subject) and not is_signed_by(subject, subject):
        raise _fault("the root's own signature does not verify")


def _check_authority(issuer: x509.Certificate, label: str, intermediates_below: int) -> None:
    constraints = find_extension(issuer, lambda x509: x509.BasicConstraints)
    if constraints is None or not constraints.ca:
        raise _fault(f"{label} is not a CA by its basicConstraints")
    if constraints.path_length is not None and constraints.path_length < intermediates_below:
        raise _fault(f"{label} allows {constraints.path_length} CAs below it, and there are {intermediates_below}")
    key_usage = find_extension(issuer, lambda x509: x509.KeyUsage)
    if key_usage is not None and not key_usage.key_cert_sign:
        raise _fault(f"{label} may not sign certificates by its keyUsage")


def is_self_issued(certificate: x509.Certificate) -> bool:
    """Tell whether subject and issuer are one name, as in a root."""
    return certificate.subject == certificate.issuer


def is_signed_by(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    """Tell whether the issuer's key made the certificate's signature, with old releases of ``cryptography`` too."""
    from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm

    try:
        if hasattr(certificate, "verify_directly_issued_by"):
            certificate.verify_directly_issued_by(issuer)
        else:
            _verify_signature(certificate, issuer.public_key())
    except (InvalidSignature, TypeError, ValueError):
        return False
    except UnsupportedAlgorithm as error:
        raise _fault(f"a signature cannot be checked with this host's cryptography library: {error}") from error
    return True


def _verify_signature(certificate: x509.Certificate, key: Any) -> None:
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

    signed, algorithm = certificate.tbs_certificate_bytes, certificate.signature_hash_algorithm
    if algorithm is None:
        raise UnsupportedAlgorithm(f"unknown algorithm {certificate.signature_algorithm_oid.dotted_string}")
    if isinstance(key, rsa.RSAPublicKey):
        key.verify(certificate.signature, signed, padding.PKCS1v15(), algorithm)
    elif isinstance(key, ec.EllipticCurvePublicKey):
        key.verify(certificate.signature, signed, ec.ECDSA(algorithm))
    else:
        raise UnsupportedAlgorithm(f"unknown kind of key {type(key).__name__}")
