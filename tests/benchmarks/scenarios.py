# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is measured: cases, contestants, and the scenarios in which they meet. Values only."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Case:
    """A situation in which the play is run. `changes` tells whether every host must report a change, or none may.

    `issues` is how many certificates the run obtains for each host; `pings` the round trips of the floor.
    """

    name: str
    title: str
    changes: bool
    issues: int
    pings: int
    options: tuple[str, ...] = ()
    due: bool = False


CHECK = Case("check", "check mode on an empty host", changes=True, issues=0, pings=1, options=("--check",))
FIRST = Case("first", "first issuance", changes=True, issues=1, pings=2)
NOTHING = Case("nothing", "nothing due", changes=False, issues=0, pings=1)
RENEWAL = Case("renewal", "renewal", changes=True, issues=1, pings=2, due=True)
CASES = (CHECK, FIRST, NOTHING, RENEWAL)
"""In the order in which they can be run with one certificate: first issuance must come before what follows it."""

COLLECTION, ROLE, BASELINE, FLOOR = "collection", "role", "baseline", "ping"
TITLES = {
    COLLECTION: "this collection (task)",
    ROLE: "this collection (role)",
    BASELINE: "community.crypto and awscli",
    FLOOR: "ping",
}


@dataclass(frozen=True)
class Scenario:
    """One setting, in which every contestant meets every case `rounds` times, taking turns.

    With `floor_last` two pings, which say the least, come at the end of a round: a run that is cut short loses them.
    """

    name: str
    size: int
    forks: int
    rounds: int
    strategy: str = "linear"
    connection: str = "ssh"
    contestants: tuple[str, ...] = (COLLECTION, BASELINE, FLOOR)
    cases: tuple[Case, ...] = CASES
    floor_last: bool = False


_OWN = (COLLECTION, FLOOR)
_ALL = (COLLECTION, ROLE, BASELINE, FLOOR)
_DAILY = (FIRST, NOTHING)
_SMALL = (
    Scenario("10-ssh", size=10, forks=20, rounds=1, contestants=_ALL),
    Scenario("10-local", size=10, forks=20, rounds=1, connection="local", cases=_DAILY),
)
_SETTINGS = tuple(
    Scenario(f"50-ssh-{forks}-{strategy}", 50, forks, 1, strategy, contestants=_OWN, cases=_DAILY)
    for forks in (5, 20, 50)
    for strategy in ("linear", "free")
)
_MEDIUM = (
    *_SMALL,
    Scenario("50-ssh", size=50, forks=50, rounds=1, cases=_DAILY),
    *_SETTINGS,
    Scenario("300-ssh", size=300, forks=50, rounds=1, contestants=_OWN, cases=_DAILY),
)
_LARGE = (
    Scenario("100-ssh", size=100, forks=50, rounds=3, contestants=_ALL),
    Scenario("1000-ssh", size=1000, forks=50, rounds=1, contestants=_OWN, cases=_DAILY),
)
_FORKS_AND_STRATEGIES = tuple(
    Scenario(f"50-ssh-{forks}-{strategy}", 50, forks, 1, strategy, contestants=_OWN, cases=(NOTHING,))
    for forks in (5, 20, 50)
    for strategy in ("linear", "free")
)
_PUBLISHED = (
    Scenario("10-ssh", size=10, forks=20, rounds=2, contestants=_ALL),
    Scenario("50-local", size=50, forks=20, rounds=1, connection="local", contestants=_OWN, cases=_DAILY),
    *_FORKS_AND_STRATEGIES,
    Scenario("100-ssh", size=100, forks=50, rounds=1, cases=_DAILY),
    Scenario("1000-ssh", size=1000, forks=50, rounds=1, contestants=_OWN, cases=_DAILY, floor_last=True),
)
_REHEARSAL = (
    Scenario("2-ssh", size=2, forks=2, rounds=1, contestants=_ALL, cases=_DAILY),
    Scenario("2-local", size=2, forks=2, rounds=1, connection="local", contestants=_OWN, cases=_DAILY),
    Scenario("2-ssh-1-free", 2, 1, 1, "free", contestants=_OWN, cases=(NOTHING,)),
    Scenario("4-ssh", size=4, forks=4, rounds=1, contestants=_OWN, cases=_DAILY, floor_last=True),
)
_FULL = tuple(
    Scenario(f"{size}-{connection}-{forks}-{strategy}", size, forks, 3 if size == 10 else 1, strategy, connection)
    for size in (10, 100, 1000)
    for connection in ("ssh", "local")
    for forks in (5, 20, 50)
    for strategy in ("linear", "free")
)
_SMOKE = (
    Scenario("smoke", 1, forks=1, rounds=1, contestants=_ALL, cases=_DAILY),
    Scenario("smoke-local", 1, forks=1, rounds=1, connection="local", contestants=_OWN, cases=(NOTHING,)),
)

PROFILES: dict[str, tuple[Scenario, ...]] = {
    "smoke": _SMOKE,
    "rehearsal": _REHEARSAL,
    "small": _SMALL,
    "published": _PUBLISHED,
    "medium": _MEDIUM,
    "large": (*_MEDIUM, *_LARGE),
    "full": (*_MEDIUM, *_LARGE, *_FULL),
}
"""On two quiet cores: smoke half a minute, rehearsal one, small three, published and medium half an hour, full days."""
