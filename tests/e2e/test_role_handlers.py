# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which handlers the role notifies: those of the certificates that changed, whatever became of the others."""

from __future__ import annotations

from typing import Any

from ansible_collections.fleet_pki.aws_private_ca.tests.e2e.conftest import ROLE, MakeHosts, Site

from playbook_run import PlaybookRun

CHANGED = {"name": "web", "notify": ["web changed", "any changed"]}
UNCHANGED = {"name": "gone", "state": "absent", "notify": ["gone changed", "any changed"]}
FAILING = {"name": "misspelt", "valdity": {"value": 30}, "notify": ["misspelt changed"]}
QUIET = {"name": "quiet", "notify": None}
TOPICS = ("web changed", "gone changed", "misspelt changed", "any changed", "of the role")


def keep(site: Site, inventory: Any, *options: str, **play: Any) -> PlaybookRun:
    """Run the role in a play that has a handler for each topic."""
    variables = {
        "host_certificate_base_directory": "{{ base_directory }}",
        "host_certificate_certificate_authority_arn": site.authority,
    }
    handlers = [{"name": f"Handle {topic}", "listen": topic, "ansible.builtin.debug": {}} for topic in TOPICS]
    tasks = [{"ansible.builtin.import_role": {"name": ROLE}}]
    return site.run(tasks, inventory, *options, vars=variables, handlers=handlers, **play)


def list_handled(run: PlaybookRun, host: str) -> list[str]:
    """Return the topics whose handlers ran on the host."""
    return [topic for topic in TOPICS if host in run.of_task(f"Handle {topic}")]


def test_the_handlers_of_certificates_that_changed_run_and_no_others_also_where_another_certificate_failed(
    site: Site, local_hosts: MakeHosts
) -> None:
    entries = "host_certificate_certificates"
    inventory = local_hosts(
        sound={entries: [CHANGED, UNCHANGED]},
        broken={entries: [CHANGED, FAILING, UNCHANGED]},
        plain={entries: [{"name": "web"}, QUIET], "host_certificate_notify": "of the role"},
    )
    for options in (["--check"], []):
        run = keep(site, inventory, *options, force_handlers=True)
        assert run.hosts_with("failed") == ["broken"]
        handled = [list_handled(run, host) for host in ("sound", "broken", "plain")]
        assert handled == [["web changed", "any changed"], ["web changed", "any changed"], ["of the role"]]
