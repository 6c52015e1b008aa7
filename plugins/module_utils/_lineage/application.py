# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Bringing a generation into service: test, switch, reload, prove; or back to the one before, with the reason kept."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any, Mapping, Sequence

from .._errors import PrivateCaError, StepFailed
from .._generations.directory import Directory
from .._generations.inspection import leads_into, read_generation, read_live
from .._generations.links import drop_links, place_links, point_links, read_links
from .._generations.location import GENERATIONS
from .._generations.pending import is_answered, read_pending, remove_pending
from .._generations.plan import FilePlan
from .._generations.publication import list_generations, prune_generations, switch_live
from .._generations.repairs import Repair, undo_repair
from .._generations.state import ServiceState, read_state, write_state
from .._generations.superseded import record_superseded
from .disk import told_disk_errors
from .service import Service


@dataclass(frozen=True)
class Application:
    """What was done: ``steps`` in order, ``served`` the proof (``{serial}``) or None, and what to warn of."""

    steps: tuple[str, ...]
    served: Mapping[str, Any] | None
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class Rollout:
    """What is to be brought into service: a whole generation with its leaf's facts, for a service, with these files.

    ``moment`` is the control node's time, in epoch seconds. ``in_service`` is the generation that was proved to serve
    before, and ``repair`` what was changed in this one for this run.
    """

    lineage: Directory
    generation: str
    facts: Mapping[str, Any]
    plan: FilePlan
    service: Service
    moment: float
    in_service: str | None = None
    repair: Repair | None = None


@dataclass(frozen=True)
class Former:
    """What was before: the live generation, the links at usual paths, the last generations in service.

    ``fallback`` is the generation that a roll-back returns to, None where there is none; then ``repair`` may be what is
    undone in the live one.
    """

    live: str | None
    links: Mapping[str, str | None]
    earlier: tuple[str, ...]
    fallback: str | None
    repair: Repair | None

    @property
    def generation(self) -> str | None:
        """The generation that is live after a roll-back, as far as anything was changed."""
        return self.fallback if self.repair is None else self.repair.generation


def apply_generation(rollout: Rollout, keep: int) -> Application:
    """Bring a whole generation into service, or the one before it back, and then raise ``StepFailed``.

    The test runs before the switch where it names files by placeholders; otherwise after it and before the reload, for
    a test like ``nginx -t`` reads what ``live`` points at. Whatever ends this in between, ``state.json`` says that
    nothing is proved, and the next run goes on. ``keep`` is how many older generations stay.
    """
    lineage, generation = rollout.lineage, rollout.generation
    former = _look_back(rollout)
    steps: list[str] = []
    announce_change(lineage, generation, rollout.plan)
    try:
        with told_disk_errors("switch to the new certificate", lineage.path):
            served = _take_steps(rollout, steps)
    except Exception as error:
        raise _go_back(rollout, former, steps, _find_failure(error)) from error
    warnings = _record(rollout, former, keep, is_proved=served is not None)
    return Application((*steps, "record"), served, tuple(warnings))


def _find_failure(error: Exception) -> PrivateCaError:
    """Return the failure that an error is. Of one that nobody foresaw it is not known what the service noticed."""
    if isinstance(error, PrivateCaError):
        return error
    return StepFailed(
        "Failed to bring the certificate into service",
        because=_name(error),
        remedy="This is a defect of the collection: report it",
        step="reload",
    )


def _name(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"


def _look_back(rollout: Rollout) -> Former:
    lineage, state = rollout.lineage, read_state(rollout.lineage)
    live = read_live(lineage)
    candidates = (state.in_service, state.fallback, live)
    earlier = tuple(each for each in candidates if each is not None and each != rollout.generation)
    fallback, repair = _find_usable(lineage, earlier, live), rollout.repair
    if fallback is not None or live != rollout.generation or repair is None or not repair.former:
        repair = None
    return Former(live, read_links(rollout.plan.links), earlier, fallback, repair)


def _find_usable(lineage: Directory, earlier: Sequence[str], live: str | None) -> str | None:
    """Return the first id that says of itself what it is; else the live one, whose files a service may well read."""
    for each in earlier:
        if read_generation(lineage, each, None).manifest is not None:
            return each
    return live if live in earlier and live in list_generations(lineage) else None


def _record(rollout: Rollout, former: Former, keep: int, is_proved: bool) -> list[str]:
    lineage, generation = rollout.lineage, rollout.generation
    if is_proved:  # before the state says so, or a kill in between would lose what is to be revoked
        replaced = [read_generation(lineage, each, None).manifest for each in former.earlier]
        record_superseded(lineage, [each for each in replaced if each is not None], rollout.facts, rollout.moment)
    warnings = drop_links(lineage, rollout.plan)  # before they are on record no longer
    write_state(lineage, ServiceState(in_service=generation, fallback=generation, links=rollout.plan.links))
    prune_generations(lineage, keep, {generation})
    pending = read_pending(lineage)
    if pending is None or is_answered(pending, rollout.facts):
        remove_pending(lineage)  # what a kill left of one
    return warnings


def announce_change(lineage: Directory, generation: str, plan: FilePlan) -> None:
    """Record that a generation is to be brought into service and that until then nothing is proved to serve.

    Comes before anything that a service could notice, a repair included: whatever ends this run, the next one goes on,
    and knows of every link that was made.
    """
    state = read_state(lineage)
    fallback = state.in_service or state.fallback or read_live(lineage)
    begun = ServiceState(None, generation, fallback, links={**state.links, **plan.links})
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


def _go_back(rollout: Rollout, former: Former, steps: list[str], failure: PrivateCaError) -> StepFailed:
    """Make the fallback live and reload it; returns the failure to raise, which says whether service was restored."""
    step = failure.details.get("step", "switch")
    problem = _restore(rollout, former, reload=step in ("reload", "prove"))
    restored = former.generation is not None and problem is None
    ends = [failure.remedy, _explain_end(rollout, former, problem)]
    reason = {"generation": rollout.generation, "step": step, "reason": failure.because}
    try:
        with told_disk_errors("record why", rollout.lineage.path):
            write_state(rollout.lineage, _describe_end(rollout, former, restored)._replace(failure=reason))
    except PrivateCaError as error:  # then the state still says that nothing is proved
        ends.append(error.sentence())
    ends.append("The certificate stays on the host: mend the service and run again, nothing will be issued anew")
    return StepFailed(
        failure.failed,
        because=failure.because,
        on=failure.on,
        remedy=" ".join(f"{end.rstrip('.')}." for end in ends if end is not None),
        step=step,
        output=failure.details.get("output"),
        restored=restored,
        generation=rollout.generation,
        steps=[*steps, "roll_back"] if former.generation is not None else list(steps),
    )


def _describe_end(rollout: Rollout, former: Former, restored: bool) -> ServiceState:
    waits = read_live(rollout.lineage) != rollout.generation
    proved = former.fallback if former.repair is None else rollout.in_service
    links = read_state(rollout.lineage).links
    return ServiceState(
        in_service=proved if restored else None,
        candidate=rollout.generation if waits else None,
        fallback=former.generation,
        links={path: links[path] for path in links if leads_into(rollout.lineage.path, path)},
    )


def _restore(rollout: Rollout, former: Former, reload: bool) -> str | None:
    """Undo the steps; returns what went wrong in that, None when all is as before.

    Without an earlier generation the service may still have what its links pointed at before.
    """
    lineage, fallback = rollout.lineage, former.fallback
    try:
        with told_disk_errors("go back", lineage.path):
            is_live = read_live(lineage) == rollout.generation
            if is_live and (fallback is not None or former.live != rollout.generation):
                switch_live(lineage, fallback)
            turned_back = [path for path in point_links(lineage.files, former.links) if former.links[path] is not None]
            if former.repair is not None:
                undo_repair(lineage, former.repair)
        if reload and (former.generation is not None or turned_back):
            rollout.service.reload()
        manifest = None if former.generation is None else read_generation(lineage, former.generation, None).manifest
        if reload and manifest is not None:
            rollout.service.prove(manifest.facts)
    except PrivateCaError as error:
        return error.sentence()
    except Exception as error:  # noqa: BLE001 (what comes after must be done, whatever this is)
        return _name(error)
    return None


def _explain_end(rollout: Rollout, former: Former, problem: str | None) -> str:
    if former.fallback is not None:
        so = f"The earlier generation {former.fallback} is live"
        return f"{so} and in service again" if problem is None else f"{so} again, but: {problem}"
    if former.repair is not None:
        so = f"The generation {former.live} is as it was"
    elif former.live == rollout.generation:
        so = f"The generation {former.live} was live before and still is"
    else:
        so = "There was no earlier generation to go back to"
    return so if problem is None else f"{so}, and: {problem}"
