# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A certificate whose key was made elsewhere: the host decrypts it, and the same one may come again."""

from __future__ import annotations

from typing import Any, Callable, Dict

import pytest
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._errors import InvalidInput
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._x509.keys import encode_key, generate_key
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._x509.requests import build_request
from host_authority import DAY, NOW
from host_lineage import NAMES, HostLineage

Export = Callable[..., Dict[str, Any]]
ARN = "arn:aws:acm:us-east-1:111122223333:certificate/12345678-1234-1234-1234-123456789012"
PASSPHRASE = "made-for-one-export"
SOURCE: dict[str, Any] = {"source": "acm", "terms": {"source": "acm"}}


@pytest.fixture
def export(lineage: HostLineage) -> Export:
    """Return a function that makes key and certificate as ACM does, and returns the module's options."""

    def make(**changes: Any) -> dict[str, Any]:
        key = generate_key(changes.pop("algorithm", "EC_prime256v1"))
        csr = build_request(key, {"CN": "web.example.com"}, NAMES)
        return {
            **SOURCE,
            "certificate": lineage.hierarchy.issue(csr, days=395, **changes),
            "chain": ["".join(lineage.hierarchy.chain)],
            "certificate_arn": ARN,
            "private_key": encode_key(key, "pkcs8", PASSPHRASE).decode(),
            "private_key_passphrase": PASSPHRASE,
        }

    return make


def generations(lineage: HostLineage) -> list[str]:
    return sorted(path.name for path in (lineage.path / "generations").iterdir())


def test_the_request_module_only_looks_and_knows_no_time_of_renewal(lineage: HostLineage, export: Export) -> None:
    asked = lineage.request(**SOURCE)
    assert (asked["action"], asked["request"], asked["changed"]) == ("issue", None, False)
    assert not lineage.path.exists()
    lineage.install(**export())
    for days in (0, 300, 394):
        assert lineage.request(**SOURCE, now=NOW + days * DAY)["action"] == "none"
    assert [each["reason"] for each in lineage.request(**SOURCE, now=NOW + 396 * DAY)["reasons"]] == ["expired"]


def test_the_decrypted_key_lies_in_the_generation_with_its_modes_and_formats(
    lineage: HostLineage, export: Export
) -> None:
    lineage.install(**export(), formats=["combined", "der"], key_mode="0640")
    assert lineage.fault_of_live() is None
    assert "BEGIN PRIVATE KEY" in (lineage.live / "privkey.pem").read_text()
    assert {path.name for path in lineage.live.iterdir()} >= {"combined.pem", "privkey.der", "root.pem"}
    assert (lineage.live / "privkey.pem").stat().st_mode & 0o777 == 0o640


def test_the_same_certificate_twice_changes_nothing_the_second_time(lineage: HostLineage, export: Export) -> None:
    options = export()
    assert lineage.install(**options)["changed"]
    before = lineage.snapshot()
    assert not lineage.install(**options)["changed"]
    assert not lineage.install(**options, check_mode=True)["changed"]
    assert lineage.snapshot() == before


def lose_key(lineage: HostLineage) -> None:
    (lineage.live / "privkey.pem").unlink()


def replace_key(lineage: HostLineage) -> None:
    (lineage.live / "privkey.pem").write_text("another key\n")


def break_manifest(lineage: HostLineage) -> None:
    (lineage.live / "generation.json").write_text("{")


@pytest.mark.parametrize("damage", [lose_key, replace_key, break_manifest])
def test_a_damaged_set_gets_another_generation_of_the_same_certificate(
    lineage: HostLineage, export: Export, damage: Callable[[HostLineage], None]
) -> None:
    options = export()
    lineage.install(**options)
    serial = lineage.serial()
    damage(lineage)
    assert lineage.request(**SOURCE)["action"] == "issue"
    assert lineage.install(**options, check_mode=True)["changed"]
    lineage.install(**options)
    first, second = generations(lineage)
    assert second == f"{first}-2"
    assert (lineage.fault_of_live(), lineage.serial()) == (None, serial)
    assert lineage.request(**SOURCE)["action"] == "none"


def test_a_passphrase_that_is_taken_away_needs_another_generation_of_the_same_certificate(
    lineage: HostLineage, export: Export
) -> None:
    options = export()
    lineage.install(**options, key_passphrase="correct horse")
    assert lineage.fault_of_live("correct horse") is None
    lineage.install(**options)
    assert lineage.fault_of_live() is None
    assert len(generations(lineage)) == 2


def test_a_waiting_request_for_a_key_of_the_host_is_dropped(lineage: HostLineage, export: Export) -> None:
    lineage.request()
    assert (lineage.path / "pending").exists()
    lineage.install(**export())
    assert not (lineage.path / "pending").exists()


def test_a_chain_without_its_root_is_taken_and_there_is_no_root_file(lineage: HostLineage, export: Export) -> None:
    lineage.install(**{**export(), "chain": lineage.hierarchy.chain[:1]})
    assert (lineage.live / "chain.pem").read_text() == lineage.hierarchy.chain[0]
    assert not (lineage.live / "root.pem").exists()
    assert lineage.request(**SOURCE)["action"] == "none"


BAD: dict[str, tuple[dict[str, Any], str]] = {
    "another passphrase": ({"private_key_passphrase": "wrong"}, "the passphrase is wrong"),
    "no key": ({"private_key": "-----BEGIN NOTHING-----"}, "it is not a PEM private key"),
    "no chain": ({"chain": []}, "it has no certificate of a CA"),
    "another name": ({"subject_alternative_names": ["DNS:other.example.com"]}, "not asked for"),
    "another algorithm": ({"key_algorithm": "RSA_2048"}, "the key is EC_prime256v1, not RSA_2048"),
    "after its end": ({"now": NOW + 3000 * DAY}, "it expired at"),
}


@pytest.mark.parametrize(("changes", "told"), BAD.values(), ids=BAD)
def test_what_does_not_fit_is_refused_before_anything_is_written(
    lineage: HostLineage, export: Export, changes: dict[str, Any], told: str
) -> None:
    with pytest.raises(Exception, match=told) as caught:
        lineage.install(**{**export(), **changes})
    assert PASSPHRASE not in str(caught.value)
    assert not (lineage.path / "generations").exists()


def test_the_key_of_another_certificate_is_refused(lineage: HostLineage, export: Export) -> None:
    with pytest.raises(InvalidInput, match="it is another key than the certificate's") as caught:
        lineage.install(**{**export(), "private_key": export()["private_key"]})
    assert "PRIVATE KEY" not in str(caught.value)
    assert not lineage.live.exists()
