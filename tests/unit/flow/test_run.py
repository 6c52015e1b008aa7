# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import os
import resource
import select
from pathlib import Path
from typing import NoReturn

import pytest
from ansible_collections.fleet_pki.aws_private_ca.plugins.plugin_utils._run import RunMemory


def test_what_one_worker_is_finding_out_the_others_wait_for() -> None:
    memory = RunMemory()
    asked, release = os.pipe(), os.pipe()

    def find_out() -> str:
        os.write(asked[1], b"?")
        os.read(release[0], 1)
        return "SHA256WITHECDSA"

    def start_worker() -> int:
        worker = os.fork()
        if worker == 0:
            os._exit(0 if memory.remember("ca", find_out) == "SHA256WITHECDSA" else 1)
        return worker

    workers = [start_worker()]
    try:
        assert os.read(asked[0], 1) == b"?"
        workers += [start_worker(), start_worker()]
        while not all(is_waiting_for_a_lock(worker) for worker in workers[1:]):
            assert not has_input(asked[0])
    finally:
        os.write(release[1], b"!" * len(workers))
        statuses = [os.waitpid(worker, 0)[1] for worker in workers]
    assert statuses == [0, 0, 0]
    assert not has_input(asked[0])


def is_waiting_for_a_lock(process: int) -> bool:
    lines = Path("/proc/locks").read_text().splitlines()
    return any("->" in line.split() and str(process) in line.split() for line in lines)


def has_input(pipe: int) -> bool:
    return bool(select.select([pipe], [], [], 0)[0])


def test_a_worker_that_dies_while_finding_out_holds_nobody_up() -> None:
    memory = RunMemory()
    worker = os.fork()
    if worker == 0:
        memory.remember("ca", lambda: os._exit(9))
    os.waitpid(worker, 0)
    assert memory.remember("ca", lambda: "found") == "found"


def test_an_error_is_not_remembered() -> None:
    memory = RunMemory()
    with pytest.raises(PermissionError):
        memory.remember("ca", _deny)
    assert memory.remember("ca", lambda: "found") == "found"


def _deny() -> NoReturn:
    raise PermissionError


def test_each_key_has_its_own_answer() -> None:
    memory = RunMemory()
    memory.remember("one", lambda: "1")
    assert memory.remember("two", lambda: "2") == "2"
    assert memory.remember("one", lambda: "again") == "1"


@pytest.mark.parametrize("room", [0, 10])
def test_a_full_disk_costs_the_memory_and_no_answer(room: int) -> None:
    memory = RunMemory()
    worker = os.fork()
    if worker == 0:
        resource.setrlimit(resource.RLIMIT_FSIZE, (room, room))
        answers = [memory.remember("ca", lambda number=number: str(number)) for number in range(2)]
        os._exit(0 if answers == ["0", "1"] else 1)
    assert os.waitpid(worker, 0)[1] == 0
    assert memory.remember("ca", lambda: "found") == "found"
