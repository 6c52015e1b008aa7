# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The real nginx, haproxy and PostgreSQL on hosts of a fleet: how each is configured, started, tested and reloaded."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.fleet_pki.aws_private_ca.tests.e2e.services.sessions import (
    PostgresSession,
    Session,
    WebSession,
)

from fleet.hosts import NGINX, Host
from fleet.nginx import render_configuration

Arguments = dict[str, Any]

HAPROXY = """\
global
    stats socket {directory}/admin.sock mode 600 level admin expose-fd listeners
defaults
    mode http
    timeout connect 10m
    timeout client 10m
    timeout server 10m
frontend web
    bind {host.address}:{host.tls_port} ssl crt {live}/combined.pem
    http-request return status 200 content-type text/plain string "served"
"""
POSTGRESQL = """\
listen_addresses = '{host.address}'
port = {host.tls_port}
unix_socket_directories = ''
fsync = off
dynamic_shared_memory_type = mmap
ssl = on
ssl_cert_file = '{live}/fullchain.pem'
ssl_key_file = '{live}/privkey.pem'
"""
POSTGRESQL_PROGRAMS = "/usr/lib/postgresql/15/bin"
STRICT = """\
openssl_conf = defaults
[defaults]
ssl_conf = ssl
[ssl]
system_default = strict
[strict]
CipherString = DEFAULT:@SECLEVEL=3
"""


@dataclass(frozen=True)
class Server:
    """One service: ``configuration`` (path in its host) holds ``settings``; ``arguments`` are the task's for it.

    ``strict_test`` is its test under a policy that takes no key of less than 128 bits of security; ``failing_reload``
    ends with an error; ``silent_reload`` says that all is well, and nothing is reloaded with ``broken`` settings.
    """

    kind: str
    host: Host
    configuration: str
    settings: str
    command: list[str]
    arguments: Arguments
    connect: Callable[[str, int, str, str], Session]
    strict_test: list[str] = field(default_factory=list)
    failing_reload: list[str] = field(default_factory=list)
    silent_reload: list[str] = field(default_factory=list)
    preparation: list[list[str]] = field(default_factory=list)
    broken: str | None = None

    def start(self) -> None:
        """Lay out its files and serve until the host ends."""
        for command in self.preparation:
            self.host.run(command)
        self.configure(self.settings)
        self.host.path(f"{self.host.service_directory}/strict.cnf").write_text(STRICT)
        self.host.serve(self.command)

    def configure(self, settings: str) -> None:
        """Write its configuration file; nothing reads it before a reload."""
        self.host.path(self.configuration).write_text(settings)

    def open(self, root: str) -> Session:
        """Begin a session of a client that trusts the root (PEM) and asks for the host's name."""
        return self.connect(self.host.address, self.host.tls_port, self.host.name, root)


def make_verify(host: Host, **more: Any) -> Mapping[str, Any]:
    """Return the option `verify` for the host's tls_port, with patience for a busy machine."""
    endpoint = {"host": host.address, "port": host.tls_port, "server_name": host.name}
    return {**endpoint, "retries": 100, "interval": 0.1, "timeout": 30, **more}


def _strictly(host: Host, command: list[str]) -> list[str]:
    return ["env", f"OPENSSL_CONF={host.service_directory}/strict.cnf", *command]


def make_nginx(host: Host) -> Server:
    """Return an nginx, reloaded by its own command."""
    live = f"{host.base_directory}/web/live"
    files = (f"{live}/fullchain.pem", f"{live}/privkey.pem")
    settings = render_configuration(host.address, host.tls_port, *files, host.service_directory)
    test = host.nginx_command("-t")
    signal = f"kill -HUP $(cat {host.service_directory}/nginx.pid)"
    return Server(
        kind="nginx",
        host=host,
        configuration=host.nginx_configuration,
        settings=settings,
        command=host.nginx_command("-g", "daemon off;"),
        arguments={
            "validate_command": test,
            "reload_command": host.nginx_command("-s", "reload"),
            "verify": make_verify(host),
        },
        strict_test=_strictly(host, test),
        failing_reload=[NGINX, "-c", f"{host.service_directory}/mislaid.conf", "-s", "reload"],
        silent_reload=["sh", "-c", signal],
        connect=WebSession,
        preparation=[["mkdir", "-p", host.service_directory]],
        broken=f"nonsense;\n{settings}",
    )


def make_haproxy(host: Host) -> Server:
    """Return an haproxy in master-worker mode, reloaded by the signal that its unit sends."""
    directory = host.service_directory
    configuration = f"{directory}/haproxy.cfg"
    settings = HAPROXY.format(host=host, directory=directory, live=f"{host.base_directory}/web/live")
    haproxy = ["/usr/sbin/haproxy", "-f", configuration]
    test = [*haproxy, "-c"]
    start = f"echo $$ > {directory}/haproxy.pid; exec {' '.join(haproxy)} -W -db"
    reload = ["sh", "-c", f"kill -USR2 $(cat {directory}/haproxy.pid)"]
    return Server(
        kind="haproxy",
        host=host,
        configuration=configuration,
        settings=settings,
        command=["sh", "-c", start],
        arguments={
            "formats": ["combined"],
            "validate_command": test,
            "reload_command": reload,
            "verify": make_verify(host),
        },
        strict_test=_strictly(host, test),
        failing_reload=["sh", "-c", f"kill -USR2 $(cat {directory}/mislaid.pid)"],
        silent_reload=reload,
        connect=WebSession,
        preparation=[["mkdir", "-p", directory]],
        broken=f"nonsense\n{settings}",
    )


def make_postgresql(host: Host) -> Server:
    """Return a PostgreSQL in a small cluster of its own, run by a user who is not root. It has no test of its own."""
    owner = "postgres" if host.isolation.user == "root" else host.isolation.user
    directory, programs = f"{host.service_directory}/cluster", POSTGRESQL_PROGRAMS
    configuration = f"{directory}/postgresql.conf"
    as_owner = ["runuser", "-u", owner, "--"] if owner == "postgres" else []
    initialise = [f"{programs}/initdb", "-D", directory, "-U", "postgres", "-A", "trust", "--no-sync", "--no-locale"]
    test = ["openssl", "verify", "-x509_strict", "-CAfile", "{root}", "-untrusted", "{chain}"]
    reload = [*as_owner, f"{programs}/pg_ctl", "reload", "-D"]
    return Server(
        kind="postgresql",
        host=host,
        configuration=configuration,
        settings=POSTGRESQL.format(host=host, live=f"{host.base_directory}/web/live"),
        command=[*as_owner, f"{programs}/postgres", "-D", directory],
        arguments={
            "key_owner": owner,
            "validate_command": [*test, "{cert}"],
            "reload_command": [*reload, directory],
            "verify": make_verify(host, starttls="postgres"),
        },
        strict_test=[*test, "-auth_level", "3", "{cert}"],
        failing_reload=[*reload, f"{directory}.mislaid"],
        silent_reload=[*reload, directory],
        connect=PostgresSession,
        preparation=[
            ["install", "-d", "-o", owner, host.service_directory],
            [*as_owner, *initialise],
        ],
    )


Kinds = Mapping[str, Callable[[Host], Server]]
KINDS: Kinds = {
    "nginx": make_nginx,
    "haproxy": make_haproxy,
    "postgresql": make_postgresql,
}
