# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Commands of the user: an argument list, no shell, a time limit for the whole process group, bounded output."""

from __future__ import annotations

import contextlib
import os
import selectors
import shlex
import signal
import subprocess
import time
from dataclasses import dataclass
from typing import Any, Mapping, Sequence

from .._errors import InvalidInput

KEPT_OUTPUT = 8192
POLL_INTERVAL = 0.02
CHUNK = 1 << 16
MAXIMUM_DRAIN = 16


@dataclass(frozen=True)
class CommandOutcome:
    """How a command ended: its exit status (None at a time-out) and the end of what it printed."""

    status: int | None
    output: str

    @property
    def succeeded(self) -> bool:
        """Whether it ended by itself with status 0."""
        return self.status == 0


def read_command(value: Any, option: str) -> tuple[str, ...] | None:
    """Return a command option (list, or shell-quoted string) as arguments, None when it is not set."""
    if value is None or value in ("", []):
        return None
    try:
        arguments = shlex.split(value) if isinstance(value, str) else [str(argument) for argument in value]
    except ValueError as error:
        raise InvalidInput(
            "Failed to read a command", on=option, because=str(error), remedy="Close the quote, or give a list"
        ) from error
    if not arguments or "\0" in "".join(arguments):
        raise InvalidInput(
            "Failed to read a command",
            on=option,
            because="it is empty or has a zero byte",
            remedy="Give a program and its arguments",
        )
    _refuse_other_encodings(arguments, option)
    return tuple(arguments)


def _refuse_other_encodings(arguments: Sequence[str], option: str) -> None:
    """Raise ``InvalidInput`` for what a process in this locale cannot be given."""
    try:
        for argument in arguments:
            os.fsencode(argument)
    except UnicodeEncodeError as error:
        raise InvalidInput(
            "Failed to read a command",
            on=option,
            because=f"it has a character that the locale of this host lacks ({error.encoding})",
            remedy="Set a locale with UTF-8 for the task (LC_ALL in its environment), or name a script in ASCII",
        ) from error


def fill_command(command: Sequence[str], values: Mapping[str, str]) -> tuple[str, ...]:
    """Put paths in the place of ``{privkey}`` and the like; other braces stay as they are."""
    filled = []
    for argument in command:
        text = argument
        for name, path in values.items():
            text = text.replace("{" + name + "}", path)
        filled.append(text)
    return tuple(filled)


def run_command(command: Sequence[str], timeout: float) -> CommandOutcome:
    """Run to the end or to the time-out in seconds, when the whole process group is killed."""
    try:
        # AnsibleModule.run_command knows no time limit, and would leave a command's children behind
        process = subprocess.Popen(  # pylint: disable=ansible-bad-function
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    except (OSError, ValueError) as error:  # the latter for a path that the locale lacks
        return CommandOutcome(127, f"{command[0]}: {getattr(error, 'strerror', error)}")
    output, timed_out = _follow(process, time.monotonic() + timeout)
    text = output.decode("utf-8", "replace")
    if timed_out:
        return CommandOutcome(None, f"{text}\nIt did not end within {timeout:g} seconds and was killed".lstrip())
    return CommandOutcome(process.returncode, text)


def _follow(process: subprocess.Popen[bytes], deadline: float) -> tuple[bytes, bool]:
    """Read until the process ends; a child that outlives it and keeps the pipe open is not waited for."""
    stream = process.stdout
    if stream is None:
        return b"", False
    kept, timed_out, drained = b"", False, 0
    os.set_blocking(stream.fileno(), False)
    with stream, selectors.DefaultSelector() as selector:
        selector.register(stream, selectors.EVENT_READ)
        while drained < MAXIMUM_DRAIN:
            ended = process.poll() is not None
            ready = selector.select(0 if ended else POLL_INTERVAL)
            chunk = os.read(stream.fileno(), CHUNK) if ready else b""
            kept = (kept + chunk)[-KEPT_OUTPUT:]
            drained += 1 if ended else 0
            if ended and not chunk:
                break
            if ready and not chunk:
                timed_out = _wait(process, deadline)
            elif not timed_out and time.monotonic() > deadline:
                timed_out = True
                _kill_group(process)
    return kept, timed_out


def _wait(process: subprocess.Popen[bytes], deadline: float) -> bool:
    try:
        process.wait(max(0.0, deadline - time.monotonic()))
    except subprocess.TimeoutExpired:
        _kill_group(process)
        return True
    return False


def _kill_group(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
