# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the emulated service remembers: certificate authorities, certificates, tokens. DER and text, few objects."""

from __future__ import annotations

import contextlib
import re
import secrets
import threading
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.types import CertificateIssuerPrivateKeyTypes

AUTHORITY_ARN = re.compile(r"arn:[^:]+:acm-pca:([^:]*):(\d*):certificate-authority/([0-9a-fA-F-]{36})")
CERTIFICATE_ARN = re.compile(AUTHORITY_ARN.pattern + r"/certificate/([0-9a-zA-Z]+)")


@dataclass(frozen=True)
class Revocation:
    """When and why a certificate was revoked (`reason` as the API spells it)."""

    at: float
    reason: str


@dataclass
class IssuedCertificate:
    """One issuance; `der` is empty when it failed after its ARN was handed out (`failure` says why)."""

    __slots__ = (
        "account",
        "arn_id",
        "chain",
        "der",
        "failure",
        "issued_at",
        "not_after",
        "not_before",
        "partition_id",
        "ready_at",
        "revocation",
        "self_signed",
        "serial",
        "service_principal",
        "subject",
        "template",
        "token",
    )  # fmt: skip
    arn_id: str
    serial: int
    der: bytes
    chain: str | None
    account: str
    service_principal: str | None
    template: str
    token: str | None
    subject: bytes
    not_before: int
    not_after: int
    issued_at: float
    ready_at: float
    failure: str | None
    self_signed: bool
    partition_id: str | None
    revocation: Revocation | None

    def subject_text(self) -> str:
        """The subject as RFC 4514 text, most specific first."""
        return x509.Name.from_bytes(self.subject).rfc4514_string()


@dataclass(frozen=True)
class InstalledCertificate:
    """The certificate of a CA, with what issuing needs ready at hand."""

    pem: str
    chain: str | None
    certificate: x509.Certificate
    subject_key_identifier: bytes
    path_length: int | None
    not_before: int
    not_after: int
    full_chain: str
    """The certificate and its chain: what a certificate that this CA issued is delivered with."""
    level: int
    """Its place in its hierarchy: 1 is the root's."""
    name_constraints: tuple[x509.NameConstraints, ...]
    """Its own, and those of its chain."""


@dataclass
class AuditReport:
    """One audit report; its status is CREATING until it is written at `ready_at`."""

    report_id: str
    bucket: str
    key: str
    created_at: float
    ready_at: float
    status: str = "CREATING"


@dataclass
class Permission:
    """A grant to the ACM service principal."""

    principal: str
    source_account: str
    actions: list[str]
    created_at: float


@dataclass
class CertificateAuthority:
    """One CA: what Describe shows, its key, and everything that it issued."""

    arn: str
    account: str
    region: str
    partition: str
    kind: str
    usage_mode: str
    key_standard: str
    configuration: dict[str, Any]
    revocation: dict[str, Any]
    key: CertificateIssuerPrivateKeyTypes
    csr: str
    created_at: float
    ready_at: float
    changed_at: float
    settles_at: float = 0.0
    status: str = "PENDING_CERTIFICATE"
    status_before_deletion: str = ""
    failure_reason: str | None = None
    restorable_until: float | None = None
    installed: InstalledCertificate | None = None
    tags: dict[str, str] = field(default_factory=dict)
    permissions: list[Permission] = field(default_factory=list)
    policy: str | None = None
    policy_from_share: bool = False
    certificates: dict[str, IssuedCertificate] = field(default_factory=dict)
    by_serial: dict[int, IssuedCertificate] = field(default_factory=dict)
    audit_reports: dict[str, AuditReport] = field(default_factory=dict)
    crl_generations: dict[str | None, float] = field(default_factory=dict)
    crl_due: dict[str | None, float] = field(default_factory=dict)
    partition_members: dict[str, int] = field(default_factory=dict)
    issued_count: int = 0
    revoked_count: int = 0

    @property
    def uuid(self) -> str:
        """The last part of the ARN."""
        return self.arn.rpartition("/")[2]

    def status_at(self, now: float) -> str:
        """The status that Describe reports (reference 5.2): DELETED wins, then the installed certificate's end."""
        if self.status == "DELETED":
            return self.status
        if now < self.ready_at and self.installed is None:
            return "CREATING"
        if self.installed is not None and self.installed.not_after < now:
            return "EXPIRED"
        return self.status

    def changed_at_by(self, now: float) -> float:
        """When its last change was: what was done to it, or what time did: the end of its creation or certificate."""
        if self.status_at(now) not in ("PENDING_CERTIFICATE", "FAILED", "EXPIRED"):
            return self.changed_at
        return max(self.changed_at, self.ready_at if self.installed is None else self.installed.not_after)

    def is_gone(self, now: float) -> bool:
        """Whether the restoration window of a deleted CA is over."""
        return self.status == "DELETED" and (self.restorable_until is None or self.restorable_until <= now)

    def certificate_arn(self, issued: IssuedCertificate) -> str:
        """The ARN under which `issued` is fetched."""
        return f"{self.arn}/certificate/{issued.arn_id}"

    def add(self, issued: IssuedCertificate) -> None:
        """Remember an issuance."""
        self.certificates[issued.arn_id] = issued
        self.by_serial[issued.serial] = issued
        self.issued_count += 1


@dataclass(frozen=True)
class TokenUse:
    """The first use of an idempotency token: the request's digest, the resulting ARN and when it lapses."""

    digest: bytes
    arn: str
    lapses_at: float


@dataclass
class Changes:
    """What is to be saved, in the order of the changes: ARNs of CAs, ARNs with the ids of certificates, tokens."""

    authorities: dict[str, None] = field(default_factory=dict)
    certificates: dict[tuple[str, str], None] = field(default_factory=dict)
    tokens: dict[tuple[str, ...], TokenUse] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.authorities or self.certificates or self.tokens)


class Store:
    """Everything that one emulator holds, under one lock.

    Who changes a record does so inside `change` and notes it: what one operation has noted is saved together.
    """

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.authorities: dict[str, CertificateAuthority] = {}
        self.save: Callable[[Changes], None] | None = None
        self._tokens: dict[tuple[str, ...], TokenUse] = {}
        self._changes = Changes()
        self._depth = 0

    @contextlib.contextmanager
    def change(self) -> Iterator[None]:
        """Hold the lock for one operation, and save what it has noted; inside another, that one saves."""
        with self.lock:
            self._depth += 1
            try:
                yield
            finally:
                self._depth -= 1
                if self._depth == 0 and self._changes:
                    self._save()

    def _save(self) -> None:
        if self.save is not None:
            self.save(self._changes)
        self._changes = Changes()

    def note_authority(self, authority: CertificateAuthority) -> None:
        """Have a CA saved, without its certificates."""
        self._changes.authorities[authority.arn] = None

    def note_certificate(self, authority: CertificateAuthority, issued: IssuedCertificate) -> None:
        """Have an issuance saved, or what has become of it."""
        self._changes.certificates[authority.arn, issued.arn_id] = None

    def clear(self) -> None:
        """Forget everything."""
        self.authorities.clear()
        self._tokens.clear()
        self._changes = Changes()

    def find_token(self, key: tuple[str, ...], now: float) -> TokenUse | None:
        """The live first use of a token; lapsed ones are dropped."""
        use = self._tokens.get(key)
        if use is not None and use.lapses_at <= now:
            del self._tokens[key]
            return None
        return use

    def restore_token(self, key: tuple[str, ...], use: TokenUse) -> None:
        """Put back a first use that a state directory kept."""
        self._tokens[key] = use

    def keep_token(self, key: tuple[str, ...], use: TokenUse, now: float) -> None:
        """Remember a first use, and drop the oldest uses that have lapsed."""
        for old in list(self._first_tokens(2)):
            if self._tokens[old].lapses_at <= now:
                del self._tokens[old]
        self._tokens[key] = use
        self._changes.tokens[key] = use

    def _first_tokens(self, count: int) -> Iterator[tuple[str, ...]]:
        for position, key in enumerate(self._tokens):
            if position >= count:
                return
            yield key


def new_serial() -> int:
    """16 random octets, never zero; the top bit may be set (reference 2.3)."""
    return secrets.randbits(128) | 1


def new_authority_arn(partition: str, region: str, account: str) -> str:
    """A fresh CA ARN."""
    return f"arn:{partition}:acm-pca:{region}:{account}:certificate-authority/{uuid.uuid4()}"
