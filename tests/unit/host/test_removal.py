# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A removal tells what it takes the record of, and what would keep it from that, before anything is changed."""

from __future__ import annotations

import contextlib
import fcntl
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._errors import StepFailed, UnusableState
from host_authority import Hierarchy
from host_faults import HastyFiles
from host_lineage import LATER, HostLineage
from host_tls import Nginx


def rehearse(lineage: HostLineage) -> list[dict[str, Any]]:
    return list(lineage.install(check_mode=True, state="absent")["certificates"])


def list_arns(lineage: HostLineage) -> list[str | None]:
    return [each["certificate_arn"] for each in rehearse(lineage)]


def test_what_never_came_into_service_is_told(lineage: HostLineage) -> None:
    with pytest.raises(StepFailed):
        lineage.run(certificate_arn="arn:first", reload_command=["false"])
    assert list_arns(lineage) == ["arn:first"]


def test_what_was_replaced_without_a_proof_is_told_and_so_is_what_waits_and_the_live_one_last(
    lineage: HostLineage,
) -> None:
    first = lineage.run(certificate_arn="arn:first")
    second = lineage.run(certificate_arn="arn:second", force_id="x")
    with pytest.raises(StepFailed):
        lineage.run(certificate_arn="arn:third", force_id="y", validate_command=["false"])
    assert sorted(map(str, list_arns(lineage)[:2])) == ["arn:first", "arn:third"]
    assert rehearse(lineage)[-1] == {
        "generation": second["generation"],
        "serial": second["current"]["serial"],
        "certificate_arn": "arn:second",
        "not_after": second["current"]["not_after"],
    }
    assert first["generation"] in {each["generation"] for each in rehearse(lineage)}


def test_what_was_replaced_with_a_proof_is_told_once_and_also_when_its_generation_is_gone(
    lineage: HostLineage, nginx: Nginx
) -> None:
    lineage.run(**LATER, certificate_arn="arn:second", **nginx.options)
    assert list_arns(lineage) == ["arn:first", "arn:second"]
    lineage.run(**LATER, certificate_arn="arn:third", force_id="x", keep_generations=0, **nginx.options)
    assert list_arns(lineage) == ["arn:first", "arn:second", "arn:third"]
    assert [each["generation"] is None for each in rehearse(lineage)] == [True, True, False]


@pytest.mark.parametrize("damage", ["{", None])
def test_a_generation_whose_record_is_damaged_is_told_without_an_arn(lineage: HostLineage, damage: str | None) -> None:
    done = lineage.run(certificate_arn="arn:first")
    record = lineage.live / "generation.json"
    record.write_text(damage or record.read_text().replace(done["current"]["not_after"], "soon"))
    assert rehearse(lineage) == [
        {"generation": done["generation"], "serial": None, "certificate_arn": None, "not_after": None}
    ]


def test_what_another_run_changes_is_waited_for_before_the_removal_is_said_to_be_possible(lineage: HostLineage) -> None:
    lineage.run()
    tried = threading.Event()

    class WatchedFiles(HastyFiles):
        def lock(self, file: int) -> bool:
            taken = super().lock(file)
            tried.set()
            return taken

    with (lineage.path / ".lock").open("r+") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        ended = threading.Event()

        def remove() -> None:
            lineage.install(WatchedFiles(), check_mode=True, state="absent")
            ended.set()

        run = threading.Thread(target=remove)
        run.start()
        assert tried.wait(60) and not ended.is_set()
    run.join()
    assert ended.is_set() and lineage.live.exists()


@pytest.mark.parametrize("check_mode", [True, False])
@pytest.mark.parametrize("closed", [".", "web", "web/generations", "usual"])
def test_a_removal_that_this_user_may_not_make_is_told_before_anything_is_removed(
    hierarchy: Hierarchy,
    as_ordinary_user: Callable[[], contextlib.AbstractContextManager[Path]],
    closed: str,
    check_mode: bool,
) -> None:
    with as_ordinary_user() as folder:
        lineage = HostLineage(folder / "base", hierarchy)
        (lineage.base / "usual").mkdir(parents=True)
        lineage.run(links={str(lineage.base / "usual/web.pem"): "cert.pem"})
        (lineage.base / closed).chmod(0o555)
        before = lineage.snapshot()
        with pytest.raises(UnusableState, match="Run the task with become"):
            lineage.install(state="absent", check_mode=check_mode)
        assert lineage.snapshot() == before
        (lineage.base / closed).chmod(0o755)
