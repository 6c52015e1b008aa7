# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The emulator's memory across restarts: one SQLite file in a state directory, one transaction for each operation.

The file holds the CAs' private keys and is created with mode 0600. Tokens are kept too: a token must not lose its
window because the emulator was restarted inside it.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import serialization

from private_ca_emulator.certificates import build_installed
from private_ca_emulator.records import (
    AuditReport,
    CertificateAuthority,
    Changes,
    IssuedCertificate,
    Permission,
    Revocation,
    Store,
    TokenUse,
)

FILE_NAME = "emulator.sqlite"
_SCHEMA = """
CREATE TABLE IF NOT EXISTS authorities (arn TEXT PRIMARY KEY, record TEXT NOT NULL, private_key TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS certificates (
    authority TEXT NOT NULL, arn_id TEXT NOT NULL, der BLOB NOT NULL, subject BLOB NOT NULL, record TEXT NOT NULL,
    PRIMARY KEY (authority, arn_id)
);
CREATE TABLE IF NOT EXISTS tokens (token TEXT PRIMARY KEY, digest BLOB NOT NULL, arn TEXT NOT NULL, lapses_at REAL);
"""
_SAVE_AUTHORITY = "INSERT OR REPLACE INTO authorities VALUES (?, ?, ?)"
_SAVE_CERTIFICATE = (
    "INSERT INTO certificates VALUES (?, ?, ?, ?, ?) "
    "ON CONFLICT (authority, arn_id) DO UPDATE SET record = excluded.record"
)
_SAVE_TOKEN = "INSERT OR REPLACE INTO tokens VALUES (?, ?, ?, ?)"
_BY_PARTITION = ("crl_generations", "crl_due")
_ELSEWHERE = ("key", "installed", "certificates", "by_serial", "permissions", "audit_reports", *_BY_PARTITION)
_CERTIFICATE_BLOBS = ("der", "subject", "revocation")


class StateError(Exception):
    """The state directory cannot be used; the text says which file and why."""


class StateDirectory:
    """Reads and writes the state of one emulator, which holds the lock of its store meanwhile."""

    def __init__(self, directory: Path, connection: Callable[..., sqlite3.Connection] = sqlite3.Connection) -> None:
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._path = directory / FILE_NAME
        os.close(os.open(self._path, os.O_CREAT | os.O_RDWR, 0o600))
        self._connection = connection(self._path, timeout=1, check_same_thread=False, isolation_level=None)
        try:
            self._connection.execute("PRAGMA locking_mode=EXCLUSIVE")
            self._connection.execute("PRAGMA journal_mode=WAL")
            self._connection.execute("PRAGMA synchronous=NORMAL")
            self._connection.executescript(_SCHEMA)
        except sqlite3.DatabaseError as error:
            self.close()
            raise StateError(f"{self._path} is used by another emulator, or none of an emulator: {error}") from error

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()

    def save(self, store: Store, changes: Changes) -> None:
        """Write what has changed: all of it or, when the process is killed, nothing.

        What was noted and is not there any more was given up before it was saved, as a CA whose seeding fails.
        """
        authorities = [store.authorities[arn] for arn in changes.authorities if arn in store.authorities]
        certificates = [
            _describe_certificate(store.authorities[arn], arn_id)
            for arn, arn_id in changes.certificates
            if arn in store.authorities
        ]
        tokens = [(json.dumps(key), use.digest, use.arn, use.lapses_at) for key, use in changes.tokens.items()]
        with self._transaction() as connection:
            connection.executemany(_SAVE_AUTHORITY, map(_describe_authority, authorities))
            connection.executemany(_SAVE_CERTIFICATE, certificates)
            connection.executemany(_SAVE_TOKEN, tokens)

    def clear(self) -> None:
        """Forget everything."""
        with self._transaction() as connection:
            for table in ("authorities", "certificates", "tokens"):
                connection.execute(f"DELETE FROM {table}")

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._connection as connection:
            connection.execute("BEGIN")
            yield connection

    def load(self, store: Store) -> None:
        """Fill an empty store; StateError when an emulator of another version wrote the file."""
        try:
            self._load(store)
        except (KeyError, TypeError, ValueError, sqlite3.DatabaseError) as error:
            self.close()
            raise StateError(f"{self._path} cannot be read by this version of the emulator: {error!r}") from error

    def _load(self, store: Store) -> None:
        authorities = self._connection.execute("SELECT record, private_key FROM authorities").fetchall()
        certificates = self._connection.execute("SELECT * FROM certificates ORDER BY rowid").fetchall()
        tokens = self._connection.execute("SELECT * FROM tokens ORDER BY lapses_at").fetchall()
        for record, pem in authorities:
            authority = _read_authority(json.loads(record), pem)
            store.authorities[authority.arn] = authority
        for arn, _arn_id, der, subject, record in certificates:
            store.authorities[arn].add(_read_certificate(json.loads(record), der, subject))
        for key, digest, arn, lapses_at in tokens:
            store.restore_token(tuple(json.loads(key)), TokenUse(digest, arn, lapses_at))


def _describe_authority(authority: CertificateAuthority) -> tuple[str, str, str]:
    fields = [item.name for item in dataclasses.fields(authority) if item.name not in _ELSEWHERE]
    described = {name: getattr(authority, name) for name in fields}
    installed = authority.installed
    described["installed"] = [installed.pem, installed.chain] if installed else None
    described["permissions"] = [dataclasses.asdict(item) for item in authority.permissions]
    described["audit_reports"] = [dataclasses.asdict(item) for item in authority.audit_reports.values()]
    described.update({name: list(getattr(authority, name).items()) for name in _BY_PARTITION})
    pem = authority.key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return authority.arn, json.dumps(described), pem.decode()


def _describe_certificate(authority: CertificateAuthority, arn_id: str) -> tuple[str, str, bytes, bytes, str]:
    issued = authority.certificates[arn_id]
    record = {name: getattr(issued, name) for name in IssuedCertificate.__slots__ if name not in _CERTIFICATE_BLOBS}
    record["revocation"] = dataclasses.asdict(issued.revocation) if issued.revocation else None
    record["serial"] = f"{issued.serial:x}"
    return authority.arn, arn_id, issued.der, issued.subject, json.dumps(record)


def _read_authority(record: dict[str, Any], pem: str) -> CertificateAuthority:
    installed = record["installed"]
    if installed is not None:
        installed = build_installed(x509.load_pem_x509_certificate(installed[0].encode()), installed[1])
    rebuilt = {
        **record,
        "installed": installed,
        "key": serialization.load_pem_private_key(pem.encode(), None),
        "permissions": [Permission(**item) for item in record["permissions"]],
        "audit_reports": {item["report_id"]: AuditReport(**item) for item in record["audit_reports"]},
        **{name: dict(record.get(name, [])) for name in _BY_PARTITION},
        "issued_count": 0,
    }
    return CertificateAuthority(**rebuilt)


def _read_certificate(record: dict[str, Any], der: bytes, subject: bytes) -> IssuedCertificate:
    revocation = record["revocation"]
    rebuilt = {
        **record,
        "serial": int(record["serial"], 16),
        "der": der,
        "subject": subject,
        "revocation": Revocation(**revocation) if revocation else None,
    }
    return IssuedCertificate(**rebuilt)
