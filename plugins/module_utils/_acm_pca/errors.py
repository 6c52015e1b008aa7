# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The one boundary where failures of botocore become errors of the collection.

``read_fault`` says what a botocore exception is (code, text, whether to try again, whether AWS may have carried the
call out); ``translate`` turns it into the error that a user reads. Codes are told apart by their string alone, since
the service's model leaves out some of the commonest (ValidationException, AccessDeniedException, ThrottlingException).
"""

from __future__ import annotations

import re
from contextlib import contextmanager
from dataclasses import dataclass
from traceback import walk_tb
from typing import Any, Iterator, Mapping

from .._errors import (
    AccessDenied,
    AuthorityUnusable,
    InvalidInput,
    IssuanceFailed,
    PrivateCaError,
    QuotaExceeded,
    ServiceError,
    Throttled,
    Unreachable,
)

try:
    from botocore.exceptions import BotoCoreError, ClientError  # pylint: disable=unused-import
    from botocore.parsers import ResponseParserError
except ImportError:  # whoever builds the client reports the missing library

    class BotoCoreError(Exception):  # type: ignore[no-redef]
        """Stands in where botocore is missing: never raised."""

    class ClientError(Exception):  # type: ignore[no-redef]
        """Stands in where botocore is missing: never raised."""

    class ResponseParserError(Exception):  # type: ignore[no-redef]
        """Stands in where botocore is missing: never raised."""


class IncompleteReply(BotoCoreError):
    """A reply of success that lacks what it must have: another than AWS answered, such as a proxy with its own page."""

    fmt = "its reply has no {name}"


def take_member(reply: Mapping[str, Any], name: str) -> Any:
    """Return a member that every reply of the operation has. Raise IncompleteReply."""
    if name not in reply:
        raise IncompleteReply(name=name)
    return reply[name]


class UnreadableReply(BotoCoreError):
    """A reply that is not in the service's format. botocore's own error for it is none of BotoCoreError."""

    fmt = "its reply cannot be read: {reason}"


@contextmanager
def reading_reply() -> Iterator[None]:
    """Raise UnreadableReply where the call of a boto3 client made in the body has such a reply.

    botocore notices only part of what it cannot read; of other replies its parsers make errors of programming.
    """
    try:
        yield
    except ResponseParserError as error:
        raise UnreadableReply(reason=str(error).partition(" Further retries")[0]) from error
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        if not _is_from_parser(error):
            raise
        raise UnreadableReply(reason=f"{type(error).__name__}: {error}") from error


def _is_from_parser(error: BaseException) -> bool:
    modules = [frame.f_globals.get("__name__") for frame, _line in walk_tb(error.__traceback__)]
    return "botocore.parsers" in modules or modules[-1] == "botocore.endpoint"  # which is given what they return


THROTTLING_CODES = frozenset(
    {
        "ThrottlingException",
        "Throttling",
        "TooManyRequestsException",
        "RequestLimitExceeded",
        "ProvisionedThroughputExceededException",
        "SlowDown",
    }
)
_TRANSIENT_CODES = frozenset({"InternalFailure", "ServiceUnavailable", "RequestTimeout", "RequestTimeoutException"})
NOT_FOUND_CODES = frozenset({"ResourceNotFoundException", "InvalidArnException"})
"""What the service may say of an ARN that names nothing: which of them, and when, it does not document."""
_SETTLING_CODES = frozenset({"ConcurrentModificationException"})
_CREDENTIAL_CODES = frozenset(
    {
        "UnrecognizedClientException",
        "InvalidClientTokenId",
        "ExpiredToken",
        "ExpiredTokenException",
        "InvalidSignatureException",
        "IncompleteSignature",
        "IncompleteSignatureException",
        "MissingAuthenticationToken",
        "MissingAuthenticationTokenException",
        "RequestExpired",
        "SignatureDoesNotMatch",
    }
)
_NEVER_SENT = ("EndpointConnectionError", "ConnectTimeoutError", "ProxyConnectionError")
# an SSLError is an endpoint that is not trusted, found before anything was sent; with these signs it may come later
_TLS_CUT_OFF = ("EOF occurred", "RECORD_MAC", "DECRYPTION_FAILED", "CLOSE_NOTIFY", "read operation")
_STRANGE = ("IncompleteReply", "UnreadableReply")
_LOST = ("ReadTimeoutError", "ConnectionClosedError", "ResponseStreamingError", "HTTPClientError")

_DENIED_ACTION = re.compile(r"authorized to perform: (?P<action>[\w-]+:\w+)(?: on resource: (?P<resource>[^\s]+))?")

_CREDENTIALS_REMEDY = (
    "Give credentials that are valid now (options profile or access_key and secret_key, the AWS_* environment "
    "variables, or an instance role)"
)
_AUTHORITY_REMEDY = (
    "Look at the CA's status with DescribeCertificateAuthority: a pending CA needs its certificate imported, a "
    "disabled one must be enabled, an expired one needs a new certificate, a deleted one can be restored for a while"
)
REMEDY_BY_STATUS = {
    "CREATING": "Wait until the CA is created and import its certificate",
    "PENDING_CERTIFICATE": "Import the CA's certificate first",
    "DISABLED": "Enable the CA (UpdateCertificateAuthority with status ACTIVE)",
    "EXPIRED": "Issue and import a new certificate for the CA",
    "DELETED": "Restore the CA inside its restoration window, or use another one",
    "FAILED": "Delete this CA and create another one",
}
_UNKNOWN_REMEDY = (
    "Check the ARN, its region and its account; a CA of another account must be shared with this one (AWS RAM)"
)

# code -> (error, what to do); every error that the service's model declares is here, a test proves it from the model
CODES: dict[str, tuple[type[ServiceError], str]] = {
    "AccessDeniedException": (AccessDenied, ""),
    "AccessDenied": (AccessDenied, ""),
    "CertificateMismatchException": (ServiceError, "Import the certificate that was issued for this CA's own CSR"),
    "ConcurrentModificationException": (ServiceError, "Another update of the CA has not settled yet: run again"),
    "InvalidArgsException": (
        ServiceError,
        "Check that the signing algorithm's family fits the CA's key, and that each general name is of one type",
    ),
    "InvalidArnException": (AuthorityUnusable, _UNKNOWN_REMEDY),
    "InvalidNextTokenException": (ServiceError, "Begin the listing anew"),
    "InvalidPolicyException": (ServiceError, "Follow the form that the service's guide gives for resource policies"),
    "InvalidRequestException": (ServiceError, "The operation cannot be done with this certificate or CA"),
    "InvalidStateException": (AuthorityUnusable, _AUTHORITY_REMEDY),
    "InvalidTagException": (ServiceError, "Use tags that AWS allows, without the prefix aws:"),
    "LimitExceededException": (
        QuotaExceeded,
        "This is a hard quota, trying again does not help: ask AWS to raise it or use another CA",
    ),
    "LockoutPreventedException": (ServiceError, "Keep in the policy what lets you change it later"),
    "MalformedCSRException": (ServiceError, "Make the CSR anew, signed by its own key"),
    "MalformedCertificateException": (ServiceError, "Give a certificate in PEM that fits this CA"),
    "PermissionAlreadyExistsException": (ServiceError, "The permission is there already: delete it to change it"),
    "RequestAlreadyProcessedException": (ServiceError, "Nothing needs to be done: this was asked before"),
    "RequestFailedException": (IssuanceFailed, "Mend the cause and run again: the next run asks with a new token"),
    "RequestInProgressException": (ServiceError, "Run again a little later"),
    "ResourceNotFoundException": (AuthorityUnusable, _UNKNOWN_REMEDY),
    "TooManyTagsException": (ServiceError, "Use at most 50 tags"),
    "ValidationException": (ServiceError, "Mend the value that AWS names"),
    **dict.fromkeys(THROTTLING_CODES, (Throttled, "Run again later, or with fewer at once")),
    **dict.fromkeys(_TRANSIENT_CODES, (Unreachable, "AWS could not answer: run again later")),
    **dict.fromkeys(_CREDENTIAL_CODES, (Unreachable, _CREDENTIALS_REMEDY)),
}

LOCAL_CAUSES = {
    "NoCredentialsError": ("no credentials were found", _CREDENTIALS_REMEDY),
    "PartialCredentialsError": ("the credentials are incomplete", _CREDENTIALS_REMEDY),
    "CredentialRetrievalError": ("the credentials could not be fetched", _CREDENTIALS_REMEDY),
    "NoRegionError": ("no region is set", "Give the option region, or set AWS_REGION"),
    "ProfileNotFound": ("the profile does not exist", "Give a profile of the AWS configuration of this machine"),
    "IncompleteReply": ("what answered is no service of AWS", "Check its endpoint and the proxies on the way"),
    "UnreadableReply": ("what answered is not the service", "Check its endpoint and the proxies on the way"),
    "EndpointConnectionError": ("no connection to the endpoint", "Check network, region and endpoint_url"),
    "SSLError": ("the endpoint's TLS certificate is not trusted", "Give aws_ca_bundle, or the right endpoint_url"),
}


@dataclass(frozen=True)
class Fault:
    """What a botocore exception is.

    ``carried_out`` is False when AWS certainly did not carry the call out, None when nobody can know.
    ``throttled`` asks for a longer pause; ``reached`` is False when no connection came about.
    """

    code: str
    message: str
    transient: bool
    throttled: bool = False
    carried_out: bool | None = False
    reached: bool = True


def read_fault(error: BaseException) -> Fault:
    """Return what ``error`` (a botocore exception) is."""
    if isinstance(error, ClientError):
        return _read_refusal(error.response)
    return _read_local_fault(error)


def _read_refusal(response: Any) -> Fault:
    code = str(response.get("Error", {}).get("Code", "Unknown"))
    message = str(response.get("Error", {}).get("Message", "")) or code
    status = int(response.get("ResponseMetadata", {}).get("HTTPStatusCode", 400))
    throttled = code in THROTTLING_CODES or status == 429
    broken = status >= 500 or code in _TRANSIENT_CODES
    return Fault(
        code=code,
        message=message,
        transient=throttled or broken or code in _SETTLING_CODES,
        throttled=throttled,
        carried_out=None if broken and not throttled else False,
    )


def _read_local_fault(error: BaseException) -> Fault:
    code = type(error).__name__
    never_sent = code in _NEVER_SENT
    lost = not never_sent and any(base.__name__ in _LOST for base in type(error).__mro__)
    if code == "SSLError" and any(sign in str(error) for sign in _TLS_CUT_OFF):
        code, lost = "ConnectionClosedError", True
    return Fault(
        code=code,
        message=str(error),
        transient=never_sent or lost,
        carried_out=None if lost or code in _STRANGE else False,
        reached=not never_sent,
    )


def translate(error: BaseException, failed: str, operation: str, on: str | None = None, **known: Any) -> PrivateCaError:
    """Return the error that a user reads for ``error``.

    ``failed`` begins the message, ``operation`` is the API's name for what was tried, ``on`` the resource; ``known``
    goes into the details (``certificate_arn`` above all).
    """
    fault = read_fault(error)
    details = {"code": fault.code, "operation": operation, "transient": fault.transient or None, **known}
    if fault.code == "ParamValidationError":
        return InvalidInput(failed, because=fault.message, on=on, remedy="Mend the option that is named", **details)
    if fault.code in LOCAL_CAUSES:
        cause, remedy = LOCAL_CAUSES[fault.code]
        return Unreachable(failed, because=f"{cause} ({fault.message})", on=on, remedy=remedy, **details)
    kind, remedy = CODES.get(fault.code) or _judge_unknown(fault)
    if kind is AccessDenied:
        remedy = _denied_remedy(operation, on, known.get("template_arn"), fault.message)
    if "exceeds the certificate authority validity" in fault.message:
        remedy = "Ask for a shorter validity, or renew the CA's own certificate: it ends earlier"
    if "security standard" in fault.message:
        remedy = "Give key_storage_security_standard as the region offers it"
    because = fault.message if fault.code in fault.message else f"{fault.message.rstrip('. ')} ({fault.code})"
    return kind(failed, because=because, on=on, remedy=remedy or None, **details)


def _judge_unknown(fault: Fault) -> tuple[type[ServiceError], str]:
    if fault.transient:
        return Unreachable, "Run again later"
    if fault.code.isdigit():  # a status of HTTP without an error of AWS
        return Unreachable, "What answers is not the service: check endpoint_url, and a proxy on the way"
    return ServiceError, "Look the code up in the service's API reference, or run again"


def _denied_remedy(operation: str, on: str | None, template_arn: str | None, refusal: str) -> str:
    named = on is not None and on.startswith("arn:")  # creating and listing know no resource yet
    authority = (
        str(on).split("/certificate/", maxsplit=1)[0] if named else "*"
    )  # no certificate is a resource of its own
    action = operation if ":" in operation else f"acm-pca:{operation}"
    denied = _DENIED_ACTION.search(refusal)
    if denied and denied["action"].lower() != action.lower():  # what the call takes besides: tags, a bucket
        return f"Allow {denied['action']} on {denied['resource'] or '*'} to this identity"
    remedy = f"Allow {action} on {authority} to this identity"
    if operation != "IssueCertificate":
        return remedy
    return (
        f"{remedy}. A denied template looks the same: {template_arn or 'the template'} must be allowed too, by the "
        "condition acm-pca:TemplateArn of the policies and, for a CA of another account, by its share"
    )
