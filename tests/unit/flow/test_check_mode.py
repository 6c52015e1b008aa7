# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Check mode tells the truth: host states times options, each predicted, then done, then compared.

What ``--check`` says (changed, action, reasons, facts) is what the run does. It changes no file and asks no CA.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any, NoReturn

import pytest
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._errors import PrivateCaError
from ansible_collections.fleet_pki.aws_private_ca.plugins.plugin_utils._order import SigningOrder
from ansible_collections.fleet_pki.aws_private_ca.tests.unit.flow.fakes import CA_ARN
from ansible_collections.fleet_pki.aws_private_ca.tests.unit.flow.predictions import Build, States, require_truth
from ansible_collections.fleet_pki.aws_private_ca.tests.utils.direct_host import MemoryAuthority, keep
from ansible_collections.fleet_pki.aws_private_ca.tests.utils.host_authority import make_hierarchy

BASE_OPTIONS: dict[str, Any] = {
    "name": "web",
    "certificate_authority_arn": CA_ARN,
    "common_name": "web.example.com",
    "subject_alternative_names": ["DNS:web.example.com"],
}
OTHER_CA = CA_ARN.replace("11223344-", "99999999-")


def issue(base: Path, authority: MemoryAuthority, **changes: Any) -> None:
    keep(base, authority, {**BASE_OPTIONS, **changes})


def live(base: Path, name: str) -> Path:
    return (base / "web/live").resolve() / name


def empty(base: Path, authority: MemoryAuthority) -> None:
    pass


def healthy(base: Path, authority: MemoryAuthority) -> None:
    issue(base, authority)


def issued_twice(base: Path, authority: MemoryAuthority) -> None:
    issue(base, authority)
    keep(base, authority, BASE_OPTIONS, force_id="another run")


def in_all_formats(base: Path, authority: MemoryAuthority) -> None:
    issue(base, authority, formats=["combined", "der"], mode="0640")


def request_pending(base: Path, authority: MemoryAuthority) -> None:
    _leave_pending(base, authority, 0)


def renewal_pending(base: Path, authority: MemoryAuthority) -> None:
    issue(base, authority)
    _leave_pending(base, authority, 70)


def reload_failed(base: Path, authority: MemoryAuthority) -> None:
    with pytest.raises(PrivateCaError):
        issue(base, authority, reload_command=["false"])


def renewal_not_in_service(base: Path, authority: MemoryAuthority) -> None:
    issue(base, authority)
    with pytest.raises(PrivateCaError):
        keep(base, authority, {**BASE_OPTIONS, "reload_command": ["false"]}, force_id="another run")


def certificate_edited(base: Path, authority: MemoryAuthority) -> None:
    issue(base, authority)
    live(base, "cert.pem").write_text("edited\n")


def chain_deleted(base: Path, authority: MemoryAuthority) -> None:
    issue(base, authority)
    live(base, "chain.pem").unlink()


def key_deleted(base: Path, authority: MemoryAuthority) -> None:
    issue(base, authority)
    live(base, "privkey.pem").unlink()


def key_replaced(base: Path, authority: MemoryAuthority) -> None:
    issue(base, authority)
    live(base, "privkey.pem").write_text("another key\n")


def key_readable(base: Path, authority: MemoryAuthority) -> None:
    issue(base, authority)
    live(base, "privkey.pem").chmod(0o644)


def certificate_mode_changed(base: Path, authority: MemoryAuthority) -> None:
    issue(base, authority)
    live(base, "fullchain.pem").chmod(0o600)


def live_link_missing(base: Path, authority: MemoryAuthority) -> None:
    issue(base, authority)
    (base / "web/live").unlink()


def live_link_dangling(base: Path, authority: MemoryAuthority) -> None:
    issue(base, authority)
    shutil.rmtree(live(base, ""))


def manifest_broken(base: Path, authority: MemoryAuthority) -> None:
    issue(base, authority)
    live(base, "generation.json").write_text("{")


def service_state_lost(base: Path, authority: MemoryAuthority) -> None:
    issue(base, authority)
    for path in (base / "web").glob("state.json"):
        path.unlink()


def lineage_empty(base: Path, authority: MemoryAuthority) -> None:
    (base / "web").mkdir(parents=True)


def file_in_place(base: Path, authority: MemoryAuthority) -> None:
    base.mkdir(parents=True)
    (base / "web").write_text("not ours\n")


def issued_but_not_installed(base: Path, authority: MemoryAuthority) -> None:
    with pytest.raises(ConnectionError):
        keep(base, _LosesReplies(authority.hierarchy, issued=authority.issued), BASE_OPTIONS)


def _leave_pending(base: Path, authority: MemoryAuthority, days_later: float) -> None:
    with pytest.raises(ConnectionError):
        keep(base, _Unreachable(authority.hierarchy), BASE_OPTIONS, days_later=days_later)


class _Unreachable(MemoryAuthority):
    def issue(self, order: SigningOrder, csr: str, replaces: str | None) -> NoReturn:
        raise ConnectionError


class _LosesReplies(MemoryAuthority):
    def issue(self, order: SigningOrder, csr: str, replaces: str | None) -> NoReturn:
        super().issue(order, csr, replaces)
        raise ConnectionError


STATES: tuple[Build[MemoryAuthority], ...] = (
    empty,
    healthy,
    issued_twice,
    in_all_formats,
    request_pending,
    issued_but_not_installed,
    renewal_pending,
    reload_failed,
    renewal_not_in_service,
    certificate_edited,
    chain_deleted,
    key_deleted,
    key_replaced,
    key_readable,
    certificate_mode_changed,
    live_link_missing,
    live_link_dangling,
    manifest_broken,
    service_state_lost,
    lineage_empty,
    file_in_place,
)
# what the task asks now -> changed options, days since the issuance, identity of a forced run
CHANGES: dict[str, tuple[dict[str, Any], float, str | None]] = {
    "the same": ({}, 0, None),
    "the same, when renewal is due": ({}, 70, None),
    "the same, after the end": ({}, 120, None),
    "a name more": ({"subject_alternative_names": ["DNS:web.example.com", "IP:10.0.0.7"]}, 0, None),
    "another common name": ({"common_name": "www.example.com"}, 0, None),
    "another key algorithm": ({"key_algorithm": "EC_secp384r1"}, 0, None),
    "another validity": ({"validity": {"type": "DAYS", "value": 60}}, 0, None),
    "another template": ({"template": "EndEntityServerAuthCertificate"}, 0, None),
    "another CA": ({"certificate_authority_arn": OTHER_CA}, 0, None),
    "the former CA's algorithm by name": ({"signing_algorithm": "SHA256WITHECDSA"}, 0, None),
    "another algorithm": ({"signing_algorithm": "SHA512WITHECDSA"}, 0, None),
    "an early renewal": ({"renew_before": "80%"}, 30, None),
    "force": ({}, 0, "this run"),
    "the key kept": ({"key_rotation": "never"}, 70, None),
    "another format": ({"formats": ["combined"]}, 0, None),
    "other modes": ({"mode": "0640", "key_mode": "0640"}, 0, None),
    "a traditional key": ({"key_format": "traditional"}, 0, None),
    "a passphrase": ({"key_passphrase": "correct horse"}, 0, None),
    "a reload": ({"reload_command": ["true"]}, 0, None),
    "absence": ({"state": "absent"}, 0, None),
}


@pytest.fixture(scope="module")
def states(tmp_path_factory: pytest.TempPathFactory) -> States[MemoryAuthority]:
    hierarchy = make_hierarchy()
    return States(tmp_path_factory.mktemp("states"), lambda: MemoryAuthority(hierarchy))


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("state", STATES, ids=lambda state: state.__name__)
def test_what_check_mode_predicts_is_what_the_run_does(
    state: Build[MemoryAuthority], change: str, states: States[MemoryAuthority], tmp_path: Path
) -> None:
    authority = states.take(state, tmp_path / "base")
    options, days_later, force_id = CHANGES[change]
    given = {**BASE_OPTIONS, **options}
    require_truth(tmp_path / "base", authority, given, days_later=days_later, force_id=force_id)
