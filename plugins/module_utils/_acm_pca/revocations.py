# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Revoking certificates, once and for all: fetch, create (the revocation), present."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Mapping, Sequence

from .._errors import AuthorityUnusable, InvalidInput, ServiceError
from .._x509.chains import is_self_issued
from .._x509.facts import read_validity
from .._x509.pem import load_certificate
from .._x509.serials import read_serial, spell_serial
from .._x509.times import show_time
from .arns import authority_of_certificate
from .errors import NOT_FOUND_CODES
from .governance_api import GovernanceApi
from .outcome import Outcome
from .polling import Polling
from .publication import ADDRESSES, READERS, REASONS, Fetch, Publication, require_url

if TYPE_CHECKING:
    from cryptography import x509


ARGUMENTS: dict[str, Any] = {
    "certificate_authority_arn": {"type": "str", "required": True},
    "certificate_arn": {"type": "str"},
    "serial": {"type": "str"},
    "certificate": {"type": "str"},
    "reason": {"type": "str", "choices": list(REASONS.values()), "default": "UNSPECIFIED"},
    "wait_for": {"type": "list", "elements": "str", "choices": list(READERS), "default": []},
    "wait_timeout": {"type": "int", "default": 4500},
    "wait_interval": {"type": "int", "default": 15},
}
DONE = ("RequestAlreadyProcessedException", "RequestInProgressException")


@dataclass(frozen=True)
class Revocation:
    """A revocation as the task asks for it: the certificate by exactly one of ARN, serial (any spelling) and PEM."""

    authority_arn: str
    certificate_arn: str | None = None
    serial: str | None = None
    certificate: str | None = None
    reason: str = "UNSPECIFIED"
    wait_for: tuple[str, ...] = ()


@dataclass(frozen=True)
class Target:
    """The certificate that is meant; only its serial is known when the task gives no more."""

    serial: str
    certificate: x509.Certificate | None = None


class Revocations:
    """Revocations by a CA, through ``api``; ``fetch_url`` reaches CRL and OCSP, ``polling`` bounds the wait."""

    def __init__(self, api: GovernanceApi, fetch_url: Fetch, polling: Polling) -> None:
        self.api = api
        self.fetch_url = fetch_url
        self.polling = polling

    def fetch(self, desired: Revocation) -> Target:
        """Return the certificate that is meant; raise InvalidInput when it cannot be revoked."""
        if desired.serial is not None:
            return Target(read_serial(desired.serial))
        certificate = load_certificate(desired.certificate or self._download(desired))
        refuse_irrevocable(certificate, self.polling.clock.now())
        return Target(format(certificate.serial_number, "x"), certificate)

    def create(self, desired: Revocation, target: Target) -> bool:
        """Revoke the certificate; return False when it was revoked before or its revocation is under way."""
        try:
            self.api.revoke_certificate(desired.authority_arn, spell_serial(target.serial), desired.reason)
        except ServiceError as error:
            if error.details.get("code") in DONE:
                return False
            raise explain(error, target) from error
        return True

    def present(self, desired: Revocation, check_mode: bool) -> Outcome:
        """Have the certificate revoked, and published as revoked where the task waits for that."""
        target = self.fetch(desired)
        sources = _sources(target)
        _require_sources(desired, target)
        issuer = self._issuer(desired) if sources and (check_mode or desired.wait_for) else None
        if check_mode:
            published = self._published(sources, target.certificate, issuer)
            return _outcome(desired, target, not any(one.revoked for one in published), published)
        changed = self.create(desired, target)
        published = [self._wait(source, target.certificate, issuer) for source in desired.wait_for]
        return _outcome(desired, target, changed, published)

    def _download(self, desired: Revocation) -> str:
        arn = str(desired.certificate_arn)
        if authority_of_certificate(arn).text != desired.authority_arn:
            raise InvalidInput(
                "Failed to revoke the certificate",
                because=f"it is of another certificate authority than {desired.authority_arn}",
                on=arn,
                remedy="Give the ARN of the certificate authority that issued it",
            )
        issued = self.polling.up_to(60.0).until(
            lambda: self.api.get_certificate(arn), "Failed to get the certificate that is to be revoked", arn
        )
        return issued.certificate

    def _issuer(self, desired: Revocation) -> x509.Certificate:
        return load_certificate(self.api.get_certificate_authority_certificate(desired.authority_arn))

    def _published(self, sources: Sequence[str], certificate: Any, issuer: Any) -> list[Publication]:
        """Return what can be read now, for check mode: the service itself has no operation that tells."""
        answers = [READERS[source](certificate, issuer, self.fetch_url) for source in sources]
        return [answer for answer in answers if answer is not None]

    def _wait(self, source: str, certificate: Any, issuer: Any) -> Publication:
        def revoked() -> Publication | None:
            answer = READERS[source](certificate, issuer, self.fetch_url)
            return answer if answer is not None and answer.revoked else None

        failed, serial = f"Failed to see the revocation published ({source})", format(certificate.serial_number, "x")
        return self.polling.until(revoked, failed, serial, "It is revoked; raise wait_timeout to wait longer")


def _sources(target: Target) -> list[str]:
    """Return where the certificate says that its revocation is published; a serial alone does not say."""
    certificate = target.certificate
    return [] if certificate is None else [name for name, (find, _lack) in ADDRESSES.items() if find(certificate)]


def _require_sources(desired: Revocation, target: Target) -> None:
    """Raise InvalidInput when the task waits for what will never show it; a revocation cannot be taken back."""
    if target.certificate is None and desired.wait_for:
        raise InvalidInput(
            "Failed to wait for the publication of the revocation",
            because="a serial alone does not tell where CRL and OCSP are",
            on=target.serial,
            remedy="Give certificate or certificate_arn",
        )
    if target.certificate is not None:
        for source in desired.wait_for:
            require_url(source, target.certificate)


def desired_revocation(params: Mapping[str, Any]) -> Revocation:
    """Return what the module's options ask for. Raise InvalidInput for an interval that lets no time pass."""
    if params["wait_interval"] < 1:
        raise InvalidInput(
            "Failed to read the options",
            on="wait_interval",
            because=f"it is {params['wait_interval']}",
            remedy="Give whole seconds, from 1 on",
        )
    return Revocation(
        authority_arn=params["certificate_authority_arn"],
        certificate_arn=params["certificate_arn"],
        serial=params["serial"],
        certificate=params["certificate"],
        reason=params["reason"],
        wait_for=tuple(params["wait_for"]),
    )


def refuse_irrevocable(certificate: x509.Certificate, now: float) -> None:
    """Raise InvalidInput for a certificate that the service does not revoke: a root, or an expired one."""
    serial, not_after = format(certificate.serial_number, "x"), read_validity(certificate)[1]
    if is_self_issued(certificate):
        raise InvalidInput(
            "Failed to revoke the certificate",
            because="it is the root's own, which nobody can revoke",
            on=serial,
            remedy="Delete the certificate authority, and take its certificate out of the trust stores",
        )
    if not_after < now:
        raise InvalidInput(
            "Failed to revoke the certificate",
            because=f"it expired at {show_time(not_after)}, and an expired certificate needs no revocation",
            on=serial,
            remedy="Leave it out",
        )


def explain(error: ServiceError, target: Target) -> ServiceError:
    """Return the refusal with what to do about it, where its code leaves that open."""
    never_issued = "Check the ARN and the serial: this certificate authority does not exist, or never issued it"
    remedies = {
        **dict.fromkeys(NOT_FOUND_CODES, never_issued),
        "InvalidRequestException": "A root's own certificate, an expired one and a serial that this CA never issued "
        "cannot be revoked",
        "InvalidStateException": "Only an ACTIVE or DISABLED certificate authority revokes certificates",
    }
    remedy = remedies.get(str(error.details.get("code")))
    if remedy is None:
        return error
    kind = AuthorityUnusable if error.details["code"] == "InvalidStateException" else ServiceError
    return kind(error.failed, error.because, error.on, remedy, **{**error.details, "serial": target.serial})


def _outcome(desired: Revocation, target: Target, changed: bool, published: Sequence[Publication]) -> Outcome:
    facts: dict[str, Any] = {
        "certificate_authority_arn": desired.authority_arn,
        "certificate_arn": desired.certificate_arn,
        "serial": target.serial,
        "reason": desired.reason if changed else next((one.reason for one in published if one.reason), None),
        "published": {one.source: {"url": one.url, "reason": one.reason} for one in published if one.revoked},
    }
    steps = (f"Revoke the certificate {target.serial} ({desired.reason})",) if changed else ()
    return Outcome(steps, {"revoked": not changed}, {"revoked": True}, facts)
