# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Waiting for a certificate that was asked for. Waiting never asks for one."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Protocol

from .._clock import Clock
from .._errors import Throttled, Unreachable, WaitTimeout
from .models import IssuedCertificate
from .retries import RetryPolicy


@dataclass(frozen=True)
class Patience:
    """How long to try and to wait, in seconds.

    ``issue_deadline`` bounds the attempts to ask, ``wait_deadline`` the wait for the certificate. It is polled after
    ``first_delay``, then every ``interval`` seconds, growing by ``growth`` up to ``longest_interval``.
    ``holder_deadline`` bounds the wait for another process that is asking for the same certificate.
    """

    issue_deadline: float = 90.0
    wait_deadline: float = 120.0
    first_delay: float = 0.1
    interval: float = 0.5
    growth: float = 1.5
    longest_interval: float = 5.0
    holder_deadline: float = 180.0
    holder_interval: float = 0.2
    retries: RetryPolicy = field(default_factory=RetryPolicy)


class GetsCertificates(Protocol):
    """The one operation that waiting needs."""

    def get_certificate(self, certificate_arn: str, *, retries: RetryPolicy | None = None) -> IssuedCertificate | None:
        """Return the certificate, or None while its issuance is in progress."""


def wait_for_certificate(
    api: GetsCertificates, certificate_arn: str, patience: Patience, clock: Clock
) -> IssuedCertificate:
    """Return the certificate once it is issued.

    Throttling and lost connections are borne until the deadline. Raise WaitTimeout with the ARN then, IssuanceFailed
    when the service gave up, and any other error of GetCertificate as it is.
    """
    begun = clock.monotonic()
    clock.sleep(patience.first_delay)
    pause = patience.interval
    while True:
        left = patience.wait_deadline - (clock.monotonic() - begun)
        try:
            retries = replace(patience.retries, deadline=max(0.0, left), unreachable_deadline=max(0.0, left))
            certificate = api.get_certificate(certificate_arn, retries=retries)
        except (Throttled, Unreachable) as error:
            if not error.details.get("transient"):
                raise
            raise _timed_out(certificate_arn, patience, error.because) from error
        if certificate is not None:
            return certificate
        if clock.monotonic() + pause - begun > patience.wait_deadline:
            raise _timed_out(certificate_arn, patience, None)
        clock.sleep(pause)
        pause = min(pause * patience.growth, patience.longest_interval)


def _timed_out(certificate_arn: str, patience: Patience, last_fault: str | None) -> WaitTimeout:
    cause = "its issuance is still in progress" if last_fault is None else f"the last call failed ({last_fault})"
    return WaitTimeout(
        "Failed to wait for the certificate",
        because=f"after {patience.wait_deadline:g} seconds {cause}",
        on=certificate_arn,
        remedy="Run again to go on waiting for this certificate; no other one is asked for",
        certificate_arn=certificate_arn,
    )
