# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The role trust_store where the system's own update fails, on local hosts that have a trust store each."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.fleet_pki.aws_private_ca.tests.e2e.conftest import MakeHosts

from playbook_run import PlaybookRun

ROLE = "fleet_pki.aws_private_ca.trust_store"
UPDATE = """#!/bin/sh -e
cd "$1"
echo read >> reads
test ! -e broken || { echo "no space left on device" >&2; exit 1; }
find anchors -type f -exec cat {} + > bundle
"""
ANCHOR = "anchors/private-ca-root.crt"
HOSTS: dict[str, dict[str, Any]] = {
    "replaced": {"trust_store_certificate": "new\n"},
    "removed": {"trust_store_state": "absent"},
    "awaiting": {"trust_store_source": "{{ base_directory }}/root.pem"},
}


class TrustStores:
    """Hosts whose system trusts what is in `bundle`, which the update makes of all anchors unless it is broken."""

    def __init__(self, directory: Path, inventory: Path, run: Callable[..., PlaybookRun]) -> None:
        self.directory = directory
        self._inventory = inventory
        self._run = run
        self._update = directory / "update"
        self._update.write_text(UPDATE)
        self._update.chmod(0o755)
        for name in HOSTS:
            self.path(name, "anchors").mkdir()
            for file in ("bundle", ANCHOR):
                self.path(name, file).write_text("old\n")

    def path(self, host: str, name: str) -> Path:
        """Return the host's file of the name."""
        return self.directory / host / name

    def keep(self, *options: str) -> PlaybookRun:
        """Run the role on all hosts."""
        layout = {
            "directory": "{{ base_directory }}/anchors",
            "suffix": ".crt",
            "package": "ca-certificates",
            "update": [str(self._update), "{{ base_directory }}"],
        }
        given = {
            "trust_store_layouts": dict.fromkeys(("Debian", "RedHat", "Suse"), layout),
            "trust_store_due_path": "{{ base_directory }}/due",
        }
        tasks = [{"ansible.builtin.import_role": {"name": ROLE}}]
        plays = [{"name": "Trust", "hosts": "all", "gather_facts": False, "tasks": tasks}]
        return self._run(plays, self._inventory, *options, extra_vars=given)

    def break_update(self, broken: bool) -> None:
        """Have the update of every host fail, or succeed."""
        for name in HOSTS:
            self.path(name, "broken").touch() if broken else self.path(name, "broken").unlink()

    def read(self, file: str) -> dict[str, str]:
        """Return the file's content by host, where it is there."""
        return {name: self.path(name, file).read_text() for name in HOSTS if self.path(name, file).exists()}


@pytest.fixture
def stores(local_hosts: MakeHosts, run_playbook: Callable[..., PlaybookRun], tmp_path: Path) -> TrustStores:
    """Return hosts that trust an old root, as the role left it."""
    return TrustStores(tmp_path / "hosts", local_hosts(**HOSTS), run_playbook)


def test_what_an_update_that_failed_left_undone_is_done_by_the_next_run(stores: TrustStores) -> None:
    names, trusted = sorted(HOSTS), stores.read("bundle")
    stores.break_update(True)
    failed = stores.keep()
    assert failed.hosts_with("failed") == names
    assert "no space left on device" in failed.stdout
    assert "awaiting has no file " in failed.stdout
    assert stores.read("bundle") == trusted
    assert stores.read(ANCHOR) == {"replaced": "new\n", "awaiting": "old\n"}
    assert "awaiting" not in stores.read("reads")

    stores.break_update(False)
    predicted = stores.keep("--check").require_success()
    assert stores.read("bundle") == trusted
    stores.path("awaiting", "root.pem").write_text("new\n")
    done = stores.keep().require_success()
    assert done.hosts_with("changed") == predicted.hosts_with("changed") == names
    assert stores.read("bundle") == {"replaced": "new\n", "removed": "", "awaiting": "new\n"}
    assert stores.read("due") == {}
