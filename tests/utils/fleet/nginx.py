# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The configuration of the nginx that a fleet host runs."""

from __future__ import annotations

_TEMPORARY_PATHS = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
_TEMPLATE = """\
worker_processes 1;
error_log stderr warn;
pid {directory}/nginx.pid;
events {{ worker_connections 64; }}
http {{
    access_log off;
    client_header_timeout 10m;
{temporary_paths}
    server {{
        listen {address}:{port} ssl;
        ssl_certificate {certificate};
        ssl_certificate_key {key};
        location / {{ return 200 "served\\n"; }}
    }}
}}
"""


def render_configuration(address: str, port: int, certificate: str, key: str, directory: str) -> str:
    """Return a configuration that serves one certificate over TLS and writes nothing outside `directory`."""
    paths = "\n".join(f"    {name}_temp_path {directory}/{name};" for name in _TEMPORARY_PATHS)
    return _TEMPLATE.format(
        address=address, port=port, certificate=certificate, key=key, directory=directory, temporary_paths=paths
    )
