# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The options that shape an issuance and its ledger: argument specs in named parts, and what the core makes of them.

Modules and the action share them. The documentation's counterparts are the doc fragments ``issuance`` and ``ledger``.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any, Mapping

from ._acm_pca.arns import AuthorityArn
from ._acm_pca.audit_reports import AuditReports
from ._acm_pca.governance_api import GovernanceApi
from ._acm_pca.polling import Polling
from ._acm_pca.recovery import ReportRecovery, refuse_to_ask_again
from ._acm_pca.report_bucket import ReportBucket
from ._acm_pca.waiting import Patience
from ._aws_connection import AwsConnection, connect_client, select_connection
from ._clock import Clock
from ._errors import InvalidInput
from ._issuing import Recover
from ._ledger.limits import Breaker, Limits, Pace
from ._ledger.opening import DEFAULT_TABLE, LedgerOptions

VALIDITY_TYPES = ["END_DATE", "ABSOLUTE", "DAYS", "MONTHS", "YEARS"]
KEY_USAGES = [
    "digitalSignature",
    "nonRepudiation",
    "keyEncipherment",
    "dataEncipherment",
    "keyAgreement",
    "keyCertSign",
    "cRLSign",
    "encipherOnly",
    "decipherOnly",
]

PASSTHROUGH_OPTIONS: dict[str, Any] = {
    "subject": {"type": "dict"},
    "subject_alternative_names": {"type": "list", "elements": "str"},
    "key_usage": {"type": "list", "elements": "str", "choices": KEY_USAGES, "no_log": False},
    "extended_key_usage": {"type": "list", "elements": "str", "no_log": False},
    "certificate_policies": {
        "type": "list",
        "elements": "dict",
        "options": {
            "oid": {"type": "str", "required": True},
            "cps_uris": {"type": "list", "elements": "str"},
        },
    },
    "custom_extensions": {
        "type": "list",
        "elements": "dict",
        "options": {
            "oid": {"type": "str", "required": True},
            "value": {"type": "str", "required": True},
            "critical": {"type": "bool", "default": False},
        },
    },
}
TERMS_OPTIONS: dict[str, Any] = {
    "template": {"type": "str", "default": "EndEntityCertificate", "aliases": ["template_arn"]},
    "signing_algorithm": {"type": "str"},
    "validity": {
        "type": "dict",
        "default": {"type": "DAYS", "value": 90},
        "options": {
            "type": {"type": "str", "choices": VALIDITY_TYPES, "default": "DAYS"},
            "value": {"type": "int", "required": True},
        },
    },
    "validity_not_before": {
        "type": "dict",
        "options": {
            "type": {"type": "str", "choices": VALIDITY_TYPES, "default": "ABSOLUTE"},
            "value": {"type": "int", "required": True},
        },
    },
    "api_passthrough": {"type": "dict", "no_log": False, "options": PASSTHROUGH_OPTIONS},
}
LEDGER_OPTIONS: dict[str, Any] = {
    "ledger": {"type": "str", "choices": ["sqlite", "dynamodb", "none"], "default": "sqlite"},
    "ledger_path": {"type": "path"},
    "ledger_table": {"type": "str", "default": DEFAULT_TABLE},
    "ledger_region": {"type": "str"},
    "ledger_endpoint_url": {"type": "str"},
    "ledger_create_table": {"type": "bool", "default": False},
}
LIMIT_OPTIONS: dict[str, Any] = {
    "max_issuances": {"type": "int"},
    "max_issuances_period": {"type": "int", "default": 86400},
    "requests_per_second": {"type": "float", "default": 20.0},
}
RECOVERY_OPTIONS: dict[str, Any] = {
    "recovery_bucket": {"type": "str"},
    "on_lost_reply": {"type": "str", "choices": ["reissue", "fail"], "default": "reissue"},
}


def select_recovery(options: Mapping[str, Any], connection: AwsConnection, clock: Clock) -> Recover | None:
    """Return what finds a certificate whose reply was lost; None to have it asked for again."""
    if options.get("recovery_bucket"):
        api = GovernanceApi(connect_client("acm-pca", connection), clock=clock)
        s3 = connect_client("s3", replace(connection, endpoint_url=None))  # endpoint_url is that of AWS Private CA
        reports = AuditReports(api, ReportBucket(s3, clock), Polling(clock))
        return ReportRecovery(api, reports, options["recovery_bucket"], clock)
    return refuse_to_ask_again if options.get("on_lost_reply") == "fail" else None


def select_ledger(options: Mapping[str, Any], region: str | None = None) -> LedgerOptions:
    """Return which ledger the options name. A DynamoDB table is by default in ``region``, the CA's."""
    connection = None
    if options["ledger"] == "dynamodb":
        region = options.get("ledger_region") or region
        if region is None:
            raise InvalidInput(
                "Failed to open the ledger", because="its region is not known", remedy="Give ledger_region"
            )
        # endpoint_url is that of AWS Private CA
        endpoint_url = options.get("ledger_endpoint_url")
        connection = replace(select_connection(options, region), endpoint_url=endpoint_url)
    return LedgerOptions(
        store=options["ledger"],
        path=options.get("ledger_path"),
        table=options.get("ledger_table") or DEFAULT_TABLE,
        create_table=bool(options.get("ledger_create_table")),
        connection=connection,
    )


def select_limits(options: Mapping[str, Any]) -> Limits:
    """Return the limits that all workers and control nodes with the same ledger share; 0 requests a second is none.

    Raise InvalidInput for what is no limit.
    """
    for name, least in (("requests_per_second", 0), ("max_issuances", 0), ("max_issuances_period", 1)):
        if options.get(name) is not None and not least <= options[name] < math.inf:
            raise InvalidInput(
                "Failed to read the limits",
                on=name,
                because=f"it is {options[name]:g}",
                remedy=f"Give a number from {least} on, or leave {name} out",
            )
    most = options.get("max_issuances")
    rate = options["requests_per_second"]
    return Limits(
        pace=Pace(per_second=rate) if rate else None,
        breaker=Breaker(max_issuances=most, period=options["max_issuances_period"]) if most is not None else None,
    )


def select_patience(options: Mapping[str, Any]) -> Patience:
    """Return how long to wait for the certificate."""
    return Patience(wait_deadline=options["wait_timeout"])


def require_region(authority: AuthorityArn, region: str | None) -> None:
    """Raise InvalidInput when ``region`` is given and is not the one that the CA's ARN names."""
    if region and region != authority.region:
        raise InvalidInput(
            f"The CA is in region {authority.region}, but the task says region {region}",
            on=authority.text,
            remedy="Leave region out: the CA's ARN names it",
        )
