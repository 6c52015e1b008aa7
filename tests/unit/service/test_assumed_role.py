# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Acting as a role: the session carries the job, and a refusal says what to allow."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._assumed_role import assume_role, name_session
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._errors import (
    AccessDenied,
    PrivateCaError,
    Unreachable,
)
from ansible_collections.fleet_pki.aws_private_ca.tests.unit.api.fakes import FakeClock
from botocore.exceptions import ClientError, EndpointConnectionError, ReadTimeoutError
from botocore.parsers import ResponseParserError

ROLE = "arn:aws:iam::111122223333:role/issuer"
UNREADABLE = ResponseParserError("Unable to parse response (syntax error), invalid XML received:\nb'{}'")


class FakeSts:
    """AWS STS, which answers with these errors in turn before it gives credentials."""

    def __init__(self, *errors: Exception) -> None:
        self.errors = list(errors)
        self.asked: dict[str, str] = {}

    def assume_role(self, **parameters: str) -> dict[str, Any]:
        self.asked = parameters
        if self.errors:
            raise self.errors.pop(0)
        return {"Credentials": {"AccessKeyId": "ASIA", "SecretAccessKey": "s", "SessionToken": "t", "Expiration": None}}


def refused(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": "no"}}, "AssumeRole")


@pytest.mark.parametrize(
    ("given", "environment", "name"),
    [
        (None, {"JOB_ID": "4711"}, "aws-private-ca-job-4711"),
        ("nightly run", {"JOB_ID": "4711"}, "nightly-run"),
        ("x" * 70, {}, "x" * 64),
    ],
)
def test_the_session_is_named_after_the_job(given: str | None, environment: dict[str, str], name: str) -> None:
    assert name_session(given, environment) == name


def test_without_a_job_the_session_is_named_after_the_user() -> None:
    assert name_session(None, {}).startswith("aws-private-ca-")


def test_the_external_id_is_sent_only_when_it_is_given() -> None:
    sts = FakeSts()
    assert assume_role(sts, ROLE, None, "run")["aws_session_token"] == "t"
    assert sts.asked == {"RoleArn": ROLE, "RoleSessionName": "run"}
    assume_role(sts, ROLE, "tenant-7", "run")
    assert sts.asked["ExternalId"] == "tenant-7"


@pytest.mark.parametrize(
    ("error", "kind", "remedy"),
    [
        (refused("AccessDenied"), AccessDenied, "Allow sts:AssumeRole on the role to this identity"),
        (UNREADABLE, Unreachable, "Check its endpoint and the proxies on the way"),
        (refused("ExpiredToken"), Unreachable, "Give credentials that are valid now"),
        (refused("InvalidClientTokenId"), Unreachable, "Give credentials that are valid now"),
    ],
)
def test_a_role_that_cannot_be_assumed_is_named_with_what_to_do(
    error: Exception, kind: type[PrivateCaError], remedy: str
) -> None:
    with pytest.raises(kind, match=remedy) as raised:
        assume_role(FakeSts(error), ROLE, None, None, clock=FakeClock())
    assert ROLE in str(raised.value)


def test_a_reply_without_credentials_is_none_of_aws_sts() -> None:
    class Portal:
        def assume_role(self, **_parameters: str) -> dict[str, Any]:
            return {"ResponseMetadata": {}}

    with pytest.raises(Unreachable, match=r"its reply has no Credentials.*Check its endpoint and the proxies"):
        assume_role(Portal(), ROLE, None, None, clock=FakeClock())


def test_an_endpoint_that_is_not_there_is_told_when_it_was_tried_for_a_while() -> None:
    clock, nowhere = FakeClock(), EndpointConnectionError(endpoint_url="http://sts")
    with pytest.raises(Unreachable, match="Check network, region and endpoint_url"):
        assume_role(FakeSts(*[nowhere] * 1000), ROLE, None, None, clock=clock)
    assert len(clock.slept) > 1


@pytest.mark.parametrize("error", [refused("Throttling"), ReadTimeoutError(endpoint_url="http://sts")])
def test_a_transient_failure_is_not_the_end(error: Exception) -> None:
    assert assume_role(FakeSts(error, error), ROLE, None, None, clock=FakeClock())["aws_session_token"] == "t"
