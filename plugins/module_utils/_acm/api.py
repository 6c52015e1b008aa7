# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""AWS Certificate Manager, one method for each operation that private certificates need.

The boto3 client is injected and must not retry by itself. Only errors of the collection are raised.
"""

from __future__ import annotations

from typing import Any, Callable, Mapping, Sequence

from .._acm_pca.errors import BotoCoreError, ClientError, Fault, read_fault, take_member, translate
from .._acm_pca.paging import collect_pages
from .._acm_pca.retries import RetryPolicy, call_with_retries, carry_out
from .._clock import Clock
from .._errors import PrivateCaError, ServiceError

KEY_ALGORITHMS = ("RSA_2048", "EC_prime256v1", "EC_secp384r1")
EVERY_KEY_TYPE = (
    "RSA_1024", "RSA_2048", "RSA_3072", "RSA_4096", "EC_prime256v1", "EC_secp384r1", "EC_secp521r1",
)  # fmt: skip
REMEDIES = {
    "ConflictException": "Something else changes the certificate: run again a little later",
    "InvalidArnException": "Give the ARN of a certificate of AWS Certificate Manager, in its own region",
    "InvalidDomainValidationOptionsException": "Private certificates are not validated by domain",
    "InvalidParameterException": "Mend the option that AWS names",
    "RequestInProgressException": "Run again a little later",
    "ResourceInUseException": "Take the certificate off the load balancers and distributions that use it first",
    "ResourceNotFoundException": "Check the ARN, its region and its account",
    "TagPolicyException": "Follow the tag policy of the organization",
}


class CertificateManagerApi:
    """The operations of ACM over a boto3 client whose own retries are off."""

    def __init__(self, client: Any, clock: Clock, retries: RetryPolicy | None = None) -> None:
        self._client = client
        self._clock = clock
        self._retries = retries or RetryPolicy()

    def list_certificates(self, statuses: Sequence[str]) -> list[Mapping[str, Any]]:
        """Return summaries of all certificates in these states; ACM shows RSA_2048 only if it is not asked for more."""
        parameters = {"CertificateStatuses": list(statuses), "Includes": {"keyTypes": list(EVERY_KEY_TYPE)}}
        doing = "list the certificates"
        return self._boundary(
            "ListCertificates",
            doing,
            "*",
            lambda: collect_pages(self._call, "list_certificates", "CertificateSummaryList", **parameters),
        )

    def request_certificate(self, name: str, request: Mapping[str, Any], token: str) -> str:
        """Return the ARN of a new certificate; ``name`` is its first domain name, for messages."""
        parameters = {"IdempotencyToken": token, **request}
        reply = self._run("request_certificate", "request the certificate", name, ["CertificateArn"], **parameters)
        return str(reply["CertificateArn"])

    def describe_certificate(self, arn: str) -> Mapping[str, Any]:
        """Return the certificate's record (CertificateDetail)."""
        reply = self._on(arn, "describe_certificate", "describe the certificate", ["Certificate"])
        record: Mapping[str, Any] = reply["Certificate"]
        return record

    def get_certificate(self, arn: str) -> tuple[str, str | None]:
        """Return certificate and chain as PEM."""
        reply = self._on(arn, "get_certificate", "get the certificate", ["Certificate"])
        return reply["Certificate"], reply.get("CertificateChain")

    def export_certificate(self, arn: str, passphrase: str) -> tuple[str, str | None, str]:
        """Return certificate, chain and the private key, encrypted with ``passphrase`` (PKCS#8), as PEM."""
        members, secret = ["Certificate", "PrivateKey"], passphrase.encode()
        reply = self._on(arn, "export_certificate", "export the certificate", members, Passphrase=secret)
        return reply["Certificate"], reply.get("CertificateChain"), reply["PrivateKey"]

    def renew_certificate(self, arn: str) -> None:
        """Have the certificate renewed under its ARN; ACM does so only for exported ones."""
        self._on(arn, "renew_certificate", "renew the certificate")

    def delete_certificate(self, arn: str) -> None:
        """Delete the certificate from ACM; it stays valid until its CA revokes it."""

        def delete() -> None:
            self._client.delete_certificate(CertificateArn=arn)

        def is_gone(refusal: Fault) -> bool:
            return refusal.code == "ResourceNotFoundException"

        self._boundary(
            "DeleteCertificate",
            "delete the certificate",
            arn,
            lambda: carry_out(delete, self._retries, self._clock, is_gone),
        )

    def list_tags(self, arn: str) -> dict[str, str]:
        """Return the certificate's tags."""
        reply = self._on(arn, "list_tags_for_certificate", "list the tags of the certificate")
        return {tag["Key"]: tag.get("Value", "") for tag in reply.get("Tags", [])}

    def add_tags(self, arn: str, tags: Mapping[str, str]) -> None:
        """Set these tags, and leave the others."""
        entries = [{"Key": key, "Value": str(value)} for key, value in sorted(tags.items())]
        self._on(arn, "add_tags_to_certificate", "tag the certificate", Tags=entries)

    def remove_tags(self, arn: str, keys: Sequence[str]) -> None:
        """Remove the tags with these keys."""
        entries = [{"Key": key} for key in keys]
        self._on(arn, "remove_tags_from_certificate", "untag the certificate", Tags=entries)

    def _on(self, arn: str, name: str, doing: str, members: Sequence[str] = (), **parameters: Any) -> Any:
        return self._run(name, doing, arn, members, CertificateArn=arn, **parameters)

    def _run(self, name: str, doing: str, resource: str, members: Sequence[str], **parameters: Any) -> Any:
        """Return the reply, which has these members."""
        operation = "".join(part.capitalize() for part in name.split("_"))

        def call() -> Any:
            reply = self._call(name, **parameters)
            for member in members:
                take_member(reply, member)
            return reply

        return self._boundary(operation, doing, resource, call)

    def _call(self, name: str, **parameters: Any) -> Any:
        return call_with_retries(lambda: getattr(self._client, name)(**parameters), self._retries, self._clock)

    def _boundary(self, operation: str, doing: str, resource: str, call: Callable[[], Any]) -> Any:
        try:
            return call()
        except (BotoCoreError, ClientError) as error:
            raise _explain(error, f"Failed to {doing}", f"acm:{operation}", resource) from error


def _explain(error: BaseException, failed: str, operation: str, resource: str) -> PrivateCaError:
    code = read_fault(error).code
    translated = translate(error, failed, operation, resource)
    if code not in REMEDIES:
        return translated
    return ServiceError(failed, translated.because, resource, REMEDIES[code], code=code, operation=operation)
