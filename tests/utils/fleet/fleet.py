# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A fleet: hosts with an sshd each, on loopback addresses of their own, for as long as a `with` block lasts."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

from fleet.addresses import Reservation, reserve_addresses
from fleet.hosts import Host
from fleet.inventory import write_inventory
from fleet.isolation import Isolation, Keys, Local, Overlay, Place, Sandbox, can_overlay, can_sandbox
from fleet.trees import RELEASES, TreeError, provide_trees

NAME_PATTERN = "web{number:03}.fleet.example"
_SCRATCH = (Path(tempfile.gettempdir()), Path("/dev/shm"))


class Fleet:
    """`size` hosts, dealt round-robin to the releases.

    `mode` is `overlay`, `sandbox` or `local` (see isolation.py); by default the first that this machine can do, and if
    it is `local`, `notice` and standard error say why. `variables` go to every host of the inventory.
    """

    def __init__(
        self,
        size: int,
        releases: tuple[str, ...] = RELEASES,
        *,
        mode: str | None = None,
        name_pattern: str = NAME_PATTERN,
        variables: Mapping[str, Any] | None = None,
    ) -> None:
        self.size = size
        self.releases = releases
        self.name_pattern = name_pattern
        self.variables = dict(variables or {})
        self.notice: str | None = None
        self.hosts: list[Host] = []
        self._wanted_mode = mode
        self._reservation: Reservation | None = None
        self._scratch: Path | None = None

    @property
    def mode(self) -> str:
        """Return how the hosts are kept apart."""
        return self.hosts[0].isolation.mode

    @property
    def folder(self) -> Path:
        """Return the fleet's private folder, gone when the fleet is."""
        if self._scratch is None:
            raise RuntimeError("the fleet is not up")
        return self._scratch

    @property
    def inventory(self) -> Path:
        """Return the inventory file."""
        return self.folder / "inventory.json"

    def __iter__(self) -> Iterator[Host]:
        """Iterate over the hosts."""
        return iter(self.hosts)

    def __getitem__(self, name: str | int) -> Host:
        """Return a host by inventory name or by number, from 0."""
        if isinstance(name, int):
            return self.hosts[name]
        return {host.name: host for host in self.hosts}[name]

    def __enter__(self) -> Fleet:
        """Start all hosts at once; return when each answers. Raises HostError; TreeError if `mode` needs trees."""
        try:
            isolation, trees, parent = self._choose_isolation()
            self._scratch = Path(tempfile.mkdtemp(prefix="fleet-", dir=parent))
            self._reservation = reserve_addresses(self.size)
            self.hosts = self._make_hosts(isolation, trees, self._reservation)
            for host in self.hosts:
                host.start()
            for host in self.hosts:
                host.wait_until_reachable()
            write_inventory(self.inventory, self.hosts, self.variables)
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Kill the hosts and remove their files."""
        self.close()

    def close(self) -> None:
        """Kill the hosts, remove their files, give the addresses back; again is allowed."""
        for host in self.hosts:
            host.kill()
        if self._reservation is not None:
            self._reservation.release()
            self._reservation = None
        if self._scratch is not None:
            shutil.rmtree(self._scratch)
            self._scratch = None

    def _choose_isolation(self) -> tuple[Isolation, dict[str, Path], Path]:
        if self._wanted_mode == Local.mode:
            return Local(), {}, _SCRATCH[0]
        isolation, parent, reason = self._find_isolation()
        if isolation is not None:
            try:
                return isolation, provide_trees(self.releases), parent
            except TreeError as error:
                reason = str(error)
        if self._wanted_mode:
            raise TreeError(f"no fleet in mode {self._wanted_mode}: {reason}")
        self.notice = f"No trees of Debian releases here, so each host is this machine's own sshd: {reason}"
        print(self.notice, file=sys.stderr)
        return Local(), {}, _SCRATCH[0]

    def _find_isolation(self) -> tuple[Isolation | None, Path, str]:
        if self._wanted_mode in (None, Overlay.mode):
            for parent in _SCRATCH:
                if can_overlay(parent):
                    return Overlay(), parent, ""
        if self._wanted_mode in (None, Sandbox.mode) and can_sandbox():
            return Sandbox(), _SCRATCH[0], ""
        return None, _SCRATCH[0], "neither overlay mounts (root) nor bubblewrap's namespaces are allowed"

    def _make_hosts(self, isolation: Isolation, trees: dict[str, Path], reservation: Reservation) -> list[Host]:
        identity, host_key = self.folder / "id", self.folder / "host_key"
        for key in (identity, host_key):
            generate = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "fleet", "-f", str(key)]
            subprocess.run(generate, check=True, stdin=subprocess.DEVNULL)
        keys = Keys(authorized=Path(f"{identity}.pub").read_text(), host_key=host_key)
        algorithm, public_key, _comment = Path(f"{host_key}.pub").read_text().split()
        known = [f"[{address}]:{reservation.ssh_port} {algorithm} {public_key}\n" for address in reservation.addresses]
        known_hosts = self.folder / "known_hosts"
        known_hosts.write_text("".join(known))
        hosts = []
        for number, address in enumerate(reservation.addresses, 1):
            release = self.releases[(number - 1) % len(self.releases)] if trees else None
            name = self.name_pattern.format(number=number)
            hosts.append(
                Host(
                    place=Place(name, trees[release] if release else None, self.folder / name),
                    isolation=isolation,
                    keys=keys,
                    address=address,
                    ssh_port=reservation.ssh_port,
                    tls_port=reservation.tls_port,
                    identity=identity,
                    known_hosts=known_hosts,
                    release=release,
                )
            )
        return hosts
