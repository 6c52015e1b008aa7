# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A site whose fleet has a host for each service, with a certificate that is served."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import pytest
from ansible_collections.fleet_pki.aws_private_ca.tests.e2e.conftest import TASK, Site
from ansible_collections.fleet_pki.aws_private_ca.tests.e2e.services.servers import KINDS, Arguments, Kinds, Server
from cryptography.x509 import load_pem_x509_certificate

from fleet.fleet import Fleet
from fleet.trees import SERVICES
from playbook_run import TaskResult

OF_THE_SERVICE = ("validate_command", "reload_command", "verify")


@dataclass
class ServedSite:
    """Services by kind, each on its own host; ``root`` is the PEM of the CA that their clients trust."""

    site: Site
    hosts: Fleet
    servers: dict[str, Server]
    root: str

    def keep(
        self, changes: Mapping[str, Arguments] | None = None, without: tuple[str, ...] = (), **common: object
    ) -> dict[str, TaskResult]:
        """Run one play for all hosts; return the results by kind.

        The arguments of a service's task are its own, the common ones, and its changes (None: left out).
        """
        given = {}
        for kind, server in self.servers.items():
            arguments = {**server.arguments, **common, **(changes or {}).get(kind, {})}
            kept = {name: value for name, value in arguments.items() if value is not None and name not in without}
            given[server.host.name] = kept
        names = sorted({name for arguments in given.values() for name in arguments})
        task: dict[str, Any] = {
            name: f"{{{{ given[inventory_hostname]['{name}'] | default(omit) }}}}" for name in names
        }
        values = ("--extra-vars", json.dumps({"given": given}))
        run = self.site.keep(self.hosts.inventory, *values, base_directory="{{ fleet_base_directory }}", **task)
        results = run.of_task(TASK)
        return {kind: results[server.host.name] for kind, server in self.servers.items()}

    def read_served(self) -> dict[str, str]:
        """Make one request of each service; return the serials that were served, by kind."""
        serials = {}
        for kind, server in self.servers.items():
            session = server.open(self.root)
            session.finish()
            serials[kind] = session.serial
        return serials

    def read_live(self) -> dict[str, str]:
        """Return the serials of the certificates that each service would read at its next start, by kind."""
        serials = {}
        for kind, server in self.servers.items():
            pem = server.host.path(f"{server.host.base_directory}/web/live/cert.pem").read_bytes()
            serials[kind] = format(load_pem_x509_certificate(pem).serial_number, "x")
        return serials


@pytest.fixture
def serve(site: Site, fleet: Callable[..., Fleet]) -> Callable[[Kinds], ServedSite]:
    """Return a function from kinds to a site on which a service of each serves its first certificate."""

    def begin(kinds: Kinds) -> ServedSite:
        hosts = fleet(len(kinds), (SERVICES,))
        assert hosts.mode != "local", hosts.notice
        servers = {kind: make(host) for (kind, make), host in zip(kinds.items(), hosts, strict=True)}
        chain = site.client.get_certificate_authority_certificate(CertificateAuthorityArn=site.authority)
        made = ServedSite(site, hosts, servers, root=chain["CertificateChain"])
        first = made.keep(without=OF_THE_SERVICE)
        assert {result.status for result in first.values()} == {"changed"}, first
        for server in servers.values():
            server.start()
        return made

    return begin


@pytest.fixture
def served(serve: Callable[[Kinds], ServedSite]) -> ServedSite:
    """Return a site on which nginx, haproxy and PostgreSQL serve their first certificates."""
    return serve(KINDS)
