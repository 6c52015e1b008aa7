# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Acting as an IAM role: options, the session's name, and the exchange of credentials (AWS STS, AssumeRole)."""

from __future__ import annotations

import getpass
import os
import re
from typing import Any, Mapping

from ._acm_pca.errors import BotoCoreError, ClientError, read_fault, take_member, translate
from ._acm_pca.retries import RetryPolicy, call_with_retries
from ._clock import Clock, SystemClock
from ._errors import AccessDenied, PrivateCaError, ServiceError

ASSUME_ROLE_OPTIONS: dict[str, Any] = {
    "assume_role_arn": {"type": "str", "aliases": ["iam_role_arn"]},
    "assume_role_external_id": {"type": "str"},
    "assume_role_session_name": {"type": "str"},
}

_DENIED_REMEDY = (
    "Allow sts:AssumeRole on the role to this identity, and this identity in the role's trust policy, with the "
    "external id that it asks for (assume_role_external_id)"
)
_REMEDIES = {
    "MalformedPolicyDocument": "Look at the policies of the role's sessions",
    "PackedPolicyTooLarge": "Shorten the policies and tags of the role's sessions",
    "RegionDisabledException": "Let an administrator activate AWS STS in this region, or give another region",
}


def name_session(given: str | None, environment: Mapping[str, str] | None = None) -> str:
    """Return the session's name as AWS takes it (2 to 64 of its characters); it carries the job of AWX, or the user."""
    job = (os.environ if environment is None else environment).get("JOB_ID")
    name = given or (f"aws-private-ca-job-{job}" if job else f"aws-private-ca-{_user()}")
    return re.sub(r"[^\w+=,.@-]", "-", name, flags=re.ASCII)[:64]


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container's user may have no name
        return str(os.getuid())


def assume_role(
    sts: Any, role_arn: str, external_id: str | None, session_name: str | None, *, clock: Clock | None = None
) -> dict[str, str]:
    """Return the role's temporary credentials as keyword arguments of a boto3 session.

    ``sts`` is a boto3 client whose own retries are off. Raises only errors of the collection, with the role's ARN.
    """
    parameters = {"RoleArn": role_arn, "RoleSessionName": name_session(session_name)}
    if external_id:
        parameters["ExternalId"] = external_id
    try:
        reply = call_with_retries(lambda: sts.assume_role(**parameters), RetryPolicy(), clock or SystemClock())
        credentials = take_member(reply, "Credentials")
    except (BotoCoreError, ClientError) as error:
        raise _explain(error, role_arn) from error
    return {
        "aws_access_key_id": credentials["AccessKeyId"],
        "aws_secret_access_key": credentials["SecretAccessKey"],
        "aws_session_token": credentials["SessionToken"],
    }


def _explain(error: BaseException, role_arn: str) -> PrivateCaError:
    fault, failed = read_fault(error), "Failed to assume the role"
    details = {"code": fault.code, "operation": "sts:AssumeRole"}
    because = f"{fault.message.rstrip('. ')} ({fault.code})"
    if fault.code in ("AccessDenied", "AccessDeniedException"):
        return AccessDenied(failed, because, role_arn, _DENIED_REMEDY, **details)
    if fault.code in _REMEDIES:
        return ServiceError(failed, because, role_arn, _REMEDIES[fault.code], **details)
    return translate(error, failed, "sts:AssumeRole", role_arn)
