# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A boto3 acm-pca client of an account whose certificate authorities a test makes up."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._acm_pca.authorities import Authorities
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._acm_pca.authority_api import AuthorityApi
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._acm_pca.polling import Polling
from ansible_collections.fleet_pki.aws_private_ca.tests.unit.api.fakes import FakeClock, client_error

Record = dict[str, Any]
UNSIGNED = ("CREATING", "PENDING_CERTIFICATE", "FAILED")


def arn_of(name: str) -> str:
    """Return the ARN of the CA of this name."""
    return f"arn:aws:acm-pca:eu-central-1:111122223333:certificate-authority/{name}"


class FakeAuthorities:
    """The account's CAs. ``refusals`` are the codes with which an operation on a CA is refused."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.records: dict[str, Record] = {}
        self.tags: dict[str, dict[str, str]] = {}
        self.owners: dict[str, str] = {}
        self.refusals: dict[tuple[str, str], str] = {}
        self.made_status = "PENDING_CERTIFICATE"
        self.lost_replies = 0  # of deletions
        self._made: dict[str, str] = {}  # ARN by token

    def authorities(self) -> Authorities:
        """Return what the module works with."""
        return Authorities(AuthorityApi(self, clock=self.clock), Polling(self.clock))

    def add(
        self,
        name: str,
        status: str = "ACTIVE",
        kind: str = "ROOT",
        days: float = 3650,
        owner: str = "SELF",
        **members: Any,
    ) -> str:
        """Add a CA that has the name and, unless it has no certificate, so many days to live; return its ARN."""
        arn, now = arn_of(f"{name}-{len(self.records)}"), self.clock.now()
        record: Record = {
            "Arn": arn,
            "Type": kind,
            "Status": status,
            "CertificateAuthorityConfiguration": {
                "KeyAlgorithm": "RSA_2048",
                "SigningAlgorithm": "SHA256WITHRSA",
                "Subject": {"CommonName": name},
            },
        }
        if status not in UNSIGNED:
            record |= {"Serial": "0a", "NotBefore": moment(now - 3600), "NotAfter": moment(now + days * 86400)}
        self.records[arn], self.tags[arn], self.owners[arn] = {**record, **members}, {"Name": name}, owner
        return arn

    def list_certificate_authorities(self, **given: Any) -> Record:
        listed = [record for arn, record in self.records.items() if self.owners[arn] == given["ResourceOwner"]]
        return {"CertificateAuthorities": listed}

    def describe_certificate_authority(self, **given: Any) -> Record:
        return {"CertificateAuthority": self._record("DescribeCertificateAuthority", given["CertificateAuthorityArn"])}

    def list_tags(self, **given: Any) -> Record:
        self._record("ListTags", given["CertificateAuthorityArn"])
        tags = self.tags[given["CertificateAuthorityArn"]]
        return {"Tags": [{"Key": key, "Value": value} for key, value in tags.items()]}

    def get_certificate_authority_certificate(self, **given: Any) -> Record:
        self._record("GetCertificateAuthorityCertificate", given["CertificateAuthorityArn"])
        return {"Certificate": "PEM"}

    def get_certificate_authority_csr(self, **given: Any) -> Record:
        self._record("GetCertificateAuthorityCsr", given["CertificateAuthorityArn"])
        return {"Csr": "PEM"}

    def create_certificate_authority(self, **request: Any) -> Record:
        token = request["IdempotencyToken"]
        if token not in self._made:
            name = request["CertificateAuthorityConfiguration"]["Subject"]["CommonName"]
            made = self.add(name, self.made_status, request["CertificateAuthorityType"])
            self._made[token] = made
        return {"CertificateAuthorityArn": self._made[token]}

    def delete_certificate_authority(self, **given: Any) -> None:
        record = self._record("DeleteCertificateAuthority", given["CertificateAuthorityArn"])
        if record["Status"] in ("CREATING", "FAILED"):
            del self.records[given["CertificateAuthorityArn"]]
        else:
            record["Status"] = "DELETED"
        if self.lost_replies:
            self.lost_replies -= 1
            raise client_error("InternalFailure", status=500)

    def _record(self, operation: str, arn: str) -> Record:
        if (operation, arn) in self.refusals:
            raise client_error(self.refusals[operation, arn])
        if arn not in self.records:
            raise client_error("ResourceNotFoundException")
        record = self.records[arn]
        if record["Status"] in UNSIGNED and operation == "GetCertificateAuthorityCertificate":
            raise client_error("InvalidStateException")
        return record


def moment(seconds: float) -> datetime:
    """Return a time in epoch seconds as boto3 does."""
    return datetime.fromtimestamp(seconds, timezone.utc)
