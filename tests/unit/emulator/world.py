# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A running emulator with a client on it, and the requests that it takes: from these each refusal departs."""

from __future__ import annotations

import functools
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from private_ca_emulator import seeding
from private_ca_emulator.control import EmulatorControl

from .support import issue, issue_and_load, make_csr

ACM = "acm.amazonaws.com"
SUBJECT = {"CommonName": "Example CA"}
CONFIGURATION = {"KeyAlgorithm": "EC_prime256v1", "SigningAlgorithm": "SHA256WITHECDSA", "Subject": SUBJECT}
Members = dict[str, Any]


@dataclass(frozen=True)
class World:
    """One emulator; what a scenario needs of it is made on first use."""

    client: Any
    control: EmulatorControl
    connect: Callable[..., Any]

    @functools.cached_property
    def root(self) -> str:
        """An ACTIVE root CA."""
        return seeding.create_active_root(self.client)

    @functools.cached_property
    def bucket(self) -> str:
        """A bucket that the service may write to."""
        return self.make_bucket()

    def make_bucket(self) -> str:
        """Another such bucket."""
        name, s3 = f"bucket-{uuid.uuid4()}", self.connect("s3")
        s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
        seeding.allow_service_writes(s3, name)
        return name

    def create(self, kind: str = "ROOT", **changes: Any) -> str:
        """A CA that has no certificate yet."""
        members = {**create_members(), "CertificateAuthorityType": kind, **changes}
        arn: str = self.client.create_certificate_authority(**members)["CertificateAuthorityArn"]
        return arn

    def delete(self, arn: str) -> str:
        """Delete a CA that is not ACTIVE."""
        self.client.delete_certificate_authority(CertificateAuthorityArn=arn)
        return arn

    def disable(self, arn: str) -> str:
        """Disable an ACTIVE CA."""
        self.client.update_certificate_authority(CertificateAuthorityArn=arn, Status="DISABLED")
        return arn

    def update_unsettled(self, arn: str) -> str:
        """Disable a CA, and stop the clock before that has settled."""
        self.control.freeze()
        self.control.settings(update_delay=60)
        return self.disable(arn)

    def fail(self) -> str:
        """A CA whose creation failed."""
        self.control.fault("late_failure", "CreateCertificateAuthority", times=1, reason="REQUEST_TIMED_OUT")
        return self.create()

    def issue_serial(self, arn: str) -> str:
        """The serial of a new certificate of a CA, in hexadecimal."""
        return f"{issue_and_load(self.client, arn).serial_number:x}"

    def publish_crl(self, arn: str) -> str:
        """Switch the CRL of a CA on."""
        self.client.update_certificate_authority(
            CertificateAuthorityArn=arn, RevocationConfiguration=crl_in(self.bucket)
        )
        return arn


def create_members() -> Members:
    """CreateCertificateAuthority, required members only, and a token so that two calls make two CAs."""
    return {
        "CertificateAuthorityConfiguration": CONFIGURATION,
        "CertificateAuthorityType": "ROOT",
        "IdempotencyToken": str(uuid.uuid4()),
    }


def crl_in(bucket: str, **members: Any) -> Members:
    """A RevocationConfiguration with a CRL in `bucket`."""
    return {"CrlConfiguration": {"Enabled": True, "ExpirationInDays": 7, "S3BucketName": bucket, **members}}


def issue_members() -> Members:
    """IssueCertificate without the CA."""
    validity = {"Type": "DAYS", "Value": 30}
    return {"Csr": make_csr(), "SigningAlgorithm": "SHA256WITHECDSA", "Validity": validity}


_REPORT_ID = "11111111-2222-3333-4444-555555555555"
_TAGS = [{"Key": "team", "Value": "web"}]
_REST: dict[str, Callable[[str], Members]] = {
    "CreateCertificateAuthorityAuditReport": lambda _arn: {
        "S3BucketName": "reports-of-example",
        "AuditReportResponseFormat": "JSON",
    },
    "DescribeCertificateAuthorityAuditReport": lambda _arn: {"AuditReportId": _REPORT_ID},
    "CreatePermission": lambda _arn: {"Principal": ACM, "Actions": ["IssueCertificate"]},
    "DeletePermission": lambda _arn: {"Principal": ACM},
    "GetCertificate": lambda arn: {"CertificateArn": f"{arn}/certificate/{'0' * 32}"},
    "ImportCertificateAuthorityCertificate": lambda _arn: {"Certificate": b"-"},
    "IssueCertificate": lambda _arn: issue_members(),
    "PutPolicy": lambda _arn: {"Policy": "{}"},
    "RevokeCertificate": lambda _arn: {"CertificateSerial": "1", "RevocationReason": "SUPERSEDED"},
    "TagCertificateAuthority": lambda _arn: {"Tags": _TAGS},
    "UntagCertificateAuthority": lambda _arn: {"Tags": _TAGS},
}


def request_for(operation: str, arn: str, **changes: Any) -> Members:
    """The members of an operation on a CA: as the model asks, meaningful where the test makes them so."""
    member = "ResourceArn" if operation in ("PutPolicy", "GetPolicy", "DeletePolicy") else "CertificateAuthorityArn"
    rest = _REST[operation](arn) if operation in _REST else {}
    return {member: arn, **rest, **changes}


def certificate_request(arn: str, certificate_arn: str) -> Members:
    """GetCertificate of one certificate."""
    return {"CertificateAuthorityArn": arn, "CertificateArn": certificate_arn}


def issue_on(world: World, arn: str, **changes: Any) -> Members:
    """GetCertificate of a certificate that is issued now."""
    return certificate_request(arn, issue(world.client, arn, **changes))
