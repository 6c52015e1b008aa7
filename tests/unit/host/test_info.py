# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading everything, changing nothing."""

from __future__ import annotations

import contextlib
import errno
import os
from typing import Any

import pytest
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._errors import (
    InvalidInput,
    StepFailed,
    UnusableState,
)
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._lineage.info import read_lineages
from host_authority import DAY, NOW
from host_faults import FaultyFiles, HastyFiles
from host_lineage import HostLineage


def read(lineage: HostLineage, **options: Any) -> list[dict[str, Any]]:
    """Read the lineages through a layer that shows whether anything was changed."""
    files = FaultyFiles()
    found = read_lineages({"base_directory": str(lineage.base), "now": NOW, **options}, files)
    assert files.count == 0
    return found


def test_a_host_without_lineages_has_none_to_show(lineage: HostLineage) -> None:
    assert read(lineage) == [] == read(lineage, name="web")


def test_a_live_certificate_is_shown_with_its_facts_and_the_time_of_its_renewal(lineage: HostLineage) -> None:
    done = lineage.run(certificate_arn="arn:certificate")
    (found,) = read(lineage, host="host1")
    assert found["current"] == done["current"] and found["generation"] == done["generation"]
    assert (found["in_service"], found["pending"], found["faults"], found["failure"]) == (True, False, [], None)
    assert found["seconds_left"] == 90 * DAY and "2027-03-11" <= found["renew_at"] <= "2027-03-16T08:00:00Z"
    assert found["terms"] == lineage.options["terms"] and found["certificate_arn"] == "arn:certificate"


def test_a_certificate_that_lives_shorter_than_renew_before_has_no_time_of_renewal(lineage: HostLineage) -> None:
    lineage.run()
    assert [found["renew_at"] for found in read(lineage, renew_before="120d")] == [None]


def test_modes_and_formats_as_written_are_no_faults_and_later_changes_are(lineage: HostLineage) -> None:
    lineage.run(mode="0640", formats=["der"], key_format="traditional")
    assert read(lineage)[0]["faults"] == []
    (lineage.live / "cert.der").write_bytes(b"x")
    assert [fault["reason"] for fault in read(lineage)[0]["faults"]] == ["file_changed"]


def test_what_waits_and_what_failed_is_shown(lineage: HostLineage) -> None:
    lineage.run()
    with contextlib.suppress(StepFailed):
        lineage.run(force_id="x", validate_command="false")
    lineage.request(force_id="y")
    (found,) = read(lineage)
    assert found["pending"] and found["in_service"] and len(found["generations"]) == 2
    assert found["candidate"] == found["failure"]["generation"] != found["generation"]
    assert found["failure"]["step"] == "validate"


class GroupFiles(HastyFiles):
    """The disk as one sees it who is in the group of the files, and not their owner."""

    def open_file(self, name: str, parent: int) -> int:
        """Open a file for reading if the group may."""
        if not self.stat(name, parent).st_mode & 0o040:
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        return super().open_file(name, parent)


def test_who_may_read_the_key_by_its_group_sees_all_and_judges_as_its_owner_does(lineage: HostLineage) -> None:
    lineage.run(key_mode="0640")
    shown = read_lineages({"base_directory": str(lineage.base), "now": NOW}, GroupFiles())
    assert shown == read(lineage) and shown[0]["in_service"]
    assert lineage.request(GroupFiles(), check_mode=True, key_mode="0640")["action"] == "none"


def test_who_may_not_read_why_a_step_failed_is_told_that_and_sees_the_certificate(lineage: HostLineage) -> None:
    lineage.run(key_mode="0640")
    with contextlib.suppress(StepFailed):
        lineage.run(force_id="x", key_mode="0640", validate_command="false")
    (own,), (shown,) = read(lineage), read_lineages({"base_directory": str(lineage.base), "now": NOW}, GroupFiles())
    assert (shown["current"], shown["seconds_left"]) == (own["current"], own["seconds_left"])
    assert (shown["in_service"], shown["unreadable"], shown["faults"]) == (False, None, [])
    assert "state.json can be read by its owner alone" in shown["failure"]["reason"]


def test_a_damaged_lineage_is_shown_with_what_is_wrong(lineage: HostLineage) -> None:
    lineage.run()
    (lineage.live / "generation.json").write_text("{")
    (found,) = read(lineage)
    assert found["current"] is None and "is no JSON" in found["unreadable"]


def test_a_lost_live_link_is_shown_with_the_certificate_that_it_led_to(lineage: HostLineage) -> None:
    done = lineage.run(links={str(lineage.base.parent / "usual.pem"): "cert.pem"})
    assert read(lineage)[0]["in_service"]
    lineage.live.unlink()
    (found,) = read(lineage)
    assert found["generation"] == done["generation"] and not found["in_service"]
    assert [fault["message"] for fault in found["faults"]] == [f"{lineage.live} is missing"]


def test_a_link_at_a_usual_path_that_leads_elsewhere_is_among_the_faults(lineage: HostLineage) -> None:
    usual = lineage.base.parent / "usual.pem"
    lineage.run(links={str(usual): "cert.pem"})
    usual.unlink()
    usual.symlink_to("/etc/ssl/certs/snakeoil.pem")
    (found,) = read(lineage)
    assert not found["in_service"] and [fault["name"] for fault in found["faults"]] == [str(usual)]


@pytest.mark.parametrize("elsewhere", [False, True])
def test_a_link_that_is_asked_for_no_longer_is_no_fault_after_the_next_run(
    lineage: HostLineage, elsewhere: bool
) -> None:
    usual = lineage.base.parent / "usual.pem"
    lineage.run(links={str(usual): "cert.pem"})
    usual.unlink()
    if elsewhere:
        usual.symlink_to("/etc/ssl/certs/snakeoil.pem")
    assert [reason["message"] for reason in lineage.run()["asked"]["reasons"]] == [f"{usual} is asked for no longer"]
    (found,) = read(lineage)
    assert found["in_service"] and not found["faults"] and lineage.request()["action"] == "none"


def test_what_is_no_lineage_or_cannot_be_read_hides_none_of_the_others(lineage: HostLineage) -> None:
    lineage.run()
    (lineage.base / "README").write_text("not a lineage")
    (lineage.base / "linked").symlink_to("/etc")
    (lineage.base / "open").mkdir()
    (lineage.base / "open").chmod(0o777)
    (lineage.base / "taken").mkdir()
    (lineage.base / "taken/live").write_text("mine")
    found = {each["name"]: each for each in read(lineage)}
    assert list(found) == ["open", "taken", "web"] and found["web"]["in_service"]
    assert "others can write it" in found["open"]["unreadable"]
    assert "did not make" in found["taken"]["unreadable"]
    assert set(found["open"]) == set(found["web"])
    with pytest.raises(UnusableState, match="did not make"):
        read(lineage, name="taken")


@pytest.mark.parametrize("options", [{"name": "../etc"}, {"renew_before": "soon"}, {"base_directory": "etc"}])
def test_an_option_that_cannot_be_used_is_told(lineage: HostLineage, options: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput):
        read(lineage, **options)


class LabelledFiles(HastyFiles):
    """Shows an SELinux label on every file, and remembers those set."""

    def __init__(self) -> None:
        self.labels: list[bytes] = []

    def read_context(self, file: int) -> bytes | None:
        return b"system_u:object_r:cert_t:s0"

    def set_context(self, file: int, context: bytes) -> None:
        self.labels.append(context)


def test_the_security_labels_of_the_live_files_survive_a_renewal(lineage: HostLineage) -> None:
    files = LabelledFiles()
    lineage.run(files)
    assert files.labels == []
    lineage.run(files, now=NOW + 61 * DAY)
    assert files.labels == [b"system_u:object_r:cert_t:s0"] * 5
