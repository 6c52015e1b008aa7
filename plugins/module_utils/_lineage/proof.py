# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Proof by handshake: what a TLS service really serves, with STARTTLS where its protocol begins in clear text."""

from __future__ import annotations

import hashlib
import socket
import ssl
import time
from dataclasses import dataclass
from typing import Any, Callable, Mapping

from .._errors import InvalidInput

MAXIMUM_LINE = 4096
CONSECUTIVE = 3
LONGEST = 86400


@dataclass(frozen=True)
class Endpoint:
    """Where to look: ``timeout`` of one try and ``interval`` between tries in seconds, ``retries`` after the first."""

    host: str
    port: int
    server_name: str | None = None
    starttls: str | None = None
    timeout: float = 5.0
    retries: int = 10
    interval: float = 0.5


@dataclass(frozen=True)
class ServedCertificate:
    """The leaf that an endpoint served last: SHA-256 of its DER (hex) and the DER, or why there was none."""

    fingerprint: str | None
    der: bytes | None
    problem: str | None


def read_endpoint(options: Mapping[str, Any] | None) -> Endpoint | None:
    """Build the endpoint from the option ``verify``, None when it is not set."""
    if not options:
        return None
    given = {name: value for name, value in options.items() if value not in (None, "")}
    given.setdefault("host", "127.0.0.1")
    starttls = given.get("starttls")
    if starttls is not None and starttls not in STARTTLS:
        because = f"starttls {starttls} is not one of {', '.join(STARTTLS)}"
        raise InvalidInput("Failed to understand verify", because=because, remedy="Choose one, or leave it out")
    if not 0 < given["port"] < 65536:
        raise InvalidInput(
            "Failed to understand verify",
            because=f"there is no port {given['port']}",
            remedy="Give one from 1 to 65535",
        )
    endpoint = Endpoint(**given)
    _check_endpoint(endpoint)
    return endpoint


def _check_endpoint(endpoint: Endpoint) -> None:
    """Refuse what would only show when the new certificate is in service already."""
    least = {"timeout": 0.001, "retries": 0, "interval": 0}
    for name, bound in least.items():
        value = getattr(endpoint, name)
        if not bound <= value <= LONGEST:
            because = f"{name} is {value:g}, and must be from {bound:g} to {LONGEST}"
            raise InvalidInput("Failed to understand verify", because=because, remedy="Correct the option")
    try:
        _make_context().wrap_bio(ssl.MemoryBIO(), ssl.MemoryBIO(), server_hostname=endpoint.server_name)
    except (ValueError, ssl.SSLError) as error:
        because = f"server_name {endpoint.server_name} cannot be asked for: {error}"
        remedy = "Give the name that clients ask for"
        raise InvalidInput("Failed to understand verify", because=because, remedy=remedy) from error


def prove_served(endpoint: Endpoint, fingerprint: str) -> ServedCertificate:
    """Look until the certificate with this fingerprint is served, or all tries are used up; returns what came last.

    It must be served ``CONSECUTIVE`` times on end: around a reload old and new workers may both accept connections.
    """
    misses = 0
    while True:
        served = _look_repeatedly(endpoint, fingerprint)
        if served.fingerprint == fingerprint or misses >= endpoint.retries:
            return served
        misses += 1
        time.sleep(endpoint.interval)


def _look_repeatedly(endpoint: Endpoint, fingerprint: str) -> ServedCertificate:
    served = look(endpoint)
    for _again in range(CONSECUTIVE - 1):
        if served.fingerprint != fingerprint:
            break
        served = look(endpoint)
    return served


def look(endpoint: Endpoint) -> ServedCertificate:
    """Make one handshake. Nothing is verified in it: the leaf is compared with the very one that must be there."""
    try:
        with socket.create_connection((endpoint.host, endpoint.port), endpoint.timeout) as plain:
            if endpoint.starttls is not None:
                STARTTLS[endpoint.starttls](plain)
            with _make_context().wrap_socket(plain, server_hostname=endpoint.server_name) as secured:
                der = secured.getpeercert(binary_form=True)
    except (OSError, ValueError) as error:
        return ServedCertificate(None, None, str(error))
    if der is None:
        return ServedCertificate(None, None, "the service shows no certificate")
    return ServedCertificate(hashlib.sha256(der).hexdigest(), der, None)


def _make_context() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def _read_line(plain: socket.socket) -> bytes:
    line = b""
    while not line.endswith(b"\n"):
        byte = plain.recv(1)
        if not byte or len(line) > MAXIMUM_LINE:
            raise OSError("the service ended the conversation before TLS")
        line += byte
    return line


def _start_smtp(plain: socket.socket) -> None:
    """RFC 3207."""
    for said in (None, b"EHLO localhost\r\n", b"STARTTLS\r\n"):
        if said is not None:
            plain.sendall(said)
        line = _read_line(plain)
        while line[3:4] == b"-":
            line = _read_line(plain)
        if not line.startswith(b"2"):
            raise OSError(f"the service refused STARTTLS: {line.decode('ascii', 'replace').strip()}")


def _start_imap(plain: socket.socket) -> None:
    """RFC 3501 section 6.2.1."""
    _read_line(plain)
    plain.sendall(b"a1 STARTTLS\r\n")
    line = _read_line(plain)
    while not line.startswith(b"a1 "):
        line = _read_line(plain)
    if not line.upper().startswith(b"A1 OK"):
        raise OSError(f"the service refused STARTTLS: {line.decode('ascii', 'replace').strip()}")


def _start_postgres(plain: socket.socket) -> None:
    """PostgreSQL's frontend/backend protocol, message SSLRequest."""
    plain.sendall(b"\x00\x00\x00\x08\x04\xd2\x16\x2f")
    if plain.recv(1) != b"S":
        raise OSError("the service has TLS switched off")


def _start_ldap(plain: socket.socket) -> None:
    """RFC 4511 section 4.14: an ExtendedRequest with the OID of StartTLS."""
    oid = b"1.3.6.1.4.1.1466.20037"
    request = b"\x02\x01\x01\x77" + bytes([len(oid) + 2]) + b"\x80" + bytes([len(oid)]) + oid
    plain.sendall(b"\x30" + bytes([len(request)]) + request)
    head = _read_exactly(plain, 2)
    length = head[1]
    if length & 0x80:
        length = int.from_bytes(_read_exactly(plain, length & 0x7F), "big")
    if length > MAXIMUM_LINE or b"\x0a\x01\x00" not in _read_exactly(plain, length):
        raise OSError("the service refused StartTLS")


def _read_exactly(plain: socket.socket, size: int) -> bytes:
    content = b""
    while len(content) < size:
        chunk = plain.recv(size - len(content))
        if not chunk:
            raise OSError("the service ended the conversation before TLS")
        content += chunk
    return content


STARTTLS: Mapping[str, Callable[[socket.socket], None]] = {
    "smtp": _start_smtp,
    "imap": _start_imap,
    "postgres": _start_postgres,
    "ldap": _start_ldap,
}
