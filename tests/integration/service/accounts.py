# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An AWS account in the emulator: modules that run as it, its clients, and what it has made without a module."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, overload

import boto3
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._x509.keys import generate_key
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._x509.requests import build_request
from cryptography import x509
from module_run import run_module
from service_policies import Statements, service_write_policy

if TYPE_CHECKING:  # only linters have the stubs
    from mypy_boto3_acm import ACMClient
    from mypy_boto3_acm_pca import ACMPCAClient
    from mypy_boto3_acm_pca.literals import SigningAlgorithmType
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.literals import BucketLocationConstraintType, ObjectOwnershipType

SESSION = boto3.Session()  # one for all, so that each model is loaded once

Options = dict[str, Any]
"""What a module is given."""
Facts = dict[str, Any]
"""What a module returned, or a part of it."""


@dataclass(frozen=True)
class Leaf:
    """A certificate that was issued without a module; the serial is hexadecimal."""

    arn: str
    pem: str
    serial: str


@dataclass(frozen=True)
class Account:
    """An account: its number is also its access key, which may do everything."""

    number: str
    endpoint_url: str
    region: BucketLocationConstraintType = "eu-central-1"
    key: str = ""

    @property
    def connection(self) -> dict[str, str]:
        """Return the connection options of a module."""
        return {
            "access_key": self.key or self.number,
            "secret_key": "emulator",
            "region": self.region,
            "endpoint_url": self.endpoint_url,
        }

    @overload
    def client(self) -> ACMPCAClient: ...

    @overload
    def client(self, service: Literal["acm"]) -> ACMClient: ...

    @overload
    def client(self, service: Literal["dynamodb"]) -> DynamoDBClient: ...

    @overload
    def client(self, service: Literal["s3"]) -> S3Client: ...

    @overload
    def client(self, service: Literal["ec2", "elbv2", "iam"]) -> Any: ...

    def client(self, service: Literal["acm-pca", "acm", "dynamodb", "s3", "ec2", "elbv2", "iam"] = "acm-pca") -> Any:
        """Return a boto3 client of the account."""
        return SESSION.client(
            service,
            region_name=self.region,
            endpoint_url=self.endpoint_url,
            aws_access_key_id=self.number,
            aws_secret_access_key="emulator",
        )

    def create_bucket(self, kind: str, ownership: ObjectOwnershipType = "ObjectWriter") -> str:
        """Create a bucket that AWS Private CA may write to, and return its name."""
        bucket, s3 = f"{kind}-{uuid.uuid4().hex}", self.client("s3")
        s3.create_bucket(
            Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": self.region}, ObjectOwnership=ownership
        )
        policy = service_write_policy(bucket, SESSION.get_partition_for_region(self.region))
        s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps(policy))
        return bucket

    def create_role(self, name: str) -> str:
        """Create a role that everyone may assume, and return its ARN."""
        trust = json.dumps({"Version": "2012-10-17", "Statement": []})
        return str(self.client("iam").create_role(RoleName=name, AssumeRolePolicyDocument=trust)["Role"]["Arn"])

    def permit_acm(self, authority_arn: str) -> None:
        """Let ACM issue from the CA and renew, if it may not yet."""
        client = self.client()
        with suppress(client.exceptions.PermissionAlreadyExistsException):
            client.create_permission(
                CertificateAuthorityArn=authority_arn,
                Principal="acm.amazonaws.com",
                Actions=["IssueCertificate", "GetCertificate", "ListPermissions"],
            )

    def issue(
        self,
        authority_arn: str,
        name: str = "www.example.com",
        algorithm: SigningAlgorithmType = "SHA256WITHECDSA",
        days: int = 30,
    ) -> Leaf:
        """Issue a certificate straight from the API."""
        client = self.client()
        arn = client.issue_certificate(
            CertificateAuthorityArn=authority_arn,
            Csr=make_csr(name).encode(),
            SigningAlgorithm=algorithm,
            Validity={"Type": "DAYS", "Value": days},
            IdempotencyToken=str(uuid.uuid4()),
        )["CertificateArn"]
        client.get_waiter("certificate_issued").wait(CertificateAuthorityArn=authority_arn, CertificateArn=arn)
        pem = client.get_certificate(CertificateAuthorityArn=authority_arn, CertificateArn=arn)["Certificate"]
        return Leaf(arn, pem, format(read_certificate(pem).serial_number, "x"))

    def list_in_acm(self) -> list[str]:
        """Return the ARNs of what ACM has, whatever the algorithm of its key."""
        found = self.client("acm").list_certificates(
            Includes={"keyTypes": ["RSA_2048", "EC_prime256v1", "EC_secp384r1"]}
        )
        return [one["CertificateArn"] for one in found["CertificateSummaryList"]]

    def run(self, module: str, /, check_mode: bool = False, later: float = 0.0, **options: Any) -> Facts:
        """Run a module as this account, on a machine whose clock is so many seconds ahead."""
        return run_module(module, {**self.connection, **options}, check_mode, later)

    def must_run(self, module: str, /, **options: Any) -> Facts:
        """Run a module as this account; fail the test if it fails."""
        return require_success(self.run(module, **options))

    def make_authority(self, name: str, key_algorithm: str = "EC_prime256v1", **options: Any) -> Facts:
        """Make a CA, a root if ``options`` do not say otherwise, and return its facts."""
        root = {"type": "ROOT", "subject": {"common_name": f"Example {name}"}, "key_algorithm": key_algorithm}
        made = self.must_run("acm_pca_certificate_authority", name=name, **{**root, **options})
        return dict(made["certificate_authority"])


NewAccount = Callable[[], Account]
"""Opens an account."""
NewRoot = Callable[[str], str]
"""Makes an active root of this name, and returns its ARN."""
Limit = Callable[[Statements], Account]
"""Returns the account with an access key that these statements of policy limit."""


def require_success(result: Facts) -> Facts:
    """Return what the module said; fail the test if the module failed."""
    assert not result.get("failed"), result["msg"]
    return result


def make_csr(name: str = "www.example.com") -> str:
    """Return the CSR of a new key for the common name, in PEM."""
    return build_request(generate_key("EC_prime256v1"), {"CN": name}, [])


def read_certificate(pem: str) -> x509.Certificate:
    """Return the certificate."""
    return x509.load_pem_x509_certificate(pem.encode())
