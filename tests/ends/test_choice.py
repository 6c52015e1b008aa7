# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which environments are the ends, on machines with many Pythons and with few."""

from __future__ import annotations

from pathlib import Path

from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._x509.library import MINIMUM_CRYPTOGRAPHY

from setup.ends import OLDEST_PYTHON, PINS, choose_core_end, choose_host_ends, choose_host_matrix
from setup.environments import CHECKOUT, read_pins
from setup.matrix import read_supported_cores

ALL = {(3, minor) for minor in range(8, 14)}
DEBIAN_12 = {(3, 11)}


def read_pin(file: Path, package: str) -> str:
    (pin,) = [line for line in read_pins(file) if line.startswith(f"{package}==")]
    return pin.partition("==")[2]


def test_the_ends_are_the_oldest_and_the_newest_that_is_supported() -> None:
    ends = [*choose_host_ends(ALL), choose_core_end(ALL)]
    assert [end.python for end in ends] == [OLDEST_PYTHON, (3, 13), (3, 13)]
    assert [end.notice for end in ends] == [""] * 3


def test_the_matrix_of_hosts_has_every_python_and_both_ends_of_cryptography() -> None:
    cells = choose_host_matrix(ALL)
    assert [(cell.python, "cryptography==3.3.2" in cell.requirements) for cell in cells] == [
        (python, is_oldest) for python in sorted(ALL) for is_oldest in (True, False)
    ]
    assert len({cell.folder for cell in cells}) == len(cells) == 12


def test_pins_are_of_the_ends_of_what_is_supported() -> None:
    oldest, *_between, newest = read_supported_cores()
    own, its_collections = CHECKOUT / "requirements/dev.txt", CHECKOUT / "requirements/ansible.txt"
    newest_pins = PINS / "core-newest.txt"
    for core, file, collections in ((oldest, own, its_collections), (newest, newest_pins, newest_pins)):
        assert read_pin(file, "ansible-core").startswith(f"2.{core}.")
        assert read_pin(collections, "ansible").startswith(f"{core - 7}.")
    assert read_pin(PINS / "hosts-oldest.txt", "cryptography").startswith(f"{MINIMUM_CRYPTOGRAPHY}.")


def test_where_the_python_of_an_end_is_missing_the_nearest_stands_in_and_is_named() -> None:
    hosts, core = choose_host_ends(DEBIAN_12), choose_core_end(DEBIAN_12)
    assert [end.python for end in (*hosts, core)] == [(3, 11)] * 3
    assert hosts[0].notice.startswith("This machine has no Python 3.8") and "3.11, the nearest" in hosts[0].notice
    assert "cryptography==3.3.2" in hosts[0].requirements
    assert core.notice.startswith("This machine has no ansible-core 2.21") and "2.19, the" in core.notice
    assert core.distribution == "ansible~=12.0" and "ansible-core~=2.19.0" in core.constraints
