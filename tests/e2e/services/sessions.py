# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Clients of the services: each verifies the chain and the name, can hold a session open, and counts what it did."""

from __future__ import annotations

import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Protocol

LIMIT = 60.0
SSL_REQUEST = struct.pack("!ii", 8, 80877103)
PROTOCOL_3 = 196608


class Session(Protocol):
    """One TLS session; ``serial`` (hex, lower case, no leading zeros) is the leaf's that the handshake showed."""

    serial: str

    def finish(self) -> None:
        """Send the (rest of the) request, require its answer, and close. Raises OSError or AssertionError."""


def _secure(plain: socket.socket, name: str, root: str) -> ssl.SSLSocket:
    context = ssl.create_default_context(cadata=root)
    return context.wrap_socket(plain, server_hostname=name)


def _read_serial(secured: ssl.SSLSocket) -> str:
    shown = secured.getpeercert() or {}
    return str(shown["serialNumber"]).lower().lstrip("0")


class WebSession:
    """An HTTP request of which the last line is sent by `finish`: until then it is in flight."""

    def __init__(self, address: str, port: int, name: str, root: str) -> None:
        self._stream = _secure(socket.create_connection((address, port), LIMIT), name, root)
        self.serial = _read_serial(self._stream)
        self._stream.sendall(f"GET / HTTP/1.0\r\nHost: {name}\r\n".encode())

    def finish(self) -> None:
        """Send the empty line; the answer must end with the service's word."""
        with self._stream as stream:
            stream.sendall(b"\r\n")
            answer = b""
            while chunk := stream.recv(4096):
                answer += chunk
        assert answer.rstrip().endswith(b"served"), answer


class PostgresSession:
    """A session of the superuser; `finish` makes one query (PostgreSQL, Frontend/Backend Protocol 3.0)."""

    def __init__(self, address: str, port: int, name: str, root: str) -> None:
        plain = socket.create_connection((address, port), LIMIT)
        plain.sendall(SSL_REQUEST)
        assert plain.recv(1) == b"S", "PostgreSQL does not take TLS"
        self._stream = _secure(plain, name, root)
        self.serial = _read_serial(self._stream)
        parameters = b"user\0postgres\0database\0postgres\0\0"
        self._stream.sendall(struct.pack("!ii", 8 + len(parameters), PROTOCOL_3) + parameters)
        self._read_until_ready()

    def finish(self) -> None:
        """Ask for one word and require it."""
        query = b"SELECT 'ser' || 'ved'\0"
        with self._stream as stream:
            stream.sendall(b"Q" + struct.pack("!i", 4 + len(query)) + query)
            rows = [body for kind, body in self._read_until_ready() if kind == b"D"]
            stream.sendall(b"X" + struct.pack("!i", 4))
        assert [body[-6:] for body in rows] == [b"served"], rows

    def _read_until_ready(self) -> list[tuple[bytes, bytes]]:
        """Return the messages (type, body) before ReadyForQuery; an ErrorResponse is an AssertionError."""
        messages: list[tuple[bytes, bytes]] = []
        while True:
            kind, length = struct.unpack("!ci", self._read(5))
            body = self._read(length - 4)
            assert kind != b"E", body
            if kind == b"Z":
                return messages
            messages.append((kind, body))

    def _read(self, size: int) -> bytes:
        content = b""
        while len(content) < size:
            chunk = self._stream.recv(size - len(content))
            assert chunk, "PostgreSQL closed the session"
            content += chunk
        return content


@dataclass
class Client:
    """What a client loop saw: the serial of each handshake, how many requests were answered, and each fault."""

    serials: list[str] = field(default_factory=list)
    answered: int = 0
    faults: list[Exception] = field(default_factory=list)


@contextmanager
def connecting(open_session: Callable[[], Session]) -> Iterator[Client]:
    """Connect and ask again and again, in a thread, for the body of a `with` and once more."""
    client, ended = Client(), threading.Event()

    def connect() -> None:
        last = False
        while not last:
            last = ended.is_set()
            try:
                session = open_session()
                client.serials.append(session.serial)
                session.finish()
                client.answered += 1
            except (OSError, AssertionError) as error:
                client.faults.append(error)

    thread = threading.Thread(target=connect)
    thread.start()
    try:
        yield client
    finally:
        ended.set()
        thread.join()
