# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The tarball for Galaxy: what users need and nothing else, used as they use it where nothing but its dependency is."""

from __future__ import annotations

import re
import shlex
import ssl
import subprocess
import tarfile
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import yaml
from ansible_collections.fleet_pki.aws_private_ca.tests.integration.artifact.conftest import Installed, make_authority

from emulator_process import REGION, EmulatorProcess
from fleet.fleet import Fleet
from fleet.hosts import Host
from pages import quote_command
from source_tree import CHECKOUT

COLLECTION = "fleet_pki.aws_private_ca"
README = (CHECKOUT / "README.md").read_text("utf-8")
PLAYBOOK, CERTIFICATES = re.findall(r"```yaml\n(.*?)```", README, re.DOTALL)
(INVENTORY,) = re.findall(r"```ini\n(.*?)```", README, re.DOTALL)
LIVE = "/etc/aws-private-ca"
# kind of plugin that ansible-doc knows -> its files
PLUGINS = {"module": "plugins/modules/*.py", "filter": "plugins/filter/*.py"}
WITHOUT_DOCUMENTATION = {"action", "doc_fragments", "module_utils", "plugin_utils"}

ALLOWED = {
    "CHANGELOG.rst",
    "CONTRIBUTING.md",
    "COPYING",
    "FILES.json",
    "LICENSES",
    "MANIFEST.json",
    "README.md",
    "changelogs",
    "docs",
    "meta",
    "playbooks",
    "plugins",
    "roles",
}
REQUIRED = {
    "COPYING",
    "MANIFEST.json",
    "README.md",
    "meta/runtime.yml",
    "plugins/action/host_certificate.py",
    "plugins/modules/host_certificate.py",
}


def test_the_tarball_has_what_users_need_only(tarball: Path) -> None:
    with tarfile.open(tarball) as archive:
        names = {member.name for member in archive if member.isfile()}
    assert {name.split("/")[0] for name in names} <= ALLOWED
    assert names >= REQUIRED
    assert not [name for name in names if name.endswith((".pyc", ".pem", ".key"))]
    assert not [name for name in names if "demo" in name or "sphinx" in name]
    tracked = subprocess.run(["git", "ls-files"], cwd=CHECKOUT, check=True, capture_output=True, text=True).stdout
    assert names - set(tracked.splitlines()) == {"FILES.json", "MANIFEST.json"}


def test_the_installed_collection_is_what_the_tarball_has_and_brings_what_it_depends_on(installed: Installed) -> None:
    installed.run_line(f"ansible-galaxy collection verify --offline {COLLECTION}", installed.home)
    assert (installed.collections / "ansible_collections/amazon/aws/MANIFEST.json").exists()


def test_the_playbook_for_load_balancers_finds_its_modules_once_the_guides_command_was_run(
    installed: Installed, tmp_path: Path
) -> None:
    check = f"ansible-playbook --syntax-check --inventory localhost, {COLLECTION}.acm_import"
    before = installed.try_line(check, tmp_path)
    assert before.returncode and "community.aws.acm_certificate" in before.stderr, before.stderr
    installed.run_line(quote_command("guide_services", "ansible-galaxy"), tmp_path)
    installed.run_line(check, tmp_path)


def read_all_documentation(installed: Installed, kind: str, files: Iterable[Path]) -> dict[str, Any]:
    """Return what ansible-doc knows of the plugins or roles that lie there, all of which it must know."""
    names = [f"{COLLECTION}.{path.stem}" for path in sorted(files)]
    described = installed.read_documentation(kind, names)
    assert names and sorted(described) == names
    return described


def require_sound_examples(modules: dict[str, Any]) -> None:
    """Fail unless examples give options that there are, and read what the module that they registered returns."""
    for name, module in modules.items():
        registered: dict[str, str] = {}
        for task in yaml.safe_load(module["examples"]):
            for used in task.keys() & modules.keys():
                options = modules[used]["doc"]["options"]
                known = {*options, *(alias for each in options.values() for alias in each.get("aliases", []))}
                assert set(task[used] or {}) <= known, f"{name}: {task['name']}"
                registered[task.get("register", "")] = used
            bare = [task.get("when", ""), task.get("ansible.builtin.debug", {}).get("var", "")]
            expressions = " ".join([*re.findall(r"{{(.*?)}}", str(task)), *bare])
            for variable, result in re.findall(r"(\w+)\.(\w+)", re.sub(r"'.*?'", "", expressions)):
                returned = modules[registered[variable]]["return"] if variable in registered else {result}
                assert result in returned, f"{name}: {task['name']}: {variable}.{result}"


def test_every_plugin_and_role_of_the_artifact_documents_itself(installed: Installed) -> None:
    root = installed.collections / "ansible_collections/fleet_pki/aws_private_ca"
    for kind, pattern in PLUGINS.items():
        described = read_all_documentation(installed, kind, root.glob(pattern))
        assert [name for name in described if not described[name]["doc"]["short_description"]] == []
        assert [name for name in described if not described[name]["examples"]] == []
        if kind == "module":
            require_sound_examples(described)
    roles = read_all_documentation(installed, "role", (root / "roles").iterdir())
    assert all(role["entry_points"]["main"]["options"] for role in roles.values())


def test_every_kind_of_plugin_that_the_artifact_has_was_asked_for_its_documentation(tarball: Path) -> None:
    with tarfile.open(tarball) as archive:
        kinds = {name.split("/")[1] for name in archive.getnames() if name.startswith("plugins/") and "." in name}
    assert kinds == {pattern.split("/")[1] for pattern in PLUGINS.values()} | WITHOUT_DOCUMENTATION


def test_the_readmes_playbook_has_nginx_serve_a_certificate_from_the_artifact(
    installed: Installed, emulator: EmulatorProcess, fleet: Callable[..., Fleet], tmp_path: Path
) -> None:
    (host,) = hosts = fleet(1, ("bookworm",))
    authority = make_authority(emulator)
    assert len(INVENTORY.splitlines()) == 3
    assert quote_command("README", "ansible-playbook").split()[1:] == ["-i", "hosts.ini", "site.yml"]
    inventory = re.sub(r"arn:aws:acm-pca:\S+", authority, INVENTORY.replace("web1.example.com", host.name))
    (tmp_path / "hosts.ini").write_text(inventory)
    environment = {**emulator.environment, "XDG_STATE_HOME": str(tmp_path / "state")}

    def run(playbook: str, *options: str) -> list[str]:
        (tmp_path / "site.yml").write_text(playbook)
        options = ("-i", str(tmp_path / "hosts.ini"), *options)
        done = installed.runner.run(tmp_path / "site.yml", hosts.inventory, *options, environment=environment)
        return done.require_success().hosts_with("changed")

    assert run(PLAYBOOK) == [host.name]
    assert run(PLAYBOOK) == []
    moment = (datetime.now(UTC) + timedelta(days=85)).strftime("%Y-%m-%dT%H:%M:%SZ")
    (look_ahead,) = re.findall(r"`(--check -e host_certificate_as_of=)\S+`", README)
    assert run(PLAYBOOK, *f"{look_ahead}{moment}".split()) == [host.name]
    files = host.run(["ls", f"{LIVE}/host/live/"]).stdout.split()
    assert {"privkey.pem", "fullchain.pem", "cert.pem", "chain.pem", "root.pem"} <= set(files)

    assert run(PLAYBOOK + adapt_to(host)) == [host.name]
    served = ssl.get_server_certificate((host.address, host.tls_port))
    assert served == host.run(["cat", f"{LIVE}/web/live/cert.pem"]).stdout


def adapt_to(host: Host) -> str:
    """Start nginx on the host; return the certificates of the README for that nginx, which no service manager runs."""
    old = f"{LIVE}/host/live"
    host.start_nginx(f"{old}/fullchain.pem", f"{old}/privkey.pem")
    configuration = host.path(host.nginx_configuration)
    configuration.write_text(configuration.read_text().replace(old, f"{LIVE}/web/live"))
    nginx = shlex.join(host.nginx_command())
    instead = {
        "systemctl reload-or-restart nginx": f"{nginx} -s reload",
        "nginx -t": f"{nginx} -t",
        "port: 443": f"host: {host.address}, port: {host.tls_port}",
    }
    own = CERTIFICATES
    for shown, given in instead.items():
        own = own.replace(shown, given)
    return own


def test_one_group_of_defaults_reaches_modules_and_action(
    installed: Installed, emulator: EmulatorProcess, tmp_path: Path
) -> None:
    authority = make_authority(emulator)
    defaults = {
        "endpoint_url": emulator.endpoint_url,
        "region": REGION,
        "access_key": emulator.environment["AWS_ACCESS_KEY_ID"],
        "secret_key": emulator.environment["AWS_SECRET_ACCESS_KEY"],
    }
    certificate = {
        "name": "web",
        "base_directory": str(tmp_path),
        "ledger_path": str(tmp_path / "ledger.sqlite3"),
        "certificate_authority_arn": authority,
        "common_name": "web.example.com",
    }
    read = {"certificate_arns": ["{{ kept.certificate_arn }}"]}
    play = {
        "name": "Defaults by group",
        "hosts": "localhost",
        "connection": "local",
        "gather_facts": False,
        "vars": {"ansible_python_interpreter": str(installed.python)},
        "module_defaults": {f"group/{COLLECTION}.acm_pca": defaults},
        "tasks": [
            {"name": "Keep", f"{COLLECTION}.host_certificate": certificate, "register": "kept"},
            {"name": "Find", f"{COLLECTION}.acm_pca_certificate_authority_info": {}},
            {"name": "Read", f"{COLLECTION}.acm_pca_certificate_info": read},
        ],
    }
    run = installed.runner.run([play], "localhost,", environment={"AWS_EC2_METADATA_DISABLED": "true"})
    run.require_success()
    found = run.of_task("Find")["localhost"].result["certificate_authorities"]
    assert authority in [each["arn"] for each in found]
    kept = run.of_task("Keep")["localhost"].result["certificate_arn"]
    (known,) = run.of_task("Read")["localhost"].result["certificates"]
    assert (known["certificate_arn"], known["state"]) == (kept, "issued")
