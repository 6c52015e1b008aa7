# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A certificate of the host's is revoked by its serial, which its ARN does not tell."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._acm_pca.models import LineageId
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._errors import AccessDenied, AuthorityUnusable
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._ledger.opening import (
    LedgerOptions,
    open_ledger,
)
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._ledger.records import Record
from ansible_collections.fleet_pki.aws_private_ca.plugins.plugin_utils._revoker import RunRevoker
from ansible_collections.fleet_pki.aws_private_ca.plugins.plugin_utils._run import RunMemory
from ansible_collections.fleet_pki.aws_private_ca.plugins.plugin_utils._supersession import Revoked
from ansible_collections.fleet_pki.aws_private_ca.tests.unit.api.fakes import (
    AUTHORITY,
    FakeClient,
    FakeClock,
    client_error,
    make_csr,
)
from cryptography import x509

WEB = LineageId("web-01", "web")


class FakeAuthority(FakeClient):
    """One that revokes as well. ``refusals`` are codes of errors, by the serial that is refused."""

    def __init__(self, clock: FakeClock) -> None:
        super().__init__(clock)
        self.revoked: list[tuple[str, str, str]] = []
        self.refusals: dict[str, str] = {}

    def issue(self, common_name: str) -> tuple[str, str]:
        """Return ARN and serial (hex) of a new certificate."""
        arn = self.issue_certificate(
            CertificateAuthorityArn=AUTHORITY,
            Csr=make_csr(common_name=common_name).encode(),
            IdempotencyToken=common_name,
        )["CertificateArn"]
        serial = x509.load_pem_x509_certificate(self.certificates[arn].encode()).serial_number
        self.calls.clear()
        return arn, f"{serial:x}"

    def revoke_certificate(self, **parameters: str) -> None:
        serial = parameters["CertificateSerial"].replace(":", "")
        if serial.lstrip("0") in self.refusals:
            raise client_error(self.refusals[serial.lstrip("0")])
        self.revoked.append((parameters["CertificateAuthorityArn"], serial, parameters["RevocationReason"]))


@pytest.fixture
def authority() -> FakeAuthority:
    return FakeAuthority(FakeClock())


@pytest.fixture
def revoker(authority: FakeAuthority, tmp_path: Path) -> RunRevoker:
    def connect(options: Mapping[str, Any], authority_arn: str) -> FakeAuthority:
        assert authority_arn == AUTHORITY
        return authority

    options = {"ledger": "sqlite", "ledger_path": str(tmp_path / "ledger")}
    return RunRevoker(options, RunMemory(), authority.clock, connect)


def record(revoker: RunRevoker, arn: str, **members: Any) -> None:
    """Have the ledger know the certificate as the lineage's, unless ``members`` say otherwise."""
    known = {"host": WEB.host, "lineage": WEB.name, "state": "issued", "certificate_arn": arn, **members}
    with open_ledger(LedgerOptions("sqlite", revoker.options["ledger_path"])) as ledger:
        ledger.swap(Record(arn[-8:], {"certificate_authority_arn": AUTHORITY}, **known), None)


def test_the_serial_is_that_of_the_ledger(authority: FakeAuthority, revoker: RunRevoker) -> None:
    arn, serial = authority.issue("web.example.com")
    record(revoker, arn, serial=serial)
    assert revoker.revoke(WEB, [arn], "SUPERSEDED") == Revoked((arn,))
    assert authority.revoked == [(AUTHORITY, serial.zfill(len(serial) + len(serial) % 2), "SUPERSEDED")]
    assert authority.calls == []


def test_a_serial_that_the_ledger_never_learnt_is_read_from_the_certificate(
    authority: FakeAuthority, revoker: RunRevoker
) -> None:
    arn, serial = authority.issue("web.example.com")
    record(revoker, arn, state="asked")
    assert revoker.revoke(WEB, [arn], "SUPERSEDED") == Revoked((arn,))
    assert [revoked.lstrip("0") for _authority, revoked, _reason in authority.revoked] == [serial]


def test_what_is_not_known_as_the_lineages_is_left_alone(authority: FakeAuthority, revoker: RunRevoker) -> None:
    arn, serial = authority.issue("web.example.com")
    record(revoker, arn, serial=serial, host="web-02")
    assert revoker.revoke(WEB, [arn, f"{AUTHORITY}/certificate/0a"], "SUPERSEDED") == Revoked()
    assert authority.revoked == []


def issue_known(authority: FakeAuthority, revoker: RunRevoker, *names: str) -> list[tuple[str, str]]:
    """Return ARN and serial of new certificates, which the ledger knows as the lineage's."""
    issued = [authority.issue(name) for name in names]
    for arn, serial in issued:
        record(revoker, arn, serial=serial)
    return issued


def test_one_that_is_refused_keeps_no_other_from_being_revoked_and_is_named_afterwards(
    authority: FakeAuthority, revoker: RunRevoker
) -> None:
    (old, refused), (live, serial) = issue_known(authority, revoker, "old.example.com", "web.example.com")
    authority.refusals = {refused: "AccessDeniedException"}
    with pytest.raises(AccessDenied) as failure:
        revoker.revoke(WEB, [old, live], "KEY_COMPROMISE")
    assert [revoked.lstrip("0") for _authority, revoked, _reason in authority.revoked] == [serial]
    assert f"({old})" in failure.value.sentence() and live not in failure.value.sentence()
    assert "Allow acm-pca:RevokeCertificate" in failure.value.sentence()
    assert failure.value.details["revoked"] == [live]


def test_several_that_are_refused_are_told_together(authority: FakeAuthority, revoker: RunRevoker) -> None:
    (first, one), (second, two) = issue_known(authority, revoker, "old.example.com", "web.example.com")
    authority.refusals = {one: "InvalidStateException", two: "AccessDeniedException"}
    with pytest.raises(AuthorityUnusable) as failure:
        revoker.revoke(WEB, [first, second], "KEY_COMPROMISE")
    told = failure.value.sentence()
    assert f"({first}, {second})" in told
    assert "(InvalidStateException); told so (AccessDeniedException)" in told
    assert "Only an ACTIVE or DISABLED" in told and "Allow acm-pca:RevokeCertificate" in told


@pytest.mark.parametrize("code", ["ResourceNotFoundException", "InvalidArnException"])
def test_what_a_certificate_authority_issued_that_exists_no_longer_is_passed_over(
    authority: FakeAuthority, revoker: RunRevoker, code: str
) -> None:
    (old, refused), (live, _serial) = issue_known(authority, revoker, "old.example.com", "web.example.com")
    authority.refusals = {refused: code}
    assert revoker.revoke(WEB, [old, live], "KEY_COMPROMISE") == Revoked((live,), lost=(old,))


def test_what_the_ledger_learns_while_the_play_runs_is_known(authority: FakeAuthority, revoker: RunRevoker) -> None:
    arn, serial = authority.issue("web.example.com")
    assert revoker.revoke(WEB, [arn], "SUPERSEDED") == Revoked()
    record(revoker, arn, serial=serial)
    assert revoker.revoke(WEB, [arn], "SUPERSEDED") == Revoked((arn,))
