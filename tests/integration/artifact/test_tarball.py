# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The tarball for Galaxy: what users need and nothing else, used as they use it where nothing but its dependency is."""

from __future__ import annotations

import json
import subprocess
import tarfile
from pathlib import Path

from ansible_collections.fleet_pki.aws_private_ca.tests.integration.artifact.conftest import Installed, make_authority

from emulator_process import REGION, EmulatorProcess
from source_tree import CHECKOUT

COLLECTION = "fleet_pki.aws_private_ca"
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


def test_the_installed_collection_is_what_the_tarball_has(
    tarball: Path, engine: Path, stage: Path, short_directory: Path, tmp_path: Path
) -> None:
    fresh = Installed(tmp_path, engine, short_directory)
    fresh.install(tarball, stage)
    fresh.call("ansible-galaxy", "collection", "verify", "--offline", COLLECTION)


def test_every_plugin_and_role_of_the_artifact_documents_itself(installed: Installed) -> None:
    root = installed.collections / "ansible_collections/fleet_pki/aws_private_ca"
    for kind, pattern in PLUGINS.items():
        names = [f"{COLLECTION}.{path.stem}" for path in sorted(root.glob(pattern))]
        described = installed.read_documentation(kind, names)
        assert names
        assert sorted(described) == names
        assert [name for name in names if not described[name]["doc"]["short_description"]] == []
        assert [name for name in names if not described[name]["examples"]] == []
    roles = [f"{COLLECTION}.{path.name}" for path in sorted((root / "roles").iterdir())]
    described = installed.read_documentation("role", roles)
    assert sorted(described) == roles
    for role in roles:
        assert described[role]["entry_points"]["main"]["options"]


def test_every_kind_of_plugin_that_the_artifact_has_was_asked_for_its_documentation(tarball: Path) -> None:
    with tarfile.open(tarball) as archive:
        kinds = {name.split("/")[1] for name in archive.getnames() if name.startswith("plugins/") and "." in name}
    assert kinds == {pattern.split("/")[1] for pattern in PLUGINS.values()} | WITHOUT_DOCUMENTATION


def test_the_role_of_the_artifact_keeps_a_certificate(
    installed: Installed, emulator: EmulatorProcess, tmp_path: Path
) -> None:
    authority = make_authority(emulator)
    play = {
        "name": "From the artifact",
        "hosts": "all",
        "gather_facts": False,
        "roles": [{"role": f"{COLLECTION}.host_certificate"}],
        "vars": {
            "host_certificate_certificate_authority_arn": authority,
            "host_certificate_base_directory": str(tmp_path),
            "host_certificate_ledger_path": str(tmp_path / "ledger.sqlite3"),
        },
    }
    hosts = {"web1.example.com": {"ansible_connection": "local", "ansible_python_interpreter": str(installed.python)}}
    inventory = tmp_path / "inventory.json"
    inventory.write_text(json.dumps({"all": {"hosts": hosts}}))
    for changed in (["web1.example.com"], []):
        run = installed.runner.run([play], inventory, environment=emulator.environment).require_success()
        assert run.hosts_with("changed") == changed
    live = tmp_path / "host/live"
    ca, chain, leaf = (str(live / name) for name in ("root.pem", "chain.pem", "cert.pem"))
    subprocess.run(["openssl", "verify", "-CAfile", ca, "-untrusted", chain, leaf], check=True)


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
