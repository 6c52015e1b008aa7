# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whatever goes wrong between the switch and the proof, what was before is back: files, links, and what is loaded."""

from __future__ import annotations

import json
import os
import shutil
import signal
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._errors import StepFailed, UnusableState
from host_faults import FaultyFiles, HastyFiles, fill_disk, run_in_child
from host_lineage import LATER, HostLineage


class Loaded:
    """A service that reads what a link at a usual path leads to when it is reloaded, and then not any more."""

    def __init__(self, lineage: HostLineage, directory: Path) -> None:
        self.link = directory / "usual.pem"
        self._loaded = directory / "loaded"
        self.options: dict[str, Any] = {
            "links": {str(self.link): "cert.pem"},
            "reload_command": ["cp", str(self.link), str(self._loaded)],
        }
        self.refusal = {**self.options, "reload_command": ["sh", "-c", f"cp {self.link} {self._loaded}; exit 1"]}

    @property
    def is_in_step(self) -> bool:
        """Whether what it has loaded is what it would load now."""
        return self._loaded.read_bytes() == self.link.read_bytes()


@pytest.fixture
def service(lineage: HostLineage, tmp_path: Path) -> Loaded:
    (tmp_path / "service").mkdir()
    return Loaded(lineage, tmp_path / "service")


def test_after_a_full_disk_at_every_changing_call_the_service_has_loaded_what_is_live(
    lineage: HostLineage, service: Loaded, tmp_path: Path
) -> None:
    first = lineage.run(**service.options)
    lineage.save(tmp_path / "kept")
    counting = FaultyFiles()
    lineage.run(counting, **LATER, **service.options)
    told = []
    for at in range(1, counting.count + 1):
        lineage.restore(tmp_path / "kept")
        shutil.copy(service.link, tmp_path / "service/loaded")
        with pytest.raises((StepFailed, UnusableState), match="No space left on device") as caught:
            lineage.run(FaultyFiles(at, fill_disk), **LATER, **service.options)
        assert service.is_in_step and lineage.fault_of_live() is None, f"at call {at}, {counting.made[at - 1]}"
        if caught.value.details.get("step") == "switch":
            told.append(caught.value.sentence())
            assert lineage.serial() == first["current"]["serial"] and caught.value.details["restored"] is True
    assert told and all("is live and in service again" in sentence for sentence in told)


def test_a_link_that_led_elsewhere_leads_there_again_and_the_service_loads_that(
    lineage: HostLineage, service: Loaded, tmp_path: Path
) -> None:
    former = tmp_path / "snakeoil.pem"
    former.write_text("a certificate of before")
    service.link.symlink_to(former)
    with pytest.raises(StepFailed, match="There was no earlier generation to go back to"):
        lineage.run(**service.refusal)
    assert os.readlink(service.link) == str(former) and not os.path.lexists(lineage.live)
    assert service.is_in_step
    lineage.run(**service.options)
    assert service.is_in_step and lineage.count_issued() == 1 and lineage.fault_of_live() is None


def test_a_link_that_was_not_there_is_gone_again(lineage: HostLineage, service: Loaded) -> None:
    lineage.run()
    with pytest.raises(StepFailed):
        lineage.run(**LATER, **service.refusal)
    assert not os.path.lexists(service.link)


def test_a_live_set_whose_record_is_damaged_is_gone_back_to_all_the_same(lineage: HostLineage, service: Loaded) -> None:
    serial = lineage.run(**service.options)["current"]["serial"]
    (lineage.live / "generation.json").write_text("{")
    with pytest.raises(StepFailed, match="is live again"):
        lineage.run(**service.refusal)
    assert lineage.serial() == serial and lineage.fault_of_live() is None and service.is_in_step


def test_a_repair_that_the_service_refuses_says_that_the_generation_stays_live(lineage: HostLineage) -> None:
    done = lineage.run()
    with pytest.raises(StepFailed, match=f"The generation {done['generation']} was live before and still is"):
        lineage.run(formats=["der"], reload_command=["false"])


class ConfusedFiles(HastyFiles):
    """Fails in a way that nobody foresaw, once, when the live link was just switched."""

    def __init__(self) -> None:
        self.is_confused = False

    def rename(self, old: str, new: str, parent: int) -> None:
        super().rename(old, new, parent)
        if new == "live" and not self.is_confused:
            self.is_confused = True
            raise RuntimeError("confused")


def test_an_error_that_nobody_foresaw_brings_back_what_was_before_too(lineage: HostLineage, service: Loaded) -> None:
    before = lineage.run(**service.options)["current"]["serial"]
    with pytest.raises(StepFailed, match=r"RuntimeError: confused.*is live and in service again") as caught:
        lineage.run(ConfusedFiles(), **LATER, **service.options)
    assert lineage.serial() == before and service.is_in_step and caught.value.details["restored"] is True
    assert lineage.run(**LATER, **service.options)["action"] == "apply" and lineage.count_issued() == 2


FORMS: dict[str, dict[str, Any]] = {
    "a passphrase": {"key_passphrase": "secret"},
    "a closed key": {"key_mode": "0400"},
    "closed certificates": {"mode": "0600"},
    "a traditional key": {"key_format": "traditional"},
    "another passphrase of the keystore": {"keystore_passphrase": "another"},
}
KEYSTORE: dict[str, Any] = {"formats": ["pkcs12", "combined"], "keystore_passphrase": "secret"}


@pytest.mark.parametrize("step", ["validate", "reload"])
@pytest.mark.parametrize("form", FORMS)
def test_files_in_a_form_that_the_service_refuses_are_in_the_former_one_again(
    lineage: HostLineage, service: Loaded, form: str, step: str
) -> None:
    done = lineage.run(**{**service.options, **KEYSTORE})
    before, asked = lineage.snapshot(), {**KEYSTORE, **FORMS[form]}
    refusal = service.refusal if step == "reload" else {**service.options, "validate_command": ["false"]}
    with pytest.raises(StepFailed, match=f"The generation {done['generation']} is as it was") as caught:
        lineage.run(**{**refusal, **asked})
    assert {name for name, entry in lineage.snapshot().items() if before[name] != entry} == {"web/state.json"}
    assert caught.value.details["restored"] is (step == "validate") and service.is_in_step
    again = lineage.request(**{**service.options, **asked})
    assert again["action"] == ("repair" if step == "validate" else "apply") and lineage.count_issued() == 1
    lineage.run(**{**service.options, **asked})
    assert lineage.request(**{**service.options, **asked})["action"] == "none"


def test_damage_stays_repaired_though_the_service_refuses_a_new_form(lineage: HostLineage) -> None:
    lineage.run()
    (lineage.live / "privkey.pem").chmod(0o644)
    (lineage.live / "chain.pem").write_text("damaged")
    with pytest.raises(StepFailed):
        lineage.run(mode="0640", validate_command=["false"])
    modes = {name: (lineage.live / name).stat().st_mode & 0o777 for name in ("privkey.pem", "chain.pem", "cert.pem")}
    assert modes == {"privkey.pem": 0o600, "chain.pem": 0o640, "cert.pem": 0o644}
    assert lineage.fault_of_live() is None
    lineage.run(mode="0640")
    assert lineage.request(mode="0640")["action"] == "none" and lineage.count_issued() == 1


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGTERM, signal.SIGINT])
def test_the_way_back_is_gone_to_its_end_though_the_connection_of_the_module_is_lost(
    lineage: HostLineage, service: Loaded, number: signal.Signals
) -> None:
    before = lineage.run(**service.options)["current"]["serial"]
    lose = f"kill -{number.value} $PPID; cp {service.link} {service.link.parent}/loaded; exit 1"
    issued = lineage.issue(lineage.request(**LATER), **LATER)

    def install() -> None:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        lineage.install(**LATER, **issued, **{**service.options, "reload_command": ["sh", "-c", lose]})

    assert run_in_child(install) == 1
    assert lineage.serial() == before and service.is_in_step
    assert lineage.run(**LATER, **service.options)["action"] == "apply"


class Killed(BaseException):
    """Ends a run as nothing but a kill does."""


def test_wherever_a_run_is_killed_that_changes_links_the_next_one_finds_them(
    lineage: HostLineage, tmp_path: Path
) -> None:
    lineage.base.mkdir()
    old, new = (lineage.base / name for name in ("old.pem", "new.pem"))
    lineage.run(links={str(old): "cert.pem"})
    lineage.save(tmp_path / "kept")
    asked, counting = {"links": {str(new): "cert.pem"}}, FaultyFiles()
    lineage.run(counting, **asked)

    def kill(_method: str) -> None:
        raise Killed

    for at in range(1, counting.count + 1):
        lineage.restore(tmp_path / "kept")
        with pytest.raises(Killed):
            lineage.run(FaultyFiles(at, kill), **asked)
        lineage.run()
        assert not os.path.lexists(old) and not os.path.lexists(new), f"at call {at}, {counting.made[at - 1]}"
        assert lineage.request()["action"] == "none"


def test_after_a_roll_back_only_the_links_that_are_there_are_on_record(lineage: HostLineage, service: Loaded) -> None:
    lineage.run()
    with pytest.raises(StepFailed):
        lineage.run(**LATER, **service.refusal)
    assert json.loads((lineage.path / "state.json").read_text())["links"] == {}


def test_a_link_that_is_asked_for_no_longer_stays_until_the_service_took_the_certificate(
    lineage: HostLineage, service: Loaded
) -> None:
    lineage.run(**service.options)
    with pytest.raises(StepFailed, match="is live and in service again"):
        lineage.run(**LATER, validate_command=["false"])
    assert service.link.exists()
    lineage.run(**LATER)
    assert not os.path.lexists(service.link) and lineage.request(**LATER)["action"] == "none"
