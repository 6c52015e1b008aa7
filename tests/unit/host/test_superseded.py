# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The host keeps track of what a proved successor replaced, and only of that."""

from __future__ import annotations

import json
from typing import Any

from host_authority import DAY, NOW
from host_faults import WatchedFiles
from host_lineage import HostLineage
from host_tls import Nginx

LATER, LATEST = NOW + 61 * DAY, NOW + 122 * DAY


def recorded(lineage: HostLineage, now: float) -> list[dict[str, Any]]:
    return list(lineage.request(now=now)["superseded"])


def read_in_service(lineage: HostLineage) -> str | None:
    state: dict[str, str | None] = json.loads((lineage.path / "state.json").read_text())
    return state["in_service"]


def test_a_proved_renewal_puts_the_certificate_before_on_record_until_it_is_dealt_with(
    lineage: HostLineage, nginx: Nginx
) -> None:
    first = lineage.request()["current"]
    assert recorded(lineage, NOW) == []
    in_service = read_in_service(lineage)

    def require_nothing_lost() -> None:
        """Fail where a kill now would leave a successor in service of which the record does not know."""
        on_record = (lineage.path / "superseded.json").exists()
        assert on_record or read_in_service(lineage) in (None, in_service)

    lineage.run(WatchedFiles(require_nothing_lost), now=LATER, certificate_arn="arn:second", **nginx.options)
    entry = {"serial": first["serial"], "certificate_arn": "arn:first", "not_after": first["not_after"], "since": LATER}
    assert recorded(lineage, LATER) == [entry]
    assert lineage.install(check_mode=True, now=LATER, forget_superseded=["arn:first"])["changed"]
    done = lineage.install(now=LATER, forget_superseded=["arn:first"])
    assert (done["changed"], done["steps"]) == (True, ["forget"])
    assert recorded(lineage, LATER) == []
    assert not lineage.install(now=LATER, forget_superseded=["arn:first"])["changed"]


def test_what_has_expired_goes_off_the_record_with_the_next_renewal(lineage: HostLineage, nginx: Nginx) -> None:
    lineage.run(now=LATER, certificate_arn="arn:second", **nginx.options)
    lineage.run(now=LATEST, certificate_arn="arn:third", **nginx.options)
    assert [entry["certificate_arn"] for entry in recorded(lineage, LATEST)] == ["arn:second"]


def test_a_certificate_of_acm_is_not_on_record_for_the_play_revokes_none(lineage: HostLineage, nginx: Nginx) -> None:
    arn = "arn:aws:acm:us-east-1:111122223333:certificate/12345678"
    lineage.run(now=LATER, certificate_arn=arn, **nginx.options)
    lineage.run(now=LATEST, certificate_arn="arn:third", **nginx.options)
    assert [entry["certificate_arn"] for entry in recorded(lineage, LATEST)] == []


def test_a_renewal_without_a_proof_puts_nothing_on_record(lineage: HostLineage) -> None:
    lineage.run(certificate_arn="arn:first")
    lineage.run(now=LATER, certificate_arn="arn:second")
    assert recorded(lineage, LATER) == []


def test_a_record_that_cannot_be_read_knows_nothing(lineage: HostLineage) -> None:
    lineage.run(certificate_arn="arn:first")
    (lineage.path / "superseded.json").write_text("{")
    assert recorded(lineage, NOW) == []
