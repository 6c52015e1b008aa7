# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a task may ask of a revocation, before any call."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._acm_pca.revocations import desired_revocation
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._errors import InvalidInput
from ansible_collections.fleet_pki.aws_private_ca.tests.unit.api.fakes import AUTHORITY

OPTIONS: dict[str, Any] = {
    "certificate_authority_arn": AUTHORITY,
    "certificate_arn": None,
    "serial": "01",
    "certificate": None,
    "reason": "SUPERSEDED",
    "wait_for": ["crl"],
}


@pytest.mark.parametrize("seconds", [0, -1])
def test_an_interval_that_lets_no_time_pass_is_refused(seconds: int) -> None:
    assert desired_revocation({**OPTIONS, "wait_interval": 1}).serial == "01"
    with pytest.raises(InvalidInput, match=rf"wait_interval.*it is {seconds}\. Give whole seconds, from 1 on"):
        desired_revocation({**OPTIONS, "wait_interval": seconds})
