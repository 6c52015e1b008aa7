# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a person sees of a run, with Ansible's default callback and no -v."""

from __future__ import annotations

import re
from typing import Any

from ansible_collections.fleet_pki.aws_private_ca.tests.e2e.conftest import ACTION, ROLE, MakeHosts, Site

from playbook_run import PlaybookRun

NAMES = ["web", "mail"]
DATE = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"
FIRST = r"\(The host has no certificate of the name (?:web|mail)\)"


def keep_both(site: Site, hosts: Any, *options: str, **task: Any) -> PlaybookRun:
    """Keep two certificates on each host, in a loop."""
    arguments = {
        "name": "{{ item }}",
        "base_directory": "{{ base_directory }}",
        "certificate_authority_arn": site.authority,
        "common_name": "{{ item }}.example.com",
    }
    tasks = [{"name": "Keep", ACTION: arguments, "loop": NAMES, **task}]
    return site.run(tasks, hosts, *options)


def list_lines(run: PlaybookRun) -> list[str]:
    """Return, sorted, the lines that begin with a host's name."""
    return sorted(line for line in run.stdout.splitlines() if re.match(r"web-0\d: ", line))


def test_each_certificate_has_a_line_that_says_what_was_done_and_why(site: Site, local_hosts: MakeHosts) -> None:
    hosts = local_hosts("web-01", "web-02")
    pairs = [(host, name) for host in ("web-01", "web-02") for name in sorted(NAMES)]

    predicted = list_lines(keep_both(site, hosts, "--check", "--diff", "--forks", "5").require_success())
    for line, (host, name) in zip(predicted, pairs, strict=True):
        assert re.fullmatch(rf"{host}: {name}: a certificate would be issued and installed {FIRST}", line), line

    done = list_lines(keep_both(site, hosts, "--forks", "5").require_success())
    for line, (host, name) in zip(done, pairs, strict=True):
        what = rf"issued and installed {FIRST}, serial [0-9a-f:]+, valid until {DATE}, next renewal {DATE}"
        assert re.fullmatch(rf"{host}: {name}: {what}", line), line

    assert list_lines(keep_both(site, hosts).require_success()) == []


def test_a_task_that_is_no_log_tells_nothing(site: Site, local_hosts: MakeHosts) -> None:
    assert list_lines(keep_both(site, local_hosts("web-01"), no_log=True).require_success()) == []


def test_a_failure_shows_its_message(site: Site, local_hosts: MakeHosts) -> None:
    run = keep_both(site, local_hosts("web-01"), vars={"base_directory": "relative"})
    assert "failed: [web-01] (item=web)" in run.stdout and "web-01: certificate 'web': " in run.stdout


def test_the_role_sums_up_where_every_host_failed_or_was_out_of_reach(site: Site, local_hosts: MakeHosts) -> None:
    gone = {"ansible_connection": "ssh", "ansible_host": "127.0.0.1", "ansible_port": 1}
    hosts = local_hosts("web-01", **{"web-02": gone})
    given = {"base_directory": "relative", "certificate_authority_arn": site.authority}
    variables = {f"host_certificate_{name}": value for name, value in given.items()}
    run = site.run([{"ansible.builtin.import_role": {"name": ROLE}}], hosts, vars=variables)
    assert (run.hosts_with("failed"), run.hosts_with("unreachable")) == (["web-01"], ["web-02"])
    summary = run.stdout.partition("TASK [fleet_pki.aws_private_ca.host_certificate : Say what happened")[2]
    assert '"failed: 1 (web-01 host)"' in summary
    assert "\"web-01: certificate 'host': " in summary
    assert '"not looked at, failed or unreachable before: 1 (web-02)"' in summary
