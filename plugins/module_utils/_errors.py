# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The one error tree of the collection. Whoever catches ``PrivateCaError`` catches all that a user is to read.

PrivateCaError
├── InvalidInput            an option, a CSR or a file that the user gave cannot be used
├── MissingLibrary          Python lacks a library, or has one that is too old
├── RequestRefused          the gate: a host asks for a certificate that the play did not give it
├── UnsafePath              a path on the host could be under another's control, or leaves the base directory
├── UnusableState           what lies on the host's disk is neither ours nor adoptable
├── HostUnreachable         the connection to a host was lost, or never came about
├── StepFailed              validate, switch, reload or proof failed on the host; tells whether service was restored
├── LedgerError             the ledger cannot be read or written, or contradicts the request
│   ├── TokenConflict       one token, two different requests
│   └── IssuanceLimit       the circuit breaker: too many certificates asked of one CA
├── ServiceError            AWS refused or failed; has ``code``, ``operation`` and, once known, ``certificate_arn``
│   ├── AccessDenied        of an action, a template (looks the same) or a shared CA
│   ├── AuthorityUnusable   the CA is pending, disabled, expired, deleted or unknown
│   ├── QuotaExceeded       LimitExceededException: a hard quota, never retried
│   ├── Throttled           ThrottlingException that outlived the deadline
│   ├── IssuanceFailed      RequestFailedException: final for that ARN, the next attempt needs a new token
│   └── Unreachable         no endpoint, no credentials, no region, connection lost past the deadline
└── WaitTimeout             still in progress at the deadline; carries the ARN to go on from
"""

from __future__ import annotations

from typing import Any


class PrivateCaError(Exception):
    """A failure as its user reads it: what failed, on what, why, and what to do.

    ``failed`` completes no sentence of ours: it is one, without the full stop ("Failed to issue a certificate").
    ``details`` are plain JSON values; they become keys of the failed task's result, never secrets.
    """

    def __init__(
        self,
        failed: str,
        because: str | None = None,
        on: str | None = None,
        remedy: str | None = None,
        **details: Any,
    ) -> None:
        self.failed = failed
        self.because = because
        self.on = on
        self.remedy = remedy
        self.details = {name: value for name, value in details.items() if value is not None}
        super().__init__(self.sentence())

    def sentence(self) -> str:
        """Return the whole message: ``Failed to X (resource): cause. Remedy.``"""
        message = self.failed if self.on is None else f"{self.failed} ({self.on})"
        if self.because is not None:
            message = f"{message}: {self.because.rstrip('. ')}"
        message = message.rstrip(".") + "."
        if self.remedy is None:
            return message
        return f"{message} {self.remedy}" if self.remedy.endswith("?") else f"{message} {self.remedy.rstrip('.')}."


class InvalidInput(PrivateCaError):
    """An option, a CSR or a file that the user gave cannot be used."""


class MissingLibrary(PrivateCaError):
    """Python lacks a library, or has one that is too old."""


class RequestRefused(PrivateCaError):
    """A host asks for a certificate that the play did not give it."""


class UnsafePath(PrivateCaError):
    """A path on the host could be under another's control, or leaves the base directory."""


class UnusableState(PrivateCaError):
    """What lies on the host's disk is neither ours nor adoptable."""


class HostUnreachable(PrivateCaError):
    """The connection to a host was lost, or never came about: Ansible takes the host out of the play."""


class StepFailed(PrivateCaError):
    """A step on the host failed; ``details`` has ``step``, ``output``, ``restored`` (does the old set serve again)."""


class LedgerError(PrivateCaError):
    """The ledger cannot be read or written, or contradicts the request."""


class TokenConflict(LedgerError):
    """One token was met again with another request; the message names the difference."""


class IssuanceLimit(LedgerError):
    """The circuit breaker: more certificates were asked of a CA in the period than ``max_issuances`` allows."""


class ServiceError(PrivateCaError):
    """AWS refused or failed. ``details`` has ``code``, ``operation`` and, once known, ``certificate_arn``."""


class AccessDenied(ServiceError):
    """AWS denied an action, a template (which looks the same) or a shared CA."""


class AuthorityUnusable(ServiceError):
    """The CA is pending, disabled, expired, deleted or unknown."""


class QuotaExceeded(ServiceError):
    """LimitExceededException: a hard quota; never retried."""


class Throttled(ServiceError):
    """ThrottlingException that outlived the deadline."""


class IssuanceFailed(ServiceError):
    """RequestFailedException from GetCertificate: final for that ARN; the next attempt needs a new token."""


class Unreachable(ServiceError):
    """No endpoint, credentials or region, or the connection stayed lost past the deadline."""


class WaitTimeout(PrivateCaError):
    """Still in progress at the deadline; ``details`` has ``certificate_arn`` to go on from."""
