# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The SQLite ledger when it is damaged, full, read-only, foreign, of a newer release, or met by many at once."""

from __future__ import annotations

import dataclasses
import multiprocessing
import os
import resource
import signal
import sqlite3
import subprocess
import sys
import textwrap
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._errors import LedgerError
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._ledger.limits import Counter, Pace
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._ledger.opening import (
    LedgerOptions,
    open_ledger,
    peek_ledger,
)
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._ledger.records import Record
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._ledger.sqlite_store import (
    MIGRATIONS,
    SqliteLedger,
)
from ansible_collections.fleet_pki.aws_private_ca.tests.unit.api.fakes import AUTHORITY

RECORD = Record("token", {"certificate_authority_arn": AUTHORITY})
Opener = Callable[[LedgerOptions], AbstractContextManager[Any]]


def options(path: Path) -> LedgerOptions:
    return LedgerOptions("sqlite", str(path))


def test_file_and_directory_are_the_users_alone(tmp_path: Path) -> None:
    path = tmp_path / "state" / "ledger.sqlite3"
    with open_ledger(options(path)) as ledger:
        ledger.swap(RECORD, None)
        assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700


def test_the_default_path_is_below_the_xdg_state_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    with open_ledger(LedgerOptions()) as ledger:
        ledger.swap(RECORD, None)
    assert (tmp_path / "fleet_pki.aws_private_ca" / "ledger.sqlite3").is_file()


def test_peeking_makes_nothing_and_reads_what_is_there(tmp_path: Path) -> None:
    path = tmp_path / "state" / "ledger.sqlite3"
    with peek_ledger(options(path)) as ledger:
        assert ledger.read("token") is None
    assert not path.parent.exists()
    with open_ledger(options(path)) as ledger:
        ledger.swap(RECORD, None)
    with peek_ledger(options(path)) as ledger:
        assert ledger.read("token") == RECORD
        with pytest.raises(LedgerError):
            ledger.swap(dataclasses.replace(RECORD, token="other"), None)


@pytest.mark.parametrize("opened", [open_ledger, peek_ledger])
def test_without_a_ledger_no_file_is_looked_for(opened: Opener) -> None:
    with opened(LedgerOptions("none", "~no-such-user/ledger.sqlite3")) as ledger:
        assert ledger.read("token") is None


def test_every_write_is_on_the_disk_and_in_the_write_ahead_log(tmp_path: Path) -> None:
    ledger = SqliteLedger(tmp_path / "ledger.sqlite3")
    assert ledger._connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    assert ledger._connection.execute("PRAGMA synchronous").fetchone() == (2,)
    ledger.close()


def schema_of(path: Path) -> tuple[int, list[str]]:
    """Return the version of a file's schema, and the columns of its records."""
    connection = sqlite3.connect(path)
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    columns = [column[1] for column in connection.execute("PRAGMA table_info(records)")]
    connection.close()
    return version, columns


def test_a_file_of_an_older_schema_is_brought_up_to_date_with_its_records_or_stays_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite3"
    with open_ledger(options(path)) as ledger:
        ledger.swap(RECORD, None)
    present = schema_of(path)
    assert present[0] == len(MIGRATIONS)
    later = [*MIGRATIONS, "ALTER TABLE records ADD COLUMN colour TEXT; ALTER TABLE records ADD COLUMN shape TEXT"]
    with pytest.raises(LedgerError, match="syntax error"):
        SqliteLedger(path, migrations=[*later, "no SQL"])
    assert schema_of(path) == present
    migrated = SqliteLedger(path, migrations=later)
    assert migrated.read("token") == RECORD
    migrated.close()
    assert schema_of(path) == (len(later), [*present[1], "colour", "shape"])


def test_a_file_of_a_newer_release_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite3"
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version = 999")
    connection.close()
    for opened in (open_ledger, peek_ledger):
        with pytest.raises(LedgerError, match="a newer release wrote it"), opened(options(path)):
            pass


@pytest.mark.parametrize("opened", [open_ledger, peek_ledger])
def test_a_foreign_file_is_told_and_left_alone(tmp_path: Path, opened: object) -> None:
    path = tmp_path / "ledger.sqlite3"
    path.write_bytes(b"no database" * 1000)
    with pytest.raises(LedgerError, match="another program's file or damaged"), opened(options(path)) as ledger:  # type: ignore[operator]
        ledger.read("token")
    assert path.read_bytes() == b"no database" * 1000


@pytest.mark.parametrize("opened", [open_ledger, peek_ledger])
@pytest.mark.parametrize(
    ("place", "cause"),
    [
        ("l" * 300, "File name too long"),
        ("a-file/ledger", "a-file"),
        ("a\0b", "null"),
        ("~there-is-no-such-user/ledger", "home directory.*Give ledger_path as an absolute path"),
    ],
)
def test_a_path_that_cannot_be_used_is_told(tmp_path: Path, opened: Opener, place: str, cause: str) -> None:
    (tmp_path / "a-file").touch()
    path = place if place.startswith("~") else f"{tmp_path}/{place}"
    with pytest.raises(LedgerError, match=cause), opened(LedgerOptions("sqlite", path)):
        pass


def test_a_directory_that_may_not_be_looked_into_is_told(
    as_ordinary_user: Callable[[], AbstractContextManager[Path]],
) -> None:
    with as_ordinary_user() as folder:
        (folder / "closed").mkdir(mode=0)
        for opened in (open_ledger, peek_ledger):
            with pytest.raises(LedgerError, match="Permission denied"), opened(options(folder / "closed/ledger")):
                pass


def test_a_damaged_ledger_is_told(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite3"
    with open_ledger(options(path)) as ledger:
        for number in range(200):
            ledger.swap(dataclasses.replace(RECORD, token=f"{number:036x}"), None)
    content = bytearray(path.read_bytes())
    content[8192:] = b"\xff" * (len(content) - 8192)
    path.write_bytes(content)
    with pytest.raises(LedgerError, match="damaged") as caught, open_ledger(options(path)) as ledger:
        list(ledger.records())
    assert str(path) in str(caught.value)


@pytest.mark.parametrize("text", ["[]", "{", '{"token": "x"}'])
def test_a_record_that_cannot_be_read_is_told(tmp_path: Path, text: str) -> None:
    path = tmp_path / "ledger.sqlite3"
    with open_ledger(options(path)) as ledger:
        ledger.swap(RECORD, None)
    connection = sqlite3.connect(path)
    connection.execute("UPDATE records SET record = ?", (text,))
    connection.commit()
    connection.close()
    with open_ledger(options(path)) as ledger:
        for use in (lambda: ledger.read("token"), lambda: list(ledger.records())):
            with pytest.raises(LedgerError, match=r"record of token token is damaged.*\. Restore"):
                use()


def test_a_directory_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(LedgerError, match="writable"), open_ledger(options(tmp_path / "file" / "ledger.sqlite3")):
        pass


def run_python(script: str, *arguments: str | Path, **popen: object) -> subprocess.Popen[str]:
    prelude = """
        import sys, dataclasses
        from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._errors import LedgerError
        from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._ledger.opening import *
        from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._ledger.records import Record
        RECORD = Record("token", {"certificate_authority_arn": "arn"})
        OPTIONS = LedgerOptions("sqlite", sys.argv[1])
    """
    code = textwrap.dedent(prelude) + textwrap.dedent(script)
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    command = [sys.executable, "-c", code, *map(str, arguments)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment, **popen)  # type: ignore[call-overload]


def test_a_full_disk_is_told(tmp_path: Path) -> None:
    ledger = SqliteLedger(tmp_path / "ledger.sqlite3")
    ledger._connection.execute("PRAGMA max_page_count = 12")  # SQLite's own way to meet the end of the disk
    with pytest.raises(LedgerError, match="Free space"):
        ledger.swap(dataclasses.replace(RECORD, failure="x" * 100_000), None)
    assert ledger.swap(RECORD, None)
    ledger.close()


def test_a_file_that_may_not_grow_is_told_and_loses_nothing(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite3"
    with open_ledger(options(path)) as ledger:
        ledger.swap(RECORD, None)

    def limit_files() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (65536, 65536))

    filling = """
        with open_ledger(OPTIONS) as ledger:
            try:
                for number in range(1000):
                    ledger.swap(dataclasses.replace(RECORD, token=str(number), failure="x" * 1000), None)
            except LedgerError as error:
                print(error)
    """
    told, _errors = run_python(filling, path, preexec_fn=limit_files).communicate(timeout=60)
    assert "Failed to write to the ledger" in told
    assert "may be full, over its quota" in told
    with open_ledger(options(path)) as ledger:
        assert ledger.read("token") == RECORD


@pytest.mark.parametrize("read_only", [["state/ledger.sqlite3"], ["state"], ["state", "state/ledger.sqlite3"], ["."]])
def test_a_read_only_state_directory_is_told_and_loses_nothing(
    as_ordinary_user: Callable[[], AbstractContextManager[Path]], read_only: list[str]
) -> None:
    with as_ordinary_user() as folder:
        path = folder / "state/ledger.sqlite3"
        if read_only != ["."]:
            with open_ledger(options(path)) as ledger:
                ledger.swap(RECORD, None)
        for name in read_only:
            (folder / name).chmod(0o500)
        told = pytest.raises(LedgerError, match=rf"{path}.* writable")
        with told, open_ledger(options(path)) as ledger:
            ledger.swap(dataclasses.replace(RECORD, token="other"), None)
        for name in read_only:
            (folder / name).chmod(0o700)
        with open_ledger(options(path)) as ledger:
            assert ledger.read("token") == (None if read_only == ["."] else RECORD)
            assert ledger.swap(dataclasses.replace(RECORD, token="other"), None)


def test_a_killed_writer_leaves_a_ledger_that_others_use(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite3"
    writing = """
        with open_ledger(OPTIONS) as ledger:
            number = 0
            while True:
                number += 1
                ledger.swap(dataclasses.replace(RECORD, token=str(number)), None)
                print(number, flush=True)
    """
    writer = run_python(writing, path)
    assert writer.stdout is not None
    seen = [writer.stdout.readline() for _number in range(50)]
    writer.kill()
    writer.communicate()
    with open_ledger(options(path)) as ledger:
        assert ledger.read(seen[-1].strip()) is not None
        assert ledger.swap(RECORD, None)


def compete(path: Path, number: int, won: Any) -> None:
    """Write as one process of many, and add to ``won`` how many records this one was the first to write."""
    first = 0
    with open_ledger(options(path)) as ledger:
        for token in range(10):
            first += ledger.swap(dataclasses.replace(RECORD, token=str(token), host=str(number)), None)
            ledger.count_up(Counter("count", 10**6, 0.0))
            ledger.reserve_turn("pace", Pace(20), 1000.0)
    with won.get_lock():
        won.value += first


def test_fifty_processes_make_one_ledger_and_lose_no_write(tmp_path: Path) -> None:
    path = tmp_path / "state" / "ledger.sqlite3"
    forking = multiprocessing.get_context("fork")
    won = forking.Value("i", 0)
    processes = [forking.Process(target=compete, args=(path, number, won)) for number in range(50)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert {process.exitcode for process in processes} == {0}
    assert won.value == 10
    with open_ledger(options(path)) as ledger:
        assert len(list(ledger.records())) == 10
        assert ledger.count("count") == 500
        assert ledger.reserve_turn("pace", Pace(20), 1000.0) == pytest.approx((500 - 19) / 20)
