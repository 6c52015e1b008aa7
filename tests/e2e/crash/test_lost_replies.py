# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A reply that was lost for good, where no audit report can tell: the user is asked, or told."""

from __future__ import annotations

from ansible_collections.fleet_pki.aws_private_ca.tests.e2e.crash.crash_site import ACTION, Site

from conditions import wait_until
from process_tree import kill_tree


def test_past_the_window_without_a_bucket_a_run_warns_and_asks_again_or_fails_as_told(site: Site) -> None:
    for choice in ("reissue", "fail"):
        site.add_host(choice, choice=choice)
    inventory, node = site.write_inventory(), site.add_control_node()
    arguments = site.arguments(on_lost_reply="{{ choice }}")
    site.control.fault("hold", "IssueCertificate", point="after")
    with node.start(inventory, **arguments) as started:
        wait_until(lambda: len(site.control.held()) == len(site.hosts), "both replies are under way")
        kill_tree(started.process.pid)
    site.control.clear_faults()
    site.control.advance(600)

    run = node.later(600).run(inventory, **arguments)
    assert site.count_issued() == {"reissue": 2, "fail": 1}
    told = {host: seen.result for host, seen in run.of_task(ACTION).items()}
    assert any("may have issued one that nobody uses" in warning for warning in told["reissue"]["warnings"])
    assert "recovery_bucket" in told["fail"]["msg"]
    assert run.hosts_with("failed") == ["fail"]
