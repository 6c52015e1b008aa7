# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Occasions for a module: each brings about what it is for, on an active root, and returns the options that do it."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._issuance_options import select_ledger
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._ledger.opening import open_ledger
from ansible_collections.fleet_pki.aws_private_ca.tests.integration.service.accounts import Account, Options, make_csr
from service_policies import sharing_policy

Occasion = Callable[[Account, str], Options]
"""Takes the account and the ARN of its root."""
ARN = "certificate_authority_arn"
ROOT: Options = {"name": "made", "type": "ROOT", "key_algorithm": "EC_prime256v1", "subject": {"common_name": "Made"}}
RENEWED: Options = {"renew_before": "394d", "later": 2 * 86400.0}
"""Two days on, whatever ACM issued now is due for renewal."""


def of_root(_account: Account, root: str) -> Options:
    return {ARN: root}


def absent(_account: Account, root: str) -> Options:
    return {ARN: root, "state": "absent"}


def revived(_account: Account, root: str) -> Options:
    return {ARN: root, "restore": True, "enabled": True}


def shared(_account: Account, root: str, account_number: str = "444455556666") -> Options:
    return {ARN: root, "policy": sharing_policy(root, account_number)}


def requested(_account: Account, root: str) -> Options:
    """Return the options of a request that was never made before."""
    return {ARN: root, "csr": make_csr(f"{uuid.uuid4()}.example.com"), "ledger": "none"}


def unissued(account: Account, root: str) -> Options:
    """Let ACM issue from the root; return the options of a certificate that is not there yet."""
    account.permit_acm(root)
    return {ARN: root, "domain_name": f"{uuid.uuid4()}.example.com", "key_algorithm": "EC_prime256v1"}


def managed(account: Account, root: str, **options: Any) -> Options:
    """Return the ARN of a new certificate of ACM."""
    made = account.must_run("acm_private_certificate", **unissued(account, root), **options)
    return {"certificate_arn": made["certificate"]["arn"]}


def ledger_of(account: Account) -> Options:
    """Make the table of a ledger; return the options that name it."""
    table = {"ledger": "dynamodb", "ledger_endpoint_url": account.endpoint_url, "ledger_region": account.region}
    with open_ledger(select_ledger({**account.connection, **table, "ledger_create_table": True})) as ledger:
        ledger.read("a token")
    return table


def leaf_serial(account: Account, root: str) -> Options:
    return {ARN: root, "serial": account.issue(root).serial}


def leaf_arn(account: Account, root: str) -> Options:
    return {ARN: root, "certificate_arn": account.issue(root).arn}


def unread_leaf(account: Account, root: str) -> Options:
    return {"certificate_arns": [account.issue(root).arn]}


def unreported(account: Account, root: str) -> Options:
    """Make a bucket; return the options that have a report written to it."""
    return {ARN: root, "s3_bucket_name": account.create_bucket("audit")}


def reported(account: Account, root: str) -> Options:
    """Have a report written; return the options that read it."""
    options = unreported(account, root)
    account.must_run("acm_pca_audit_report", **options)
    return options


def listed(account: Account, root: str) -> Options:
    """Have a report written; return the options that list certificates from it."""
    return {ARN: root, "audit_report_bucket": reported(account, root)["s3_bucket_name"]}
