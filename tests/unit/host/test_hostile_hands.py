# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names that try to escape, links planted below the base directory, other users' directories and files."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._errors import (
    InvalidInput,
    PrivateCaError,
    UnsafePath,
    UnusableState,
)
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._generations.directory import refuse_foreign
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._generations.files import Files
from host_authority import DAY, NOW, Hierarchy
from host_faults import HastyFiles
from host_lineage import LATER, HostLineage

STRANGER = 54321


@pytest.mark.parametrize(
    "name", ["", ".", "..", "../web", "/etc", "a/b", "a\0b", "-rf", ".hidden", "web server", "wéb", "x" * 129, "web\n"]
)
def test_a_name_that_could_be_a_path_is_refused(lineage: HostLineage, name: str) -> None:
    with pytest.raises(InvalidInput, match="Failed to accept the name of a lineage"):
        lineage.request(name=name)
    assert not lineage.base.exists()


@pytest.mark.parametrize("base", ["relative", "", "/tmp/\0"])
def test_a_base_directory_that_is_no_absolute_path_is_refused(lineage: HostLineage, base: str) -> None:
    with pytest.raises(InvalidInput, match="base_directory"):
        lineage.request(base_directory=base)


def _plant(path: Path, target: Path) -> None:
    target.mkdir(parents=True)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.symlink_to(target)


PLANTED = ["web", "web/generations", "web/pending", "web/.new-pending", "web/state.json", "web/.lock", "web/.new-live"]


@pytest.mark.parametrize("place", PLANTED)
def test_a_planted_link_is_never_followed(lineage: HostLineage, tmp_path: Path, place: str) -> None:
    outside = tmp_path / "outside"
    _plant(lineage.base / place, outside)
    try:
        lineage.run()
    except PrivateCaError as error:
        assert str(lineage.base / place) in error.sentence() or "web" in error.sentence()
    assert os.listdir(outside) == []


@pytest.mark.parametrize(
    "target", ["/etc", "generations/../../other", "../elsewhere", "generations/", "generations/a/b"]
)
def test_a_live_link_that_points_elsewhere_is_told(lineage: HostLineage, target: str) -> None:
    lineage.path.mkdir(parents=True)
    lineage.live.symlink_to(target)
    with pytest.raises(UnusableState, match="no generation of this collection"):
        lineage.request()
    with pytest.raises(UnusableState, match="no generation of this collection"):
        lineage.install(state="absent")
    assert lineage.live.is_symlink()


def _write(path: Path) -> None:
    path.write_text("mine")


def _make_large(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(100 << 20)


FOREIGN: list[tuple[str, str, Callable[[Path], None]]] = [
    ("a file where the lineage should be", "web", _write),
    ("a directory where the live link should be", "web/live", Path.mkdir),
    ("a file where the generations should be", "web/generations", _write),
    ("a FIFO where the state should be", "web/state.json", os.mkfifo),
    ("a state of 100 MB", "web/state.json", _make_large),
]


@pytest.mark.parametrize(("title", "place", "make"), FOREIGN, ids=[case[0] for case in FOREIGN])
def test_what_is_not_ours_is_told_and_left_alone(
    lineage: HostLineage, title: str, place: str, make: Callable[[Path], None]
) -> None:
    (lineage.base / place).parent.mkdir(parents=True)
    make(lineage.base / place)
    with pytest.raises((UnsafePath, UnusableState), match=str(lineage.path)) as caught:
        lineage.run()
    assert caught.value.sentence().endswith(".")
    assert os.listdir(lineage.base) == ["web"] and lineage.count_issued() == 0


@pytest.mark.parametrize("damage", [b"\xff\xfe\x00", b"[]", b'{"schema": 99}', b"{" * 100000])
def test_a_damaged_state_is_as_good_as_none(lineage: HostLineage, damage: bytes) -> None:
    lineage.run()
    (lineage.path / "state.json").write_bytes(damage)
    assert lineage.run()["action"] == "apply"
    assert lineage.request()["action"] == "none" and lineage.count_issued() == 1


@pytest.mark.parametrize("name", ["privkey.pem", "request.pem", "request.json"])
@pytest.mark.parametrize("damage", [b"", b"\xff\x00", b"{}"])
def test_a_damaged_pending_request_is_made_anew(lineage: HostLineage, name: str, damage: bytes) -> None:
    lineage.request()
    (lineage.path / "pending" / name).write_bytes(damage)
    assert lineage.request()["request"]["resumed"] is False
    lineage.run()
    assert lineage.fault_of_live() is None


@pytest.mark.parametrize("bits", [0o777, 0o757, 0o1777])
def test_a_base_directory_that_others_can_write_is_refused(lineage: HostLineage, bits: int) -> None:
    lineage.base.mkdir()
    lineage.base.chmod(bits)
    with pytest.raises(UnsafePath, match=r"others can write it|everyone may write"):
        lineage.request()
    assert os.listdir(lineage.base) == []


def test_a_parent_that_others_can_write_is_refused(lineage: HostLineage, tmp_path: Path) -> None:
    (tmp_path / "open").mkdir()
    (tmp_path / "open").chmod(0o777)
    with pytest.raises(UnsafePath, match="others can write it"):
        lineage.request(base_directory=str(tmp_path / "open" / "base"))


class StrangersFiles(HastyFiles):
    """Shows one name as another user's."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.opened: dict[int, str] = {}

    def open_directory(self, name: str, parent: int | None = None) -> int:
        file = super().open_directory(name, parent)
        self.opened[file] = name
        return file

    def open_file(self, name: str, parent: int) -> int:
        file = super().open_file(name, parent)
        self.opened[file] = name
        return file

    def stat_open(self, file: int) -> os.stat_result:
        status = super().stat_open(file)
        return _give_to_stranger(status) if self.opened.get(file) == self.name else status


def _give_to_stranger(status: os.stat_result) -> os.stat_result:
    return os.stat_result((*status[:4], STRANGER, *status[5:]))


@pytest.mark.parametrize(
    "name", ["base", "web", "generations", "pending", "state.json", "generation.json", "request.json"]
)
def test_another_users_directory_or_file_is_not_trusted(lineage: HostLineage, name: str) -> None:
    lineage.run()
    lineage.request(force_id="x")
    before = lineage.snapshot()
    files: Files = StrangersFiles(name)
    with pytest.raises(UnsafePath, match=f"belongs to the user with the id {STRANGER}"):
        lineage.request(files, force_id="x")
    assert lineage.snapshot() == before


def test_a_group_is_trusted_only_if_it_is_roots_or_our_own(tmp_path: Path) -> None:
    tmp_path.chmod(0o770)
    status = tmp_path.stat()
    refuse_foreign(status, "path")
    with pytest.raises(UnsafePath, match="others can write it"):
        refuse_foreign(os.stat_result((*status[:5], STRANGER, *status[6:])), "path")


def read_recorded_links(lineage: HostLineage) -> dict[str, str]:
    """Return the links that a lineage has on record."""
    links: dict[str, str] = json.loads((lineage.path / "state.json").read_text())["links"]
    return links


def test_a_link_option_never_replaces_a_file(lineage: HostLineage, tmp_path: Path) -> None:
    (tmp_path / "usual").mkdir()
    (tmp_path / "usual/cert.pem").write_text("mine")
    with pytest.raises(UnsafePath, match="a file or directory is in its place"):
        lineage.run(links={str(tmp_path / "usual/cert.pem"): "cert.pem"})
    assert (tmp_path / "usual/cert.pem").read_text() == "mine" and not lineage.live.exists()


def test_links_at_usual_paths_are_made_corrected_and_removed(lineage: HostLineage, tmp_path: Path) -> None:
    (tmp_path / "usual").mkdir()
    path = tmp_path / "usual/web.pem"
    path.symlink_to("/etc/ssl/certs/snakeoil.pem")
    links: dict[str, Any] = {"links": {str(path): "fullchain.pem"}}
    lineage.run(**links)
    assert path.read_bytes() == (lineage.live / "fullchain.pem").read_bytes()
    path.unlink()
    asked = lineage.request(**links)
    assert [reason["reason"] for reason in asked["reasons"]] == ["link_changed"]
    lineage.run(**links)
    assert os.readlink(path) == str(lineage.live / "fullchain.pem")
    lineage.install(state="absent", **links)
    assert not os.path.lexists(path)


def test_a_link_that_is_asked_for_no_longer_goes_and_the_last_goes_with_the_lineage(
    lineage: HostLineage, tmp_path: Path
) -> None:
    old, new = tmp_path / "old.pem", tmp_path / "new.pem"
    lineage.run(links={str(old): "cert.pem"})
    links: dict[str, Any] = {"links": {str(new): "fullchain.pem"}}
    asked = lineage.request(check_mode=True, **links)
    assert [reason["message"] for reason in asked["reasons"]] == [
        f"{new} does not point at {lineage.live / 'fullchain.pem'}",
        f"{old} is asked for no longer",
    ]
    lineage.run(**links)
    assert not os.path.lexists(old) and new.exists() and lineage.request(**links)["action"] == "none"
    lineage.install(state="absent")
    assert not os.path.lexists(new)


def test_a_link_that_leads_elsewhere_meanwhile_is_left_alone(lineage: HostLineage, tmp_path: Path) -> None:
    path = tmp_path / "usual.pem"
    lineage.run(links={str(path): "cert.pem"})
    path.unlink()
    path.symlink_to("/etc/ssl/certs/snakeoil.pem")
    lineage.run()
    assert lineage.request()["action"] == "none"
    lineage.install(state="absent")
    assert os.readlink(path) == "/etc/ssl/certs/snakeoil.pem"


def test_a_link_whose_path_is_spelled_another_way_stays(lineage: HostLineage, tmp_path: Path) -> None:
    (tmp_path / "pki").mkdir()
    (tmp_path / "ssl").symlink_to("pki")
    lineage.run(links={str(tmp_path / "ssl/web.pem"): "cert.pem"})
    link = tmp_path / "pki/web.pem"
    asked: dict[str, Any] = {"links": {str(link): "fullchain.pem"}, "reload_command": ["test", "-e", str(link)]}
    lineage.run(**asked)
    assert os.readlink(link) == str(lineage.live / "fullchain.pem") and lineage.request(**asked)["action"] == "none"
    assert read_recorded_links(lineage) == asked["links"]
    lineage.install(state="absent")
    assert not os.path.lexists(link)


@pytest.mark.parametrize("loser_first", [True, False])
def test_a_link_moves_to_another_lineage_whichever_is_run_first(
    hierarchy: Hierarchy, tmp_path: Path, loser_first: bool
) -> None:
    link = tmp_path / "usual.pem"
    asked: dict[str, Any] = {"links": {str(link): "cert.pem"}}
    needed: dict[str, Any] = {"reload_command": ["test", "-e", str(link)]}
    loses, gets = (HostLineage(tmp_path / name, hierarchy) for name in ("loses", "gets"))
    loses.run(**asked, **needed)
    runs: list[tuple[HostLineage, dict[str, Any]]] = [(loses, {}), (gets, asked)]
    for lineage, links in runs if loser_first else reversed(runs):
        lineage.run(**links, **needed)
    assert os.readlink(link) == str(gets.live / "cert.pem") and read_recorded_links(loses) == {}
    assert loses.request()["action"] == gets.request(**asked)["action"] == "none"


@pytest.mark.parametrize("state", ["present", "absent"])
def test_a_link_that_is_asked_for_no_longer_stays_in_a_place_that_others_can_turn_elsewhere(
    lineage: HostLineage, tmp_path: Path, state: str
) -> None:
    (tmp_path / "usual").mkdir()
    link = tmp_path / "usual/web.pem"
    lineage.run(links={str(link): "cert.pem"})
    (tmp_path / "usual").chmod(0o777)
    done = lineage.run() if state == "present" else lineage.install(state=state)
    (warning,) = done["warnings"]
    assert f"{link} is asked for no longer" in warning and "others can write it" in warning
    assert os.path.lexists(link)
    if state == "present":
        assert lineage.request()["action"] == "none" and "warnings" not in lineage.run(**LATER)
    else:
        assert not lineage.path.exists()


def test_a_link_that_is_asked_for_no_longer_and_that_this_user_may_not_remove_keeps_nothing_from_a_renewal(
    hierarchy: Hierarchy, as_ordinary_user: Callable[[], contextlib.AbstractContextManager[Path]]
) -> None:
    with as_ordinary_user() as folder:
        lineage, usual = HostLineage(folder / "base", hierarchy), folder / "usual"
        usual.mkdir()
        lineage.run(links={str(usual / "web.pem"): "cert.pem"})
        usual.chmod(0o555)
        done = lineage.run(**LATER)
        assert done["action"] == "issue" and "Permission denied" in done["warnings"][0]
        assert lineage.request(**LATER)["action"] == "none"


def test_a_state_of_an_earlier_release_is_read_and_knows_no_links(lineage: HostLineage, tmp_path: Path) -> None:
    links: dict[str, Any] = {"links": {str(tmp_path / "usual.pem"): "cert.pem"}}
    lineage.run(**links)
    state = json.loads((lineage.path / "state.json").read_text())
    del state["links"]
    (lineage.path / "state.json").write_text(json.dumps(state))
    assert lineage.request(**links)["action"] == "none"
    lineage.run(**links, now=NOW + 61 * DAY)
    lineage.install(state="absent")
    assert not os.path.lexists(tmp_path / "usual.pem")


def test_a_parent_that_can_only_be_searched_is_no_obstacle(
    hierarchy: Hierarchy, as_ordinary_user: Callable[[], contextlib.AbstractContextManager[Path]]
) -> None:
    with as_ordinary_user() as folder:
        lineage = HostLineage(folder / "home/deploy/base", hierarchy)
        (folder / "home").chmod(0o311)
        lineage.run()
        assert lineage.request()["action"] == "none" and lineage.fault_of_live() is None
        (folder / "home").chmod(0o755)


@pytest.mark.parametrize(
    ("options", "because"),
    [
        ({"key_mode": "0644"}, "open the private key to every user"),
        ({"key_mode": "0660"}, "or let a group change it"),
        ({"key_mode": 400}, "key_mode 0620.*or let a group change it"),
        ({"key_mode": 440}, "key_mode 0670.*or let a group change it"),
        ({"mode": "u=rw"}, "no octal mode"),
        ({"mode": 0o7777}, "no octal mode"),
        ({"owner": "no-such-user"}, "has no such user"),
        ({"key_group": "no-such-group"}, "has no such group"),
        ({"formats": ["pkcs12"]}, "without a passphrase"),
        ({"links": {"relative": "cert.pem"}}, "no absolute path"),
        ({"links": {"/etc/../x": "cert.pem"}}, "no absolute path"),
        ({"links": {"/etc/x": "../../shadow"}}, "no file of a generation"),
        ({"links": {"/etc/\0": "cert.pem"}}, "no absolute path"),
        ({"renew_before": "soon"}, "neither a percentage"),
        ({"subject_alternative_names": ["web"]}, "no known kind"),
        ({"owner": "²"}, "has no such user"),
        ({"key_owner": str(2**32)}, "has no such user"),
        ({"key_passphrase": ""}, r"\(key_passphrase\): it is empty or has more than 1023"),
        ({"key_passphrase": "é" * 512}, "it is empty or has more than 1023"),
        ({"key_algorithm": "ML_DSA_65", "key_format": "traditional"}, "no traditional form"),
        ({"key_algorithm": "ML_DSA_44", "formats": ["pkcs12"], "keystore_passphrase": "x"}, "no pkcs12 form"),
    ],
)
@pytest.mark.parametrize("check_mode", [True, False])
def test_an_option_that_cannot_be_used_is_told_before_anything_is_written_in_check_mode_too(
    lineage: HostLineage, options: dict[str, Any], because: str, check_mode: bool
) -> None:
    with pytest.raises(InvalidInput, match=because):
        lineage.request(check_mode=check_mode, **options)
    assert not lineage.base.exists()


def test_a_directory_that_cannot_be_written_is_told_with_its_path(lineage: HostLineage) -> None:
    class ReadOnlyFiles(HastyFiles):
        def create_directory(self, name: str, parent: int, mode: int) -> None:
            raise OSError(30, os.strerror(30))

    with pytest.raises(UnusableState, match=r"Read-only file system\. Choose a base_directory") as caught:
        lineage.request(ReadOnlyFiles())
    assert str(lineage.path) in caught.value.sentence()
