# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import os

import pytest
from ansible_collections.fleet_pki.aws_private_ca.plugins.plugin_utils._run import RunMemory


def test_what_one_worker_found_out_the_others_do_not_ask_again(tmp_path):
    memory, asked = RunMemory(), tmp_path / "asked"

    def find_out():
        with asked.open("a") as file:
            file.write("asked\n")
        return "SHA256WITHECDSA"

    workers = []
    for _worker in range(8):
        worker = os.fork()
        if worker == 0:
            os._exit(0 if memory.remember("ca", find_out) == "SHA256WITHECDSA" else 1)
        workers.append(worker)
    assert [os.waitpid(worker, 0)[1] for worker in workers] == [0] * 8
    assert asked.read_text() == "asked\n"


def test_a_worker_that_dies_while_finding_out_holds_nobody_up():
    memory = RunMemory()
    worker = os.fork()
    if worker == 0:
        memory.remember("ca", lambda: os._exit(9))
    os.waitpid(worker, 0)
    assert memory.remember("ca", lambda: "found") == "found"


def test_an_error_is_not_remembered():
    memory = RunMemory()
    with pytest.raises(PermissionError):
        memory.remember("ca", _deny)
    assert memory.remember("ca", lambda: "found") == "found"


def _deny():
    raise PermissionError


def test_each_key_has_its_own_answer():
    memory = RunMemory()
    memory.remember("one", lambda: "1")
    assert memory.remember("two", lambda: "2") == "2"
    assert memory.remember("one", lambda: "again") == "1"
