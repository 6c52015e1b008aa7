# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What check mode predicts is what the real run does: every state of a host with every change of options."""

from __future__ import annotations

import contextlib
import itertools
import os
import sys
from pathlib import Path
from typing import Any, Callable

import pytest
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._errors import (
    MissingLibrary,
    PrivateCaError,
    StepFailed,
    UnusableState,
)
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._generations.directory import FileAttributes
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._generations.location import find_inherited_group
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._generations.plan import FilePlan
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._lineage.rehearsal import refuse_other_owners
from host_authority import DAY, NOW, Hierarchy
from host_faults import FaultyFiles, die, run_in_child
from host_lineage import HostLineage

KILLED = NOW + 61 * DAY
PREDICTED_BY_REQUEST = ("action", "reasons", "current", "generation", "replaces", "changed")
PREDICTED_BY_INSTALL = ("changed", "generation", "current", "previous", "paths")


def _kill_at(method: str, occurrence: int) -> Callable[[HostLineage], None]:
    """Return a state: a renewal was killed before its so-and-so-many-th call of a method."""

    def make(lineage: HostLineage) -> None:
        lineage.run()
        later = {"now": KILLED}

        class Dying(FaultyFiles):
            def change(self, name: str, arguments: tuple[Any, ...]) -> Any:
                if name == method and self.made.count(method) + 1 == occurrence:
                    die(name)
                return super().change(name, arguments)

        run_in_child(lambda: lineage.run(Dying(), **later))

    return make


def _fail(**options: Any) -> Callable[[HostLineage], None]:
    def make(lineage: HostLineage) -> None:
        lineage.run()
        with contextlib.suppress(StepFailed):
            lineage.run(force_id="failed", **options)

    return make


def _change(change: Callable[[HostLineage], Any]) -> Callable[[HostLineage], None]:
    def make(lineage: HostLineage) -> None:
        lineage.run()
        change(lineage)

    return make


def _damage_request(lineage: HostLineage) -> None:
    lineage.request()
    (lineage.path / "pending/request.pem").unlink()


STATES: dict[str, Callable[[HostLineage], object]] = {
    "empty": lambda lineage: None,
    "an empty base directory": lambda lineage: lineage.base.mkdir(),
    "pending": lambda lineage: lineage.request(),
    "pending for another name": lambda lineage: lineage.request(subject_alternative_names=["DNS:other"]),
    "a damaged pending request": _damage_request,
    "installed": lambda lineage: lineage.run(),
    "installed and pending": _change(lambda lineage: lineage.request(force_id="run-1")),
    "an edited chain": _change(lambda lineage: (lineage.live / "chain.pem").write_text("x")),
    "a deleted certificate": _change(lambda lineage: (lineage.live / "cert.pem").unlink()),
    "an open key": _change(lambda lineage: (lineage.live / "privkey.pem").chmod(0o644)),
    "a deleted key": _change(lambda lineage: (lineage.live / "privkey.pem").unlink()),
    "a damaged manifest": _change(lambda lineage: (lineage.live / "generation.json").write_text("{")),
    "a lost state": _change(lambda lineage: (lineage.path / "state.json").unlink()),
    "a lost live link": _change(lambda lineage: lineage.live.unlink()),
    "a renewal killed in its request": _kill_at("rename", 1),
    "a renewal killed before its generation was named": _kill_at("rename", 3),
    "a renewal killed before the switch": _kill_at("rename", 5),
    "a renewal killed after the switch": _kill_at("rename", 6),
    "a failed test": _fail(validate_command="false"),
    "a failed reload": _fail(reload_command="false"),
}
OPTIONS: dict[str, dict[str, Any]] = {
    "the same": {},
    "due": {"now": NOW + 61 * DAY},
    "expired": {"now": NOW + 200 * DAY},
    "a name more": {"subject_alternative_names": ["DNS:web.example.com", "DNS:more.example.com"]},
    "another key": {"key_algorithm": "EC_secp384r1"},
    "the key kept": {"key_rotation": "never", "now": NOW + 61 * DAY},
    "another CA": {"terms": {"certificate_authority_arn": "arn:other", "validity": "DAYS:90"}},
    "forced": {"force_id": "run-1"},
    "another mode": {"mode": "0640", "key_mode": "0400"},
    "another format": {"formats": ["combined", "der"], "key_format": "traditional"},
    "a passphrase": {"key_passphrase": "secret"},
    "a link": {"links": {"{directory}/usual.pem": "fullchain.pem"}},
}
CASES = list(itertools.product(STATES, OPTIONS))


def test_the_table_is_as_large_as_promised() -> None:
    assert len(CASES) >= 200


@pytest.fixture(scope="module")
def find_state(tmp_path_factory: pytest.TempPathFactory, hierarchy: Hierarchy) -> Callable[[str], Path]:
    """Return a function that returns where a lineage in a state of the table is saved; each is made once."""
    folder = tmp_path_factory.mktemp("states")

    def find(state: str) -> Path:
        saved = folder / state
        if not saved.exists():
            lineage = HostLineage(folder / f"making {state}/base", hierarchy)
            STATES[state](lineage)
            lineage.save(saved)
        return saved

    return find


@pytest.mark.parametrize(("state", "options"), CASES)
def test_check_mode_predicts_the_real_run_and_changes_nothing(
    lineage: HostLineage, find_state: Callable[[str], Path], state: str, options: str
) -> None:
    lineage.restore(find_state(state))
    chosen = {**({"now": KILLED} if "killed" in state else {}), **OPTIONS[options]}
    if "links" in chosen:
        chosen["links"] = {path.format(directory=lineage.base.parent): name for path, name in chosen["links"].items()}
    before = lineage.snapshot()
    predicted = lineage.request(check_mode=True, **chosen)
    assert lineage.snapshot() == before
    asked = lineage.request(**chosen)
    assert {each: predicted[each] for each in PREDICTED_BY_REQUEST} == {
        each: asked[each] for each in PREDICTED_BY_REQUEST
    }
    if asked["action"] == "none":
        assert lineage.snapshot() == before
        return
    if _is_stale(lineage, asked, chosen):
        return
    _compare_install(lineage, asked, chosen)
    assert lineage.fault_of_live(chosen.get("key_passphrase")) is None
    assert lineage.request(check_mode=True, **chosen)["action"] == "none"


def _is_stale(lineage: HostLineage, asked: dict[str, Any], chosen: dict[str, Any]) -> bool:
    """Tell whether the certificate of a request that waited has expired; then both modes fail, and a run goes on."""
    if asked["request"] is None or not lineage.find_token(asked).exists() or options_are_early(chosen):
        return False
    more = lineage.issue(asked, now=chosen["now"])
    for check_mode in (True, False):
        with pytest.raises(UnusableState, match=r"expired at .* before it came to the host"):
            lineage.install(check_mode=check_mode, **chosen, **more)
    assert lineage.run(**chosen)["changed"] and lineage.fault_of_live() is None
    return True


def options_are_early(chosen: dict[str, Any]) -> bool:
    return chosen.get("now", NOW) < KILLED + 90 * DAY


def _compare_install(lineage: HostLineage, asked: dict[str, Any], chosen: dict[str, Any]) -> None:
    more = lineage.issue(asked, now=chosen.get("now", NOW)) if asked["action"] == "issue" else {}
    if asked["action"] == "apply":
        more = {"generation": asked["generation"]}
    before = lineage.snapshot()
    predicted = lineage.install(check_mode=True, **chosen, **more)
    assert lineage.snapshot() == before
    done = lineage.install(**chosen, **more)
    assert {each: predicted[each] for each in PREDICTED_BY_INSTALL} == {
        each: done[each] for each in PREDICTED_BY_INSTALL
    }


@pytest.mark.parametrize("state", STATES)
def test_check_mode_predicts_the_removal_too(
    lineage: HostLineage, find_state: Callable[[str], Path], state: str
) -> None:
    lineage.restore(find_state(state))
    before = lineage.snapshot()
    predicted = lineage.install(check_mode=True, state="absent")
    assert lineage.snapshot() == before
    assert lineage.install(state="absent") == predicted
    assert not lineage.path.exists()


def test_check_mode_fails_where_the_real_run_does(lineage: HostLineage) -> None:
    lineage.base.mkdir()
    lineage.path.write_text("mine")
    for check_mode in (True, False):
        with pytest.raises(PrivateCaError, match="there is a link or a file in its place"):
            lineage.request(check_mode=check_mode)


Prepare = Callable[[HostLineage], object]
DUE: dict[str, Prepare] = {
    "issue": lambda lineage: lineage.base.mkdir(),
    "apply": _change(lambda lineage: (lineage.path / "state.json").unlink()),
    "repair": _change(lambda lineage: (lineage.live / "chain.pem").unlink()),
}


def _require_both_modes_to_fail(lineage: HostLineage, message: str, **options: Any) -> None:
    before = lineage.snapshot()
    for check_mode in (True, False):
        with pytest.raises(PrivateCaError, match=message):
            lineage.request(check_mode=check_mode, **options)
        assert lineage.snapshot() == before


def test_check_mode_misses_the_library_that_a_request_needs(
    lineage: HostLineage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "cryptography", None)
    with pytest.raises(MissingLibrary, match=r"Install cryptography >= 3\.3"):
        lineage.request(check_mode=True)
    assert not lineage.base.exists()


def test_names_that_no_request_can_have_are_told_by_check_mode_too(lineage: HostLineage) -> None:
    _require_both_modes_to_fail(lineage, "C=Germany", subject={"C": "Germany"})


@pytest.mark.parametrize("taken", [True, False])
@pytest.mark.parametrize("due", DUE)
def test_a_link_that_cannot_be_made_is_told_before_anything_is_done(
    lineage: HostLineage, due: str, taken: bool
) -> None:
    DUE[due](lineage)
    path = lineage.base / ("taken" if taken else "missing/link")
    if taken:
        path.write_text("mine")
    message = "a file or directory is in its place" if taken else "is missing"
    _require_both_modes_to_fail(lineage, message, links={str(path): "fullchain.pem"})


@pytest.mark.parametrize("place", ["base", "lineage"])
def test_check_mode_tells_where_this_user_may_not_write(
    hierarchy: Hierarchy, place: str, as_ordinary_user: Callable[[], contextlib.AbstractContextManager[Path]]
) -> None:
    with as_ordinary_user() as folder:
        lineage = HostLineage(folder / "base", hierarchy)
        made = lineage.base if place == "base" else lineage.path
        made.mkdir(parents=True)
        made.chmod(0o555)
        _require_both_modes_to_fail(lineage, "Permission denied. Run the task with become")


@pytest.mark.parametrize("due", DUE)
@pytest.mark.parametrize("kept", ["owner", "group", "link"])
def test_check_mode_tells_what_this_user_may_not_do(
    hierarchy: Hierarchy, due: str, kept: str, as_ordinary_user: Callable[[], contextlib.AbstractContextManager[Path]]
) -> None:
    with as_ordinary_user() as folder:
        lineage = HostLineage(folder / "base", hierarchy)
        DUE[due](lineage)
        (folder / "usual").mkdir()
        (folder / "usual").chmod(0o555)
        options: dict[str, tuple[dict[str, Any], str]] = {
            "owner": ({"owner": "root"}, "only root can give a file to another user"),
            "group": ({"key_group": str(max(0, *os.getgroups(), os.getegid()) + 1)}, "group that its owner is not in"),
            "link": ({"links": {str(folder / "usual/web.pem"): "cert.pem"}}, "this user may not write in"),
        }
        asked, message = options[kept]
        _require_both_modes_to_fail(lineage, message, **asked)


def test_a_link_that_is_right_already_needs_no_permission(
    hierarchy: Hierarchy, as_ordinary_user: Callable[[], contextlib.AbstractContextManager[Path]]
) -> None:
    with as_ordinary_user() as folder:
        lineage, usual = HostLineage(folder / "base", hierarchy), folder / "usual"
        usual.mkdir()
        links: dict[str, Any] = {"links": {str(usual / "web.pem"): "cert.pem"}}
        lineage.run(**links)
        usual.chmod(0o555)
        assert lineage.run(**links, force_id="x")["changed"] and lineage.fault_of_live() is None


def test_a_group_that_files_inherit_from_their_directory_may_be_asked_for(
    hierarchy: Hierarchy, as_ordinary_user: Callable[[], contextlib.AbstractContextManager[Path]]
) -> None:
    with as_ordinary_user() as folder:
        lineage = HostLineage(folder / "base", hierarchy)
        assert find_inherited_group(str(lineage.base), "web") is None
        folder.chmod(0o2755)
        group = folder.stat().st_gid
        assert find_inherited_group(str(lineage.base), "web") == group
        lineage.run(key_group=str(group))
        assert (lineage.path / "generations").stat().st_gid == find_inherited_group(str(lineage.base), "web")
        strange = max(0, *os.getgroups(), os.getegid()) + 1
        plan = FilePlan(FileAttributes(0o644), FileAttributes(0o640, gid=strange))
        refuse_other_owners(plan, inherited=strange)
        with pytest.raises(UnusableState, match="group that its owner is not in"):
            refuse_other_owners(plan, inherited=group)
