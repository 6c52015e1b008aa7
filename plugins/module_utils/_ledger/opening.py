# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Opening the ledger that the options name."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Iterator

from .._errors import InvalidInput
from .memory_store import MemoryLedger
from .sqlite_store import SqliteLedger, is_there, locate_ledger
from .stores import Ledger

if TYPE_CHECKING:
    from .._aws_connection import AwsConnection

DEFAULT_TABLE = "fleet-pki-ledger"


@dataclass(frozen=True)
class LedgerOptions:
    """Which store to use: ``sqlite``, ``dynamodb`` or ``none``.

    ``path`` is SQLite's file, by default under the XDG state directory. ``table``, ``create_table`` and ``connection``
    are DynamoDB's.
    """

    store: str = "sqlite"
    path: str | None = None
    table: str = DEFAULT_TABLE
    create_table: bool = False
    connection: AwsConnection | None = None


@contextmanager
def open_ledger(options: LedgerOptions) -> Iterator[Ledger]:
    """Open the ledger for one process and close it in the end; raise LedgerError when it cannot be used.

    Open it after a fork, never before: an SQLite connection must not be shared by processes.
    """
    if options.store == "none":
        yield MemoryLedger()
    elif options.store == "sqlite":
        ledger = SqliteLedger(locate_ledger(options.path))
        try:
            yield ledger
        finally:
            ledger.close()
    else:
        yield _dynamodb(options, read_only=False)


@contextmanager
def peek_ledger(options: LedgerOptions) -> Iterator[Ledger]:
    """Open the ledger for reading alone, for check mode: what is to be made and is not there yet is empty."""
    if options.store == "none":
        yield MemoryLedger()
    elif options.store != "sqlite":
        yield _dynamodb(options, read_only=True)
    elif not is_there(path := locate_ledger(options.path)):
        yield MemoryLedger()
    else:
        ledger = SqliteLedger(path, read_only=True)
        try:
            yield ledger
        finally:
            ledger.close()


def _dynamodb(options: LedgerOptions, *, read_only: bool) -> Ledger:
    from .._aws_connection import connect_client
    from .dynamodb_store import DynamoDbLedger

    if options.store != "dynamodb" or options.connection is None:
        raise InvalidInput(
            "Failed to open the ledger",
            because="there is no such store",
            on=options.store,
            remedy="Use sqlite, dynamodb or none",
        )
    client = connect_client("dynamodb", options.connection)
    return DynamoDbLedger(client, options.table, create_missing=options.create_table, read_only=read_only)
