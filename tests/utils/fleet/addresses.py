# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Loopback addresses for a fleet, reserved so that fleets of parallel test runs never meet.

Linux answers on all of 127.0.0.0/8. A fleet takes whole blocks 127.A.B.0/24 and holds, as long as it lives, a bound
socket on address .1 of each: the kernel grants it once and takes it back however the holder ends.
"""

from __future__ import annotations

import random
import socket
from contextlib import ExitStack
from dataclasses import dataclass

HOSTS_PER_BLOCK = 250
_GUARD_PORT = 20022
_ATTEMPTS = 50


@dataclass(frozen=True)
class Reservation:
    """Addresses of one fleet, with the port of their sshd and one for a TLS service; both are free on each address."""

    addresses: tuple[str, ...]
    ssh_port: int
    tls_port: int
    guards: ExitStack

    def release(self) -> None:
        """Give the blocks back."""
        self.guards.close()


def reserve_addresses(size: int, port_range: tuple[int, int] = (21000, 29000)) -> Reservation:
    """Reserve `size` addresses that no other fleet has and on which both ports can be bound.

    The ports lie below the kernel's ephemeral range. Raises OSError when fifty draws find no free place.
    """
    chance = random.SystemRandom()
    for _attempt in range(_ATTEMPTS):
        blocks = -(-size // HOSTS_PER_BLOCK)
        network, first = chance.randrange(16, 250), chance.randrange(0, 256 - blocks)
        port = chance.randrange(*port_range)
        guards = ExitStack()
        addresses = tuple(
            f"127.{network}.{first + number // HOSTS_PER_BLOCK}.{2 + number % HOSTS_PER_BLOCK}"
            for number in range(size)
        )
        try:
            for block in range(first, first + blocks):
                guards.enter_context(_bind(f"127.{network}.{block}.1", _GUARD_PORT))
            for address in addresses:
                _bind(address, port).close()
                _bind(address, port + 1).close()
        except OSError:
            guards.close()
            continue
        return Reservation(addresses, port, port + 1, guards)
    raise OSError(f"no free block of loopback addresses for {size} hosts in {_ATTEMPTS} draws")


def _bind(address: str, port: int) -> socket.socket:
    bound = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        bound.bind((address, port))
    except OSError:
        bound.close()
        raise
    return bound
