# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""acm_pca_audit_report against the emulator."""

from __future__ import annotations

import pytest
from ansible_collections.fleet_pki.aws_private_ca.tests.integration.service.accounts import Account, Facts, Options
from ansible_collections.fleet_pki.aws_private_ca.tests.integration.service.occasions import unreported
from module_run import EXPECTED, run_five_steps

from private_ca_emulator.control import EmulatorControl

MODULE = "acm_pca_audit_report"


@pytest.fixture
def options(account: Account, root: str) -> Options:
    return unreported(account, root)


def test_a_report_goes_through_the_five_steps(
    account: Account, root: str, options: Options, control: EmulatorControl
) -> None:
    leaf = account.issue(root)
    changed = {**options, "format": "CSV", "subject": "www"}
    control.settings(audit_report_delay=1.0)
    steps = run_five_steps(account.run, MODULE, options, changed)
    assert steps.statuses == [*EXPECTED[:-1], "ok"], "inside 30 minutes there is no other report"
    assert [row["serial"] for row in steps.changed.result["certificates"]] == [leaf.serial]
    assert steps.check.result["diff"] == steps.apply.result["diff"]
    assert steps.apply.result["audit_report"]["s3_key"] == steps.again.result["audit_report"]["s3_key"]
    assert leaf.serial in [row["serial"] for row in steps.again_check.result["certificates"]]
    control.advance(1801)
    other = account.must_run(MODULE, **changed)
    assert other["changed"]
    assert other["audit_report"]["format"] == "CSV"
    assert [row["serial"] for row in other["certificates"]] == [leaf.serial]


def test_rows_are_those_that_pass_the_filters(account: Account, root: str, root_facts: Facts, options: Options) -> None:
    leaves = {days: account.issue(root, f"d{days}.example.com", days=days) for days in (3, 300)}
    revoke = {"certificate_authority_arn": root, "certificate": account.issue(root, "gone").pem}
    account.must_run("acm_pca_revoke_certificate", **revoke, reason="SUPERSEDED")
    soon = account.must_run(MODULE, **options, expiring_within="7d")
    assert [row["serial"] for row in soon["certificates"]] == [leaves[3].serial]
    revoked = account.must_run(MODULE, **options, revoked=True)
    assert [row["revocation_reason"] for row in revoked["certificates"]] == ["SUPERSEDED"]
    roots = account.must_run(MODULE, **options, template="RootCACertificate")
    assert [row["serial"] for row in roots["certificates"]] == [root_facts["serial"]]


@pytest.mark.parametrize("other", [{"format": "CSV"}, {"max_age": 0}], ids=lambda other: next(iter(other)))
def test_check_mode_knows_that_no_other_report_is_made_inside_the_30_minutes(
    account: Account, options: Options, other: Options
) -> None:
    account.must_run(MODULE, **options)
    check, applied = (account.must_run(MODULE, check_mode=mode, **options, **other) for mode in (True, False))
    assert check == applied
    assert not applied["changed"]


def test_check_mode_knows_that_another_report_is_made_after_the_30_minutes(
    account: Account, options: Options, control: EmulatorControl
) -> None:
    control.advance(-1801)
    account.must_run(MODULE, **options)
    control.advance(1801)
    check, applied = (account.must_run(MODULE, check_mode=mode, **options) for mode in (True, False))
    assert (check["changed"], check["steps"]) == (applied["changed"], applied["steps"])
    assert applied["changed"]


@pytest.mark.parametrize("code", ["RequestInProgressException", "RequestFailedException", "LimitExceededException"])
def test_the_report_of_another_run_is_taken_inside_the_30_minutes(
    account: Account, options: Options, control: EmulatorControl, code: str
) -> None:
    control.settings(audit_report_too_soon_error=code)
    first = account.must_run(MODULE, **options)
    second = account.must_run(MODULE, **options, format="CSV", wait_timeout=5)
    assert not second["changed"]
    assert second["audit_report"]["s3_key"] == first["audit_report"]["s3_key"]
    assert second["certificates"] == first["certificates"]


def test_a_bucket_that_the_service_cannot_write_to_is_explained(account: Account, options: Options) -> None:
    account.client("s3").delete_bucket_policy(Bucket=options["s3_bucket_name"])
    failed = account.run(MODULE, **options, wait_timeout=3)
    assert failed["failed"]
    assert "bucket" in failed["msg"]


def test_a_bucket_that_does_not_exist_is_explained(account: Account, root: str) -> None:
    failed = account.run(MODULE, certificate_authority_arn=root, s3_bucket_name="there-is-none", wait_timeout=3)
    assert failed["failed"]
    assert "Give the bucket" in failed["msg"]


def test_the_info_module_lists_what_the_newest_report_has(account: Account, root: str, options: Options) -> None:
    leaf = account.issue(root, days=3)
    listing = {"certificate_authority_arn": root, "audit_report_bucket": options["s3_bucket_name"]}
    missing = account.run("acm_pca_certificate_info", **listing)
    assert "Make one with acm_pca_audit_report" in missing["msg"]
    account.must_run(MODULE, **options)
    soon = account.must_run("acm_pca_certificate_info", **listing, expiring_within="7d")
    assert [row["serial"] for row in soon["listed"]] == [leaf.serial]
    unlisted = account.run("acm_pca_certificate_info", certificate_arns=[leaf.arn], expiring_within="7d")
    assert "certificate_authority_arn" in unlisted["msg"], "a filter of the list must not be ignored"
    too_old = account.run("acm_pca_certificate_info", **listing, max_age=-1)
    assert "older than" in too_old["msg"]
