# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Nobody waits for a report that he could not see."""

from __future__ import annotations

import pytest
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._acm_pca.audit_reports import (
    TOO_SOON,
    Audit,
    AuditReports,
)
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._acm_pca.governance_api import GovernanceApi
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._acm_pca.polling import Polling
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._acm_pca.report_bucket import ReportBucket
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._errors import AccessDenied
from ansible_collections.fleet_pki.aws_private_ca.tests.unit.api.fakes import AUTHORITY, FakeClock
from ansible_collections.fleet_pki.aws_private_ca.tests.unit.service.test_declared_errors import Refusing


@pytest.mark.parametrize("code", TOO_SOON)
def test_a_report_that_is_under_way_is_not_waited_for_where_the_bucket_may_not_be_listed(code: str) -> None:
    clock = FakeClock()
    api, bucket = GovernanceApi(Refusing(code), clock=clock), ReportBucket(Refusing("AccessDenied"), clock)
    reports = AuditReports(api, bucket, Polling(clock))
    with pytest.raises(AccessDenied) as raised:
        reports.present(Audit(AUTHORITY, "audit"), check_mode=False)
    assert "makes one in 30 minutes" in str(raised.value)
    assert "Allow s3:ListBucket on arn:aws:s3:::audit to this identity, or run again in 30 minutes" in str(raised.value)
    assert clock.slept == []
