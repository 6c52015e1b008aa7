# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A service is never left broken: nginx through renewals good and bad, and proofs in every protocol."""

from __future__ import annotations

import socket
import threading
from typing import Any

import pytest
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._errors import InvalidInput, StepFailed
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._lineage.proof import look, read_endpoint
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._secrets import HIDDEN
from host_faults import FaultyFiles, fill_disk
from host_lineage import LATER, HostLineage
from host_tls import Conversation, Nginx, find_free_port, read_served, serve_after, wait_until_served


def fingerprint(done: dict[str, Any]) -> str:
    return str(done["current"]["fingerprint_sha256"])


def test_a_good_renewal_is_proved_and_drops_no_connection(lineage: HostLineage, nginx: Nginx) -> None:
    served: list[str] = []
    faults: list[BaseException] = []
    ended = threading.Event()

    def connect() -> None:
        while not ended.is_set():
            try:
                served.append(read_served(nginx.port))
            except (OSError, AssertionError) as error:
                faults.append(error)

    client = threading.Thread(target=connect)
    client.start()
    first = lineage.request()["current"]["fingerprint_sha256"]
    done = lineage.run(**LATER, **nginx.options)
    ended.set()
    client.join()
    assert done["steps"] == ["verify", "write", "switch", "validate", "reload", "prove", "record"]
    assert done["served"] == {"serial": done["current"]["serial"]}
    assert faults == [] and set(served) <= {first, fingerprint(done)}
    wait_until_served(nginx.port, fingerprint(done))


HANGS: dict[str, Any] = {
    "validate_command": None,  # nginx is not to be held to a limit that is short for the sake of this test
    "reload_command": ["sleep", "600"],
    "command_timeout": 1.0,
}
FAILURES: list[tuple[str, str, dict[str, Any]]] = [
    ("a key that nginx cannot read", "validate", {"key_passphrase": "secret"}),
    ("a reload that fails", "reload", {"reload_command": ["sh", "-c", "echo no reload today; exit 1"]}),
    ("a service that keeps the old one", "prove", {"reload_command": ["true"]}),
    ("a reload that hangs", "reload", HANGS),
]


@pytest.mark.parametrize(("title", "step", "bad"), FAILURES, ids=[case[0] for case in FAILURES])
def test_whatever_fails_the_old_certificate_is_served_afterwards_and_the_next_run_repairs_without_issuing(
    lineage: HostLineage, nginx: Nginx, title: str, step: str, bad: dict[str, Any]
) -> None:
    before = lineage.request()["current"]
    verify = {"host": "127.0.0.1", "port": nginx.port, "retries": 2, "interval": 0.1, "timeout": 10.0}
    with pytest.raises(StepFailed) as caught:
        lineage.run(**{**nginx.options, **LATER, "verify": verify, **bad})
    assert caught.value.details["step"] == step
    assert "mend the service and run again, nothing will be issued anew" in caught.value.sentence()
    wait_until_served(nginx.port, before["fingerprint_sha256"])
    assert lineage.serial() == before["serial"]
    issued = lineage.count_issued()
    done = lineage.run(**LATER, **nginx.options)
    wait_until_served(nginx.port, fingerprint(done))
    assert fingerprint(done) != before["fingerprint_sha256"]
    assert lineage.count_issued() == issued + (1 if "key_passphrase" in bad else 0)
    assert lineage.request(**LATER)["action"] == "none"


def test_a_failed_test_shows_what_nginx_printed(lineage: HostLineage, nginx: Nginx) -> None:
    nginx.configuration.write_text("nonsense;")
    with pytest.raises(StepFailed, match="unknown directive") as caught:
        lineage.run(**LATER, **nginx.options)
    assert "unknown directive" in caught.value.details["output"] and caught.value.details["restored"] is True


def test_of_two_secrets_that_begin_alike_nothing_is_shown(lineage: HostLineage) -> None:
    secrets: dict[str, Any] = {
        "key_passphrase": "hunter2",
        "keystore_passphrase": "hunter2-java",
        "formats": ["pkcs12"],
    }
    with pytest.raises(StepFailed) as caught:
        lineage.run(**secrets, reload_command=["sh", "-c", "echo hunter2-java hunter2; exit 1"])
    assert caught.value.details["output"] == f"{HIDDEN} {HIDDEN}\n"


def test_what_a_command_printed_is_recorded_for_the_owner_of_the_lineage_alone(lineage: HostLineage) -> None:
    with pytest.raises(StepFailed):
        lineage.run(reload_command=["sh", "-c", "echo of the owner; exit 1"])
    state = lineage.path / "state.json"
    assert "of the owner" in state.read_text() and state.stat().st_mode & 0o777 == 0o600
    state.chmod(0o644)  # as earlier releases left it
    lineage.request(check_mode=True)
    assert state.stat().st_mode & 0o777 == 0o644
    lineage.request()
    assert state.stat().st_mode & 0o777 == 0o600
    lineage.run()
    assert "of the owner" not in state.read_text() and state.stat().st_mode & 0o777 == 0o644


def test_a_state_that_was_left_open_on_a_disk_that_takes_no_change_keeps_nothing_from_being_judged(
    lineage: HostLineage,
) -> None:
    lineage.run()
    with pytest.raises(StepFailed):
        lineage.run(**LATER, reload_command=["false"])
    (lineage.path / "state.json").chmod(0o644)  # as earlier releases left it
    full = FaultyFiles(1, fill_disk)
    assert lineage.request(full, **LATER)["action"] == "apply" and full.made == ["set_mode"]


def test_a_service_that_does_not_answer_is_told(lineage: HostLineage) -> None:
    verify = {"host": "127.0.0.1", "port": find_free_port(), "retries": 1, "interval": 0.0}
    with pytest.raises(StepFailed, match="no TLS handshake succeeded"):
        lineage.run(verify=verify)


@pytest.mark.parametrize(
    ("options", "because"),
    [
        ({"verify": {"port": 1, "interval": -1.0}}, "interval is -1, and must be from 0"),
        ({"verify": {"port": 1, "timeout": 0.0}}, "timeout is 0, and must be"),
        ({"verify": {"port": 1, "timeout": float("nan")}}, "timeout is nan"),
        ({"verify": {"port": 1, "retries": -1}}, "retries is -1"),
        ({"verify": {"port": 1, "server_name": ".example.com"}}, r"server_name \.example\.com cannot be asked for"),
        ({"verify": {"port": 70000}}, "there is no port 70000"),
        ({"command_timeout": 0.0}, "command_timeout.*0 is no time"),
    ],
)
def test_what_could_never_be_proved_is_told_before_anything_is_switched(
    lineage: HostLineage, options: dict[str, Any], because: str
) -> None:
    lineage.run()
    before = lineage.snapshot()
    with pytest.raises(InvalidInput, match=because):
        lineage.install(formats=["der"], **options)
    assert lineage.snapshot() == before


def test_an_empty_server_name_is_none() -> None:
    endpoint = read_endpoint({"port": 1, "server_name": "", "host": ""})
    assert endpoint is not None and (endpoint.server_name, endpoint.host) == (None, "127.0.0.1")


def _say(plain: socket.socket, *lines: bytes | None) -> None:
    """Hold a conversation: bytes are sent, None waits for a line."""
    for line in lines:
        if line is not None:
            plain.sendall(line)
            continue
        while plain.recv(1) != b"\n":
            pass


def _talk_smtp(plain: socket.socket) -> None:
    """What Postfix 3.7 says to this client."""
    extensions = b"250-vm.localdomain\r\n250-PIPELINING\r\n250-SIZE 10240000\r\n250-STARTTLS\r\n250 CHUNKING\r\n"
    _say(plain, b"220-vm.localdomain\r\n220 ESMTP\r\n", None, extensions, None, b"220 2.0.0 Ready to start TLS\r\n")


def _talk_imap(plain: socket.socket) -> None:
    """What Dovecot 2.3 says to this client, and once more what it can."""
    greeting = b"* OK [CAPABILITY IMAP4rev1 ID ENABLE STARTTLS AUTH=PLAIN] Dovecot (Debian) ready.\r\n"
    _say(plain, greeting, None, b"* CAPABILITY IMAP4rev1\r\na1 OK Begin TLS negotiation now.\r\n")


def _talk_ldap(plain: socket.socket) -> None:
    """Lengths in BER's long form, as Active Directory writes them, and the name of the response."""
    assert plain.recv(64) == b"\x30\x1d\x02\x01\x01\x77\x18\x80\x161.3.6.1.4.1.1466.20037"
    plain.sendall(bytes.fromhex("30840000002802010178840000001f0a0100040004008a16") + b"1.3.6.1.4.1.1466.20037")


CONVERSATIONS: list[tuple[str, Conversation]] = [
    ("smtp", _talk_smtp),
    ("imap", _talk_imap),
    ("ldap", _talk_ldap),
]


@pytest.mark.parametrize(("starttls", "conversation"), CONVERSATIONS)
def test_the_certificate_is_proved_behind_greetings_and_answers_longer_than_most(
    lineage: HostLineage, starttls: str, conversation: Conversation
) -> None:
    done = lineage.run()
    with serve_after(conversation, lineage.live / "fullchain.pem", lineage.live / "privkey.pem") as port:
        endpoint = read_endpoint({"port": port, "starttls": starttls, "server_name": "web.example.com"})
        assert endpoint is not None
        served = look(endpoint)
    assert served.fingerprint == fingerprint(done), served.problem


REFUSALS: list[tuple[str, Conversation, str]] = [
    ("smtp", lambda plain: _say(plain, b"220 a\r\n", None, b"250 me\r\n", None, b"454 not now\r\n"), "454 not now"),
    ("imap", lambda plain: _say(plain, b"* OK\r\n", None, b"a1 BAD no\r\n"), "a1 BAD no"),
    ("postgres", lambda plain: _say(plain, b"N"), "TLS switched off"),
    ("ldap", lambda plain: _say(plain, bytes.fromhex("300c02010178070a013404000400")), "refused StartTLS"),
    ("smtp", lambda plain: plain.close(), "ended the conversation"),
    ("imap", lambda plain: plain.sendall(b"x" * 10000), "ended the conversation"),
]


@pytest.mark.parametrize(("starttls", "conversation", "problem"), REFUSALS)
def test_a_service_that_refuses_starttls_is_told(
    lineage: HostLineage, starttls: str, conversation: Conversation, problem: str
) -> None:
    lineage.run()

    def refuse(plain: socket.socket) -> None:
        conversation(plain)
        raise ConnectionAbortedError

    with serve_after(refuse, lineage.live / "fullchain.pem", lineage.live / "privkey.pem") as port:
        endpoint = read_endpoint({"port": port, "starttls": starttls})
        assert endpoint is not None
        assert problem in str(look(endpoint).problem)
