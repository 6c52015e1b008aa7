# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""AWS Private CA, one method for each operation that the collection uses.

The client is injected and must not retry by itself (``_aws_connection.connect_client`` sees to that). Each method
returns plain values and raises only errors of the collection.
"""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass
from typing import Any, Callable, Mapping, Protocol, TypeVar

from .._clock import Clock, SystemClock
from .._x509.pem import extract_request
from .errors import BotoCoreError, ClientError, Fault, read_fault, take_member, translate
from .models import IssuanceRequest, IssuedCertificate, Validity
from .retries import RetryPolicy, call_with_retries, carry_out

_PEM_BLOCK = re.compile(r"-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----", re.DOTALL)

Method = TypeVar("Method", bound=Callable[..., Any])


class SendJournal(Protocol):
    """Who keeps account of the calls that may have made a certificate."""

    def about_to_send(self) -> None:
        """Remember, durably, that the call is about to leave; may wait for its turn or raise."""

    def not_carried_out(self) -> None:
        """Remember that AWS certainly made no certificate of the call that was just sent."""


@dataclass(frozen=True)
class Authority:
    """What DescribeCertificateAuthority tells of a CA to one who issues. ``not_after`` is in epoch seconds."""

    arn: str
    status: str
    type: str
    key_algorithm: str
    signing_algorithm: str
    usage_mode: str
    not_after: float | None = None


def operation(doing: str, api_operation: str | None = None) -> Callable[[Method], Method]:
    """Make a method's botocore failures read "Failed to <doing>"; the first argument is the resource's ARN.

    The method carries the API operation's name in snake case, as boto3 does, unless ``api_operation`` tells it.
    """

    def decorate(method: Method) -> Method:
        api_name = api_operation or "".join(part.capitalize() for part in method.__name__.split("_"))

        @functools.wraps(method)
        def translated(self: PrivateCaApi, resource: Any, *args: Any, **kwargs: Any) -> Any:
            known = _known(resource, kwargs)
            try:
                return method(self, resource, *args, **kwargs)
            except (BotoCoreError, ClientError) as error:
                raise translate(error, f"Failed to {doing}", api_name, **known) from error

        return translated  # type: ignore[return-value]

    return decorate


def _known(resource: Any, options: Mapping[str, Any]) -> dict[str, Any]:
    if isinstance(resource, IssuanceRequest):
        return {"on": resource.certificate_authority_arn, "template_arn": resource.template_arn}
    certificate_arn = resource if "/certificate/" in resource else options.get("certificate_arn")
    return {"on": resource, "certificate_arn": certificate_arn}


class PrivateCaApi:
    """The operations of AWS Private CA over a boto3 client whose own retries are off."""

    def __init__(self, client: Any, *, clock: Clock | None = None, retries: RetryPolicy | None = None) -> None:
        self._client = client
        self._clock: Clock = clock or SystemClock()
        self._retries = retries or RetryPolicy()

    def _call(self, name: str, **parameters: Any) -> Any:
        return call_with_retries(lambda: getattr(self._client, name)(**parameters), self._retries, self._clock)

    def _carry_out(self, name: str, is_repetition: Callable[[Fault], bool], **parameters: Any) -> None:
        carry_out(lambda: getattr(self._client, name)(**parameters), self._retries, self._clock, is_repetition)

    @operation("describe the certificate authority")
    def describe_certificate_authority(self, arn: str) -> Authority:
        """Return the CA's record (API operation DescribeCertificateAuthority)."""
        reply = self._call("describe_certificate_authority", CertificateAuthorityArn=arn)
        record = take_member(reply, "CertificateAuthority")
        configuration = record.get("CertificateAuthorityConfiguration", {})
        not_after = record.get("NotAfter")
        return Authority(
            arn=arn,
            status=record["Status"],
            type=record.get("Type", ""),
            key_algorithm=configuration.get("KeyAlgorithm", ""),
            signing_algorithm=configuration.get("SigningAlgorithm", ""),
            usage_mode=record.get("UsageMode", "GENERAL_PURPOSE"),
            not_after=None if not_after is None else not_after.timestamp(),
        )

    @operation("issue a certificate")
    def issue_certificate(
        self,
        request: IssuanceRequest,
        token: str,
        *,
        journal: SendJournal | None = None,
        retries: RetryPolicy | None = None,
    ) -> str:
        """Ask for the certificate and return its ARN at once (API operation IssueCertificate).

        Every attempt carries the same token. ``journal`` hears before each attempt, and after one that AWS certainly
        did not carry out.
        """
        parameters = issue_parameters(request, token)

        def send() -> str:
            if journal is not None:
                journal.about_to_send()
            return str(take_member(self._client.issue_certificate(**parameters), "CertificateArn"))

        def after_fault(fault: Fault) -> None:
            if journal is not None and fault.carried_out is False:
                journal.not_carried_out()

        return call_with_retries(send, retries or self._retries, self._clock, after_fault)

    @operation("get the certificate")
    def get_certificate(self, certificate_arn: str, *, retries: RetryPolicy | None = None) -> IssuedCertificate | None:
        """Return the certificate, or None while its issuance is in progress (API operation GetCertificate)."""
        authority_arn = certificate_arn.rsplit("/certificate/", maxsplit=1)[0]

        def fetch() -> Any:
            reply = self._client.get_certificate(CertificateAuthorityArn=authority_arn, CertificateArn=certificate_arn)
            take_member(reply, "Certificate")
            return reply

        try:
            reply = call_with_retries(fetch, retries or self._retries, self._clock)
        except (BotoCoreError, ClientError) as error:
            if read_fault(error).code == "RequestInProgressException":
                return None
            raise
        chain = split_pem(reply.get("CertificateChain") or "")
        return IssuedCertificate(certificate_arn, split_pem(reply["Certificate"])[0], tuple(chain))


def issue_parameters(request: IssuanceRequest, token: str) -> dict[str, Any]:
    """Return the parameters of boto3's ``issue_certificate`` for ``request``; of the CSR's text the request alone."""
    parameters: dict[str, Any] = {
        "CertificateAuthorityArn": request.certificate_authority_arn,
        "Csr": extract_request(request.csr).encode(),
        "SigningAlgorithm": request.signing_algorithm,
        "TemplateArn": request.template_arn,
        "Validity": _validity_parameter(request.validity),
        "IdempotencyToken": token,
    }
    if request.validity_not_before is not None:
        parameters["ValidityNotBefore"] = _validity_parameter(request.validity_not_before)
    if request.api_passthrough:
        parameters["ApiPassthrough"] = request.api_passthrough
    return parameters


def _validity_parameter(validity: Validity) -> dict[str, Any]:
    return {"Type": validity.type, "Value": validity.value}


def split_pem(text: str) -> list[str]:
    """Return the certificates in ``text``, each ended by one newline (the service may leave the last one off)."""
    return [block.replace("\r\n", "\n") + "\n" for block in _PEM_BLOCK.findall(text)]
