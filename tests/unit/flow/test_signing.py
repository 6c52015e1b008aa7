# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A host that was restored from a backup asks what it asked before: it gets the newest of what followed."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._x509.facts import certificate_facts
from ansible_collections.fleet_pki.aws_private_ca.plugins.plugin_utils._flow import Moment
from ansible_collections.fleet_pki.aws_private_ca.plugins.plugin_utils._host_modules import HostModules
from ansible_collections.fleet_pki.aws_private_ca.plugins.plugin_utils._signing import SigningSource
from ansible_collections.fleet_pki.aws_private_ca.tests.unit.api.fakes import make_csr
from ansible_collections.fleet_pki.aws_private_ca.tests.unit.flow.fakes import DUE, FakeHost, let_pass, make_order
from ansible_collections.fleet_pki.aws_private_ca.tests.utils.direct_host import MemoryAuthority
from ansible_collections.fleet_pki.aws_private_ca.tests.utils.host_authority import DAY, NOW, make_hierarchy

CSR = make_csr()
RENEWALS = (0, 61, 122, 183)
"""Days on which a certificate of 90 days was issued, each but the first to replace the one before."""


@pytest.fixture
def authority() -> MemoryAuthority:
    return MemoryAuthority(make_hierarchy())


def supply(authority: MemoryAuthority, day: int, replaces: str | None, **options: Any) -> str:
    """Return the serial of the certificate that a host gets on a day, with its one key, for what it has live."""
    authority.now = NOW + day * DAY
    moment = Moment(int(authority.now), authority.now)
    asked = {**DUE, "request": {"csr": CSR, "resumed": False}, "replaces": replaces}
    inspection = HostModules(FakeHost(asked), {}).inspect({})
    source = SigningSource(make_order(key_rotation="never", **options), authority, let_pass, moment)
    serial: str = certificate_facts(source.supply(inspection).issuance.certificate.certificate)["serial"]
    return serial


@pytest.fixture
def serials(authority: MemoryAuthority) -> list[str]:
    """Return the serials of what was issued on the days of ``RENEWALS``."""
    found: list[str] = []
    for day in RENEWALS:
        found.append(supply(authority, day, found[-1] if found else None))
    assert authority.count_calls() == len(set(found)) == len(RENEWALS)
    return found


@pytest.mark.parametrize("backup", range(len(RENEWALS) - 1))
def test_a_restored_host_gets_the_certificate_that_was_live_before(
    authority: MemoryAuthority, serials: list[str], backup: int
) -> None:
    assert supply(authority, 190, serials[backup]) == serials[-1]
    assert authority.count_calls() == len(RENEWALS)


def test_a_restored_host_gets_a_new_certificate_once_where_all_are_due(
    authority: MemoryAuthority, serials: list[str]
) -> None:
    new = supply(authority, 300, serials[0])
    assert new not in serials
    assert supply(authority, 301, serials[0]) == new
    assert authority.count_calls() == len(RENEWALS) + 1


def test_a_certificate_that_lives_shorter_than_renew_before_is_not_replaced_again_and_again(
    authority: MemoryAuthority,
) -> None:
    first = supply(authority, 0, None, renew_before="120d")
    assert [supply(authority, day, None, renew_before="120d") for day in (1, 50, 89)] == [first] * 3
    assert supply(authority, 90, None, renew_before="120d") != first
