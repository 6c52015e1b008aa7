# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import subprocess
import threading
from pathlib import Path

import pytest

from demo.key_search import FolderWatch, count_private_keys
from demo.run import is_as_promised

PROMISED = {
    "hosts": 2,
    "predicted": ["web001", "web002"],
    "issued": 2,
    "second_run_changed": 0,
    "second_run_aws_calls": 0,
    "name_change_issued": 1,
    "renewed": 2,
    "served_serials_match": True,
    "private_keys_on_controller": 0,
}


@pytest.fixture
def key() -> str:
    command = ["openssl", "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def test_a_key_that_lay_in_the_folder_for_a_moment_is_found(tmp_path: Path, key: str) -> None:
    (tmp_path / "deep" / "er").mkdir(parents=True)
    with FolderWatch(tmp_path, interval=0.001) as watch:
        file = tmp_path / "deep/er/leak"
        file.write_text(key)
        seen = threading.Event()
        while not seen.wait(0.001):
            if key.encode() in watch.contents():
                seen.set()
        file.unlink()
    assert count_private_keys(watch.contents(), []) == 1


def test_a_line_of_a_known_key_is_found_without_its_pem_frame(key: str) -> None:
    body = key.splitlines()[1]
    assert count_private_keys([f'{{"stdout": "{body}"}}'.encode()], [key]) == 1


def test_texts_without_a_key_hold_none(key: str) -> None:
    assert count_private_keys([b"-----BEGIN CERTIFICATE-----", b"PRIVATE", b""], [key]) == 0


def test_a_folder_that_vanishes_does_not_end_the_watch(tmp_path: Path, key: str) -> None:
    with FolderWatch(tmp_path, interval=0.001) as watch:
        for number in range(50):
            folder = tmp_path / str(number)
            folder.mkdir()
            folder.rmdir()
        (tmp_path / "leak").write_text(key)
    assert count_private_keys(watch.contents(), []) == 1


def test_the_demonstration_passes_only_when_every_value_is_as_promised() -> None:
    assert is_as_promised(PROMISED, 2)
    assert not is_as_promised(PROMISED)
    for name, value in {
        "hosts": 1,
        "predicted": ["web001", "web001"],
        "issued": 3,
        "second_run_changed": 1,
        "second_run_aws_calls": 1,
        "name_change_issued": 2,
        "renewed": 1,
        "served_serials_match": False,
        "private_keys_on_controller": 1,
    }.items():
        assert not is_as_promised({**PROMISED, name: value}, 2), name
