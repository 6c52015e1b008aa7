# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The ends of what is supported, of which every run of the tests takes its part: what they are, and what runs there.

hosts   The host modules: on the oldest Python with the oldest cryptography, and on the newest of both. A host
        has neither Ansible nor boto3: a module arrives with the `module_utils` that it imports, and the tests see of
        Ansible that folder alone.
core    The control node. Development itself is on the oldest ansible-core, so the whole of the tests runs at that end.
        At the other, the newest ansible-core on the newest Python that may run it: the flow, the role on Debian hosts,
        and every module in its five steps and in a playbook. ansible-test sanity at both: of the whole checkout with
        the newest, of what the artifact has with the oldest.

Versions are pinned in requirements/ends. Where the Python of an end is not on this machine the nearest one stands in,
and `notice` says so. `python -m setup.ends` makes the environments, which are kept in .cache.
"""

from __future__ import annotations

import fcntl
import os
import sys
from collections.abc import Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import ansible.module_utils

from setup.environments import CHECKOUT, make_environment, make_stage, read_constraints, read_pins, read_requirements
from setup.interpreters import Version, find_interpreters, show_version
from setup.matrix import CONTROLLER_PYTHONS, read_supported_cores

OLDEST_PYTHON = (3, 8)
PINS = CHECKOUT / "requirements/ends"
HOST_TESTS = ("tests/unit/host",)
HOST_TESTS_OF_THE_DISK = tuple(
    f"tests/unit/host/test_{name}.py" for name in ("concurrency", "kill_points", "power_loss")
)
"""Long, and nothing new at the newest end: development's own Python has the same cryptography there."""
HOST_TESTS_OVER_ANSIBLE = ("tests/unit/host/test_modules.py", "tests/unit/host/test_host_program.py")
CORE_TESTS = (
    "tests/unit/flow",
    "--ignore=tests/unit/flow/test_check_mode.py",  # 500 hosts in memory, which see nothing of ansible-core
    "--ignore=tests/unit/flow/test_acm_check_mode.py",
    "tests/e2e/test_role.py",
    "tests/integration",
    "-k",
    "flow or test_role or five_steps or in_a_playbook",
)
_CORE_LIBRARIES = ("boto3", "cryptography", "moto", "pytest")
_MINORS = range(OLDEST_PYTHON[1], 15)


@dataclass(frozen=True)
class End:
    """One environment at an end: what it is made of, and from which `ansible` release (None: a host) collections come.

    `constraints` are pins; `notice` says what stands in for what, empty where nothing has to.
    """

    name: str
    python: Version
    requirements: tuple[str, ...]
    constraints: tuple[str, ...]
    distribution: str | None
    notice: str = ""

    @property
    def folder(self) -> Path:
        """Return where everything of this end is kept."""
        return CHECKOUT / ".cache/ends" / self.name

    def provide(self) -> Path:
        """Return the Python of the end's environment, made if need be; a second maker waits for the first."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            interpreter = find_interpreters(range(self.python[1], self.python[1] + 1))[self.python]
            python = make_environment(self.folder / "venv", interpreter, [*self.requirements], [*self.constraints])
            if self.distribution is None:
                lay_out_ansible(self.folder / "stage")
            else:
                make_stage(self.folder, python, self.distribution)
        return python


def lay_out_ansible(folder: Path) -> None:
    """Make a folder for PYTHONPATH in which the package `ansible` has module_utils and nothing else."""
    package = folder / "ansible"
    package.mkdir(parents=True, exist_ok=True)
    (package / "__init__.py").touch()
    link = package / "module_utils"
    link.unlink(missing_ok=True)
    link.symlink_to(Path(ansible.module_utils.__path__[0]))


def choose_host_ends(present: Collection[Version]) -> tuple[End, End]:
    """Return the ends of hosts for a machine with these Pythons."""
    oldest, newest = min(present), max(present)
    notice = (
        ""
        if oldest == OLDEST_PYTHON
        else name_substitute(f"Python {show_version(OLDEST_PYTHON)}", show_version(oldest))
    )
    pins = tuple(read_pins(PINS / "hosts-oldest.txt"))
    return (
        End("hosts-oldest", oldest, pins, (), None, notice),
        End("hosts-newest", newest, ("cryptography", "pytest"), tuple(read_constraints()), None),
    )


def choose_host_matrix(present: Collection[Version]) -> tuple[End, ...]:
    """Return each of these Pythons with the oldest cryptography, and with the newest that it takes."""
    pins, newest = tuple(read_pins(PINS / "hosts-oldest.txt")), ("cryptography", "pytest")
    cells: list[End] = []
    for python in sorted(present):
        name = f"hosts-{show_version(python)}"
        constraints = tuple(read_constraints()) if python == max(present) else ()
        cells.append(End(f"{name}-oldest", python, pins, (), None))
        cells.append(End(f"{name}-newest", python, newest, constraints, None))
    return tuple(cells)


def choose_core_end(present: Collection[Version]) -> End:
    """Return the newest end of ansible-core for a machine with these Pythons, of which development's own is one."""
    cores = read_supported_cores()
    core = next(core for core in reversed(cores) if list_pythons(core, present))
    libraries = [line for line in read_requirements() if line.startswith(_CORE_LIBRARIES) and "xdist" not in line]
    pins = {line.partition("==")[0]: line for line in read_pins(PINS / "core-newest.txt")}
    notice = "" if core == cores[-1] else name_substitute(f"ansible-core 2.{cores[-1]}", f"2.{core}")
    if notice:
        pins = {"ansible-core": f"ansible-core~=2.{core}.0", "ansible": f"ansible~={core - 7}.0"}
    constraints = [*read_constraints(), *(line for package, line in pins.items() if package != "ansible")]
    python = max(list_pythons(core, present))
    return End("core-newest", python, ("ansible-core", *libraries), tuple(constraints), pins["ansible"], notice)


def list_pythons(core: int, present: Collection[Version]) -> list[Version]:
    """Return those of the Pythons that may run the ansible-core."""
    return [(3, minor) for minor in CONTROLLER_PYTHONS[core] if (3, minor) in present]


def name_substitute(wanted: str, found: str) -> str:
    """Return a sentence that says what stands in for what."""
    return f"This machine has no {wanted}, or no Python that may run it: {found}, the nearest, stands in"


def choose_ends() -> Mapping[str, End]:
    """Return the ends by name, as far as this machine has them; with FLEET_PKI_HOSTS=all the whole matrix of hosts."""
    present = find_interpreters(_MINORS)
    choose_hosts = choose_host_matrix if os.environ.get("FLEET_PKI_HOSTS") == "all" else choose_host_ends
    return {end.name: end for end in (*choose_hosts(present), choose_core_end(present))}


def main() -> int:
    """Make all environments, two at a time."""
    ends = choose_ends().values()
    with ThreadPoolExecutor(2) as pool:
        for end, python in zip(ends, pool.map(End.provide, ends), strict=True):
            print(f"{end.name}: {python}" + (f" ({end.notice})" if end.notice else ""))
    return 0


if __name__ == "__main__":
    sys.exit(main())
