# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._acm_pca.models import IssuedCertificate
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._errors import InvalidInput
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._x509.times import show_time
from ansible_collections.fleet_pki.aws_private_ca.plugins.plugin_utils._ledger_place import (
    find_filesystem,
    warn_of_filesystem,
)
from ansible_collections.fleet_pki.aws_private_ca.plugins.plugin_utils._renewal import (
    check_renewal_plan,
    plan_renewal,
    warn_of_authority_end,
)
from ansible_collections.fleet_pki.aws_private_ca.tests.unit.flow.fakes import make_order
from ansible_collections.fleet_pki.aws_private_ca.tests.utils.host_authority import (
    DAY,
    NOW,
    Hierarchy,
    make_authority,
    pem,
)
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec


def issue(authority_days: int) -> IssuedCertificate:
    """Return a certificate of 90 days, of a CA whose own certificate ends in so many days."""
    root = make_authority("Root")
    hierarchy = Hierarchy(root, make_authority("Issuing", root, not_after=NOW + authority_days * DAY))
    names = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "web.example.com")])
    request = x509.CertificateSigningRequestBuilder().subject_name(names)
    csr = pem(request.sign(ec.generate_private_key(ec.SECP256R1()), hashes.SHA256()))
    return IssuedCertificate("arn", hierarchy.issue(csr), tuple(hierarchy.chain))


@pytest.mark.parametrize(("authority_days", "warned"), [(100, True), (120, True), (200, False), (3650, False)])
def test_a_ca_that_ends_before_the_next_renewal_would_is_warned_of(authority_days: int, warned: bool) -> None:
    warnings = warn_of_authority_end(issue(authority_days), "2027-03-15T00:00:00Z")
    assert bool(warnings) is warned
    assert all("Renew the CA's certificate before" in warning for warning in warnings)


def test_the_next_renewal_is_planned_for_the_last_third_of_the_life() -> None:
    facts = {"not_after": "2027-04-15T08:00:00Z"}
    planned = plan_renewal(make_order(), facts, NOW)
    assert planned is not None and "2027-03-11" <= planned <= "2027-03-16T08:00:00Z"


def test_without_a_certificate_no_renewal_is_planned() -> None:
    assert plan_renewal(make_order(), None, None) is None


def test_no_renewal_is_planned_for_a_life_shorter_than_renew_before() -> None:
    assert plan_renewal(make_order(renew_before="45d"), {"not_after": show_time(NOW + 30 * DAY)}, NOW) is None


@pytest.mark.parametrize("validity", [{"type": "DAYS", "value": 90}, {"type": "END_DATE", "value": 270101000000}])
def test_a_renew_before_that_is_no_time_is_refused_whatever_the_validity(validity: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput, match="Failed to understand renew_before"):
        check_renewal_plan(make_order(renew_before="soon", validity=validity), NOW)


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/home/u/.local/state/ledger", "ext4"),
        ("/run/user/0/ledger", "tmpfs"),
        ("/runner/ledger", "overlay"),
        ("/run", "tmpfs"),
    ],
)
def test_the_file_system_of_a_path_is_that_of_its_longest_mount_point(path: str, expected: str) -> None:
    mounts = [("/", "overlay"), ("/home", "ext4"), ("/run", "tmpfs")]
    assert find_filesystem(path, mounts) == expected


@pytest.mark.parametrize(
    ("kind", "expected"),
    [("ext4", []), (None, []), ("overlay", ["may not outlive"]), ("nfs4", ["use ledger: dynamodb for several"])],
)
def test_a_ledger_that_may_be_lost_or_is_another_machines_too_is_warned_of(
    kind: str | None, expected: list[str]
) -> None:
    warnings = warn_of_filesystem(Path("/state/ledger"), kind)
    assert len(warnings) == len(expected)
    assert all(text in warning for text, warning in zip(expected, warnings, strict=True))
