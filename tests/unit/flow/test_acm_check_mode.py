# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Check mode tells the truth of certificates that ACM keeps, and neither requests nor exports any."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._errors import PrivateCaError
from ansible_collections.fleet_pki.aws_private_ca.tests.unit.flow.fakes import CA_ARN
from ansible_collections.fleet_pki.aws_private_ca.tests.unit.flow.predictions import Build, States, require_truth
from ansible_collections.fleet_pki.aws_private_ca.tests.utils.direct_host import keep
from ansible_collections.fleet_pki.aws_private_ca.tests.utils.direct_manager import MemoryManager, export_from
from ansible_collections.fleet_pki.aws_private_ca.tests.utils.host_authority import make_hierarchy

ASKED: dict[str, Any] = {
    "name": "web",
    "source": "acm",
    "certificate_authority_arn": CA_ARN,
    "common_name": "web.example.com",
}


def install(base: Path, manager: MemoryManager, **changes: Any) -> dict[str, Any]:
    return keep(base, manager, {**ASKED, **changes}, open_source=export_from)


def empty(base: Path, manager: MemoryManager) -> None:
    pass


def known_to_acm(base: Path, manager: MemoryManager) -> None:
    install(base.parent / "another host", manager)


def healthy(base: Path, manager: MemoryManager) -> None:
    install(base, manager)


def protected(base: Path, manager: MemoryManager) -> None:
    install(base, manager, key_passphrase="correct horse")


def renewed(base: Path, manager: MemoryManager) -> None:
    install(base, manager)
    manager.renew()


def renewal_not_in_service(base: Path, manager: MemoryManager) -> None:
    renewed(base, manager)
    with pytest.raises(PrivateCaError):
        install(base, manager, reload_command=["false"])


def renewed_again_meanwhile(base: Path, manager: MemoryManager) -> None:
    renewal_not_in_service(base, manager)
    manager.renew()


def key_deleted(base: Path, manager: MemoryManager) -> None:
    install(base, manager)
    (base / "web/live/privkey.pem").unlink()


def certificate_edited_and_renewed(base: Path, manager: MemoryManager) -> None:
    renewed(base, manager)
    (base / "web/live/cert.pem").write_text("edited\n")


def manifest_broken(base: Path, manager: MemoryManager) -> None:
    install(base, manager)
    (base / "web/live/generation.json").write_text("{")


def gone_from_acm(base: Path, manager: MemoryManager) -> None:
    install(base, manager)
    manager.kept.clear()


def signed_before(base: Path, manager: MemoryManager) -> None:
    names = {"subject_alternative_names": ["DNS:web.example.com"]}
    keep(base, manager, {**ASKED, **names, "source": "private_ca"})


STATES: tuple[Build[MemoryManager], ...] = (
    empty,
    known_to_acm,
    healthy,
    protected,
    renewed,
    renewal_not_in_service,
    renewed_again_meanwhile,
    key_deleted,
    certificate_edited_and_renewed,
    manifest_broken,
    gone_from_acm,
    signed_before,
)
CHANGES: dict[str, tuple[dict[str, Any], float]] = {
    "the same": ({}, 0),
    "the same, late in its life": ({}, 394),
    "the same, after the end": ({}, 500),
    "a name more": ({"subject_alternative_names": ["DNS:www.example.com"]}, 0),
    "another key": ({"key_algorithm": "EC_secp384r1"}, 0),
    "another CA": ({"certificate_authority_arn": CA_ARN.replace("11223344-", "99999999-")}, 0),
    "another format": ({"formats": ["combined"]}, 0),
    "a passphrase": ({"key_passphrase": "correct horse"}, 0),
    "absence": ({"state": "absent"}, 0),
}


@pytest.fixture(scope="module")
def states(tmp_path_factory: pytest.TempPathFactory) -> States[MemoryManager]:
    hierarchy = make_hierarchy()
    return States(tmp_path_factory.mktemp("states"), lambda: MemoryManager(hierarchy))


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("state", STATES, ids=lambda state: state.__name__)
def test_what_check_mode_predicts_is_what_the_run_does(
    state: Build[MemoryManager], change: str, states: States[MemoryManager], tmp_path: Path
) -> None:
    manager = states.take(state, tmp_path / "base")
    options, days_later = CHANGES[change]
    given = {**ASKED, **options}
    require_truth(tmp_path / "base", manager, given, days_later=days_later, open_source=export_from)


def test_the_serial_of_a_renewal_is_known_before_it_is_exported(states: States[MemoryManager], tmp_path: Path) -> None:
    manager = states.take(renewed, tmp_path / "base")
    predicted = keep(tmp_path / "base", manager, ASKED, open_source=export_from, check_mode=True)
    done = install(tmp_path / "base", manager)
    assert predicted["diff"]["after"]["serial"] == done["certificate"]["serial"]
    assert [reason["reason"] for reason in predicted["reasons"]] == ["renewed_by_acm"]


def test_of_two_that_are_alike_a_host_keeps_the_one_that_it_has(states: States[MemoryManager], tmp_path: Path) -> None:
    manager = states.take(healthy, tmp_path / "base")
    (arn,) = manager.kept
    manager.now += 1800  # within the hour by which NotBefore is dated back
    manager.request_certificate("", manager.kept[arn].request, "another token")
    assert not install(tmp_path / "base", manager)["changed"]
    assert install(tmp_path / "another host", manager)["certificate_arn"] != arn
