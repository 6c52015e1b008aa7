# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Bringing a generation into service: test, switch, reload, prove; or back to the one before, with the reason kept."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any, Mapping, Sequence

from .._errors import StepFailed
from .._generations.directory import Directory
from .._generations.inspection import read_generation, read_live
from .._generations.location import GENERATIONS
from .._generations.pending import is_answered, read_pending, remove_pending
from .._generations.plan import FilePlan
from .._generations.publication import check_links, place_links, prune_generations, switch_live
from .._generations.state import ServiceState, read_state, write_state
from .._generations.superseded import record_superseded
from .service import Service


@dataclass(frozen=True)
class Application:
    """What was done: ``steps`` in order, ``served`` the proof (``{serial}``) or None."""

    steps: tuple[str, ...]
    served: Mapping[str, Any] | None


@dataclass(frozen=True)
class Rollout:
    """What is to be brought into service: a whole generation with its leaf's facts, for a service, with these files.

    ``moment`` is the control node's time, in epoch seconds.
    """

    lineage: Directory
    generation: str
    facts: Mapping[str, Any]
    plan: FilePlan
    service: Service
    moment: float


def apply_generation(rollout: Rollout, keep: int) -> Application:
    """Bring a whole generation into service, or the one before it back, and then raise ``StepFailed``.

    The test runs before the switch where it names files by placeholders; otherwise after it and before the reload, for
    a test like ``nginx -t`` reads what ``live`` points at. Whatever ends this in between, ``state.json`` says that
    nothing is proved, and the next run goes on. ``keep`` is how many older generations stay.
    """
    lineage, generation = rollout.lineage, rollout.generation
    check_links(rollout.plan)
    before, state = read_live(lineage), read_state(lineage)
    earlier = [each for each in (state.in_service, state.fallback, before) if each not in (None, generation)]
    fallback = _find_usable(lineage, earlier)
    announce_change(lineage, generation)
    steps: list[str] = []
    try:
        served = _take_steps(rollout, steps)
    except StepFailed as failure:
        raise _go_back(rollout, fallback, steps, failure) from failure
    if served is not None:  # before the state says so, or a kill in between would lose what is to be revoked
        replaced = [read_generation(lineage, each, None).manifest for each in earlier if each is not None]
        record_superseded(lineage, [each for each in replaced if each is not None], rollout.facts, rollout.moment)
    write_state(lineage, ServiceState(in_service=generation, fallback=generation))
    prune_generations(lineage, keep, {generation})
    pending = read_pending(lineage)
    if pending is None or is_answered(pending, rollout.facts):
        remove_pending(lineage)  # what a kill left of one
    return Application((*steps, "record"), served)


def announce_change(lineage: Directory, generation: str) -> None:
    """Record that a generation is to be brought into service and that until then nothing is proved to serve.

    Comes before anything that a service could notice, a repair included: whatever ends this run, the next one goes on.
    """
    state = read_state(lineage)
    begun = ServiceState(None, generation, state.in_service or state.fallback or read_live(lineage))
    if begun != state:
        write_state(lineage, begun)


def _take_steps(rollout: Rollout, steps: list[str]) -> Mapping[str, Any] | None:
    lineage, service = rollout.lineage, rollout.service
    path = os.path.join(lineage.path, GENERATIONS, rollout.generation)
    if service.validate_command is not None and service.validates_paths:
        service.validate(path)
        steps.append("validate")
    if read_live(lineage) != rollout.generation:
        switch_live(lineage, rollout.generation)
        steps.append("switch")
    if place_links(lineage, rollout.plan):
        steps.append("link")
    if service.validate_command is not None and not service.validates_paths:
        service.validate(path)
        steps.append("validate")
    if service.reload_command is not None:
        service.reload()
        steps.append("reload")
    served = service.prove(rollout.facts)
    if served is not None:
        steps.append("prove")
    return served


def _find_usable(lineage: Directory, generations: Sequence[str | None]) -> str | None:
    """Return the first id whose generation is whole enough to serve, else None."""
    for each in generations:
        if each is not None and read_generation(lineage, each, None).manifest is not None:
            return each
    return None


def _go_back(rollout: Rollout, fallback: str | None, steps: list[str], failure: StepFailed) -> StepFailed:
    """Make the fallback live and reload it; returns the failure to raise, which says whether service was restored."""
    step = failure.details.get("step")
    problem = _restore(rollout, fallback, steps, reload=step in ("reload", "prove"))
    restored = fallback is not None and problem is None
    waits = read_live(rollout.lineage) != rollout.generation
    reason = {"generation": rollout.generation, "step": step, "reason": failure.because}
    state = ServiceState(fallback if restored else None, rollout.generation if waits else None, fallback, reason)
    write_state(rollout.lineage, state)
    return StepFailed(
        failure.failed,
        because=failure.because,
        on=failure.on,
        remedy=f"{_explain_end(fallback, problem)} The certificate stays on the host: "
        "mend the service and run again, nothing will be issued anew",
        step=step,
        output=failure.details.get("output"),
        restored=restored,
        generation=rollout.generation,
        steps=[*steps, "roll_back"] if fallback is not None else list(steps),
    )


def _restore(rollout: Rollout, fallback: str | None, steps: list[str], reload: bool) -> str | None:
    """Undo the steps; returns what went wrong in that, None when all is as before."""
    lineage = rollout.lineage
    if fallback is None:
        if "switch" in steps:
            switch_live(lineage, None)
        return None
    if read_live(lineage) == rollout.generation:
        switch_live(lineage, fallback)
    manifest = read_generation(lineage, fallback, None).manifest
    if not reload or manifest is None:
        return None
    try:
        rollout.service.reload()
        rollout.service.prove(manifest.facts)
    except StepFailed as failure:
        return failure.sentence()
    return None


def _explain_end(fallback: str | None, problem: str | None) -> str:
    if fallback is None:
        return "There was no earlier generation to go back to."
    if problem is not None:
        return f"The earlier generation {fallback} is live again, but: {problem}"
    return f"The earlier generation {fallback} is live and in service again."
