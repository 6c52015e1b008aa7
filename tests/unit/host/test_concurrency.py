# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Readers while the set is switched, and two control nodes at once."""

from __future__ import annotations

import itertools
import json
import os
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.sharedctypes import Synchronized
from multiprocessing.synchronize import Event
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._errors import UnusableState
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._generations.files import Files
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._generations.location import open_lineage
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._generations.lock import hold_lock
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._generations.publication import switch_live
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._lineage.install import install_certificate
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._lineage.request import request_certificate
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from host_authority import DAY, NOW
from host_faults import HastyFiles
from host_lineage import HostLineage

SWITCHES = 1000
SPKI = (serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)


def read_set(live: Path) -> tuple[bytes, ...]:
    """Read key, certificate and full chain as a service does that opens one directory and then its files."""
    directory = os.open(live, os.O_RDONLY)
    try:
        return tuple(_read(name, directory) for name in ("privkey.pem", "cert.pem", "fullchain.pem"))
    finally:
        os.close(directory)


def _read(name: str, directory: int) -> bytes:
    with open(os.open(name, os.O_RDONLY, dir_fd=directory), "rb") as file:
        return file.read()


def _read_until(live: Path, ended: Event, changes: Synchronized[int], answer: Connection) -> None:
    """Read in a tight loop until told to end; ``changes`` counts how often another set was seen than just before."""
    seen: set[tuple[bytes, ...]] = set()
    faults: list[str] = []
    latest = None
    while not ended.is_set() and not faults:
        try:
            found = read_set(live)
        except OSError as error:
            faults.append(repr(error))
            break
        seen.add(found)
        changes.value += found != latest
        latest = found
    answer.send((seen, faults))


def test_a_reader_never_sees_a_mixed_or_missing_set_through_a_thousand_switches(lineage: HostLineage) -> None:
    generations = [lineage.run()["generation"], lineage.run(now=NOW + 61 * DAY)["generation"]]
    processes = get_context("fork")  # a thread of this process would read when the switching one lets it
    ended, changes, (receiver, sender) = processes.Event(), processes.Value("i", 0), processes.Pipe(duplex=False)
    reader = processes.Process(target=_read_until, args=(lineage.live, ended, changes, sender), daemon=True)
    reader.start()
    opened = open_lineage(HastyFiles(), str(lineage.base), "web")
    assert opened is not None
    with opened as directory:
        for number in itertools.count():
            switch_live(directory, generations[number % 2])
            if receiver.poll() or (number >= SWITCHES and changes.value >= SWITCHES / 10):
                break
    ended.set()
    seen, faults = receiver.recv()
    reader.join()
    assert faults == [] and len(seen) == 2
    for key, leaf, full in seen:
        public = serialization.load_pem_private_key(key, None).public_key().public_bytes(*SPKI)
        assert public == x509.load_pem_x509_certificate(leaf).public_key().public_bytes(*SPKI)
        assert full.startswith(leaf)


class LateFiles(HastyFiles):
    """Another run makes each directory just before this one does."""

    def create_directory(self, name: str, parent: int, mode: int) -> None:
        super().create_directory(name, parent, mode)
        super().create_directory(name, parent, mode)


def test_a_directory_that_another_run_makes_first_is_taken_as_it_is(lineage: HostLineage) -> None:
    assert request_certificate(lineage.options, LateFiles(), False)["request"]["resumed"] is False
    assert lineage.run()["changed"] and lineage.fault_of_live() is None


def _request(options: dict[str, Any]) -> str:
    return json.dumps(request_certificate(options, Files(), False)["request"])


def _install(options: dict[str, Any]) -> bool:
    return bool(install_certificate(options, Files(), False)["changed"])


def test_control_nodes_that_ask_at_once_get_one_request_and_install_one_certificate(lineage: HostLineage) -> None:
    with ProcessPoolExecutor(4, get_context("fork")) as pool:
        asked = [json.loads(answer) for answer in pool.map(_request, [lineage.options] * 8)]
        assert len({answer["csr"] for answer in asked}) == 1
        assert [answer["resumed"] for answer in asked].count(False) == 1
        issued = lineage.issue({"request": asked[0], "replaces": None})
        done = list(pool.map(_install, [{**lineage.options, **issued}] * 8))
    assert done.count(True) == 1 and lineage.fault_of_live() is None
    assert lineage.request()["action"] == "none"


def test_a_second_certificate_for_the_same_request_is_installed_with_the_same_key(lineage: HostLineage) -> None:
    asked = lineage.request()
    one, other = (lineage.hierarchy.issue(asked["request"]["csr"]) for _node in range(2))
    lineage.install(certificate=one, chain=lineage.hierarchy.chain)
    done = lineage.install(certificate=other, chain=lineage.hierarchy.chain)
    assert done["changed"] and lineage.fault_of_live() is None
    assert lineage.request()["action"] == "none"


def test_a_lock_that_is_kept_is_told_and_one_that_was_removed_is_not_believed(lineage: HostLineage) -> None:
    lineage.run()
    opened, another = (open_lineage(HastyFiles(), str(lineage.base), "web") for _run in range(2))
    assert opened is not None and another is not None
    with opened, another:
        kept = pytest.raises(UnusableState, match="another run is changing it")
        with hold_lock(opened), kept, hold_lock(another, 0.2):
            pass
        with hold_lock(opened):
            (lineage.path / ".lock").unlink()
            with hold_lock(another, 0.2):
                assert (lineage.path / ".lock").exists()
