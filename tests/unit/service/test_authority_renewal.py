# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""When a CA's certificate is due, and that the one which takes its place is not due again at once."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

import pytest
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._acm_pca.authority_plan import (
    Activation,
    DesiredAuthority,
)
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._acm_pca.authority_renewal import certificate_due
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._acm_pca.models import Validity
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._errors import InvalidInput
from ansible_collections.fleet_pki.aws_private_ca.tests.unit.api.fakes import START
from ansible_collections.fleet_pki.aws_private_ca.tests.unit.service.authority_fakes import FakeAuthorities, moment

Facts = dict[str, Any]
PARENT = "arn:aws:acm-pca:eu-central-1:111122223333:certificate-authority/parent"
NOW = datetime(2026, 11, 23, 12, tzinfo=timezone.utc).timestamp()
DAY = 86400


def found(**changes: Any) -> Facts:
    facts = {
        "status": "ACTIVE",
        "serial": "0a",
        "not_before": "2026-01-01T00:00:00Z",
        "not_after": "2036-01-01T00:00:00Z",
    }
    return {**facts, **changes}


def asked(activation: Activation) -> DesiredAuthority:
    return DesiredAuthority(name="root", type="ROOT", subject={"common_name": "root"}, activation=activation)


@pytest.mark.parametrize(
    ("activation", "current", "same", "due"),
    [
        (Activation(), None, True, "missing"),
        (Activation(), found(status="PENDING_CERTIFICATE", serial=None), True, "missing"),
        (Activation(wanted=False), None, True, None),
        (Activation(wanted=False), found(not_after="2026-11-23T12:00:00Z"), True, None),
        (Activation(), found(), True, None),
        (Activation(), found(not_after="2026-11-23T12:00:00Z"), True, "expired"),
        (Activation(), found(status="EXPIRED"), True, "expired"),
        (Activation(renew_before="30d"), found(not_after="2026-12-23T12:00:00Z"), True, "due_for_renewal"),
        (Activation(renew_before="30d"), found(not_after="2026-12-23T12:00:01Z"), True, None),
        (Activation(renew_before="12h"), found(not_after="2026-11-24T00:00:00Z"), True, "due_for_renewal"),
        (Activation(renew_before="10%"), found(not_after="2026-12-01T00:00:00Z"), True, "due_for_renewal"),
        (Activation(renew_before="10%"), found(), True, None),
        (Activation(certificate="PEM"), found(), False, "replaced"),
        (Activation(certificate="PEM"), found(), True, None),
    ],
)
def test_a_certificate_is_due_for_a_reason(
    activation: Activation, current: Facts | None, same: bool, due: str | None
) -> None:
    assert certificate_due(asked(activation), current, NOW, same) == due


@pytest.mark.parametrize("text", ["", "30", "100%", "-1d", "1y", "d"])
def test_a_margin_that_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput, match="33%, 30d or 12h"):
        certificate_due(asked(Activation(renew_before=text)), found(), NOW, True)


@pytest.mark.parametrize(
    ("renew_before", "end", "due"),
    [
        (None, "2036-01-01T00:00:00Z", "path_length_changed"),
        ("30d", "2026-12-01T00:00:00Z", "path_length_changed"),
        (None, "2026-11-01T00:00:00Z", "expired"),
    ],
)
def test_a_certificate_with_another_path_length_is_due(renew_before: str | None, end: str, due: str | None) -> None:
    desired = asked(Activation(renew_before=renew_before, path_length=1, parent_arn=PARENT))
    assert certificate_due(desired, found(not_after=end), NOW, True, same_length=False) == due


END = int(START) + 200 * DAY
FUTILE = {
    "all days of the certificate": (Validity("DAYS", 365), "365d"),
    "more than all": (Validity("DAYS", 365), "60w"),
    "the ten years of a root that says nothing else": (None, "3652d"),
    "whole months": (Validity("MONTHS", 1), "30d"),
    "the time that is left to a fixed end": (Validity("ABSOLUTE", END), "200d"),
    "the time that is left to a date": (Validity("END_DATE", int(f"{moment(END):%Y%m%d%H%M%S}")), "201d"),
}


@pytest.mark.parametrize("case", FUTILE)
@pytest.mark.parametrize("existing", [True, False])
def test_a_renewal_that_every_run_would_repeat_is_refused_before_anything_is_signed(case: str, existing: bool) -> None:
    validity, renew_before = FUTILE[case]
    service = FakeAuthorities()
    if existing:
        service.add("root", days=1)
    for check_mode in (True, False):
        with pytest.raises(InvalidInput, match=f"renew_before is {renew_before}, .* every run would sign another"):
            service.authorities().present(asked(Activation(validity=validity, renew_before=renew_before)), check_mode)


@pytest.mark.parametrize(
    ("validity", "renew_before"),
    [
        (Validity("DAYS", 365), "364d"),
        (Validity("DAYS", 1), "94%"),
        (None, "3640d"),
        (Validity("ABSOLUTE", END), "199d"),
        (Validity("ABSOLUTE", 10**18), "1d"),  # no date: the service says what it makes of it
    ],
)
def test_a_renewal_that_lasts_a_while_is_planned(validity: Validity | None, renew_before: str) -> None:
    service = FakeAuthorities()
    service.add("root", days=0.01)
    outcome = service.authorities().present(asked(Activation(validity=validity, renew_before=renew_before)), True)
    assert outcome.steps == ("Let the root certificate authority sign its own certificate (due_for_renewal)",)


def test_a_margin_over_a_whole_lifetime_is_borne_while_the_certificate_lasts_longer() -> None:
    service = FakeAuthorities()
    service.add("root", days=3650)
    activation = Activation(validity=Validity("DAYS", 365), renew_before="365d")
    assert service.authorities().present(asked(activation), True).steps == ()
