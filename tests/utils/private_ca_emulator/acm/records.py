# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What AWS Certificate Manager remembers of private and imported certificates (reference 11)."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from cryptography import x509
from moto.acm.exceptions import AWSError
from moto.acm.models import CertBundle, acm_backends

from private_ca_emulator.accounts import Caller
from private_ca_emulator.certificates import to_pem
from private_ca_emulator.errors import ServiceError

_LISTENER = re.compile(r":listener/(.*)/[0-9a-f]+$")


@dataclass
class ManagedCertificate:
    """One ACM certificate; `der` is empty until it is issued, `failure` a FailureReason of the ACM model."""

    arn: str
    account: str
    region: str
    kind: str
    domain: str
    names: list[str]
    key_algorithm: str
    key: Any
    created_at: float
    ready_at: float
    authority_arn: str | None = None
    export_option: str = "DISABLED"
    der: bytes = b""
    chain: str | None = None
    failure: str | None = None
    exported: bool = False
    renewed_at: float | None = None
    renewal_failure: str | None = None
    tags: dict[str, str] = field(default_factory=dict)

    @property
    def certificate(self) -> x509.Certificate:
        """The certificate, parsed."""
        return x509.load_der_x509_certificate(self.der)

    @property
    def pem(self) -> str:
        """The certificate as PEM, without a final newline."""
        return to_pem(self.der)

    def status_at(self, now: float) -> str:
        """The status that DescribeCertificate reports."""
        if now < self.ready_at:
            return "PENDING_VALIDATION"
        if self.failure is not None or not self.der:
            return "FAILED"
        return "EXPIRED" if self.certificate.not_valid_after_utc.timestamp() < now else "ISSUED"

    def list_users(self) -> list[str]:
        """The ARNs of load balancers that use the certificate, as moto's ELB tells."""
        bundle = acm_backends[self.account][self.region]._certificates.get(self.arn)
        listeners = bundle.in_use_by if bundle else []
        return [_LISTENER.sub(r":loadbalancer/\1", listener) for listener in listeners]

    def show_to_moto(self, private_key_pem: bytes) -> None:
        """Let moto's other services (load balancers) find the certificate under its ARN."""
        backend = acm_backends[self.account][self.region]
        chain = (self.chain + "\n").encode() if self.chain else None
        try:
            bundle = CertBundle(
                self.account, self.pem.encode(), private_key_pem, chain, self.region, self.arn, cert_type=self.kind
            )
        except AWSError:
            return  # valid on the emulator's clock only
        known = backend._certificates.get(self.arn)
        bundle.in_use_by = known.in_use_by if known else []
        backend._certificates[self.arn] = bundle


@dataclass
class ManagedStore:
    """The certificates of every account and Region, and the tokens of RequestCertificate."""

    certificates: dict[str, ManagedCertificate] = field(default_factory=dict)
    tokens: dict[tuple[str, ...], tuple[float, str]] = field(default_factory=dict)

    def find(self, arn: str, caller: Caller) -> ManagedCertificate:
        """The caller's certificate; ResourceNotFoundException otherwise."""
        found = self.certificates.get(arn)
        if found is None or (found.account, found.region) != (caller.account, caller.region):
            raise ServiceError("ResourceNotFoundException", f"Could not find certificate {arn}.")
        return found
