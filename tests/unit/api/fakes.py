# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the issuing core meets in its tests: a clock that a test owns and a boto3 client that signs in memory."""

from __future__ import annotations

import dataclasses
import datetime
from typing import Any, Callable

from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._acm_pca.models import (
    IssuanceRequest,
    Validity,
)
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._ledger.holders import this_process
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._ledger.records import Record
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._ledger.stores import Ledger
from botocore.exceptions import ClientError
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

AUTHORITY = "arn:aws:acm-pca:eu-central-1:123456789012:certificate-authority/11111111-2222-3333-4444-555555555555"
TEMPLATE = "arn:aws:acm-pca:::template/EndEntityCertificate/V1"
START = 1_800_000_000.0


class FakeClock:
    """A clock that moves when someone sleeps. ``on_sleep`` hears of every sleep."""

    def __init__(self, now: float = START) -> None:
        self.time = now
        self.ticks = 0.0
        self.slept: list[float] = []
        self.on_sleep: Callable[[], None] = lambda: None

    def now(self) -> float:
        return self.time

    def monotonic(self) -> float:
        return self.ticks

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.advance(seconds)
        self.on_sleep()

    def advance(self, seconds: float) -> None:
        self.time += seconds
        self.ticks += seconds


class Killed(BaseException):
    """Stands for SIGKILL: no handler of the core may catch it."""


def record_of(ledger: Ledger, token: str) -> Record:
    record = ledger.read(token)
    assert record is not None
    return record


def orphan(ledger: Ledger, token: str, **changes: object) -> None:
    """Give the claim to a process that no longer lives."""
    record = record_of(ledger, token)
    dead = dataclasses.replace(this_process(), pid=2**22 + 1, started="1")
    changed = dataclasses.replace(record, holder=dead, version=record.version + 1, **changes)  # type: ignore[arg-type]
    assert ledger.swap(changed, record.version)


def client_error(code: str, message: str = "told so", status: int = 400) -> ClientError:
    response: Any = {"Error": {"Code": code, "Message": message}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(response, "Operation")


def make_key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def make_csr(key: Any = None, common_name: str = "web.example.com", names: tuple[str, ...] = ()) -> str:
    builder = x509.CertificateSigningRequestBuilder()
    builder = builder.subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)]))
    if names:
        builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(name) for name in names]), False)
    return builder.sign(key or make_key(), hashes.SHA256()).public_bytes(Encoding.PEM).decode()


def make_request(csr: str | None = None, **changes: Any) -> IssuanceRequest:
    members: dict[str, Any] = {
        "certificate_authority_arn": AUTHORITY,
        "csr": csr or make_csr(),
        "template_arn": TEMPLATE,
        "signing_algorithm": "SHA256WITHECDSA",
        "validity": Validity("DAYS", 90),
        **changes,
    }
    return IssuanceRequest(**members)


class FakeClient:
    """A boto3 acm-pca client as far as issuing goes. The token's window is five minutes on the test's clock.

    ``issue_faults`` and ``get_faults`` are taken one for each call: an exception to raise before anything is done,
    ``("after", exception)`` to raise when it is done, or None. ``polls`` counts GetCertificate's "in progress" to come.
    """

    def __init__(self, clock: FakeClock) -> None:
        self.clock = clock
        self.key = make_key()
        self.issue_faults: list[Any] = []
        self.get_faults: list[Any] = []
        self.polls = 0
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.certificates: dict[str, str] = {}
        self.failing: dict[str, str] = {}
        self.fail_next: str | None = None
        self.status = "ACTIVE"
        self._tokens: dict[str, tuple[float, str]] = {}

    def issue_certificate(self, **parameters: Any) -> dict[str, Any]:
        self.calls.append(("IssueCertificate", parameters))
        fault = next(iter(self.issue_faults), None)
        del self.issue_faults[:1]
        if isinstance(fault, BaseException):
            raise fault
        arn = self._issue(parameters)
        if fault is not None:
            raise fault[1]
        return {"CertificateArn": arn}

    def _issue(self, parameters: dict[str, Any]) -> str:
        first, arn = self._tokens.get(parameters["IdempotencyToken"], (-1e9, ""))
        if self.clock.now() - first < 300:
            return arn
        arn = f"{parameters['CertificateAuthorityArn']}/certificate/{len(self.certificates) + 1:032x}"
        self._tokens[parameters["IdempotencyToken"]] = (self.clock.now(), arn)
        self.certificates[arn] = self._sign(parameters["Csr"])
        if self.fail_next is not None:
            self.failing[arn], self.fail_next = self.fail_next, None
        return arn

    def _sign(self, csr: bytes) -> str:
        request = x509.load_pem_x509_csr(csr)
        now = datetime.datetime.fromtimestamp(self.clock.now(), datetime.timezone.utc)
        builder = x509.CertificateBuilder().subject_name(request.subject).public_key(request.public_key())
        builder = builder.issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "CA")]))
        builder = builder.serial_number(x509.random_serial_number()).not_valid_before(now - datetime.timedelta(hours=1))
        builder = builder.not_valid_after(now + datetime.timedelta(days=90))
        return builder.sign(self.key, hashes.SHA256()).public_bytes(Encoding.PEM).decode().strip()

    def get_certificate(self, **parameters: Any) -> dict[str, Any]:
        self.calls.append(("GetCertificate", parameters))
        fault = self.get_faults.pop(0) if self.get_faults else None
        if fault is not None:
            raise fault
        arn = parameters["CertificateArn"]
        if self.polls:
            self.polls -= 1
            raise client_error("RequestInProgressException")
        if arn in self.failing:
            raise client_error("RequestFailedException", self.failing[arn])
        chain = self.certificates[arn]
        return {"Certificate": self.certificates[arn], "CertificateChain": f"{chain}\n{chain}"}

    def describe_certificate_authority(self, **parameters: Any) -> dict[str, Any]:
        self.calls.append(("DescribeCertificateAuthority", parameters))
        return {"CertificateAuthority": {"Arn": AUTHORITY, "Status": self.status, "Type": "ROOT"}}

    def count(self, operation: str) -> int:
        return sum(1 for name, _parameters in self.calls if name == operation)

    def tokens_sent(self) -> list[str]:
        return [parameters["IdempotencyToken"] for name, parameters in self.calls if name == "IssueCertificate"]
