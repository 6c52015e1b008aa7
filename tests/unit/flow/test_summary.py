# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

from ansible_collections.fleet_pki.aws_private_ca.plugins.plugin_utils._summary import summarize_certificates


def result(action: str, reason: str | None = None, renewal: str | None = None) -> dict[str, Any]:
    reasons = [{"reason": reason, "message": "..."}] if reason else []
    return {"action": action, "reasons": reasons, "msg": "...", "next_renewal": renewal, "name": "web"}


def test_each_kind_of_outcome_has_a_line_and_the_next_three_renewals_come_last() -> None:
    assert summarize_certificates(
        {
            "web-01": result("issue", "missing", "2027-01-20T00:00:00Z"),
            "web-02": result("issue", "due_for_renewal", "2027-01-18T00:00:00Z"),
            "web-03": result("none", renewal="2027-01-19T00:00:00Z"),
            "web-04": result("none"),
            "web-05": result("none", renewal="2027-01-21T00:00:00Z"),
        }
    ) == [
        "issued: 1 (web-01 web)",
        "renewed: 1 (web-02 web)",
        "unchanged: 3",
        "next renewal: 2027-01-18T00:00:00Z (web-02 web), then 2027-01-19T00:00:00Z (web-03 web), "
        "then 2027-01-20T00:00:00Z (web-01 web)",
    ]


def test_what_check_mode_found_is_worded_as_what_would_be() -> None:
    results = {
        "web-01": result("issue", "missing"),
        "web-02": result("none"),
        "web-03": {"failed": True, "name": "web"},
    }
    assert summarize_certificates(results, predicted=True)[:3] == [
        "would be issued: 1 (web-01 web)",
        "unchanged: 1",
        "failed: 1 (web-03 web)",
    ]


def test_a_failure_is_named_with_its_reason() -> None:
    failed = {"failed": True, "msg": "web-01: certificate 'web': Failed to reload.", "name": "web"}
    assert summarize_certificates({"web-01": failed}) == [
        "failed: 1 (web-01 web)",
        "web-01: certificate 'web': Failed to reload.",
    ]


def test_every_item_of_a_loop_is_counted() -> None:
    items = [{**result("repair"), "host_certificate_name": name} for name in ("web", "mail")]
    assert summarize_certificates({"web-01": {"results": items}}) == ["repaired: 2 (web-01 web, web-01 mail)"]


def test_a_host_that_the_play_gave_up_is_counted_once() -> None:
    failed = {"failed": True, "msg": "web-02: certificate 'web': Failed to reload.", "name": "web"}
    results = {"web-01": result("none"), "web-02": failed, "web-03": {}}
    assert summarize_certificates(results, lost=["web-02", "web-03", "web-04"])[1:] == [
        "failed: 1 (web-02 web)",
        "web-02: certificate 'web': Failed to reload.",
        "not looked at, failed or unreachable before: 2 (web-03, web-04)",
    ]


def test_hosts_that_were_skipped_or_never_reached_are_not_counted() -> None:
    assert summarize_certificates({"web-01": {"skipped": True}, "web-02": {}}) == ["no certificate was looked at"]


def test_long_lists_of_hosts_are_cut() -> None:
    lines = summarize_certificates({f"web-{number:02}": result("issue", "missing") for number in range(30)})
    assert lines[0].startswith("issued: 30 (web-00 web, ")
    assert lines[0].endswith("web-09 web, ...)")
