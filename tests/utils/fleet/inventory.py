# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The inventory that lets Ansible into a fleet."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from fleet.hosts import Host


def write_inventory(path: Path, hosts: Iterable[Host], variables: Mapping[str, Any]) -> None:
    """Write a YAML inventory (in its JSON subset): group `fleet`, and one group for each Debian release.

    Beside the connection, each host has fleet_address, fleet_tls_port, fleet_base_directory, fleet_service_directory
    and fleet_mode; `variables` are added to all.
    """
    hosts = list(hosts)
    groups: dict[str, dict[str, Any]] = {}
    for host in hosts:
        groups.setdefault(host.release or "local", {})[host.name] = {}
    children = {name: {"hosts": members} for name, members in groups.items()}
    members = {host.name: describe_host(host) for host in hosts}
    fleet = {"hosts": members, "vars": dict(variables), "children": children}
    path.write_text(json.dumps({"all": {"children": {"fleet": fleet}}}, indent=2))


def describe_host(host: Host) -> dict[str, Any]:
    """Return the host's inventory variables."""
    return {
        "ansible_connection": "ssh",
        "ansible_host": host.address,
        "ansible_port": host.ssh_port,
        "ansible_user": host.isolation.user,
        "ansible_ssh_private_key_file": str(host.identity),
        "ansible_ssh_common_args": shlex.join(host.ssh_options()),
        "ansible_host_key_checking": True,
        "ansible_python_interpreter": host.isolation.python,
        "fleet_address": host.address,
        "fleet_tls_port": host.tls_port,
        "fleet_base_directory": host.base_directory,
        "fleet_service_directory": host.service_directory,
        "fleet_mode": host.isolation.mode,
    }
