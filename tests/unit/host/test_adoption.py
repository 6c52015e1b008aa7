# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A key and certificate that are in place already, certbot's or placed by hand."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Callable, Dict, Tuple

import pytest
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._x509.requests import build_request
from cryptography.hazmat.primitives.asymmetric import ec
from host_authority import DAY, NOW, key_pem
from host_lineage import NAMES, HostLineage

Place = Callable[..., Dict[str, str]]
Unfit = Tuple[str, Dict[str, Any], Callable[[Dict[str, str]], Dict[str, str]], str]


@pytest.fixture
def place(lineage: HostLineage, tmp_path: Path) -> Place:
    """Return a function that places a pair as certbot does, links into an archive, and returns the option adopt."""

    def place_pair(names: list[str] = NAMES, now: float = NOW) -> dict[str, str]:
        archive, live = tmp_path / "archive", tmp_path / "certbot"
        archive.mkdir()
        live.mkdir()
        key = ec.generate_private_key(ec.SECP256R1())
        leaf = lineage.hierarchy.issue(build_request(key, {"CN": "web.example.com"}, names), now=now)
        (archive / "privkey1.pem").write_bytes(key_pem(key))
        (archive / "fullchain1.pem").write_text(leaf + lineage.hierarchy.chain[0])
        for name in ("privkey", "fullchain"):
            (live / f"{name}.pem").symlink_to(archive / f"{name}1.pem")
        return {"key": str(live / "privkey.pem"), "certificate": str(live / "fullchain.pem")}

    return place_pair


def test_a_pair_that_meets_the_policy_is_taken_over_without_issuing(lineage: HostLineage, place: Place) -> None:
    adopt = place()
    predicted = lineage.request(check_mode=True, adopt=adopt)
    assert not lineage.base.exists()
    asked = lineage.request(adopt=adopt)
    assert [reason["reason"] for reason in asked["reasons"]] == ["adopted"]
    for each in ("action", "reasons", "generation", "changed"):
        assert predicted[each] == asked[each]
    done = lineage.install(generation=asked["generation"])
    assert predicted["candidate"] == asked["candidate"] == done["current"]
    assert done["changed"] and (lineage.live / "privkey.pem").read_bytes() == Path(adopt["key"]).read_bytes()
    for path in adopt.values():
        Path(path).resolve().unlink()
        Path(path).unlink()
    assert lineage.request(adopt=adopt)["action"] == "none" and lineage.count_issued() == 0


def test_an_adopted_pair_is_renewed_when_it_is_due(lineage: HostLineage, place: Place) -> None:
    adopt = place()
    lineage.run(adopt=adopt)
    done = lineage.run(adopt=adopt, now=NOW + 61 * DAY)
    assert done["action"] == "issue" and lineage.count_issued() == 1


@pytest.mark.parametrize(
    "lost",
    [(), ("state.json",), ("state.json", "live/privkey.pem"), ("state.json", "live/generation.json")],
    ids=["nothing else", "the state", "the state and the key", "the state and the record"],
)
def test_an_adopted_pair_whose_live_link_was_lost_is_taken_over_again(
    lineage: HostLineage, place: Place, lost: tuple[str, ...]
) -> None:
    adopt = place()
    lineage.run(adopt=adopt)
    for name in (*lost, "live"):
        (lineage.path / name).unlink()
    predicted = lineage.request(check_mode=True, adopt=adopt)
    done = lineage.run(adopt=adopt)
    assert (predicted["action"], predicted["reasons"]) == (done["action"], done["asked"]["reasons"])
    key = (lineage.live / "privkey.pem").read_bytes()
    assert key == Path(adopt["key"]).read_bytes() and lineage.count_issued() == 0
    assert lineage.request(adopt=adopt)["action"] == "none"


def _name_another(adopt: dict[str, str]) -> dict[str, str]:
    return {**adopt, "key": adopt["key"] + ".gone"}


def _swap_key(adopt: dict[str, str]) -> dict[str, str]:
    Path(adopt["key"]).write_bytes(key_pem(ec.generate_private_key(ec.SECP256R1())))
    return adopt


def _fill(adopt: dict[str, str], size: int = 100 << 20) -> dict[str, str]:
    with Path(adopt["certificate"]).open("wb") as file:
        file.truncate(size)
    return adopt


def _scramble(adopt: dict[str, str]) -> dict[str, str]:
    Path(adopt["certificate"]).write_bytes(bytes(range(256)))
    return adopt


def test_a_pair_that_lives_shorter_than_renew_before_is_left_alone(lineage: HostLineage, place: Place) -> None:
    asked = lineage.request(adopt=place(), renew_before="120d")
    assert asked["action"] == "issue" and asked["request"] is not None
    assert "the certificate lives only 90 days" in asked["reasons"][0]["message"]


UNFIT: list[Unfit] = [
    ("for other names", {"names": ["DNS:other.example.com"]}, dict, "lacks the names"),
    ("due for renewal", {"now": NOW - 70 * DAY}, dict, "was to be renewed"),
    ("expired", {"now": NOW - 100 * DAY}, dict, "is valid from"),
    ("without its key", {}, _name_another, "it is missing"),
    ("with another key", {}, _swap_key, "it is another key"),
    ("of 100 MB", {}, _fill, "more than the 1048576"),
    ("of binary rubbish", {}, _scramble, "it has none in PEM"),
]


@pytest.mark.parametrize("case", UNFIT, ids=[case[0] for case in UNFIT])
def test_an_unfit_pair_is_left_alone_and_the_reason_says_why(lineage: HostLineage, place: Place, case: Unfit) -> None:
    _title, made, change, because = case
    asked = lineage.request(adopt=change(place(**made)))
    assert asked["action"] == "issue" and asked["request"] is not None
    assert because in asked["reasons"][0]["message"] and asked["reasons"][0]["reason"] == "missing"
