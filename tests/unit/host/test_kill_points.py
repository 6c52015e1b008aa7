# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The host's side is killed at every call that changes the disk: enumerated, not sampled."""

from __future__ import annotations

import errno
import os
import signal
import sys
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._errors import StepFailed, UnusableState
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._generations.files import Files
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._x509.requests import build_request
from cryptography.hazmat.primitives.asymmetric import ec
from host_authority import DAY, NOW, Hierarchy, key_pem
from host_faults import FaultyFiles, WatchedFiles, die, run_in_child
from host_lineage import LATER, NAMES, HostLineage


@dataclass(frozen=True)
class Story:
    """What a run meets: the options of the runs before it, its own, damage in between, and certificates in the end.

    With ``waiting`` a request of other options is left on the host, with ``adopts`` a pair is in place elsewhere.
    """

    title: str
    before: tuple[dict[str, Any], ...]
    run: dict[str, Any]
    issued: int
    damage: tuple[str, ...] = ()
    absent: bool = False
    fails: bool = False
    waiting: dict[str, Any] = field(default_factory=dict)
    adopts: bool = False
    then: dict[str, Any] = field(default_factory=dict)

    @property
    def keeps_live(self) -> bool:
        """Whether a set was live before, and one must be at every instant."""
        return bool(self.before) and not self.absent

    def prepare(self, lineage: HostLineage) -> None:
        for options in self.before:
            with suppress(StepFailed):
                lineage.run(**options)
        if self.waiting:
            lineage.request(**self.waiting)
        if self.adopts:
            place_pair(lineage)
        for name in self.damage:
            (lineage.live / name).chmod(0o600)

    def tell(self, lineage: HostLineage, files: Files) -> None:
        try:
            self.act(lineage, files)
        except StepFailed:
            assert self.fails

    def act(self, lineage: HostLineage, files: Files) -> None:
        if self.absent:
            lineage.install(files, state="absent", **self.run)
        else:
            lineage.run(files, **self.run, **self._adopt(lineage))

    def end(self, lineage: HostLineage) -> None:
        """Run plainly once more, as a user would after the crash."""
        again = {**{name: self.run[name] for name in self.run if name == "now"}, **self.then, **self._adopt(lineage)}
        if self.absent:
            lineage.install(state="absent", **again)
            assert not lineage.path.exists()
            return
        lineage.run(**again)
        assert lineage.fault_of_live() is None and lineage.live.exists()
        assert lineage.request(**again)["action"] == "none"
        assert lineage.count_issued() == self.issued
        assert set(os.listdir(lineage.path)) == {".lock", "generations", "live", "state.json"}

    def _adopt(self, lineage: HostLineage) -> dict[str, Any]:
        names = ("key", "certificate") if self.adopts else ()
        return {"adopt": {name: str(lineage.base.parent / f"{name}.pem") for name in names}} if names else {}


def place_pair(lineage: HostLineage) -> None:
    """Put a key and its certificate beside the lineage, as another tool would have left them."""
    key = ec.generate_private_key(ec.SECP256R1())
    leaf = lineage.hierarchy.issue(build_request(key, {"CN": "web.example.com"}, NAMES))
    (lineage.base.parent / "key.pem").write_bytes(key_pem(key))
    (lineage.base.parent / "certificate.pem").write_text("".join([leaf, *lineage.hierarchy.chain]))


OTHER_NAMES = {"subject_alternative_names": ["DNS:other.example.com"]}
COMMANDS = {"validate_command": ["true"], "reload_command": ["true"]}
APPLICATION = Story(
    "what a failed reload left is applied",
    ({}, {**LATER, "reload_command": ["false"]}),
    {**LATER, **COMMANDS},
    issued=2,
)
STORIES = [
    Story("first issuance", (), COMMANDS, issued=1),
    Story("renewal that prunes", ({}, {"now": NOW + 31 * DAY, "force_id": "x"}), {**LATER, "force_id": "y",
          "keep_generations": 0}, issued=3, then={"force_id": "y"}),
    Story("renewal with a link and formats", ({},), {**LATER, "formats": ["combined", "der"]}, issued=2,
          then={"formats": ["combined", "der"]}),
    Story("repair", ({},), {**COMMANDS, "formats": ["pkcs12"], "keystore_passphrase": "x"}, issued=1,
          damage=("cert.pem", "chain.pem"), then={"formats": ["pkcs12"], "keystore_passphrase": "x"}),
    Story("a reload that fails", ({},), {**LATER, "reload_command": ["false"]}, issued=2, fails=True),
    Story("a form that is refused", ({},), {"key_format": "traditional", "reload_command": ["false"]}, issued=1,
          then={"key_format": "traditional"}, fails=True),
    Story("a test that fails on an empty host", (), {"validate_command": ["false"]}, issued=1, fails=True),
    APPLICATION,
    Story("other names than those of a request that waits", ({},), OTHER_NAMES, issued=2,
          waiting={"subject_alternative_names": ["DNS:third.example.com"]}, then=OTHER_NAMES),
    Story("a pair that is in place is adopted", (), COMMANDS, issued=0, adopts=True),
    Story("removal", ({},), {}, issued=1, absent=True),
]  # fmt: skip
TOLD = pytest.mark.parametrize("story", STORIES, ids=[story.title for story in STORIES])


def begin(story: Story, directory: Path, hierarchy: Hierarchy) -> HostLineage:
    lineage = HostLineage(directory / "base", hierarchy)
    story.prepare(lineage)
    return lineage


def require_a_good_end(story: Story, lineage: HostLineage, where: str) -> None:
    """Fail unless what lies on the host now is whole for a reader, and one plain run ends well."""
    assert lineage.fault_of_live() is None, where
    assert lineage.live.exists() or not story.keeps_live, where
    story.end(lineage)


@TOLD
def test_after_a_kill_at_every_changing_call_one_plain_run_ends_well(
    story: Story, hierarchy: Hierarchy, tmp_path: Path
) -> None:
    lineage = begin(story, tmp_path, hierarchy)
    states: list[tuple[dict[str, Any], int]] = []
    saved: list[Path] = []

    def save() -> None:
        """Save what a kill would leave now; a call that changed nothing, such as a flush, leaves what was there."""
        state = (lineage.snapshot(), lineage.count_issued())
        if state not in states[-1:]:
            states.append(state)
            saved.append(tmp_path / f"{len(states)}, after {files.count} calls")
            lineage.save(saved[-1])

    files = WatchedFiles(save)
    story.tell(lineage, files)
    assert len(saved) > 5
    for directory in saved:
        lineage.restore(directory)
        require_a_good_end(story, lineage, directory.name)


def test_a_real_kill_leaves_what_is_saved_in_its_place(hierarchy: Hierarchy, tmp_path: Path) -> None:
    lineage = begin(APPLICATION, tmp_path, hierarchy)
    lineage.save(tmp_path / "kept")
    seen: list[dict[str, Any]] = []
    files = WatchedFiles(lambda: seen.append(lineage.snapshot()))
    APPLICATION.tell(lineage, files)
    left: list[dict[str, Any]] = []
    for at, method in enumerate(files.made, 1):
        for torn in (False, True) if method == "write" else (False,):
            lineage.restore(tmp_path / "kept")
            kill = partial(APPLICATION.tell, lineage, FaultyFiles(at, die, torn))
            assert run_in_child(kill) == -signal.SIGKILL, at
            left.append(lineage.snapshot())
    assert left == seen


ALL_CALLS, FIRST_CALL = slice(None), slice(1)
FULL = (errno.ENOSPC, ALL_CALLS, r"No space left on device\. Free space")
READ_ONLY = (errno.EROFS, FIRST_CALL, r"Read-only file system\. Choose a base_directory")


@TOLD
@pytest.mark.parametrize("disk", [pytest.param(FULL, id="full"), pytest.param(READ_ONLY, id="read-only")])
def test_a_disk_that_takes_no_change_is_told_and_breaks_nothing(
    story: Story, disk: tuple[int, slice, str], hierarchy: Hierarchy, tmp_path: Path
) -> None:
    number, calls, told = disk
    lineage = begin(story, tmp_path, hierarchy)
    lineage.save(tmp_path / "kept")
    counting = FaultyFiles()
    story.tell(lineage, counting)

    def refuse(_method: str) -> None:
        raise OSError(number, os.strerror(number))

    for at in range(1, counting.count + 1)[calls]:
        lineage.restore(tmp_path / "kept")
        with pytest.raises((StepFailed, UnusableState), match=told):
            story.act(lineage, FaultyFiles(at, refuse))
        require_a_good_end(story, lineage, f"after call {at}")


CHANGING_EVENTS = ("os.mkdir", "os.rename", "os.symlink", "os.remove", "os.rmdir", "os.chmod", "os.chown", "os.link",
                   "os.truncate", "os.utime", "os.setxattr", "os.removexattr", "shutil.")  # fmt: skip


@TOLD
def test_no_change_of_the_disk_goes_around_the_layer(story: Story, hierarchy: Hierarchy, tmp_path: Path) -> None:
    lineage = begin(story, tmp_path, hierarchy)
    files, strays = FaultyFiles(), tmp_path / "strays"

    def watch(event: str, arguments: tuple[Any, ...]) -> None:
        writes = event == "open" and isinstance(arguments[2], int) and arguments[2] & (os.O_WRONLY | os.O_RDWR)
        if (writes or event.startswith(CHANGING_EVENTS)) and not files.inside and not _is_of_the_test(arguments):
            os.write(stray_file, f"{event} {arguments}\n".encode())

    def _is_of_the_test(arguments: tuple[Any, ...]) -> bool:
        return str(lineage.ledger) in str(arguments[0]) or str(arguments[0]) == os.devnull

    stray_file = os.open(strays, os.O_WRONLY | os.O_CREAT)

    def body() -> None:
        sys.addaudithook(watch)
        story.tell(lineage, files)

    assert run_in_child(body) == 0
    os.close(stray_file)
    assert strays.read_text() == ""
