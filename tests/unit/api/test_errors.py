# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The boundary to botocore: every declared error is mapped, and what is transient, lost or final is told apart."""

from __future__ import annotations

import botocore.session
import pytest
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._acm_pca.errors import (
    CODES,
    IncompleteReply,
    UnreadableReply,
    read_fault,
    translate,
)
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._errors import (
    AccessDenied,
    InvalidInput,
    IssuanceFailed,
    QuotaExceeded,
    ServiceError,
    Throttled,
    Unreachable,
)
from ansible_collections.fleet_pki.aws_private_ca.tests.unit.api.fakes import AUTHORITY, client_error
from botocore import exceptions

HERE = {"endpoint_url": "https://here"}


def declared_codes() -> set[str]:
    model = botocore.session.get_session().get_service_model("acm-pca")
    return {
        shape.metadata.get("error", {}).get("code", shape.name)
        for name in model.operation_names
        for shape in model.operation_model(name).error_shapes
    }


def test_every_error_that_the_service_model_declares_is_mapped() -> None:
    assert declared_codes() - set(CODES) == set()
    assert len(declared_codes()) > 15


@pytest.mark.parametrize("code", sorted(CODES))
def test_every_mapped_code_becomes_a_service_error_that_says_what_to_do(code: str) -> None:
    error = translate(client_error(code, "the service's words"), "Failed to issue", "IssueCertificate", AUTHORITY)
    assert isinstance(error, ServiceError)
    assert error.remedy
    assert "the service's words" in str(error)
    assert AUTHORITY in str(error)
    assert error.details["code"] == code
    assert error.details["operation"] == "IssueCertificate"


@pytest.mark.parametrize(
    ("error", "transient", "throttled", "carried_out"),
    [
        (client_error("ThrottlingException"), True, True, False),
        (client_error("TooManyRequestsException", status=429), True, True, False),
        (client_error("InternalFailure", status=500), True, False, None),
        (client_error("Unheard", status=502), True, False, None),
        (client_error("ServiceUnavailable", status=503), True, False, None),
        (client_error("RequestTimeout", status=408), True, False, None),
        (client_error("ConcurrentModificationException"), True, False, False),
        (client_error("LimitExceededException"), False, False, False),
        (client_error("ValidationException"), False, False, False),
        (client_error("AccessDeniedException"), False, False, False),
        (client_error("InvalidStateException"), False, False, False),
        (client_error("RequestFailedException"), False, False, False),
        (client_error("RequestInProgressException"), False, False, False),
        (exceptions.EndpointConnectionError(**HERE), True, False, False),
        (exceptions.ConnectTimeoutError(**HERE), True, False, False),
        (exceptions.ReadTimeoutError(**HERE), True, False, None),
        (exceptions.ConnectionClosedError(**HERE), True, False, None),
        (exceptions.HTTPClientError(error="reset"), True, False, None),
        (exceptions.SSLError(error=ValueError("untrusted"), **HERE), False, False, False),
        (exceptions.SSLError(error=OSError("[SSL: DECRYPTION_FAILED_OR_BAD_RECORD_MAC]"), **HERE), True, False, None),
        (exceptions.SSLError(error=OSError("EOF occurred in violation of protocol"), **HERE), True, False, None),
        (IncompleteReply(name="CertificateArn"), False, False, None),
        (UnreadableReply(reason="no XML"), False, False, None),
        (exceptions.NoCredentialsError(), False, False, False),
    ],
)
def test_faults_are_told_apart(error: Exception, transient: bool, throttled: bool, carried_out: bool | None) -> None:
    fault = read_fault(error)
    assert (fault.transient, fault.throttled, fault.carried_out) == (transient, throttled, carried_out)


@pytest.mark.parametrize(
    ("error", "expected", "text"),
    [
        (client_error("LimitExceededException"), QuotaExceeded, "hard quota"),
        (client_error("RequestFailedException"), IssuanceFailed, "new token"),
        (client_error("ThrottlingException"), Throttled, "fewer at once"),
        (client_error("ExpiredTokenException"), Unreachable, "credentials that are valid now"),
        (client_error("Unheard", status=500), Unreachable, "Unheard"),
        (client_error("Unheard"), ServiceError, "Unheard"),
        (client_error("404", status=404), Unreachable, "What answers is not the service: check endpoint_url"),
        (exceptions.NoCredentialsError(), Unreachable, "no credentials were found"),
        (exceptions.NoRegionError(), Unreachable, "no region is set"),
        (IncompleteReply(name="CertificateArn"), Unreachable, "no service of AWS (its reply has no CertificateArn)"),
        (exceptions.EndpointConnectionError(**HERE), Unreachable, "https://here"),
        (exceptions.SSLError(error=ValueError("untrusted"), **HERE), Unreachable, "aws_ca_bundle"),
        (exceptions.ParamValidationError(report="Validity is missing"), InvalidInput, "Validity is missing"),
    ],
)
def test_errors_are_of_their_kind(error: Exception, expected: type[Exception], text: str) -> None:
    translated = translate(error, "Failed to issue", "IssueCertificate", AUTHORITY)
    assert translated.__class__ is expected
    assert text in str(translated)


def test_a_denied_call_names_action_and_resource_and_for_issuing_the_template() -> None:
    denied = client_error("AccessDeniedException")
    issuing = translate(denied, "Failed to issue", "IssueCertificate", AUTHORITY, template_arn="arn:template")
    reading = translate(denied, "Failed to get", "GetCertificate", f"{AUTHORITY}/certificate/1")
    assert isinstance(issuing, AccessDenied)
    assert f"Allow acm-pca:IssueCertificate on {AUTHORITY}" in str(issuing)
    assert "arn:template" in str(issuing)
    assert f"Allow acm-pca:GetCertificate on {AUTHORITY} to" in str(reading)


def test_what_a_call_takes_besides_its_own_action_is_named_as_aws_names_it() -> None:
    bucket = "arn:aws:s3:::example-crls"
    refusal = f"User: arn:aws:iam::1:user/a is not authorized to perform: s3:GetBucketAcl on resource: {bucket} because"
    creating = translate(client_error("AccessDeniedException", refusal), "Failed to", "CreateCertificateAuthority", "x")
    assert str(creating).endswith(f". Allow s3:GetBucketAcl on {bucket} to this identity.")


def test_a_remedy_that_asks_ends_with_its_question_mark() -> None:
    error = InvalidInput("Failed to find it", because="it is not there", remedy="Did you mean this?")
    assert str(error) == "Failed to find it: it is not there. Did you mean this?"
