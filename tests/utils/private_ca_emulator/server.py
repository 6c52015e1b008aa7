# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The HTTP server: HTTP/1.1 with keep-alive, a thread per connection, nothing but the standard library on the way."""

from __future__ import annotations

import contextlib
import http.server
import re
import socket
import socketserver
import sqlite3
import sys
import threading
import traceback
from collections.abc import Callable
from http import HTTPStatus
from pathlib import Path
from types import TracebackType
from typing import Any

from private_ca_emulator.authorization import authorize_identity
from private_ca_emulator.errors import ConnectionCut, ServiceError
from private_ca_emulator.operations.audit_reports import resume_reports
from private_ca_emulator.operations.catalogue import OPERATIONS
from private_ca_emulator.protocol import HttpRequest, HttpResponse, encode_error
from private_ca_emulator.quotas import limit_rate
from private_ca_emulator.routing import Router
from private_ca_emulator.seed_file import apply_seed
from private_ca_emulator.service import PrivateCa
from private_ca_emulator.state import StateDirectory

_LARGEST_JSON = 8 * 1024 * 1024
_LARGEST_BODY = 256 * 1024 * 1024
_LARGEST_DRAINED = 1024 * 1024 * 1024
_CHUNK = 64 * 1024
_LENGTH = re.compile("[0-9]{1,15}")
_CHUNK_SIZE = re.compile(b"[0-9A-Fa-f]{1,15}")


def _unreadable(why: str) -> ServiceError:
    return ServiceError("SerializationException", why)


def _too_large(limit: int) -> ServiceError:
    return ServiceError("RequestEntityTooLargeException", f"The request is larger than {limit} octets", 413)


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "PrivateCaEmulator"
    disable_nagle_algorithm = True
    wbufsize = _CHUNK
    server: _TcpServer

    def _answer(self) -> None:
        try:
            request = self._read_request()
            response = self.server.router.respond(request)
        except ServiceError as error:
            self.close_connection = True
            response = encode_error(error)
        except ConnectionCut:
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)
            return
        except ConnectionError:
            raise
        except Exception:  # noqa: BLE001 - the boundary: a fault here or in moto must not kill the server
            traceback.print_exc(file=sys.stderr)
            response = encode_error(
                ServiceError("InternalFailure", "The emulator failed; its error output says why.", 500)
            )
        self._send(response)

    do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = do_HEAD = do_OPTIONS = _answer  # noqa: N815 - fixed names

    def _read_request(self) -> HttpRequest:
        headers: dict[str, str] = {}
        for name, value in self.headers.items():
            lowered = name.lower()
            headers[lowered] = f"{headers[lowered]},{value}" if lowered in headers else value
        return HttpRequest(self.command, self._relative_target(headers), headers, self._read_body(headers))

    def _relative_target(self, headers: dict[str, str]) -> str:
        """The target without scheme and host: a client that uses the emulator as its proxy sends both."""
        if not self.path.startswith("http://"):
            return self.path
        host, _slash, path = self.path[len("http://") :].partition("/")
        headers["host"] = host
        return "/" + path

    def _read_body(self, headers: dict[str, str]) -> bytes:
        limit = _LARGEST_JSON if "x-amz-target" in headers else _LARGEST_BODY
        if headers.get("transfer-encoding", "").lower() == "chunked":
            return self._read_chunks(limit)
        length = headers.get("content-length", "0")
        if not _LENGTH.fullmatch(length):
            raise _unreadable("Content-Length is not a number")
        if int(length) > limit:
            self._drain(int(length))
            raise _too_large(limit)
        body = self.rfile.read(int(length))
        if len(body) < int(length):
            raise _unreadable("The request ended early")
        return body

    def _read_chunks(self, limit: int) -> bytes:
        body = bytearray()
        while size := self._read_chunk_size():
            if len(body) + size > limit:
                self._drain_chunks(size)
                raise _too_large(limit)
            body += self.rfile.read(size)
            self.rfile.readline(_CHUNK)
        self.rfile.readline(_CHUNK)
        return bytes(body)

    def _drain_chunks(self, size: int) -> None:
        """Take in the rest of a body that is refused: until then its client writes and does not read."""
        left = _LARGEST_DRAINED
        with contextlib.suppress(ServiceError):
            while size and left > 0:
                self._drain(size)
                self.rfile.readline(_CHUNK)
                left -= size
                size = self._read_chunk_size()

    def _read_chunk_size(self) -> int:
        size = self.rfile.readline(_CHUNK).partition(b";")[0].strip()
        if not _CHUNK_SIZE.fullmatch(size):
            raise _unreadable("The chunked body is malformed")
        return int(size, 16)

    def _drain(self, length: int) -> None:
        left = min(length, _LARGEST_DRAINED)
        while left > 0:
            read = len(self.rfile.read(min(left, _CHUNK)))
            left = left - read if read else 0

    def _send(self, response: HttpResponse) -> None:
        self.send_response(response.status)
        for name, value in response.headers:
            self.send_header(name, value)
        if "content-length" not in {name.lower() for name, _value in response.headers}:
            self.send_header("Content-Length", str(len(response.body)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(response.body)

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Answer what is no HTTP request in the service's shape too; the standard library would send a page of HTML."""
        del explain
        self.close_connection, self.request_version = True, self.protocol_version
        kind = "UnknownOperationException" if code == HTTPStatus.NOT_IMPLEMENTED else "SerializationException"
        self._send(encode_error(ServiceError(kind, message or HTTPStatus(code).phrase, code)))

    def date_time_string(self, timestamp: float | None = None) -> str:
        """Date replies by the emulator's clock, those that moto makes too: a client may go by the service's date."""
        return super().date_time_string(self.server.router.service.clock.now() if timestamp is None else timestamp)

    def handle_expect_100(self) -> bool:
        """Ask for the body at once: S3 clients wait for it."""
        granted = super().handle_expect_100()
        self.wfile.flush()
        return granted

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name is the standard library's
        """Say nothing: the request log is the record."""


class _TcpServer(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    block_on_close = False
    request_queue_size = 256

    def __init__(self, address: tuple[str, int], router: Router) -> None:
        self.address_family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
        self.router = router
        self.connections: set[socket.socket] = set()
        self._connections_lock = threading.Lock()
        super().__init__(address, _Handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        with self._connections_lock:
            self.connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        with self._connections_lock:
            self.connections.discard(request)
        super().shutdown_request(request)

    def close_connections(self) -> None:
        """Cut every open connection, so that no thread outlives the server."""
        with self._connections_lock:
            for connection in self.connections:
                try:
                    connection.shutdown(socket.SHUT_RDWR)
                except OSError:
                    continue

    def handle_error(self, request: Any, client_address: Any) -> None:
        if not isinstance(sys.exc_info()[1], (ConnectionError, TimeoutError)):
            super().handle_error(request, client_address)


class EmulatorServer:
    """An emulator in this process, a context manager; point a client's `endpoint_url` at its own.

    `connection` makes the connection to the state's file: a test can watch it.
    """

    def __init__(
        self,
        address: str = "127.0.0.1",
        port: int = 0,
        seed: dict[str, Any] | None = None,
        state_directory: Path | None = None,
        connection: Callable[..., sqlite3.Connection] = sqlite3.Connection,
    ) -> None:
        state = StateDirectory(state_directory, connection) if state_directory is not None else None
        self.service = PrivateCa(OPERATIONS, [authorize_identity, limit_rate], state=state)
        self.service.resume()
        resume_reports(self.service)
        apply_seed(self.service, seed or {})
        self._server = _TcpServer((address, port), Router(self.service))
        host = f"[{address}]" if ":" in address else address
        self.endpoint_url = f"http://{host}:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)

    def start(self) -> EmulatorServer:
        """Serve in threads of this process."""
        self._thread.start()
        return self

    def stop(self) -> None:
        """Release what is held, stop serving and close every connection."""
        self.service.faults.stop()
        self._server.shutdown()
        self._server.server_close()
        self._server.close_connections()
        self._thread.join()
        self.service.close()

    def __enter__(self) -> EmulatorServer:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
