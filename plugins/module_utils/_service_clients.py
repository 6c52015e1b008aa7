# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From a module's options to the clients of the services that it uses."""

from __future__ import annotations

from typing import Any, Mapping

from ._acm_pca.arns import parse_authority_arn
from ._acm_pca.errors import BotoCoreError, ClientError, take_member, translate
from ._acm_pca.retries import RetryPolicy, call_with_retries
from ._aws_connection import connect_client, select_connection
from ._clock import SystemClock


def connect_service(options: Mapping[str, Any], service: str = "acm-pca", authority_arn: str | None = None) -> Any:
    """Return a boto3 client of ``service`` without retries of its own.

    The region is that of the CA's ARN, for a CA answers in its own region only, or else the option's.
    """
    region = parse_authority_arn(authority_arn).region if authority_arn else options.get("region")
    return connect_client(service, select_connection(options, region))


def identify_account(options: Mapping[str, Any]) -> str:
    """Return the number of the account that the options' credentials are of (AWS STS, GetCallerIdentity)."""
    sts = connect_service(options, "sts")
    try:
        reply = call_with_retries(sts.get_caller_identity, RetryPolicy(), SystemClock())
        return str(take_member(reply, "Account"))
    except (BotoCoreError, ClientError) as error:
        raise translate(error, "Failed to identify the account", "sts:GetCallerIdentity") from error
