# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The facts of a permission say when it was granted in UTC, whatever the time zone that boto3 tells it in."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._acm_pca.permissions import permission_facts
from ansible_collections.fleet_pki.aws_private_ca.tests.unit.api.fakes import AUTHORITY


def test_a_permission_was_granted_at_a_time_in_utc() -> None:
    granted = datetime(2026, 1, 1, 0, 30, tzinfo=timezone(timedelta(hours=1)))
    facts = permission_facts(AUTHORITY, {"Principal": "acm.amazonaws.com", "CreatedAt": granted})
    assert facts["created_at"] == "2025-12-31T23:30:00Z"


def test_a_permission_of_which_the_service_says_no_time_has_none() -> None:
    assert permission_facts(AUTHORITY, {"Principal": "acm.amazonaws.com"})["created_at"] is None
