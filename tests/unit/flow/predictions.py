# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Hosts in many states, and check mode held against what the run then does to them."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Generic, TypeVar

from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._errors import PrivateCaError
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._lineage.diff import TO_BE_NEW
from ansible_collections.fleet_pki.aws_private_ca.tests.utils.direct_host import MemoryAuthority, keep
from ansible_collections.fleet_pki.aws_private_ca.tests.utils.host_lineage import snapshot

Kind = TypeVar("Kind", bound=MemoryAuthority)
Build = Callable[[Path, Kind], None]


@dataclass
class States(Generic[Kind]):
    """Hosts below ``folder`` in the states of a table: each is built once, with a CA that ``make`` makes for it."""

    folder: Path
    make: Callable[[], Kind]
    built: dict[str, Kind] = field(default_factory=dict)

    def take(self, state: Build[Kind], base: Path) -> Kind:
        """Copy a host in this state to ``base``, which must not be there, and return its CA as it was then."""
        name = state.__name__
        if name not in self.built:
            self.built[name] = self.make()
            state(self.folder / name / "base", self.built[name])
        if (self.folder / name / "base").exists():
            shutil.copytree(self.folder / name / "base", base, symlinks=True)
        return self.built[name].copy()


def attempt(base: Path, authority: MemoryAuthority, given: Mapping[str, Any], **run: Any) -> dict[str, Any]:
    """Return the result of the task; a failure is one as well."""
    try:
        return keep(base, authority, given, **run)
    except PrivateCaError as error:
        return {"failed": error.sentence()}


def require_truth(base: Path, authority: MemoryAuthority, given: Mapping[str, Any], **run: Any) -> None:
    """Fail unless check mode says what the task then does, does nothing itself, and afterwards nothing is due."""
    before = _look(base, authority)
    predicted = attempt(base, authority, given, check_mode=True, **run)
    assert _look(base, authority) == before
    done = attempt(base, authority, given, **run)
    for part in ("failed", "changed", "action", "reasons"):
        assert predicted.get(part) == done.get(part), f"{part}: {predicted.get(part)}, and in truth {done.get(part)}"
    after = _look(base, authority)
    if "failed" in done:
        assert after == before
        return
    for side in ("before", "after"):
        foreseen = {name: value for name, value in predicted["diff"][side].items() if value != TO_BE_NEW}
        real = {name: done["diff"][side].get(name) for name in foreseen}
        assert real == foreseen, f"{side}: {foreseen}, and in truth {real}"
    assert (after[0] != before[0]) == done["changed"]
    assert not attempt(base, authority, given, **run)["changed"]
    assert _look(base, authority)[1] == after[1]


def _look(base: Path, authority: MemoryAuthority) -> tuple[dict[str, Any], int]:
    """Return what is on the host, and how many calls were made that are not just reading."""
    return snapshot(base), authority.count_calls()
