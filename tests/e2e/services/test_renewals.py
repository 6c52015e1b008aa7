# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A service is never broken: the real ones through renewals good and bad, over SSH, watched by their clients."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial

import pytest
from ansible_collections.fleet_pki.aws_private_ca.tests.e2e.services.conftest import ServedSite
from ansible_collections.fleet_pki.aws_private_ca.tests.e2e.services.servers import Arguments, Server
from ansible_collections.fleet_pki.aws_private_ca.tests.e2e.services.sessions import connecting


def test_a_good_renewal_drops_no_connection_and_no_request_in_flight(served: ServedSite) -> None:
    before = served.read_served()
    in_flight = {kind: server.open(served.root) for kind, server in served.servers.items()}
    with ExitStack() as stack:
        clients = {
            kind: stack.enter_context(connecting(partial(server.open, served.root)))
            for kind, server in served.servers.items()
        }
        renewed = served.keep(force=True)
    for kind, result in renewed.items():
        assert result.status == "changed", result.result["msg"]
        after = result.result["certificate"]["serial"]
        client = clients[kind]
        assert client.faults == [], (kind, client.faults)
        assert client.answered == len(client.serials), kind
        assert (client.serials[0], client.serials[-1]) == (before[kind], after), kind
        assert set(client.serials) == {before[kind], after}, kind
        in_flight[kind].finish()
    assert served.read_served() == {kind: result.result["certificate"]["serial"] for kind, result in renewed.items()}


@dataclass(frozen=True)
class Failure:
    """One way to fail: what the user asks for then and in the next run, what is wrong meanwhile, what the play says."""

    says: str
    asked: Arguments = field(default_factory=dict)
    wrong: Arguments = field(default_factory=dict)
    settings: str | None = None


def refuse_chain(server: Server) -> Failure:
    """The service's own test finds the key too weak; the policy is mended, not the certificate."""
    says = {"nginx": "ee key too small", "haproxy": "unable to load", "postgresql": "EE certificate key too weak"}
    asked = {"key_algorithm": "RSA_2048"}
    return Failure(says[server.kind], asked=asked, wrong={"validate_command": server.strict_test})


def fail_reload(server: Server) -> Failure:
    """The reload command looks in the wrong place."""
    return Failure("mislaid", wrong={"reload_command": server.failing_reload})


def keep_old(server: Server) -> Failure:
    """The reload command says that all is well, and the service could not read its settings or its key."""
    wrong = {"reload_command": server.silent_reload, "validate_command": None}
    if server.broken is None:
        owner = server.arguments["key_owner"]
        return Failure("it serves serial", wrong={**wrong, "key_mode": "0640", "key_group": owner})
    return Failure("it serves serial", wrong=wrong, settings=server.broken)


FAILURES: dict[str, Callable[[Server], Failure]] = {
    "validate": refuse_chain,
    "reload": fail_reload,
    "prove": keep_old,
}


@pytest.mark.parametrize("step", FAILURES)
def test_whatever_fails_the_old_certificate_is_served_and_the_next_run_repairs_without_issuing(
    served: ServedSite, step: str
) -> None:
    before = served.read_served()
    failures = {kind: FAILURES[step](server) for kind, server in served.servers.items()}
    few = {kind: {"verify": {**server.arguments["verify"], "retries": 2}} for kind, server in served.servers.items()}
    for kind, failure in failures.items():
        served.servers[kind].configure(failure.settings or served.servers[kind].settings)
    failed = served.keep(
        {kind: {**few[kind], **failure.asked, **failure.wrong} for kind, failure in failures.items()}, force=True
    )
    for kind, result in failed.items():
        assert (result.status, result.result.get("step")) == ("failed", step), (kind, result.result)
        assert failures[kind].says in result.result["msg"], result.result["msg"]
        assert "nothing will be issued anew" in result.result["msg"]
    assert served.read_served() == served.read_live() == before
    issued = served.site.list_issued()
    assert len(issued) == 2 * len(failures)

    for server in served.servers.values():
        server.configure(server.settings)
    repaired = served.keep({kind: failure.asked for kind, failure in failures.items()})
    for kind, result in repaired.items():
        assert (result.status, result.result.get("action")) == ("changed", "apply"), (kind, result.result)
        assert result.result["certificate_arn"] == failed[kind].result["certificate_arn"]
    assert served.read_served() == {kind: result.result["certificate"]["serial"] for kind, result in repaired.items()}
    assert set(served.read_served().values()).isdisjoint(before.values())
    assert served.site.list_issued() == issued
