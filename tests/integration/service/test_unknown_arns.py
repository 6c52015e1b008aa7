# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A CA or certificate that does not exist: AWS declares two errors for it, and with either a module ends alike."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from ansible_collections.fleet_pki.aws_private_ca.tests.integration.service.accounts import Account, Options
from ansible_collections.fleet_pki.aws_private_ca.tests.integration.service.occasions import (
    ARN,
    ROOT,
    Occasion,
    absent,
    of_root,
    requested,
    shared,
    unreported,
)

from private_ca_emulator.control import EmulatorControl

ERRORS = ("ResourceNotFoundException", "InvalidArnException")
PARENT = "parent_certificate_authority_arn"


@dataclass(frozen=True)
class Case:
    """A module, its options for a CA that does not exist, and what it says; None: it does not fail."""

    module: str
    options: Occasion
    said: str | None = "Check the ARN"


def name_certificate(arn: str) -> str:
    """Return the ARN of a certificate that the CA never issued."""
    return f"{arn}/certificate/{'0' * 32}"


def look_up(_account: Account, arn: str) -> Options:
    return {"certificate_arns": [name_certificate(arn)]}


CASES = {
    "delete a CA": Case("acm_pca_certificate_authority", absent, None),
    "change a CA": Case(
        "acm_pca_certificate_authority", lambda _account, arn: {ARN: arn, "enabled": True}, "does not exist"
    ),
    "sign a CA": Case(
        "acm_pca_certificate_authority", lambda _account, arn: {**ROOT, "type": "SUBORDINATE", PARENT: arn}
    ),
    "read a CA": Case("acm_pca_certificate_authority_info", of_root, None),
    "grant": Case("acm_pca_permission", of_root),
    "withdraw": Case("acm_pca_permission", absent),
    "read permissions": Case("acm_pca_permission_info", of_root),
    "share": Case("acm_pca_policy", shared),
    "unshare": Case("acm_pca_policy", absent),
    "read a policy": Case("acm_pca_policy_info", of_root),
    "audit": Case("acm_pca_audit_report", unreported),
    "revoke by serial": Case("acm_pca_revoke_certificate", lambda _account, arn: {ARN: arn, "serial": "01"}),
    "revoke by ARN": Case(
        "acm_pca_revoke_certificate", lambda _account, arn: {ARN: arn, "certificate_arn": name_certificate(arn)}
    ),
    "issue": Case("acm_pca_issue_certificate", requested),
    "look up": Case("acm_pca_certificate_info", look_up),
    "request of ACM": Case(
        "acm_private_certificate", lambda _account, arn: {ARN: arn, "domain_name": "www.example.com"}
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=list(CASES))
def test_an_authority_that_does_not_exist_is_one_with_either_error(
    account: Account, control: EmulatorControl, case: Case
) -> None:
    authority = "certificate-authority/00000000-0000-0000-0000-000000000000"
    options = case.options(account, f"arn:aws:acm-pca:{account.region}:{account.number}:{authority}")
    ends = []
    for error in ERRORS:
        control.settings(unknown_arn_error=error)
        end = account.run(case.module, **options)
        assert end.get("failed", False) == (case.said is not None), end.get("msg")
        assert (case.said or "") in end.get("msg", "")
        ends.append({name: value for name, value in end.items() if name not in ("msg", "code")})
    assert ends[0] == ends[1]


def test_a_certificate_that_does_not_exist_is_one_with_either_error(
    account: Account, root: str, control: EmulatorControl
) -> None:
    for error in ERRORS:
        control.settings(unknown_arn_error=error)
        failed = account.run("acm_pca_certificate_info", **look_up(account, root))
        assert failed["code"] == error
        assert "Check the ARN" in failed["msg"]
