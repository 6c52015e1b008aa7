# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import os
import stat
from pathlib import Path
from typing import Any, Callable

import pytest
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._errors import (
    InvalidInput,
    StepFailed,
    UnusableState,
)
from host_authority import DAY, NOW, verify_with_openssl
from host_lineage import LATER, HostLineage

Damage = Callable[[HostLineage], object]


def mode(path: Path) -> int:
    return stat.S_IMODE(path.lstat().st_mode)


def reasons(answer: dict[str, Any]) -> list[str]:
    return [reason["reason"] for reason in answer["reasons"]]


def test_the_first_run_leaves_a_private_key_and_a_request_and_the_second_returns_the_same(lineage: HostLineage) -> None:
    first, second = lineage.request(), lineage.request()
    assert (first["action"], reasons(first), first["changed"]) == ("issue", ["missing"], True)
    assert first["request"]["resumed"] is False and second["request"] == {**first["request"], "resumed": True}
    assert second["changed"] is False and first["replaces"] is None and first["current"] is None
    assert mode(lineage.path / "pending") == 0o700
    assert {name: mode(lineage.path / "pending" / name) for name in os.listdir(lineage.path / "pending")} == {
        "privkey.pem": 0o600,
        "request.pem": 0o600,
        "request.json": 0o600,
    }


def test_an_issued_certificate_goes_live_whole_and_then_nothing_is_due(lineage: HostLineage, tmp_path: Path) -> None:
    done = lineage.run()
    assert done["changed"] and done["steps"] == ["verify", "write", "switch", "record"]
    assert lineage.fault_of_live() is None and not (lineage.path / "pending").exists()
    assert mode(lineage.live / "privkey.pem") == 0o600 and mode(lineage.live / "cert.pem") == 0o644
    assert done["current"]["serial"] == lineage.serial()
    chain = [(lineage.live / name).read_text() for name in ("chain.pem", "root.pem")]
    verify_with_openssl(tmp_path, (lineage.live / "cert.pem").read_text(), chain)
    before = lineage.snapshot()
    again = lineage.request()
    assert (again["action"], again["reasons"], again["changed"]) == ("none", [], False)
    assert again["current"] == done["current"] and lineage.snapshot() == before


def test_a_renewal_replaces_the_set_and_keeps_the_older_generations(lineage: HostLineage) -> None:
    first = lineage.run()
    second = lineage.run(**LATER)
    assert reasons(second["asked"]) == ["due_for_renewal"]
    assert second["asked"]["replaces"] == first["current"]["serial"] == second["previous"]["serial"]
    assert lineage.serial() == second["current"]["serial"] != first["current"]["serial"]
    for step in range(2, 5):
        lineage.run(now=NOW + 61 * DAY * step)
    assert len(os.listdir(lineage.path / "generations")) == 3
    assert lineage.fault_of_live() is None


def _delete(name: str) -> Damage:
    return lambda lineage: (lineage.live / name).unlink()


def _overwrite(name: str, content: bytes) -> Damage:
    return lambda lineage: (lineage.live / name).write_bytes(content)


def _change_mode(name: str, bits: int) -> Damage:
    return lambda lineage: (lineage.live / name).chmod(bits)


def _make_link(name: str) -> Damage:
    def make(lineage: HostLineage) -> None:
        (lineage.live / name).unlink()
        (lineage.live / name).symlink_to("/etc/passwd")

    return make


def _reencode_key(lineage: HostLineage) -> None:
    path = lineage.live / "privkey.pem"
    path.write_bytes(path.read_bytes() + b"\n")


REPAIRS: list[tuple[str, Damage, str]] = [
    ("a deleted certificate", _delete("cert.pem"), "file_missing"),
    ("a deleted chain", _delete("chain.pem"), "file_missing"),
    ("an edited chain", _overwrite("fullchain.pem", b"nonsense"), "file_changed"),
    ("a binary certificate", _overwrite("cert.pem", b"\x00\xff" * 100), "file_changed"),
    ("a file of 100 MB", lambda lineage: os.truncate(lineage.live / "root.pem", 100 << 20), "file_changed"),
    ("a link in a file's place", _make_link("cert.pem"), "file_changed"),
    ("an open key", _change_mode("privkey.pem", 0o644), "mode_changed"),
    ("a closed certificate", _change_mode("cert.pem", 0o600), "mode_changed"),
    ("a key with another final line", _reencode_key, "file_changed"),
]


@pytest.mark.parametrize(("title", "damage", "reason"), REPAIRS, ids=[case[0] for case in REPAIRS])
def test_damage_is_repaired_without_issuing(lineage: HostLineage, title: str, damage: Damage, reason: str) -> None:
    lineage.run()
    whole = lineage.snapshot()
    damage(lineage)
    asked = lineage.request()
    assert (asked["action"], reasons(asked)) == ("repair", [reason])
    done = lineage.install()
    assert done["changed"] and done["steps"][0] == "repair"
    after = lineage.snapshot()
    assert {name for name in whole if whole[name] != after[name]} <= {_manifest_name(lineage)}
    assert lineage.request()["action"] == "none" and not lineage.install()["changed"]


def _manifest_name(lineage: HostLineage) -> str:
    return str((lineage.live.resolve() / "generation.json").relative_to(lineage.base))


@pytest.mark.parametrize("fails", [False, True])
def test_a_lost_live_link_comes_back_without_issuing(lineage: HostLineage, fails: bool) -> None:
    first = lineage.run()
    if fails:
        with pytest.raises(StepFailed):
            lineage.run(subject_alternative_names=["DNS:other.example.com"], validate_command="false")
    issued = lineage.count_issued()
    lineage.live.unlink()
    asked = lineage.request()
    assert (asked["action"], reasons(asked), asked["current"]) == ("repair", ["link_changed"], first["current"])
    with pytest.raises(StepFailed, match="no earlier generation"):
        lineage.install(validate_command="false")
    done = lineage.run()
    assert done["action"] == "apply" and lineage.serial() == first["current"]["serial"]
    assert lineage.request()["action"] == "none" and lineage.count_issued() == issued


def test_a_renewal_after_the_live_link_was_lost_goes_back_to_the_certificate_before(lineage: HostLineage) -> None:
    first = lineage.run()
    lineage.live.unlink()
    asked = lineage.request(**LATER)
    assert (reasons(asked), asked["replaces"]) == (["due_for_renewal"], first["current"]["serial"])
    with pytest.raises(StepFailed, match="is live and in service again"):
        lineage.run(**LATER, validate_command="false")
    assert lineage.serial() == first["current"]["serial"]


REISSUES: list[tuple[str, Damage, str]] = [
    ("a deleted key", _delete("privkey.pem"), "missing"),
    ("another text in the key's file", _overwrite("privkey.pem", b"nonsense"), "key_does_not_match"),
    ("a deleted manifest", _delete("generation.json"), "unreadable"),
    ("a manifest that is no JSON", _overwrite("generation.json", b"\xff\xfe"), "unreadable"),
    ("a manifest of another kind", _overwrite("generation.json", b'{"schema": 1}'), "unreadable"),
    ("a manifest of 100 MB", lambda lineage: os.truncate(lineage.live / "generation.json", 100 << 20), "unreadable"),
]


@pytest.mark.parametrize(("title", "damage", "reason"), REISSUES, ids=[case[0] for case in REISSUES])
def test_what_cannot_be_repaired_is_issued_anew(lineage: HostLineage, title: str, damage: Damage, reason: str) -> None:
    lineage.run()
    damage(lineage)
    done = lineage.run()
    assert (done["action"], reasons(done["asked"])) == ("issue", [reason])
    assert lineage.fault_of_live() is None and lineage.request()["action"] == "none"


CHANGES: list[tuple[dict[str, Any], str]] = [
    ({"subject_alternative_names": ["DNS:web.example.com"]}, "names_changed"),
    ({"subject": {"CN": "other.example.com"}}, "names_changed"),
    ({"key_algorithm": "EC_secp384r1"}, "key_parameters_changed"),
    ({"terms": {"certificate_authority_arn": "arn:other"}}, "ca_changed"),
    ({"force_id": "run-1"}, "forced"),
]


@pytest.mark.parametrize(
    ("change", "reason"), CHANGES, ids=[reason + str(index) for index, (_c, reason) in enumerate(CHANGES)]
)
def test_a_changed_option_issues_once(lineage: HostLineage, change: dict[str, Any], reason: str) -> None:
    lineage.run()
    done = lineage.run(**change)
    assert reasons(done["asked"]) == [reason]
    assert lineage.request(**change)["action"] == "none"


def test_a_pending_request_for_other_names_is_made_anew(lineage: HostLineage) -> None:
    first = lineage.request()
    second = lineage.request(subject_alternative_names=["DNS:other.example.com"])
    assert second["request"]["csr"] != first["request"]["csr"] and second["request"]["resumed"] is False


def test_a_pending_key_that_is_not_the_requests_is_not_used(lineage: HostLineage) -> None:
    lineage.request()
    key = (lineage.path / "pending" / "privkey.pem").read_bytes()
    lineage.request(subject_alternative_names=["DNS:other.example.com"])
    (lineage.path / "pending" / "privkey.pem").write_bytes(key)
    again = lineage.request(subject_alternative_names=["DNS:other.example.com"])
    assert again["request"]["resumed"] is False


def test_a_certificate_without_its_key_on_the_host_is_refused(lineage: HostLineage) -> None:
    asked = lineage.request()
    issued = lineage.issue(asked)
    lineage.request(subject_alternative_names=["DNS:other.example.com"])
    with pytest.raises(UnusableState, match="private key"):
        lineage.install(**issued)
    assert not lineage.live.exists()


def test_a_certificate_for_other_names_is_refused(lineage: HostLineage) -> None:
    issued = lineage.issue(lineage.request())
    with pytest.raises(InvalidInput, match="which were not asked for"):
        lineage.install(**issued, subject_alternative_names=["DNS:web.example.com"])
    assert not lineage.live.exists()


@pytest.mark.parametrize("rotation", ["never", "on_demand"])
def test_a_kept_key_stays_over_a_renewal_unless_it_is_to_be_rotated(lineage: HostLineage, rotation: str) -> None:
    lineage.run(key_rotation=rotation)
    key = (lineage.live / "privkey.pem").read_bytes()
    lineage.run(key_rotation=rotation, **LATER)
    assert (lineage.live / "privkey.pem").read_bytes() == key
    lineage.run(key_rotation="on_demand", rotate_key=True, now=NOW + 122 * DAY)
    assert (lineage.live / "privkey.pem").read_bytes() != key


def test_a_test_that_fails_on_the_first_run_leaves_nothing_live_and_nothing_to_issue(
    lineage: HostLineage,
) -> None:
    with pytest.raises(StepFailed, match="bad configuration") as caught:
        lineage.run(validate_command=["sh", "-c", "echo bad configuration; exit 3"], reload_command=["false"])
    assert caught.value.details["step"] == "validate" and caught.value.details["restored"] is False
    assert not os.path.lexists(lineage.live)
    asked = lineage.request()
    assert (asked["action"], reasons(asked)) == ("apply", ["not_in_service"])
    assert "bad configuration" in asked["reasons"][0]["message"]
    done = lineage.run()
    assert done["action"] == "apply" and lineage.count_issued() == 1 and lineage.fault_of_live() is None


@pytest.mark.parametrize("failing", ["validate_command", "reload_command"])
def test_a_failing_step_brings_the_earlier_generation_back(lineage: HostLineage, tmp_path: Path, failing: str) -> None:
    first, log = lineage.run(), tmp_path / "log"
    script = f"readlink {lineage.live} >> {log}; readlink {lineage.live} | grep -q {first['generation']}"
    command: dict[str, Any] = {failing: ["sh", "-c", script]}
    with pytest.raises(StepFailed) as caught:
        lineage.run(**LATER, **command)
    assert caught.value.details["restored"] is True, caught.value.sentence()
    assert lineage.serial() == first["current"]["serial"] and lineage.fault_of_live() is None
    served = [line.split("/")[-1] for line in log.read_text().split()]
    new = caught.value.details["generation"]
    assert served == ([new, first["generation"]] if failing == "reload_command" else [new])
    asked = lineage.request(**LATER)
    assert (asked["action"], asked["generation"]) == ("apply", new)
    done = lineage.run(**LATER)
    assert done["generation"] == new and lineage.count_issued() == 2
    assert lineage.request(**LATER)["action"] == "none"


def test_a_test_with_placeholders_runs_before_the_switch_on_the_new_files(lineage: HostLineage) -> None:
    first = lineage.run()
    with pytest.raises(StepFailed):
        lineage.run(**LATER, validate_command="sh -c 'test ! -f {fullchain}'", reload_command="false")
    assert lineage.serial() == first["current"]["serial"]
    done = lineage.run(**LATER, validate_command="sh -c 'test -f {privkey} && test -d {generation}'")
    assert done["steps"].index("validate") < done["steps"].index("switch")


def test_going_back_to_the_names_that_are_live_leaves_the_failed_one_and_issues_nothing(lineage: HostLineage) -> None:
    first = lineage.run()
    with pytest.raises(StepFailed):
        lineage.run(subject_alternative_names=["DNS:other.example.com"], validate_command="false")
    assert lineage.request()["action"] == "none"
    assert lineage.serial() == first["current"]["serial"]


def test_absent_removes_everything_and_is_idempotent(lineage: HostLineage) -> None:
    first = lineage.run()
    lineage.request(force_id="x")
    predicted = lineage.install(check_mode=True, state="absent")
    done = lineage.install(state="absent")
    assert predicted == done and done["changed"] and done["previous"] == first["current"]
    assert not lineage.path.exists() and not lineage.install(state="absent")["changed"]


def test_absent_refuses_to_remove_what_it_did_not_make(lineage: HostLineage) -> None:
    lineage.run()
    (lineage.path / "notes.txt").write_text("mine")
    with pytest.raises(UnusableState, match=r"notes\.txt"):
        lineage.install(state="absent")
    assert lineage.fault_of_live() is None and lineage.live.exists()


def test_a_clock_that_is_hours_off_is_told_with_both_times(lineage: HostLineage) -> None:
    with pytest.raises(UnusableState, match=r"host's clock says .*Z and the control node's 2027-01-15T08:00:00Z"):
        lineage.request(max_clock_skew=3600)


def test_the_manifest_and_state_hold_no_key(lineage: HostLineage) -> None:
    lineage.run()
    for path in (lineage.live / "generation.json", lineage.path / "state.json"):
        assert "PRIVATE KEY" not in path.read_text()
        assert json.loads(path.read_text())["schema"] == 1


def test_the_diff_shows_parsed_facts_before_and_after_and_nothing_else(lineage: HostLineage) -> None:
    first = lineage.run()
    assert first["asked"]["diff"]["before"] == {} == first["diff"]["before"]
    assert first["asked"]["diff"]["after"]["subject_alternative_names"] == ("DNS:web.example.com", "IP:10.0.0.7")
    assert first["diff"]["after"]["serial"] == lineage.serial()
    again = lineage.request()
    assert again["diff"]["before"] == again["diff"]["after"] == first["diff"]["after"]
    done = lineage.run(force_id="x")
    assert done["diff"]["before"] == first["diff"]["after"] and "BEGIN" not in json.dumps(done["diff"])


def test_applying_a_generation_that_is_not_there_fails_in_both_modes(lineage: HostLineage) -> None:
    lineage.run()
    for check_mode in (True, False):
        with pytest.raises(UnusableState, match="Failed to apply a generation"):
            lineage.install(check_mode=check_mode, generation="20270101T000000Z-ab")
