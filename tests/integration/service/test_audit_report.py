# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""acm_pca_audit_report against the emulator."""

from __future__ import annotations

from typing import Any

import pytest
from issued_leaf import issue
from module_run import EXPECTED, run_five_steps

MODULE = "acm_pca_audit_report"


@pytest.fixture
def options(account, root) -> dict[str, Any]:
    return {"certificate_authority_arn": root["arn"], "s3_bucket_name": account.create_bucket("audit")}


def test_a_report_goes_through_the_five_steps(account, root, options, control):
    leaf = issue(account, root)
    changed = {**options, "format": "CSV", "subject": "www"}
    control.settings(audit_report_delay=1.0)
    steps = run_five_steps(account.run, MODULE, options, changed)
    assert steps.statuses == [*EXPECTED[:-1], "ok"], "inside 30 minutes there is no other report"
    assert [row["serial"] for row in steps.changed.result["certificates"]] == [leaf.serial]
    assert steps.check.result["diff"] == steps.apply.result["diff"]
    assert steps.apply.result["audit_report"]["s3_key"] == steps.again.result["audit_report"]["s3_key"]
    assert leaf.serial in [row["serial"] for row in steps.again_check.result["certificates"]]
    control.advance(1801)
    try:
        other = account.must_run(MODULE, **changed)
    finally:
        control.advance(-1801)
    assert other["changed"]
    assert other["audit_report"]["format"] == "CSV"
    assert [row["serial"] for row in other["certificates"]] == [leaf.serial]


def test_rows_are_those_that_pass_the_filters(account, root, root_facts, options):
    leaves = {days: issue(account, root, f"d{days}.example.com", days=days) for days in (3, 300)}
    revoke = {"certificate_authority_arn": root["arn"], "certificate": issue(account, root, "gone").pem}
    account.must_run("acm_pca_revoke_certificate", **revoke, reason="SUPERSEDED")
    soon = account.must_run(MODULE, **options, expiring_within="7d")
    assert [row["serial"] for row in soon["certificates"]] == [leaves[3].serial]
    revoked = account.must_run(MODULE, **options, revoked=True)
    assert [row["revocation_reason"] for row in revoked["certificates"]] == ["SUPERSEDED"]
    roots = account.must_run(MODULE, **options, template="RootCACertificate")
    assert [row["serial"] for row in roots["certificates"]] == [root_facts["serial"]]


@pytest.mark.parametrize("other", [{"format": "CSV"}, {"max_age": 0}], ids=lambda other: next(iter(other)))
def test_check_mode_knows_that_no_other_report_is_made_inside_the_30_minutes(account, options, other):
    account.must_run(MODULE, **options)
    check, applied = (account.must_run(MODULE, check_mode=mode, **options, **other) for mode in (True, False))
    assert check == applied
    assert not applied["changed"]


def test_check_mode_knows_that_another_report_is_made_after_the_30_minutes(account, options, control):
    control.advance(-1801)
    account.must_run(MODULE, **options)
    control.advance(1801)
    check, applied = (account.must_run(MODULE, check_mode=mode, **options) for mode in (True, False))
    assert (check["changed"], check["steps"]) == (applied["changed"], applied["steps"])
    assert applied["changed"]


@pytest.mark.parametrize("code", ["RequestInProgressException", "RequestFailedException", "LimitExceededException"])
def test_the_report_of_another_run_is_taken_inside_the_30_minutes(account, options, control, code):
    control.settings(audit_report_too_soon_error=code)
    first = account.must_run(MODULE, **options)
    second = account.must_run(MODULE, **options, format="CSV", wait_timeout=5)
    assert not second["changed"]
    assert second["audit_report"]["s3_key"] == first["audit_report"]["s3_key"]
    assert second["certificates"] == first["certificates"]


def test_a_bucket_that_the_service_cannot_write_to_is_explained(account, options):
    account.client("s3").delete_bucket_policy(Bucket=options["s3_bucket_name"])
    failed = account.run(MODULE, **options, wait_timeout=3)
    assert failed["failed"]
    assert "bucket" in failed["msg"]


def test_a_bucket_that_does_not_exist_is_explained(account, root):
    failed = account.run(MODULE, certificate_authority_arn=root["arn"], s3_bucket_name="there-is-none", wait_timeout=3)
    assert failed["failed"]
    assert "Give the bucket" in failed["msg"]


def test_the_info_module_lists_what_the_newest_report_has(account, root, options):
    leaf = issue(account, root, days=3)
    listing = {"certificate_authority_arn": root["arn"], "audit_report_bucket": options["s3_bucket_name"]}
    missing = account.run("acm_pca_certificate_info", **listing)
    assert "Make one with acm_pca_audit_report" in missing["msg"]
    account.must_run(MODULE, **options)
    soon = account.must_run("acm_pca_certificate_info", **listing, expiring_within="7d")
    assert [row["serial"] for row in soon["listed"]] == [leaf.serial]
    unlisted = account.run("acm_pca_certificate_info", certificate_arns=[leaf.arn], expiring_within="7d")
    assert "certificate_authority_arn" in unlisted["msg"], "a filter of the list must not be ignored"
    too_old = account.run("acm_pca_certificate_info", **listing, max_age=-1)
    assert "older than" in too_old["msg"]
