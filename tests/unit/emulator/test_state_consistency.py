# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A state directory holds each operation wholly or not at all, wherever the emulator is killed or stopped."""

from __future__ import annotations

import concurrent.futures
import contextlib
import functools
import itertools
import shutil
import socket
import sqlite3
import threading
import urllib.parse
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from botocore import xform_name
from botocore.config import Config
from botocore.exceptions import ClientError, HTTPClientError

from private_ca_emulator.control import EmulatorControl
from private_ca_emulator.operations.catalogue import OPERATIONS
from private_ca_emulator.server import EmulatorServer

from .support import fetch, issue, make_csr
from .test_accounts import write_policy
from .test_state import ROOT, connect
from .world import create_members, request_for

SEED = {"certificate_authorities": [{"arn": ROOT, "type": "ROOT", "subject": {"CommonName": "Seeded Root"}}]}
CSR, CREATION = make_csr(), create_members()
TOKEN = "4711"
WRITES = ("INSERT", "UPDATE", "DELETE", "COMMIT")


class WatchedConnection(sqlite3.Connection):
    """Calls `before_write` with the path of the file before each statement that writes."""

    def __init__(self, before_write: Callable[[Path], None], path: Path, **options: Any) -> None:
        super().__init__(path, **options)
        self.set_trace_callback(lambda statement: before_write(path) if statement.startswith(WRITES) else None)


def issue_once(client: Any) -> str:
    """Issue with a token that stays the same."""
    return issue(client, ROOT, Csr=CSR, IdempotencyToken=TOKEN)


def create_once(client: Any) -> str:
    """Create a CA with a token that stays the same."""
    arn: str = client.create_certificate_authority(**CREATION)["CertificateAuthorityArn"]
    return arn


def revoke_once(client: Any, arn: str) -> None:
    """Revoke a certificate of the root, unless that was done."""
    serial = {"CertificateSerial": arn.rpartition("/")[2], "RevocationReason": "SUPERSEDED"}
    with contextlib.suppress(client.exceptions.RequestAlreadyProcessedException):
        client.revoke_certificate(CertificateAuthorityArn=ROOT, **serial)


def work(state: Path, copies: Path) -> list[Path]:
    """Seed, create, issue, revoke and reset; the state directories that kills would have left, in their order."""
    numbered = (copies / f"{number:03}" for number in itertools.count())

    def copy(path: Path) -> None:
        shutil.copytree(path.parent, next(numbered))

    connection = functools.partial(WatchedConnection, copy)
    with EmulatorServer(seed=SEED, state_directory=state, connection=connection) as emulator:
        client = connect(emulator)
        create_once(client)
        revoke_once(client, issue_once(client))
        EmulatorControl(emulator.endpoint_url).reset()
    return [*sorted(copies.iterdir()), state]


def test_wherever_an_emulator_is_killed_it_starts_again_and_every_token_keeps_its_word(tmp_path: Path) -> None:
    (tmp_path / "copies").mkdir()
    for directory in work(tmp_path / "state", tmp_path / "copies"):
        with EmulatorServer(seed=SEED, state_directory=directory) as emulator:
            client = connect(emulator)
            assert client.describe_certificate_authority(CertificateAuthorityArn=create_once(client))
            arn = issue_once(client)
            assert fetch(client, ROOT, arn)
            revoke_once(client, arn)
            listed = EmulatorControl(emulator.endpoint_url).certificates(ROOT)
            mine = [item for item in listed if item["idempotency_token"] == TOKEN]
            assert [item["certificate_arn"] for item in mine] == [arn]


def wait_until_refused(url: str) -> None:
    """Return once nothing listens at the URL any more."""
    address = urllib.parse.urlsplit(url)
    with contextlib.suppress(ConnectionError):
        while True:
            socket.create_connection((address.hostname, address.port)).close()


def test_an_operation_that_runs_when_the_emulator_is_stopped_is_saved_whole(tmp_path: Path) -> None:
    stopped, writing = threading.Event(), threading.Event()

    def stop_meanwhile(_path: Path) -> None:
        if stopped.is_set():
            writing.set()
            wait_until_refused(emulator.endpoint_url)

    connection = functools.partial(WatchedConnection, stop_meanwhile)
    emulator = EmulatorServer(seed=SEED, state_directory=tmp_path, connection=connection).start()
    client = connect(emulator, config=Config(retries={"total_max_attempts": 1}))
    stopped.set()
    with concurrent.futures.ThreadPoolExecutor() as pool:
        issuing = pool.submit(issue_once, client)
        assert writing.wait(60)
        emulator.stop()
        with pytest.raises(HTTPClientError):
            issuing.result()
    with EmulatorServer(seed=SEED, state_directory=tmp_path) as emulator:
        kept = EmulatorControl(emulator.endpoint_url).certificates(ROOT)[-1]
        assert (kept["idempotency_token"], kept["certificate_arn"]) == (TOKEN, issue_once(connect(emulator)))


VIEWS = (
    "DescribeCertificateAuthority", "ListTags", "ListPermissions", "GetPolicy",
    "DescribeCertificateAuthorityAuditReport",
)  # fmt: skip
STEPS: dict[str, Callable[[Any], dict[str, Any]]] = {
    "TagCertificateAuthority": lambda _client: {},
    "UntagCertificateAuthority": lambda _client: {},
    "CreatePermission": lambda _client: {},
    "DeletePermission": lambda _client: {},
    "PutPolicy": lambda _client: {"Policy": write_policy(ROOT)},
    "DeletePolicy": lambda _client: {},
    "CreateCertificateAuthorityAuditReport": lambda _client: {},
    "ImportCertificateAuthorityCertificate": lambda client: {
        "Certificate": client.get_certificate_authority_certificate(CertificateAuthorityArn=ROOT)["Certificate"]
    },
    "IssueCertificate": lambda _client: {},
    "RevokeCertificate": lambda client: {"CertificateSerial": issue(client, ROOT).rpartition("/")[2]},
    "UpdateCertificateAuthority": lambda _client: {"Status": "DISABLED"},
    "DeleteCertificateAuthority": lambda _client: {},
    "RestoreCertificateAuthority": lambda _client: {},
}


def look(emulator: EmulatorServer, report: str) -> list[Any]:
    """All that the root's operations change, as the service shows it: replies, and the codes of errors."""
    client = connect(emulator)
    seen: list[Any] = [EmulatorControl(emulator.endpoint_url).certificates()]
    for operation in VIEWS:
        changes = {"AuditReportId": report} if operation == "DescribeCertificateAuthorityAuditReport" else {}
        try:
            reply = getattr(client, xform_name(operation))(**request_for(operation, ROOT, **changes))
            seen.append({name: value for name, value in reply.items() if name != "ResponseMetadata"})
        except ClientError as error:
            seen.append(error.response["Error"])
    return seen


def test_what_each_operation_changes_is_there_after_a_restart(tmp_path: Path) -> None:
    reads = {name for name in OPERATIONS if name.startswith(("Describe", "Get", "List"))}
    assert {*STEPS, "CreateCertificateAuthority"} == OPERATIONS.keys() - reads
    report, before = str(uuid.uuid4()), None
    for operation in (*STEPS, None):
        with EmulatorServer(seed=SEED, state_directory=tmp_path) as emulator:
            assert before in (None, look(emulator, report))
            if operation is not None:
                client = connect(emulator)
                members = request_for(operation, ROOT, **STEPS[operation](client))
                reply = getattr(client, xform_name(operation))(**members)
                report = reply.get("AuditReportId", report)
                seen, before = before, look(emulator, report)
                assert before != seen, operation
