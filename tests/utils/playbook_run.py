# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run the real ansible-playbook in a home of its own, and read what every task said of every host."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from process_tree import kill_tree

UTILS = Path(__file__).resolve().parent


@dataclass(frozen=True)
class TaskResult:
    """What one task said of one host; `status` is ok, changed, failed, unreachable or skipped."""

    play: str
    task: str
    action: str
    host: str
    status: str
    ignored: bool
    result: dict[str, Any]


@dataclass(frozen=True)
class PlaybookRun:
    """One run of ansible-playbook: its exit status, its output and its results in the order in which they came."""

    returncode: int
    stdout: str
    stderr: str
    results: tuple[TaskResult, ...]

    def of_task(self, task: str) -> dict[str, TaskResult]:
        """Return the results of the task (its name, or its action's full name) by host; the last one counts."""
        return {result.host: result for result in self.results if task in (result.task, result.action)}

    def of_host(self, host: str) -> list[TaskResult]:
        """Return the results of the host."""
        return [result for result in self.results if result.host == host]

    def hosts_with(self, status: str) -> list[str]:
        """Return, sorted, the hosts of which some task said `status`."""
        return sorted({result.host for result in self.results if result.status == status})

    def require_success(self) -> PlaybookRun:
        """Return this run. Raises AssertionError with the output if it failed."""
        if self.returncode:
            raise AssertionError(f"ansible-playbook ended with {self.returncode}\n{self.stdout}\n{self.stderr}")
        return self


@dataclass(frozen=True)
class StartedRun:
    """A run of ansible-playbook that is under way; its output and results go to files in `scratch`."""

    process: subprocess.Popen[bytes]
    scratch: Path

    def wait(self, timeout: float = 600) -> PlaybookRun:
        """Return the run once its first process has ended. Raises TimeoutExpired, when it has been killed."""
        try:
            returncode = self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            kill_tree(self.process.pid)
            raise
        lines = (self.scratch / "results.jsonl").read_text("utf-8").splitlines()
        results = tuple(TaskResult(**json.loads(line)) for line in lines)
        stdout, stderr = (self.scratch / name for name in ("stdout", "stderr"))
        return PlaybookRun(returncode, stdout.read_text("utf-8"), stderr.read_text("utf-8"), results)


@dataclass(frozen=True)
class PlaybookRunner:
    """Runs playbooks with the collections of `collections_path`; `home` is HOME of the run and must be a short path.

    A control socket's path, which lies below `home`, may have about 100 characters.
    """

    collections_path: Path
    home: Path
    python: Path = Path(sys.executable)

    def run(
        self,
        playbook: Path | Sequence[Mapping[str, Any]],
        inventory: Path | str,
        *options: str,
        extra_vars: Mapping[str, Any] | None = None,
        environment: Mapping[str, str] | None = None,
        timeout: float = 600,
    ) -> PlaybookRun:
        """Run a playbook (a file, or plays as Python values) with options of ansible-playbook such as `--check`.

        `environment` is added to the run's own, which has nothing of the caller's but PATH and Ansible's settings.
        A failed run is returned like any other.
        """
        with self.start(playbook, inventory, *options, extra_vars=extra_vars, environment=environment) as started:
            return started.wait(timeout)

    @contextmanager
    def start(
        self,
        playbook: Path | Sequence[Mapping[str, Any]],
        inventory: Path | str,
        *options: str,
        extra_vars: Mapping[str, Any] | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> Iterator[StartedRun]:
        """Start a run (arguments as for `run`) for the body of a `with`; what of it still runs then is killed."""
        with tempfile.TemporaryDirectory(dir=self.home) as name:
            scratch = Path(name)
            record, settings = scratch / "results.jsonl", scratch / "ansible.cfg"
            record.touch()
            settings.touch()
            if not isinstance(playbook, Path):
                plays, playbook = playbook, scratch / "playbook.yml"
                playbook.write_text(json.dumps(list(plays)))
            command = [str(self.python), "-m", "ansible", "playbook", "--inventory", str(inventory), *options]
            if extra_vars:
                command += ["--extra-vars", json.dumps(dict(extra_vars))]
            with (scratch / "stdout").open("wb") as stdout, (scratch / "stderr").open("wb") as stderr:
                process = subprocess.Popen(
                    [*command, str(playbook)],
                    stdin=subprocess.DEVNULL,
                    stdout=stdout,
                    stderr=stderr,
                    env={**self.environment(settings, record), **(environment or {})},
                )
            try:
                yield StartedRun(process, scratch)
            finally:
                if process.poll() is None:
                    kill_tree(process.pid)
                process.wait()

    def environment(self, settings: Path, record: Path) -> dict[str, str]:
        """Return the environment of a run that reads `settings` (an ansible.cfg) and writes its results to `record`."""
        return {
            "PATH": f"{self.python.parent}:{os.environ['PATH']}",
            "HOME": str(self.home),
            "LANG": "C.UTF-8",
            "ANSIBLE_CALLBACKS_ENABLED": "record_results",
            "ANSIBLE_CALLBACK_PLUGINS": str(UTILS / "callback_plugins"),
            "ANSIBLE_COLLECTIONS_PATH": str(self.collections_path),
            "ANSIBLE_CONFIG": str(settings),
            "ANSIBLE_HOME": str(self.home / ".ansible"),
            "ANSIBLE_NOCOLOR": "1",
            "ANSIBLE_PIPELINING": "1",
            "ANSIBLE_RETRY_FILES_ENABLED": "0",
            "ANSIBLE_SSH_CONTROL_PATH_DIR": str(self.home / "cp"),
            "RECORD_RESULTS": str(record),
        }
