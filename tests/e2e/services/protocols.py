# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The real servers of the protocols that begin in clear text: Dovecot for SMTP and IMAP, OpenLDAP's slapd for LDAP.

PostgreSQL, which begins in clear text too, is among `servers.KINDS`.
"""

from __future__ import annotations

import subprocess
import tempfile
from functools import partial

from ansible_collections.fleet_pki.aws_private_ca.tests.e2e.services.servers import Kinds, Server, make_verify
from cryptography.x509 import load_pem_x509_certificate

from fleet.hosts import Host

DOVECOT = """\
base_dir = {directory}/run
log_path = /dev/stderr
listen = {host.address}
protocols = {service}
ssl = required
ssl_cert = <{live}/fullchain.pem
ssl_key = <{live}/privkey.pem
default_internal_user = {internal_user}
default_internal_group = {internal_user}
default_login_user = {login_user}
service anvil {{
  chroot =
}}
service {service}-login {{
  chroot =
  inet_listener {service} {{
    port = {host.tls_port}
  }}
  inet_listener {service}s {{
    port = 0
  }}
}}
passdb {{
  driver = static
}}
"""
SLAPD = """\
pidfile {directory}/slapd.pid
TLSCertificateFile {live}/fullchain.pem
TLSCertificateKeyFile {live}/privkey.pem
"""


class OpensslSession:
    """A client of the protocol that is not the collection's: openssl's s_client, with nothing to ask after TLS."""

    def __init__(self, address: str, port: int, name: str, root: str, *, protocol: str) -> None:
        with tempfile.NamedTemporaryFile("w", suffix=".pem") as trusted:
            trusted.write(root)
            trusted.flush()
            command = ["openssl", "s_client", "-starttls", protocol, "-connect", f"{address}:{port}"]
            strict = ["-servername", name, "-verify_hostname", name, "-verify_return_error", "-CAfile", trusted.name]
            done = subprocess.run([*command, *strict], input="", capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        self.serial = format(load_pem_x509_certificate(done.stdout.encode()).serial_number, "x")

    def finish(self) -> None:
        """Do nothing: openssl has ended its session."""


def make_dovecot(host: Host, service: str, protocol: str) -> Server:
    """Return a Dovecot of one service, reloaded by the signal that `doveadm reload` sends."""
    directory, is_root = host.service_directory, host.isolation.user == "root"
    internal_user, login_user = ("dovecot", "dovenull") if is_root else (host.isolation.user,) * 2
    configuration = f"{directory}/dovecot.conf"
    settings = DOVECOT.format(
        host=host,
        directory=directory,
        live=f"{host.base_directory}/web/live",
        service=service,
        internal_user=internal_user,
        login_user=login_user,
    )
    return Server(
        kind=protocol,
        host=host,
        configuration=configuration,
        settings=settings,
        command=["/usr/sbin/dovecot", "-F", "-c", configuration],
        arguments={
            "reload_command": ["sh", "-c", f"kill -HUP $(cat {directory}/run/master.pid)"],
            "verify": make_verify(host, starttls=protocol),
        },
        connect=partial(OpensslSession, protocol=protocol),
        preparation=[["mkdir", "-p", directory]],
    )


def make_slapd(host: Host) -> Server:
    """Return a slapd without a database. It reads its certificate when it starts only, so it is restarted."""
    directory = host.service_directory
    configuration, pid = f"{directory}/slapd.conf", f"$(cat {directory}/slapd.pid)"
    slapd = ["/usr/sbin/slapd", "-f", configuration, "-h", f"ldap://{host.address}:{host.tls_port}"]
    restart = f'pid={pid}; kill "$pid"; tail --pid="$pid" --sleep-interval=0.02 -f /dev/null; exec {" ".join(slapd)}'
    return Server(
        kind="ldap",
        host=host,
        configuration=configuration,
        settings=SLAPD.format(directory=directory, live=f"{host.base_directory}/web/live"),
        command=[*slapd, "-d", "0"],
        arguments={"reload_command": ["sh", "-c", restart], "verify": make_verify(host, starttls="ldap")},
        connect=partial(OpensslSession, protocol="ldap"),
        preparation=[["mkdir", "-p", directory]],
    )


PROTOCOLS: Kinds = {
    "smtp": partial(make_dovecot, service="submission", protocol="smtp"),
    "imap": partial(make_dovecot, service="imap", protocol="imap"),
    "ldap": make_slapd,
}
