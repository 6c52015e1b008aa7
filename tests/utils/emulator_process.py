# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The emulator of AWS Private CA as a process of its own, as a user starts it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from types import TracebackType

UTILS = Path(__file__).resolve().parent
REGION = "us-east-1"


class EmulatorProcess:
    """`python -m private_ca_emulator` on a free port, for as long as a `with` block lasts; it dies with its parent."""

    def __init__(self, *options: str) -> None:
        self.endpoint_url = ""
        self._options = options
        self._process: subprocess.Popen[str] | None = None

    @property
    def environment(self) -> dict[str, str]:
        """Return the environment that points an AWS client at the emulator, with credentials that are worth nothing."""
        return {
            "AWS_ACCESS_KEY_ID": "AKIAEMULATORTESTING0",
            "AWS_SECRET_ACCESS_KEY": "emulator",
            "AWS_ENDPOINT_URL": self.endpoint_url,
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    def __enter__(self) -> EmulatorProcess:
        """Start the emulator and return when it listens. Raises RuntimeError if it ends instead."""
        command = ["setpriv", "--pdeathsig", "KILL", sys.executable, "-m", "private_ca_emulator", "--port", "0"]
        environment = {**os.environ, "PYTHONPATH": str(UTILS)}
        self._process = subprocess.Popen(
            [*command, *self._options], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True, env=environment
        )
        assert self._process.stdout is not None
        announcement = self._process.stdout.readline()
        if not announcement:
            raise RuntimeError(f"the emulator ended with {self._process.wait()} before it listened")
        self.endpoint_url = json.loads(announcement)["endpoint_url"]
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop the emulator."""
        if self._process is not None:
            self._process.terminate()
            self._process.communicate(timeout=30)
