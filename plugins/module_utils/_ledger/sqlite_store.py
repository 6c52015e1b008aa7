# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The default store: one SQLite file (WAL), safe under many forks, kill -9 and power loss.

Every write is one immediate transaction with full synchronisation: what ``swap`` has returned True for is on the disk.
"""

from __future__ import annotations

import os
import sqlite3
import time
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Iterable, Iterator, Sequence

from .._clock import Clock
from .._errors import LedgerError
from .holders import this_instant
from .limits import Counter, Pace, next_turn
from .records import DamagedRecord, Instant, Record, dump_record, load_record, refuse_newer

# One script for each schema version; number N brings a file from version N-1 to N. Never change one that was released.
MIGRATIONS = (
    """
    CREATE TABLE records (
        token TEXT PRIMARY KEY,
        version INTEGER NOT NULL,
        certificate_authority_arn TEXT NOT NULL,
        host TEXT,
        lineage TEXT,
        not_after REAL,
        record TEXT NOT NULL
    ) WITHOUT ROWID;
    CREATE INDEX records_by_lineage ON records (host, lineage);
    CREATE INDEX records_by_expiry ON records (certificate_authority_arn, not_after);
    CREATE TABLE paces (key TEXT PRIMARY KEY, planned REAL NOT NULL) WITHOUT ROWID;
    CREATE TABLE counters (key TEXT PRIMARY KEY, count INTEGER NOT NULL) WITHOUT ROWID;
    """,
)
_BUSY_SECONDS = 60.0

_REMEDIES = (
    ("full", "Free space on the file system that holds the ledger"),
    ("disk I/O", "Look at the file system that holds the ledger: it may be full, over its quota, or broken"),
    ("readonly", "Make the ledger's file and directory writable, or give another path"),
    ("unable to open", "Make the ledger's directory and file readable and writable, or give another path"),
    ("no such table", "The file is no ledger yet, or another program's: run without check mode, or give another path"),
    ("not a database", "It is another program's file or damaged: give another path, or move it away"),
    ("malformed", "The file is damaged: restore it from a backup, or move it away (no certificate is lost by that)"),
    ("locked", "Another process holds the ledger for very long: end it, then run again"),
)


def locate_ledger(given: str | None) -> Path:
    """Return the ledger's file: ``given``, or the default (XDG Base Directory Specification, state).

    Raise LedgerError where it is in a home directory that cannot be found.
    """
    try:
        if given:
            return Path(given).expanduser()
        base = os.environ.get("XDG_STATE_HOME") or str(Path("~/.local/state").expanduser())
    except RuntimeError as error:
        raise LedgerError(
            "Failed to find the ledger's file",
            because=str(error),
            on=given,
            remedy="Give ledger_path as an absolute path",
        ) from error
    return Path(base) / "fleet_pki.aws_private_ca" / "ledger.sqlite3"


def is_there(path: Path) -> bool:
    """Tell whether the ledger's file is there. Raise LedgerError where that cannot be known."""
    with _translated(path, "open the ledger"):
        try:
            path.stat()
        except FileNotFoundError:
            return False
    return True


@contextmanager
def _translated(path: Path, doing: str) -> Iterator[None]:
    try:
        yield
    except (sqlite3.Error, OSError, ValueError) as error:
        text = str(error)
        remedy = next((remedy for part, remedy in _REMEDIES if part in text), None)
        if isinstance(error, OSError):
            remedy = "Make the directory writable for this user, or give another path"
        if isinstance(error, DamagedRecord):
            remedy = error.remedy
        raise LedgerError(f"Failed to {doing}", because=text, on=str(path), remedy=remedy) from error


class SqliteLedger:
    """A ledger in the SQLite file ``path``, made (0600, in a directory of 0700) when it is not there.

    With ``read_only`` the file must be there, and nothing is made or migrated. ``migrations`` bring a file of any
    earlier schema up to the present one, each in its turn and all in one transaction.
    """

    remembers = True

    def __init__(self, path: Path, *, read_only: bool = False, migrations: Sequence[str] = MIGRATIONS) -> None:
        self._path = path
        self._migrations = migrations
        with _translated(self._path, "open the ledger"):
            if not read_only:
                path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                os.close(os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600))
            uri = f"{path.absolute().as_uri()}?mode={'ro' if read_only else 'rw'}"
            self._connection = sqlite3.connect(uri, timeout=_BUSY_SECONDS, isolation_level=None, uri=True)
        try:
            with _translated(self._path, "open the ledger"):
                if read_only:
                    refuse_newer(self._schema_version(), len(self._migrations), str(self._path))
                else:
                    self._prepare()
        except LedgerError:
            self.close()
            raise

    def _prepare(self) -> None:
        self._connection.execute("PRAGMA synchronous = FULL")
        self._use_wal()
        if self._schema_version() == len(self._migrations):
            return
        with self._writing() as connection:
            version = self._schema_version()
            refuse_newer(version, len(self._migrations), str(self._path))
            for script in self._migrations[version:]:
                for statement in filter(str.strip, script.split(";")):
                    connection.execute(statement)
            connection.execute(f"PRAGMA user_version = {len(self._migrations)}")

    def _use_wal(self) -> None:
        # the switch needs the file alone and does not always heed the busy time-out, so many first openers may collide
        until = time.monotonic() + _BUSY_SECONDS
        while True:
            try:
                if self._connection.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
                    self._connection.execute("PRAGMA journal_mode = WAL")
                return
            except sqlite3.OperationalError as error:
                if "locked" not in str(error) or time.monotonic() > until:
                    raise
                time.sleep(0.02)

    def _schema_version(self) -> int:
        return int(self._connection.execute("PRAGMA user_version").fetchone()[0])

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield self._connection
            self._connection.execute("COMMIT")
        except BaseException:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            raise

    def instant(self, clock: Clock) -> Instant:
        """Return the time by ``clock`` and since this machine's boot."""
        return this_instant(clock)

    def read(self, token: str) -> Record | None:
        """Return the record of ``token``."""
        with _translated(self._path, "read the ledger"):
            select = "SELECT token, record, version FROM records WHERE token = ?"
            row = self._connection.execute(select, (token,)).fetchone()
            return None if row is None else load_record(*row)

    def swap(self, record: Record, expected_version: int | None) -> bool:
        """Write ``record`` if the stored version is ``expected_version``; tell whether it was."""
        columns: tuple[Any, ...] = (
            record.version,
            record.certificate_authority_arn,
            record.host,
            record.lineage,
            record.not_after,
            dump_record(record),
            record.token,
        )
        if expected_version is None:
            statement = (
                "INSERT INTO records (version, certificate_authority_arn, host, lineage, not_after, record, token) "
                "VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING"
            )
        else:
            columns = (*columns, expected_version)
            statement = (
                "UPDATE records SET version = ?, certificate_authority_arn = ?, host = ?, lineage = ?, not_after = ?, "
                "record = ? WHERE token = ? AND version = ?"
            )
        with _translated(self._path, "write to the ledger"), self._writing() as connection:
            return connection.execute(statement, columns).rowcount == 1

    def reserve_turn(self, key: str, pace: Pace, now: float) -> float:
        """Take the next turn of the pace ``key`` and return the seconds until it comes."""
        with _translated(self._path, "write to the ledger"), self._writing() as connection:
            row = connection.execute("SELECT planned FROM paces WHERE key = ?", (key,)).fetchone()
            wait, planned = next_turn(pace, None if row is None else row[0], now)
            connection.execute("INSERT OR REPLACE INTO paces (key, planned) VALUES (?, ?)", (key, planned))
            return wait

    def count_up(self, counter: Counter) -> int | None:
        """Add one to the counter unless it has reached its limit; return the new count, or None."""
        with _translated(self._path, "write to the ledger"), self._writing() as connection:
            count = self._count(counter.key)
            if count >= counter.limit:
                return None
            connection.execute("INSERT OR REPLACE INTO counters (key, count) VALUES (?, ?)", (counter.key, count + 1))
            return count + 1

    def count(self, key: str) -> int:
        """Return the counter ``key``."""
        with _translated(self._path, "read the ledger"):
            return self._count(key)

    def _count(self, key: str) -> int:
        row = self._connection.execute("SELECT count FROM counters WHERE key = ?", (key,)).fetchone()
        return 0 if row is None else int(row[0])

    def records(self) -> Iterable[Record]:
        """Return all records."""
        with _translated(self._path, "read the ledger"):
            return [load_record(*row) for row in self._connection.execute("SELECT token, record, version FROM records")]
