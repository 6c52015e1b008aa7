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
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from ansible_collections.fleet_pki.aws_private_ca.tests.e2e.conftest import Site
from guides import read_commands

from fleet.fleet import Fleet
from source_tree import CHECKOUT

README = (CHECKOUT / "README.md").read_text("utf-8")
PLAYBOOK, CERTIFICATES = re.findall(r"```yaml\n(.*?)```", README, re.DOTALL)
(INVENTORY,) = re.findall(r"```ini\n(.*?)```", README, re.DOTALL)
COMMANDS = re.findall(r"`(ansible-doc [^`]+|make [^`]+)`", README)
LIVE = "/etc/aws-private-ca"


def test_the_playbook_keeps_a_certificate_and_then_one_that_nginx_serves(
    site: Site, fleet: Callable[..., Fleet], tmp_path: Path
) -> None:
    (host,) = hosts = fleet(1, ("bookworm",))
    assert len(INVENTORY.splitlines()) == 3
    inventory = re.sub(r"arn:aws:acm-pca:\S+", site.authority, INVENTORY.replace("web1.example.com", host.name))
    (tmp_path / "hosts.ini").write_text(inventory)

    def run(playbook: str, *options: str) -> list[str]:
        (tmp_path / "site.yml").write_text(playbook)
        options = ("--inventory", str(tmp_path / "hosts.ini"), *options)
        done = site.runner.run(tmp_path / "site.yml", hosts.inventory, *options, environment=site.environment)
        return done.require_success().hosts_with("changed")

    assert run(PLAYBOOK) == [host.name]
    assert run(PLAYBOOK) == []
    (look_ahead,) = re.findall(r"`(--check -e host_certificate_as_of=)\S+`", README)
    assert run(PLAYBOOK, *f"{look_ahead}{look_ahead_date()}".split()) == [host.name]
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


def look_ahead_date() -> str:
    """Return a time at which a certificate of today is due, as the README spells one."""
    return (datetime.now(UTC) + timedelta(days=85)).strftime("%Y-%m-%dT%H:%M:%SZ")


def test_what_the_readme_has_installed_is_what_the_collection_declares_to_need() -> None:
    (libraries,) = re.findall(r"^python3 -m pip install (.+)$", README, re.MULTILINE)
    declared = (CHECKOUT / "meta/ee-requirements.txt").read_text()
    named = set(re.findall(r"^([a-z0-9]+)>=", declared, re.MULTILINE)) - {"botocore"}  # boto3 brings it
    assert set(libraries.split()) == named
    assert libraries in read_commands("guide_first_certificate")[1]


def test_every_guide_and_page_is_linked_from_the_readme() -> None:
    pages = {path.name for path in (CHECKOUT / "docs/docsite/rst").glob("*.rst")}
    assert pages - set(re.findall(r"\(docs/docsite/rst/(\w+\.rst)\)", README)) == set()
    linked = re.findall(r"\]\(([^)#:]+)\)", README)
    assert [path for path in linked if not (CHECKOUT / path).exists()] == []


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
