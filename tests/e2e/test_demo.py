# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""`make demo` shows what it promises."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from demo.run import is_as_promised


def test_the_demonstration_measures_what_the_collection_promises(checkout: Path, stage: Path) -> None:
    command = [sys.executable, "tests/utils/demo/run.py"]
    done = subprocess.run(
        command,
        cwd=checkout,
        env={
            "PATH": f"{Path(sys.executable).parent}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            "HOME": str(Path.home()),
            "PYTHONPATH": f"{stage}:{checkout / 'tests/utils'}",
        },
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-3000:]
    measured = json.loads(done.stdout.splitlines()[-1])
    assert measured["hosts"] >= 8
    assert is_as_promised(measured)
