# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run the host modules' tests on the oldest and the newest Python and cryptography: `python -m setup.host_matrix`.

A host has neither Ansible nor this collection: a module arrives with the `module_utils` that it imports. So the tests
see of Ansible that folder alone.
"""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import ansible.module_utils

from setup.environments import CHECKOUT, EnvironmentFailure, make_environment
from setup.interpreters import Version, find_interpreters

OLDEST_PYTHON = (3, 8)
OLDEST_CRYPTOGRAPHY = "cryptography==3.3.*"
INSIDE = ["--ignore", "tests/unit/host/test_modules.py", "tests/unit/host"]
OVER_ANSIBLE = ["tests/unit/host/test_modules.py"]


@dataclass(frozen=True)
class HostEnvironment:
    """What a host has."""

    python: Version
    cryptography: str

    def __str__(self) -> str:
        """Name the environment as folders and reports do."""
        return f"python-{self.python[0]}.{self.python[1]}-{self.cryptography.replace('==', '-').rstrip('.*')}"


def choose_environments(present: set[Version]) -> list[HostEnvironment]:
    """Return the oldest environment that is promised and the newest at hand. Raises LookupError without the oldest."""
    if OLDEST_PYTHON not in present:
        raise LookupError("Python 3.8, the oldest that is supported on hosts, is not on this machine")
    return [HostEnvironment(OLDEST_PYTHON, OLDEST_CRYPTOGRAPHY), HostEnvironment(max(present), "cryptography")]


def lay_out_ansible(folder: Path) -> Path:
    """Return a folder for PYTHONPATH in which the package `ansible` has module_utils and nothing else."""
    package = folder / "ansible"
    package.mkdir(parents=True, exist_ok=True)
    (package / "__init__.py").touch()
    link = package / "module_utils"
    link.unlink(missing_ok=True)
    link.symlink_to(Path(ansible.module_utils.__path__[0]))
    return folder


def run_environment(environment: HostEnvironment, interpreter: Path) -> int:
    """Run the tests inside the environment, then those that reach it through Ansible; return the worst status."""
    folder = CHECKOUT / ".cache/hosts" / str(environment)
    requirements = [environment.cryptography, "pytest>=8", "pytest-xdist"]
    python = make_environment(folder / "venv", interpreter, requirements, [])
    shipped = lay_out_ansible(folder / "shipped")
    versions = "import platform, cryptography; print(platform.python_version(), cryptography.__version__)"
    subprocess.run([str(python), "-W", "ignore", "-c", versions], check=True)
    pythonpath = f"pythonpath={shipped} .stage tests/utils"
    inside = [str(python), "-m", "pytest", "-q", "-n", "2", "-o", pythonpath, *INSIDE]
    over_ansible = [sys.executable, "-m", "pytest", "-q", *OVER_ANSIBLE]
    variables = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    variables["FLEET_PKI_HOST_PYTHON"] = str(python)
    runs = [subprocess.run(tests, cwd=CHECKOUT, env=variables, check=False) for tests in (inside, over_ansible)]
    return max(run.returncode for run in runs)


def main() -> int:
    """Run both environments and say which failed."""
    interpreters = find_interpreters(range(8, 15))
    failures = []
    for environment in choose_environments(set(interpreters)):
        print(environment, flush=True)
        try:
            if run_environment(environment, interpreters[environment.python]):
                failures.append(str(environment))
        except EnvironmentFailure as error:
            failures.append(f"{environment}: {error}")
    print("\n".join(["failed:", *failures] if failures else ["all well"]))
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
