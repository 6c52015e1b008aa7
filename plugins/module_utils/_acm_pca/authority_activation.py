# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Giving a certificate authority its certificate: signed by itself, by a parent CA of the service, or imported."""

from __future__ import annotations

import ssl
from dataclasses import replace
from typing import Any, Mapping

from .._errors import AuthorityUnusable, InvalidInput, ServiceError
from .._issuance_token import derive_token
from .._x509.facts import find_extension
from .._x509.pem import load_certificate
from .._x509.times import show_time
from .api import Authority
from .arns import parse_authority_arn
from .authority_api import AuthorityApi
from .authority_plan import DEFAULT_VALIDITY, Activation
from .expectations import earliest_end
from .models import IssuanceRequest, IssuedCertificate, Validity
from .polling import Polling
from .templates import template_arn
from .waiting import Patience, wait_for_certificate

_SETTLING_SECONDS = 60.0  # a CA that has just become active may refuse to issue for about a minute


def settle_by_parent(issuer: AuthorityApi, activation: Activation, installed: str | None, now: float) -> Activation:
    """Return the activation with what the task leaves open filled in, from the parent and the installed certificate.

    ``issuer`` reaches the parent, ``now`` is in epoch seconds. Raises AuthorityUnusable or InvalidInput when the parent
    cannot sign: so it is known in check mode, and before a CA is made, which costs money.
    """
    parent = issuer.describe_certificate_authority(parse_authority_arn(str(activation.parent_arn)).text)
    validity = activation.validity or DEFAULT_VALIDITY["SUBORDINATE"]
    _require_able_parent(parent, validity, now)
    kept = path_length_of(installed) if installed else None
    return replace(
        activation,
        path_length=activation.path_length if activation.path_length is not None else kept or 0,
        signing_algorithm=activation.signing_algorithm or parent.signing_algorithm,
        validity=validity,
    )


def _require_able_parent(parent: Authority, validity: Validity, now: float) -> None:
    failed = "Failed to have the CA's certificate signed"
    if parent.status != "ACTIVE":
        because, remedy = f"the parent is {parent.status}", "Activate or enable the parent, or give another"
        raise AuthorityUnusable(failed, because, parent.arn, remedy)
    end = earliest_end(validity, now)
    if end is not None and parent.not_after is not None and end > parent.not_after:
        raise InvalidInput(
            failed,
            because=f"the validity of {validity.type}:{validity.value} outlives the parent's certificate, which ends "
            f"at {show_time(parent.not_after)}",
            on=parent.arn,
            remedy="Ask for a shorter validity, or renew the parent's certificate first",
        )


def path_length_of(certificate: str) -> int | None:
    """Return how many levels of CAs a CA's certificate (PEM) lets be below it, None for any number."""
    constraints = find_extension(load_certificate(certificate), lambda x509: x509.BasicConstraints)
    return None if constraints is None else constraints.path_length


def sign_certificate(
    api: AuthorityApi, issuer: AuthorityApi, facts: Mapping[str, Any], activation: Activation, polling: Polling
) -> None:
    """Have the CA's certificate signed, by itself if it is a root or else by its parent, and install it.

    ``api`` reaches the CA, ``issuer`` the one that signs.
    """
    csr = polling.until(lambda: _csr(api, facts["arn"]), "Failed to get the CA's CSR", facts["arn"])
    request = signing_request(facts, activation, csr)
    issued = _issue(issuer, request, polling)
    chain = "".join(issued.chain) if facts["type"] == "SUBORDINATE" else None
    install_certificate(api, facts["arn"], issued.certificate, chain, polling)


def signing_request(facts: Mapping[str, Any], activation: Activation, csr: str) -> IssuanceRequest:
    """Return the issuance of the CA's certificate, from a settled activation: template of its path length."""
    if facts["type"] == "ROOT":
        issuer, template = facts["arn"], "RootCACertificate"
    else:
        issuer, template = str(activation.parent_arn), f"SubordinateCACertificate_PathLen{activation.path_length}"
    return IssuanceRequest(
        certificate_authority_arn=issuer,
        csr=csr,
        template_arn=template_arn(template, issuer),
        signing_algorithm=activation.signing_algorithm or facts["signing_algorithm"],
        validity=activation.validity or DEFAULT_VALIDITY[facts["type"]],
        replaces=facts.get("serial"),
    )


def _csr(api: AuthorityApi, arn: str) -> str | None:
    """Return the CA's CSR, or None while its key is being made."""
    try:
        return api.get_certificate_authority_csr(arn)
    except ServiceError as error:
        if error.details.get("code") == "RequestInProgressException":
            return None
        raise


def _issue(issuer: AuthorityApi, request: IssuanceRequest, polling: Polling) -> IssuedCertificate:
    token = derive_token(request)

    def ask() -> str | None:
        try:
            return issuer.issue_certificate(request, token)
        except AuthorityUnusable as error:
            settling = error.details.get("code") == "InvalidStateException" and _may_issue_soon(issuer, request)
            if not settling:
                raise
            return None

    authority = request.certificate_authority_arn
    arn = polling.up_to(_SETTLING_SECONDS).until(ask, "Failed to have the CA's certificate signed", authority)
    return wait_for_certificate(issuer, arn, Patience(wait_deadline=polling.timeout), polling.clock)


def _may_issue_soon(issuer: AuthorityApi, request: IssuanceRequest) -> bool:
    authority = issuer.describe_certificate_authority(request.certificate_authority_arn)
    return authority.status in ("ACTIVE", "PENDING_CERTIFICATE")


def install_certificate(api: AuthorityApi, arn: str, certificate: str, chain: str | None, polling: Polling) -> None:
    """Import the certificate and wait until the CA has it."""
    before = api.authority_record(arn)
    api.import_certificate_authority_certificate(arn, certificate, chain)

    def is_installed() -> bool | None:
        record = api.authority_record(arn)
        settled = record["Status"] in ("ACTIVE", "DISABLED") and record.get("Serial")
        return True if settled and record.get("Serial") != before.get("Serial") else None

    polling.until(is_installed, "Failed to activate the certificate authority", arn)


def same_certificate(one: str | None, other: str | None) -> bool:
    """Tell whether two PEM texts are one certificate; raise InvalidInput for a text that is no certificate."""
    return one is not None and other is not None and _der(one) == _der(other)


def _der(pem: str) -> bytes:
    try:
        return ssl.PEM_cert_to_DER_cert(pem.strip())
    except ValueError as error:
        raise InvalidInput(
            "Failed to read the certificate of the certificate authority",
            because=str(error),
            remedy="Give one certificate in PEM, and the others in certificate_chain",
        ) from error
