# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the README shows is run: its playbook on a host with nginx, its commands as they stand."""

from __future__ import annotations

import os
import re
import shlex
import ssl
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from ansible_collections.fleet_pki.aws_private_ca.tests.e2e.conftest import Site

from fleet.fleet import Fleet
from source_tree import CHECKOUT

README = (CHECKOUT / "README.md").read_text("utf-8")
PLAYBOOK, CERTIFICATES = re.findall(r"```yaml\n(.*?)```", README, re.DOTALL)
COMMANDS = re.findall(r"`(ansible-doc [^`]+|make [^`]+)`", README)
LIVE = "/etc/aws-private-ca"


def test_the_playbook_keeps_a_certificate_and_then_one_that_nginx_serves(
    site: Site, fleet: Callable[..., Fleet], tmp_path: Path
) -> None:
    (host,) = hosts = fleet(1, ("bookworm",))
    (tmp_path / "groups.yml").write_text(f"web: {{hosts: {{{host.name}: {{}}}}}}\n")

    def run(playbook: str) -> list[str]:
        (tmp_path / "site.yml").write_text(re.sub(r"arn:aws:acm-pca:\S+", site.authority, playbook))
        inventory = ["--inventory", str(tmp_path / "groups.yml")]
        environment = site.environment
        done = site.runner.run(tmp_path / "site.yml", hosts.inventory, *inventory, environment=environment)
        return done.require_success().hosts_with("changed")

    assert run(PLAYBOOK) == [host.name]
    assert run(PLAYBOOK) == []
    files = host.run(["ls", f"{LIVE}/host/live/"]).stdout.split()
    assert {"privkey.pem", "fullchain.pem", "cert.pem", "chain.pem", "root.pem"} <= set(files)

    old = f"{LIVE}/host/live"
    host.start_nginx(f"{old}/fullchain.pem", f"{old}/privkey.pem")
    configuration = host.path(host.nginx_configuration)
    configuration.write_text(configuration.read_text().replace(old, f"{LIVE}/web/live"))
    nginx = shlex.join(host.nginx_command())
    own = CERTIFICATES.replace("systemctl reload nginx", f"{nginx} -s reload").replace("nginx -t", f"{nginx} -t")
    own = own.replace("port: 443", f"host: {host.address}, port: {host.tls_port}")
    assert run(PLAYBOOK + own) == [host.name]
    served = ssl.get_server_certificate((host.address, host.tls_port))
    assert served == host.run(["cat", f"{LIVE}/web/live/cert.pem"]).stdout


@pytest.mark.parametrize("command", [command for command in COMMANDS if command.startswith("ansible-doc")])
def test_each_command_for_documentation_prints_some(command: str, stage: Path, tmp_path: Path) -> None:
    environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "ANSIBLE_COLLECTIONS_PATH": str(stage)}
    words = [str(Path(sys.executable).with_name("ansible-doc")), *shlex.split(command)[1:]]
    if words[1:] == ["-t", "role"]:
        words += ["-l", "fleet_pki.aws_private_ca"]
    done = subprocess.run(words, env=environment, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "host_certificate" in done.stdout


def test_each_target_of_make_that_the_readme_names_is_one() -> None:
    shell = re.findall(r"^make ([a-z-]+)$", README, re.MULTILINE)
    targets = {word for command in COMMANDS if command.startswith("make") for word in command.split()[1:]} | {*shell}
    defined = set(re.findall(r"^([a-z-]+):", (CHECKOUT / "Makefile").read_text(), re.MULTILINE))
    assert targets >= {"demo", "test"}
    assert targets <= defined
