# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""TLS services for tests of the host: one that begins in clear text, in this process, and the real nginx."""

from __future__ import annotations

import contextlib
import hashlib
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Callable

NGINX = """
daemon off;
worker_processes 1;
pid {directory}/nginx.pid;
error_log {directory}/error.log;
events {{ worker_connections 64; }}
http {{
  access_log off;
  client_body_temp_path {directory}/body; proxy_temp_path {directory}/proxy; fastcgi_temp_path {directory}/fastcgi;
  uwsgi_temp_path {directory}/uwsgi; scgi_temp_path {directory}/scgi;
  server {{
    listen 127.0.0.1:{port} ssl;
    ssl_certificate {live}/fullchain.pem;
    ssl_certificate_key {live}/privkey.pem;
    location / {{ return 200 "served"; }}
  }}
}}
"""


def find_free_port() -> int:
    """Return a port of the loopback interface that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


class Nginx:
    """A real nginx on a free port that serves what ``live`` points at."""

    def __init__(self, directory: Path, live: Path) -> None:
        directory.mkdir()
        self.port = find_free_port()
        self.configuration = directory / "nginx.conf"
        self.configuration.write_text(NGINX.format(directory=directory, port=self.port, live=live))
        self.command = [
            "nginx",
            "-p",
            str(directory),
            "-c",
            str(self.configuration),
            "-e",
            str(directory / "error.log"),
        ]
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def options(self) -> dict[str, Any]:
        """The options of the install module for this service."""
        return {
            "validate_command": [*self.command, "-t"],
            "reload_command": [*self.command, "-s", "reload"],
            "verify": {"host": "127.0.0.1", "port": self.port, "retries": 100, "interval": 0.1, "timeout": 10.0},
        }

    @contextlib.contextmanager
    def running(self) -> Iterator[Nginx]:
        """Serve for the body; ends by process id."""
        self.process = subprocess.Popen(self.command, stdin=subprocess.DEVNULL)
        try:
            wait_for_port(self.port, self.process)
            read_served(self.port)  # nginx listens before it writes the process id that a reload reads
            yield self
        finally:
            self.process.terminate()
            self.process.wait()


def wait_for_port(port: int, process: subprocess.Popen[bytes]) -> None:
    """Return once the port answers; fails if the process ends before."""
    while True:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        assert process.poll() is None, "the service ended before it listened"


def read_served(port: int) -> str:
    """Make one handshake and one HTTP request; return the SHA-256 of the leaf that was served."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with socket.create_connection(("127.0.0.1", port), 30) as plain, context.wrap_socket(plain) as secured:
        secured.sendall(b"GET / HTTP/1.0\r\n\r\n")
        answer = b""
        while chunk := secured.recv(4096):
            answer += chunk
        assert answer.endswith(b"served")
        return hashlib.sha256(secured.getpeercert(True) or b"").hexdigest()


def wait_until_served(port: int, fingerprint: str) -> None:
    """Return once a handshake shows this certificate: around a reload the old workers still take connections."""
    for _attempt in range(200):
        if read_served(port) == fingerprint:
            return
        time.sleep(0.05)
    raise AssertionError(f"{fingerprint} is not served")


Conversation = Callable[[socket.socket], None]


@contextlib.contextmanager
def serve_after(conversation: Conversation, certificate: Path, key: Path) -> Iterator[int]:
    """Serve one certificate on a free port after a conversation in clear text; yields the port."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    listener = socket.create_server(("127.0.0.1", 0))

    def accept() -> None:
        while True:
            try:
                plain, _address = listener.accept()
            except OSError:
                return
            with contextlib.suppress(OSError), plain:
                conversation(plain)
                with context.wrap_socket(plain, server_side=True) as secured:
                    secured.recv(1)

    thread = threading.Thread(target=accept, daemon=True)
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        with contextlib.suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join()
