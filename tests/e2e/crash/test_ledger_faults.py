# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A full disk, an unusable ledger, a clock that jumps: it is told, nothing is issued twice, nothing live is broken."""

from __future__ import annotations

import resource
import shutil
from pathlib import Path
from typing import Any

from ansible_collections.fleet_pki.aws_private_ca.tests.e2e.crash.crash_site import ACTION, BUCKET, ControlNode, Site
from ansible_collections.fleet_pki.aws_private_ca.tests.e2e.crash.ledgers import LEDGER_OPTIONS, make_ledgers
from ansible_collections.fleet_pki.aws_private_ca.tests.e2e.crash.points import ARN

from conditions import wait_until
from live_reader import describe_fault, read_serial
from process_tree import kill_tree, list_children

TERMS = {"type": "DAYS", "value": 60}
"""Other terms than those of the first run, so that a certificate is due."""
DENIED_KEY = "AKIADENIED0000000000"
PAST_THE_WINDOW = 600
JUMPS = {"back": -500, "forth": 1800}
"""Seconds by which the time of day is set meanwhile: after the one, by it alone, the window would still be open."""


def read_live(site: Site) -> dict[str, tuple[str | None, str]]:
    """Return what openssl finds wrong with each host's live certificate, and its serial."""
    return {name: (describe_fault(host.live), read_serial(host.live)) for name, host in site.hosts.items()}


def kill_once_issued(site: Site, node: ControlNode, inventory: Path, arguments: dict[str, Any]) -> None:
    """Kill a run while the replies to all its hosts are under way."""
    site.control.fault("hold", "IssueCertificate", point="after")
    with node.start(inventory, **arguments) as started:
        wait_until(lambda: len(site.control.held()) == len(site.hosts), "the CA has issued", interval=0.1)
        kill_tree(started.process.pid)
    site.control.clear_faults()


def wait_until_all_are_held(site: Site, operation: str) -> None:
    """Wait until each host's run is held at the operation."""
    expected = [operation] * len(site.hosts)
    wait_until(lambda: [one["operation"] for one in site.control.held()] == expected, operation, interval=0.1)


def limit_files(processes: list[int], octets: int) -> None:
    """Let files grow to that size: 0 is a full disk for all that the processes write."""
    for process in processes:
        resource.prlimit(process, resource.RLIMIT_FSIZE, (octets, resource.RLIM_INFINITY))


def test_a_ledger_that_takes_nothing_after_the_call_costs_a_warning_with_the_arn_and_no_certificate(site: Site) -> None:
    for ledger in make_ledgers(site):
        site.add_host(ledger.kind, **ledger.variables)
    inventory, node = site.write_inventory(), site.add_control_node()
    node.run(inventory, **site.arguments(**LEDGER_OPTIONS)).require_success()
    before, arguments = read_live(site), site.arguments(validity=TERMS, **LEDGER_OPTIONS)
    site.control.fault("hold", "IssueCertificate", point="after")
    site.control.fault("hold", "GetCertificate", point="before")
    site.control.fault("access_denied", "dynamodb:PutItem", match={"Item.version.N": str(ARN)})
    with node.start(inventory, **arguments) as started:
        wait_until_all_are_held(site, "IssueCertificate")
        workers = list_children(started.process.pid)
        limit_files(workers, 0)
        site.control.release()
        wait_until_all_are_held(site, "GetCertificate")
        limit_files(workers, resource.RLIM_INFINITY)
        site.control.release()
        run = started.wait().require_success()
    site.control.clear_faults()
    issued = {one["certificate_arn"] for one in site.control.requests("IssueCertificate")[-len(site.hosts) :]}
    told = {host: seen.result for host, seen in run.of_task(ACTION).items()}
    warnings = {host: " ".join(result["warnings"]) for host, result in told.items()}
    assert all("Failed to write to the ledger" in told and "is used all the same" in told for told in warnings.values())
    assert "full" in warnings["sqlite"] and "Allow dynamodb:GetItem, PutItem" in warnings["dynamodb"]
    assert {result["certificate_arn"] for result in told.values()} == issued
    after = read_live(site)
    assert all(fault is None and serial != before[name][1] for name, (fault, serial) in after.items())

    site.wait(PAST_THE_WINDOW)
    assert not node.later(PAST_THE_WINDOW).run(inventory, **arguments).require_success().hosts_with("changed")
    assert read_live(site) == after
    assert site.count_issued() == dict.fromkeys(site.hosts, 2)


def test_a_ledger_that_cannot_be_used_is_told_before_anything_is_asked(site: Site) -> None:
    elsewhere = site.directory / "ledgers"
    elsewhere.mkdir()
    file, table = make_ledgers(site)
    unusable = {"foreign": elsewhere / "foreign", "damaged": elsewhere / "damaged", "nowhere": Path("/proc/ledger")}
    for name in ("good", *unusable):
        site.add_host(name, **file.variables)
    for name, key in (("missing", "AKIAEXAMPLE000000000"), ("denied", DENIED_KEY)):
        site.add_host(name, access_key=key, **table.variables)
    inventory, node = site.write_inventory(), site.add_control_node()
    keys = {
        "access_key": "{{ access_key | default(omit) }}",
        "secret_key": "{{ 'emulator' if access_key is defined else omit }}",
    }
    node.run(inventory, **site.arguments(**LEDGER_OPTIONS, **keys)).require_success()
    before = read_live(site)
    (elsewhere / "foreign").write_bytes(b"no database\n" * 1000)
    damage(file.path, elsewhere / "damaged")
    for name, path in unusable.items():
        site.hosts[name].variables["ledger_path"] = str(path)
    site.hosts["missing"].variables["ledger_table"] = "no-such-table"
    site.control.fault("access_denied", "dynamodb:GetItem", match={"access_key": DENIED_KEY})

    arguments = site.arguments(validity=TERMS, **{**LEDGER_OPTIONS, **keys, "ledger_create_table": False})
    run = node.run(site.write_inventory(), **arguments)
    told = {name: seen.result.get("msg", "") for name, seen in run.of_task(ACTION).items()}
    assert run.hosts_with("failed") == sorted(["missing", "denied", *unusable])
    for name, path in unusable.items():
        assert (str(path) in told[name] and "give another path" in told[name]) or "move it away" in told[name]
    assert "no-such-table" in told["missing"] and "ledger_create_table: true" in told["missing"]
    assert table.name in told["denied"] and "Allow dynamodb:GetItem" in told["denied"]
    after = read_live(site)
    assert {name: after[name] for name in before if name != "good"} == {
        name: set_of for name, set_of in before.items() if name != "good"
    }
    assert site.count_issued() == {**dict.fromkeys(site.hosts, 1), "good": 2}

    site.control.clear_faults()
    node.run(inventory_of_first_ledgers(site, file.variables, table.variables), **arguments).require_success()
    assert site.count_issued() == dict.fromkeys(site.hosts, 2)


def inventory_of_first_ledgers(site: Site, *ledgers: dict[str, str]) -> Path:
    """Give the hosts the ledgers back with which they began, and return their inventory."""
    for host in site.hosts.values():
        host.variables.update(next(one for one in ledgers if one["ledger"] == host.variables["ledger"]))
    return site.write_inventory()


def damage(ledger: Path, copy: Path) -> None:
    """Copy a ledger with every page after the first two overwritten."""
    shutil.copy(ledger, copy)
    content = copy.read_bytes()
    copy.write_bytes(content[:8192] + b"\xff" * (len(content) - 8192))


def test_a_clock_that_jumps_after_a_kill_costs_no_second_certificate(site: Site) -> None:
    for jump in JUMPS:
        for ledger in make_ledgers(site):
            site.add_host(f"{jump}.{ledger.kind}", **ledger.variables)
    inventory, node = site.write_inventory(), site.add_control_node()
    arguments = site.arguments(recovery_bucket=BUCKET, **LEDGER_OPTIONS)
    kill_once_issued(site, node, inventory, arguments)
    site.control.advance(PAST_THE_WINDOW)
    for jump, seconds in JUMPS.items():
        machine = node.later(PAST_THE_WINDOW, jump=seconds)
        machine.run(inventory, "--limit", f"{jump}.*", **arguments).require_success()
    node.later(PAST_THE_WINDOW).run(inventory, **arguments).require_success()
    assert site.count_issued() == dict.fromkeys(site.hosts, 1)
    assert all(fault is None for fault, _serial in read_live(site).values())
