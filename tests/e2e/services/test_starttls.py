# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a service serves behind STARTTLS is proved with the real servers of each protocol."""

from __future__ import annotations

from collections.abc import Callable

from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._lineage.proof import STARTTLS
from ansible_collections.fleet_pki.aws_private_ca.tests.e2e.services.conftest import ServedSite
from ansible_collections.fleet_pki.aws_private_ca.tests.e2e.services.protocols import PROTOCOLS
from ansible_collections.fleet_pki.aws_private_ca.tests.e2e.services.servers import Kinds


def test_each_protocols_server_is_proved_to_serve_the_new_certificate_or_seen_to_serve_the_old(
    serve: Callable[[Kinds], ServedSite],
) -> None:
    assert {*PROTOCOLS, "postgres"} == set(STARTTLS), "test_renewals.py has PostgreSQL"
    site = serve(PROTOCOLS)
    first = site.read_served()
    renewed = site.keep(force=True)
    for kind, result in renewed.items():
        assert result.status == "changed", (kind, result.result)
    served = site.read_served()
    assert served == {kind: result.result["certificate"]["serial"] for kind, result in renewed.items()}
    assert set(served.values()).isdisjoint(first.values())

    unheard = {
        kind: {"reload_command": ["true"], "verify": {**server.arguments["verify"], "retries": 0}}
        for kind, server in site.servers.items()
    }
    for kind, result in site.keep(unheard, force=True).items():
        assert (result.status, result.result.get("step")) == ("failed", "prove"), (kind, result.result)
        assert f"it serves serial {served[kind]}" in result.result["msg"], (kind, result.result["msg"])
    assert site.read_served() == site.read_live() == served
