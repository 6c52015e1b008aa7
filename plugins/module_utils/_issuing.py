# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One certificate for one request, whatever crashes: claim, ask, wait, compare, record.

1. Claim the token in the ledger by compare-and-swap. A known ARN goes straight to 6, the claim of another live process
   is waited for, a failed attempt leads to the next attempt's token.
2. Count the issuance against the circuit breaker and wait for the shared pace's turn.
3. Write "sending", then call IssueCertificate; every retry carries the same token, inside the service's window.
4. Write the ARN at once: from here on nothing is ever asked again for this token. A ledger that cannot be written now
   costs a warning, not the certificate: where it is installed, nobody asks for it again.
5. A claim found in "sending" past the window: its reply is lost. ``recover`` may find the certificate. If it cannot,
   the certificate is asked for once more, and the log says so: AWS offers no other way to learn whether it exists.
6. Fetch the certificate, or wait for it, check that its key is the CSR's, write the outcome.
"""

from __future__ import annotations

from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from typing import AbstractSet, Callable, Iterator, Protocol, TypeVar

from ._acm_pca.api import Authority, SendJournal
from ._acm_pca.differences import certificate_end, describe_differences, require_key_of_csr
from ._acm_pca.errors import REMEDY_BY_STATUS
from ._acm_pca.models import Issuance, IssuanceRequest, IssuedCertificate, LineageId
from ._acm_pca.retries import RetryPolicy
from ._acm_pca.waiting import Patience, wait_for_certificate
from ._clock import Clock
from ._errors import AuthorityUnusable, IssuanceFailed, LedgerError, PrivateCaError, WaitTimeout
from ._issuance_token import derive_token, describe_terms, token_of_attempt
from ._ledger.claims import (
    SAFE_WINDOW,
    ClaimLost,
    HeldClaim,
    Standing,
    claim,
    record_failed,
    record_issued,
    refuse_other_terms,
)
from ._ledger.holders import this_process
from ._ledger.limits import Limits
from ._ledger.records import FAILED, Holder, Record
from ._ledger.stores import Ledger
from ._x509.times import show_time

_MOST_ATTEMPTS = 100

Found = TypeVar("Found", IssuedCertificate, "IssuedCertificate | None")
Recover = Callable[[IssuanceRequest, float, AbstractSet[str]], "str | None"]


class IssuingApi(Protocol):
    """What issuing needs of the service (``_acm_pca.api.PrivateCaApi``)."""

    def issue_certificate(
        self,
        request: IssuanceRequest,
        token: str,
        *,
        journal: SendJournal | None = None,
        retries: RetryPolicy | None = None,
    ) -> str:
        """Ask for the certificate and return its ARN."""

    def get_certificate(self, certificate_arn: str, *, retries: RetryPolicy | None = None) -> IssuedCertificate | None:
        """Return the certificate, or None while its issuance is in progress."""

    def describe_certificate_authority(self, arn: str) -> Authority:
        """Return the CA's record."""


@dataclass(frozen=True)
class Asked:
    """A certificate that was asked for: its ARN, the token, and whether this very run asked."""

    certificate_arn: str
    token: str
    asked_now: bool


@dataclass(frozen=True)
class Issuer:
    """What issuing works with.

    ``log`` gets sentences on what is going on, ``warn`` (by default ``log``) those on what may cost. ``recover`` finds
    the ARN of a certificate whose reply was lost, given the request, the time when it was sent and the ARNs of other
    requests; or returns None. ``me`` tells who claims.
    """

    api: IssuingApi
    ledger: Ledger
    clock: Clock
    log: Callable[[str], None]
    patience: Patience = field(default_factory=Patience)
    limits: Limits = field(default_factory=Limits)
    recover: Recover | None = None
    warn: Callable[[str], None] | None = None
    me: Callable[[], Holder] = this_process

    def issue(self, request: IssuanceRequest, lineage: LineageId | None = None, token: str | None = None) -> Issuance:
        """Return the one certificate of ``request``; see ``issue``."""
        asked, certificate = self._obtain(request, lineage, token, self._wait_for)
        return Issuance(certificate, asked.token, asked.asked_now, describe_differences(request, certificate))

    def begin(
        self, request: IssuanceRequest, lineage: LineageId | None, token: str | None
    ) -> tuple[Asked, IssuedCertificate | None]:
        """Do as ``issue`` without waiting: there is no certificate while its issuance is in progress."""
        return self._obtain(request, lineage, token, self.api.get_certificate)

    def _obtain(
        self, request: IssuanceRequest, lineage: LineageId | None, token: str | None, fetch: Callable[[str], Found]
    ) -> tuple[Asked, Found]:
        asked = self.ask(request, lineage, token)
        try:
            return asked, self._collect(request, asked, fetch)
        except IssuanceFailed:
            if asked.asked_now:
                raise
        # an earlier run asked and never saw that it failed: this run still has its one attempt
        asked = self.ask(request, lineage, token)
        return asked, self._collect(request, asked, fetch)

    def ask(self, request: IssuanceRequest, lineage: LineageId | None, token: str | None) -> Asked:
        """Return the ARN of the request's certificate, asking for it only if no one did (steps 1 to 5)."""
        attempt, failure = request.attempt, None
        while attempt < _MOST_ATTEMPTS:
            this_attempt = replace(request, attempt=attempt)
            standing, record = self._claim(_record_of(this_attempt, lineage, token))
            if standing is Standing.FAILED:
                attempt, failure = attempt + 1, record.failure
            elif standing is Standing.KNOWN and record.certificate_arn is not None:
                return Asked(record.certificate_arn, record.token, asked_now=False)
            else:
                with suppress(ClaimLost):
                    return self._send(this_attempt, record)
        raise IssuanceFailed(
            "Failed to issue a certificate",
            because=f"{_MOST_ATTEMPTS} attempts failed, the last one so: {failure}",
            on=request.certificate_authority_arn,
            remedy="Mend the cause, then make a new CSR",
        )

    def _collect(self, request: IssuanceRequest, asked: Asked, fetch: Callable[[str], Found]) -> Found:
        """Fetch the certificate, check it and write the outcome (step 6)."""
        with _reporting(asked.certificate_arn):
            try:
                certificate = fetch(asked.certificate_arn)
                if certificate is not None:
                    require_key_of_csr(request.csr, certificate, asked.token)
            except IssuanceFailed as error:
                self._record_failed(asked, error)
                raise
            if certificate is not None:
                self._record_issued(asked, certificate)
        return certificate

    def _wait_for(self, certificate_arn: str) -> IssuedCertificate:
        return wait_for_certificate(self.api, certificate_arn, self.patience, self.clock)

    def _claim(self, wanted: Record) -> tuple[Standing, Record]:
        begun = self.clock.monotonic()
        me = self.me()
        announced = False
        while True:
            standing, record = claim(self.ledger, wanted, me, self.clock.now())
            if standing is not Standing.HELD:
                return standing, record
            if self.clock.monotonic() - begun > self.patience.holder_deadline:
                raise _still_held(record)
            if not announced and record.holder is not None:
                announced = True
                self.log(f"Process {record.holder.pid} on {record.holder.host} asks for the same certificate: waiting")
            self.clock.sleep(self.patience.holder_interval)

    def _send(self, request: IssuanceRequest, record: Record) -> Asked:
        held = HeldClaim(self.ledger, record, self.clock, self.limits)
        try:
            arn = self._recovered(request, held) or self._issue_certificate(request, held)
        except AuthorityUnusable as error:
            held.release()
            raise self._explained(error, request) from error
        except PrivateCaError:
            held.release()
            raise
        with self._warning_of_ledger(arn):
            arn = held.learn_arn(arn).certificate_arn or arn
        return Asked(arn, record.token, asked_now=True)

    def _record_issued(self, asked: Asked, certificate: IssuedCertificate) -> None:
        end = certificate_end(certificate.certificate)
        with self._warning_of_ledger(asked.certificate_arn):
            record_issued(self.ledger, asked.token, asked.certificate_arn, end, self.clock.now())

    def _record_failed(self, asked: Asked, failure: IssuanceFailed) -> None:
        try:
            record_failed(self.ledger, asked.token, str(failure), self.clock.now())
        except LedgerError as error:  # the failure itself is what is to be told
            (self.warn or self.log)(
                f"{error} That {asked.certificate_arn} failed is not on record: the next run asks AWS for its outcome "
                "again"
            )

    @contextmanager
    def _warning_of_ledger(self, certificate_arn: str) -> Iterator[None]:
        """Have a certificate in hand used although the ledger cannot be written."""
        try:
            yield
        except LedgerError as error:
            (self.warn or self.log)(
                f"{error} Certificate {certificate_arn} is used all the same. Should it be asked for again more than "
                f"{SAFE_WINDOW / 60:g} minutes from now while the ledger does not know it, AWS issues another one"
            )

    def _issue_certificate(self, request: IssuanceRequest, held: HeldClaim) -> str:
        held.admit()
        sent_at = held.lost_since()
        if sent_at is not None and self.recover is None:
            (self.warn or self.log)(
                f"The reply to the request of {show_time(sent_at)} was lost and AWS has forgotten its token: the "
                f"certificate is asked for again, so {request.certificate_authority_arn} may have issued one that "
                "nobody uses"
            )
        deadline = min(self.patience.issue_deadline, held.seconds_left())
        return self.api.issue_certificate(
            request, held.record.token, journal=held, retries=replace(self.patience.retries, deadline=deadline)
        )

    def _recovered(self, request: IssuanceRequest, held: HeldClaim) -> str | None:
        sent_at = held.lost_since()
        if sent_at is None or self.recover is None:
            return None
        known = {one.certificate_arn for one in self.ledger.records() if one.certificate_arn is not None}
        arn = self.recover(request, sent_at, known)
        if arn is not None:
            self.log(f"The reply to the request of {show_time(sent_at)} was lost; its certificate was found: {arn}")
        return arn

    def _explained(self, error: AuthorityUnusable, request: IssuanceRequest) -> PrivateCaError:
        try:
            authority = self.api.describe_certificate_authority(request.certificate_authority_arn)
        except PrivateCaError:
            return error
        remedy = REMEDY_BY_STATUS.get(authority.status, error.remedy)
        because = f"the CA is {authority.status}; {error.because}"
        return AuthorityUnusable(
            error.failed, because=because, on=error.on, remedy=remedy, status=authority.status, **error.details
        )


def issue(
    request: IssuanceRequest,
    *,
    api: IssuingApi,
    ledger: Ledger,
    lineage: LineageId | None,
    clock: Clock,
    log: Callable[[str], None],
    token: str | None = None,
    patience: Patience | None = None,
    limits: Limits | None = None,
    recover: Recover | None = None,
) -> Issuance:
    """Return the one certificate of ``request``: a new one, or the one that this or another run asked for before.

    ``token`` overrides the one derived from the request. ``log`` gets sentences for the user. Raise TokenConflict,
    IssuanceLimit, WaitTimeout (with the ARN), IssuanceFailed (the next run tries with a new token) and ServiceErrors;
    whatever is raised after the ARN is known has it in its details.
    """
    issuer = Issuer(api, ledger, clock, log, patience or Patience(), limits or Limits(), recover)
    return issuer.issue(request, lineage, token)


def find_known(ledger: Ledger, request: IssuanceRequest, token: str | None) -> Asked | None:
    """Return what the ledger knows of the request's certificate, without claiming anything; None when it must be asked.

    Raise TokenConflict when the token stands for another request.
    """
    for attempt in range(request.attempt, _MOST_ATTEMPTS):
        wanted = _record_of(replace(request, attempt=attempt), None, token)
        record = ledger.read(wanted.token)
        if record is None:
            return None
        refuse_other_terms(record, wanted)
        if record.state != FAILED:
            arn = record.certificate_arn
            return None if arn is None else Asked(arn, record.token, asked_now=False)
    return None


def _record_of(request: IssuanceRequest, lineage: LineageId | None, token: str | None) -> Record:
    terms = describe_terms(request)
    return Record(
        token=derive_token(request) if token is None else token_of_attempt(token, request.attempt),
        terms=terms,
        host=None if lineage is None else lineage.host,
        lineage=None if lineage is None else lineage.name,
    )


@contextmanager
def _reporting(certificate_arn: str) -> Iterator[None]:
    try:
        yield
    except PrivateCaError as error:
        error.details.setdefault("certificate_arn", certificate_arn)
        raise


def _still_held(record: Record) -> WaitTimeout:
    holder = record.holder
    who = "another process" if holder is None else f"process {holder.pid} on {holder.host}"
    return WaitTimeout(
        "Failed to wait for another run that asks for the same certificate",
        because=f"{who} has not asked yet",
        on=record.token,
        remedy="Run again when it has ended; no second certificate was asked for",
    )
