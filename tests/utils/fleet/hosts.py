# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One host of a fleet: start and kill it, run commands in it, see its files, have it serve TLS."""

from __future__ import annotations

import shlex
import socket
import subprocess
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

from fleet.isolation import Isolation, Keys, Place
from fleet.nginx import render_configuration

START_LIMIT = 30.0
NGINX = "/usr/sbin/nginx"  # not in the PATH of a login other than root
_SSHD_OPTIONS = {
    "UsePAM": "no",
    "UseDNS": "no",
    "StrictModes": "no",
    "PasswordAuthentication": "no",
    "PidFile": "none",
    "MaxStartups": "500",
    "MaxSessions": "500",
    "PrintMotd": "no",
    "Subsystem": "sftp internal-sftp",
}


class HostError(Exception):
    """A host or its service did not start; the message ends with what it logged."""


@dataclass
class Host:
    """A host that answers SSH on address:ssh_port, and whose service may listen on address:tls_port."""

    place: Place
    isolation: Isolation
    keys: Keys
    address: str
    ssh_port: int
    tls_port: int
    identity: Path
    known_hosts: Path
    release: str | None
    _processes: list[subprocess.Popen[bytes]] = field(default_factory=list, repr=False)

    @property
    def name(self) -> str:
        """Return the inventory name, which is also the host's own."""
        return self.place.name

    @property
    def base_directory(self) -> str:
        """Return the directory for the collection's files, as the host names it."""
        return self.isolation.base_directory(self.place)

    @property
    def service_directory(self) -> str:
        """Return the directory for a service's files, as the host names it."""
        return self.isolation.service_directory(self.place)

    @property
    def log(self) -> Path:
        """Return the file that has what sshd and services wrote to their standard error."""
        return self.place.folder / "log"

    @property
    def is_running(self) -> bool:
        """Tell whether the host's first process lives."""
        return bool(self._processes) and self._processes[0].poll() is None

    def start(self) -> None:
        """Start sshd and return at once; `wait_until_reachable` waits. Files survive a `kill` and a new `start`."""
        if threading.current_thread() is not threading.main_thread():
            raise RuntimeError("hosts die with the thread that starts them: start them in the main thread")
        self.place.folder.mkdir(parents=True, exist_ok=True)
        options = {**_SSHD_OPTIONS, "ListenAddress": f"{self.address}:{self.ssh_port}"}
        sshd = ["-D", "-e", "-f", "/dev/null", *[f"-o{name}={value}" for name, value in options.items()]]
        self._launch(self.isolation.launch(self.place, self.keys, sshd))

    def _launch(self, command: list[str]) -> subprocess.Popen[bytes]:
        with self.log.open("ab") as log:
            started = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True, cwd="/"
            )
        self._processes.append(started)
        return started

    def wait_until_reachable(self, port: int | None = None, limit: float = START_LIMIT) -> None:
        """Return when the port (sshd's) takes a connection. Raises HostError if its process ends or time is up."""
        newest = self._processes[-1]
        deadline = time.monotonic() + limit
        while time.monotonic() < deadline and newest.poll() is None:
            try:
                socket.create_connection((self.address, port or self.ssh_port), timeout=limit).close()
            except OSError:
                time.sleep(0.01)
            else:
                return
        logged = self.log.read_text(errors="replace").strip()[-2000:]
        raise HostError(f"{self.name} does not answer on {self.address}:{port or self.ssh_port}: {logged}")

    def kill(self) -> None:
        """End every process of the host at once, as a power failure would."""
        for process in self._processes:
            if process.poll() is None:
                self.isolation.kill(process)
        self._processes.clear()

    def ssh_options(self) -> list[str]:
        """Return the options of ssh that Ansible is given too: no user configuration, host keys checked."""
        settings = {
            "UserKnownHostsFile": str(self.known_hosts),
            "StrictHostKeyChecking": "yes",
            "IdentitiesOnly": "yes",
        }
        return ["-F", "none", *[word for name, value in settings.items() for word in ("-o", f"{name}={value}")]]

    def ssh_command(self, command: list[str]) -> list[str]:
        """Return the command that runs `command` in the host."""
        target = ["-i", str(self.identity), "-p", str(self.ssh_port), f"{self.isolation.user}@{self.address}"]
        return ["ssh", *self.ssh_options(), "-o", "BatchMode=yes", "-o", "LogLevel=ERROR", *target, shlex.join(command)]

    def run(
        self, command: list[str], *, check: bool = True, stdin: str | None = None, timeout: float = 60
    ) -> subprocess.CompletedProcess[str]:
        """Run a command in the host over SSH. Raises CalledProcessError if it fails and `check` is on."""
        return subprocess.run(
            self.ssh_command(command), input=stdin or "", capture_output=True, text=True, check=check, timeout=timeout
        )

    def path(self, inside: str) -> Path:
        """Return where the file that the host knows as `inside` is seen on this machine, while the host lives.

        Links with an absolute target lead out of the host: resolve them with `run`.
        """
        if not self.is_running:
            raise ProcessLookupError(f"{self.name} is not running")
        return self.isolation.locate(inside, self.place, self._processes[0].pid)

    @property
    def nginx_configuration(self) -> str:
        """Return the configuration file of `start_nginx`, as the host names it."""
        return f"{self.service_directory}/nginx.conf"

    def nginx_command(self, *options: str) -> list[str]:
        """Return nginx's command line with the options, for the nginx of `start_nginx`."""
        return [NGINX, "-c", self.nginx_configuration, *options]

    def start_nginx(self, certificate: str, key: str) -> None:
        """Serve the certificate chain and key (paths in the host) on tls_port, from now on. Raises HostError.

        The configuration is tested with `nginx_command("-t")` and reloaded with `nginx_command("-s", "reload")`.
        """
        self.path(self.service_directory).mkdir(parents=True, exist_ok=True)
        configuration = render_configuration(self.address, self.tls_port, certificate, key, self.service_directory)
        self.path(self.nginx_configuration).write_text(configuration)
        self.serve(self.nginx_command("-g", "daemon off;"))

    def serve(self, command: list[str]) -> None:
        """Run a service in the foreground until the host ends; return when it listens on tls_port. Raises HostError."""
        self._launch(self.isolation.attach(self.ssh_command(command), command))
        self.wait_until_reachable(self.tls_port)
