# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the service would refuse too late is refused with the options, before any call and in check mode too."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._acm_pca.authority_options import (
    ARGUMENTS,
    desired_authority,
)
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._errors import InvalidInput

Options = dict[str, Any]
DEFAULTS = {name: described.get("default") for name, described in ARGUMENTS.items()}


def days(value: int) -> Options:
    return {"crl": {"expiration_in_days": value}}


def validity(value: int) -> Options:
    return {"validity": {"type": "DAYS", "value": value}}


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"permanent_deletion_time_in_days": 6}, r"permanent_deletion_time_in_days \(6\): AWS allows 7 to 30"),
        ({"permanent_deletion_time_in_days": 31}, r"permanent_deletion_time_in_days \(31\): AWS allows 7 to 30"),
        (days(0), r"crl.expiration_in_days \(0\): AWS allows 1 to 5000"),
        (days(5001), r"crl.expiration_in_days \(5001\): AWS allows 1 to 5000"),
        (validity(0), r"validity.value \(0\): AWS allows at least 1"),
        ({"renew_before": "soon"}, "Write it like 33%, 30d or 12h"),
    ],
)
def test_a_number_that_aws_does_not_allow_is_refused(options: Options, says: str) -> None:
    with pytest.raises(InvalidInput, match=says):
        desired_authority({**DEFAULTS, **options})


@pytest.mark.parametrize(
    "options",
    [
        {"permanent_deletion_time_in_days": 7},
        {"permanent_deletion_time_in_days": 30},
        days(1),
        days(5000),
        {"crl": {"enabled": False, "expiration_in_days": None}},
        validity(1),
        {"renew_before": "365d"},
    ],
)
def test_a_number_that_aws_allows_is_taken(options: Options) -> None:
    assert desired_authority({**DEFAULTS, **options}).activation.wanted
