# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import os
import resource
import select
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

import pytest
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._errors import (
    AccessDenied,
    PrivateCaError,
    Unreachable,
)
from ansible_collections.fleet_pki.aws_private_ca.plugins.plugin_utils._run import RunMemory


def ask_at_once(memory: RunMemory, find_out: Callable[[], str]) -> tuple[int, list[str]]:
    """Have three workers need one answer while the first is finding it out; return how many did, and what each got."""
    asked, release, told = os.pipe(), os.pipe(), os.pipe()

    def hold() -> str:
        os.write(asked[1], b"?")
        os.read(release[0], 1)
        return find_out()

    def start_worker() -> int:
        worker = os.fork()
        if worker == 0:
            try:
                answer = memory.remember("ca", hold)
            except PrivateCaError as error:
                answer = f"{type(error).__name__}: {error} {error.details}"
            os.write(told[1], f"{answer}\n".encode())
            os._exit(0)
        return worker

    workers = [start_worker()]
    try:
        assert os.read(asked[0], 1) == b"?"
        workers += [start_worker(), start_worker()]
        while not all(is_waiting_for_a_lock(worker) for worker in workers[1:]):
            assert not has_input(asked[0])
    finally:
        os.write(release[1], b"!" * len(workers))
        for worker in workers:
            os.waitpid(worker, 0)
    times = 1
    while has_input(asked[0]):
        times += len(os.read(asked[0], 1))
    return times, os.read(told[0], 10_000).decode().splitlines()


def test_what_one_worker_is_finding_out_the_others_wait_for() -> None:
    assert ask_at_once(RunMemory(), lambda: "SHA256WITHECDSA") == (1, ["SHA256WITHECDSA"] * 3)


def fail(error: PrivateCaError) -> Callable[[], str]:
    def find_out() -> str:
        raise error

    return find_out


def test_a_transient_failure_is_shared_by_those_who_waited_and_by_nobody_later() -> None:
    memory, error = RunMemory(), Unreachable("Failed to ask", "no connection", "arn", "Check network", transient=True)
    told = "Unreachable: Failed to ask (arn): no connection. Check network. {'transient': True}"
    assert ask_at_once(memory, fail(error)) == (1, [told] * 3)
    assert ask_at_once(memory, lambda: "found") == (1, ["found"] * 3)


def test_a_failure_that_may_be_one_hosts_own_is_shared_by_nobody() -> None:
    asked, told = ask_at_once(RunMemory(), fail(AccessDenied("Failed to ask")))
    assert (asked, told) == (3, ["AccessDenied: Failed to ask. {}"] * 3)


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
    memory, waiting = RunMemory(), ["second", "first"]
    worker = os.fork()
    if worker == 0:
        resource.setrlimit(resource.RLIMIT_FSIZE, (room, room))
        answers = [memory.remember("ca", waiting.pop) for _time in range(2)]
        os._exit(0 if answers == ["first", "second"] else 1)
    assert os.waitpid(worker, 0)[1] == 0
    assert memory.remember("ca", lambda: "found") == "found"
