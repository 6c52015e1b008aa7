# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A full disk, an unusable ledger, a clock that jumps: it is told, nothing is issued twice, nothing live is broken."""

from __future__ import annotations

import resource
import shutil
from pathlib import Path

import pytest
from ansible_collections.fleet_pki.aws_private_ca.tests.e2e.crash.crash_site import ACTION, Site

from conditions import wait_until
from live_reader import describe_fault, read_serial
from process_tree import kill_tree, list_children

TERMS = {"type": "DAYS", "value": 60}
"""Other terms than those of the first run, so that a certificate is due."""


def test_a_disk_that_fills_after_the_call_is_told_with_the_arn_and_the_next_run_goes_on(site: Site) -> None:
    live = site.add_host("web").live
    inventory, node = site.write_inventory(), site.add_control_node()
    node.run(inventory, **site.arguments()).require_success()
    first, arguments = read_serial(live), site.arguments(validity=TERMS)
    site.control.fault("hold", "IssueCertificate", point="after")
    with node.start(inventory, **arguments) as started:
        wait_until(site.control.held, "the CA has issued")
        for worker in list_children(started.process.pid):
            resource.prlimit(worker, resource.RLIMIT_FSIZE, (0, 0))
        site.control.clear_faults()
        run = started.wait()
    (issued,) = {one["certificate_arn"] for one in site.control.requests("IssueCertificate")[-1:]}
    told = run.of_task(ACTION)["web"].result
    assert "Failed to write to the ledger" in told["msg"] and "full" in told["msg"]
    assert told["certificate_arn"] == issued
    assert (describe_fault(live), read_serial(live)) == (None, first)

    node.run(inventory, **arguments).require_success()
    assert site.count_issued() == {"web": 2}
    assert describe_fault(live) is None and read_serial(live) != first


def test_a_ledger_that_cannot_be_used_is_told_before_anything_is_asked(site: Site) -> None:
    elsewhere = site.directory / "ledgers"
    elsewhere.mkdir()
    ledgers = {"good": "", "foreign": elsewhere / "foreign", "damaged": elsewhere / "damaged", "denied": "/proc/ledger"}
    for name, ledger in ledgers.items():
        site.add_host(name, ledger=str(ledger))
    inventory, node = site.write_inventory(), site.add_control_node()
    node.run(inventory, **site.arguments()).require_success()
    before = {name: read_serial(host.live) for name, host in site.hosts.items()}
    (elsewhere / "foreign").write_bytes(b"no database\n" * 1000)
    damage(node.ledger, elsewhere / "damaged")

    arguments = site.arguments(validity=TERMS)
    run = node.run(inventory, ledger_path="{{ ledger | default(omit, true) }}", **arguments)
    assert run.hosts_with("failed") == ["damaged", "denied", "foreign"]
    for name in run.hosts_with("failed"):
        message = run.of_task(ACTION)[name].result["msg"]
        assert (str(ledgers[name]) in message and "give another path" in message) or "move it away" in message
        assert (describe_fault(site.hosts[name].live), read_serial(site.hosts[name].live)) == (None, before[name])
    assert site.count_issued() == {"good": 2, "foreign": 1, "damaged": 1, "denied": 1}

    node.run(inventory, **arguments).require_success()
    assert site.count_issued() == dict.fromkeys(ledgers, 2)


def damage(ledger: Path, copy: Path) -> None:
    """Copy a ledger with every page after the first two overwritten."""
    shutil.copy(ledger, copy)
    content = copy.read_bytes()
    copy.write_bytes(content[:8192] + b"\xff" * (len(content) - 8192))


@pytest.mark.parametrize("jump", [-1800, 1800])
def test_a_clock_that_jumps_after_a_kill_costs_no_second_certificate(site: Site, jump: int) -> None:
    live = site.add_host("web").live
    inventory, node = site.write_inventory(), site.add_control_node()
    site.control.fault("hold", "IssueCertificate", point="after")
    with node.start(inventory, **site.arguments()) as started:
        wait_until(site.control.held, "the CA has issued")
        kill_tree(started.process.pid)
    site.control.clear_faults()
    node.later(jump).run(inventory, **site.arguments()).require_success()
    node.run(inventory, **site.arguments()).require_success()
    assert site.count_issued() == {"web": 1}
    assert live.exists() and describe_fault(live) is None
