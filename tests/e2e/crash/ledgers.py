# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where control nodes remember what was asked: a file or a table, chosen for each host, and read with other eyes."""

from __future__ import annotations

import json
import sqlite3
import uuid
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from ansible_collections.fleet_pki.aws_private_ca.tests.e2e.crash.crash_site import Site, connect

LEDGER_OPTIONS = {
    "ledger": "{{ ledger }}",
    "ledger_path": "{{ ledger_path | default(omit) }}",
    "ledger_table": "{{ ledger_table | default(omit) }}",
    "ledger_create_table": True,
}
"""The task's options for hosts that have a ledger's variables."""


class Ledger(Protocol):
    """A ledger that outlives the control nodes that use it."""

    @property
    def kind(self) -> str:
        """Return the name of its kind, as the option ``ledger`` has it."""

    @property
    def variables(self) -> dict[str, str]:
        """Return the inventory variables of a host that is remembered here."""

    def list_records(self) -> list[dict[str, Any]]:
        """Return all that is remembered, in the order in which it was begun."""


@dataclass(frozen=True)
class SqliteFile:
    """The file that all control nodes share."""

    path: Path
    kind: str = "sqlite"

    @property
    def variables(self) -> dict[str, str]:
        return {"ledger": self.kind, "ledger_path": str(self.path)}

    def list_records(self) -> list[dict[str, Any]]:
        with closing(sqlite3.connect(f"{self.path.as_uri()}?mode=ro", uri=True)) as connection:
            return _read([text for (text,) in connection.execute("SELECT record FROM records")])

    @contextmanager
    def held_unwritable(self) -> Iterator[None]:
        """Have no one write to it during the body."""
        with closing(sqlite3.connect(self.path, isolation_level=None, timeout=30)) as connection:
            connection.execute("BEGIN IMMEDIATE")
            yield


@dataclass(frozen=True)
class DynamoDbTable:
    """A table, made by whoever comes first, that control nodes have in common and nothing else."""

    client: Any
    name: str
    kind: str = "dynamodb"

    @property
    def variables(self) -> dict[str, str]:
        return {"ledger": self.kind, "ledger_table": self.name}

    def list_records(self) -> list[dict[str, Any]]:
        items = self.client.scan(TableName=self.name)["Items"]
        return _read([item["record"]["S"] for item in items if "record" in item])


def make_ledgers(site: Site) -> tuple[SqliteFile, DynamoDbTable]:
    """Return a file and a table that no other test knows."""
    return (
        SqliteFile(site.directory / "ledger.sqlite3"),
        DynamoDbTable(connect(site.emulator, "dynamodb"), f"ledger-{uuid.uuid4()}"),
    )


def list_states(ledger: Ledger) -> dict[str, str]:
    """Return how far each host's newest request has come, as the ledger has it."""
    return {record["host"]: record["state"] for record in ledger.list_records()}


def _read(texts: list[str]) -> list[dict[str, Any]]:
    return sorted(map(json.loads, texts), key=lambda record: float(record["created_at"]))
