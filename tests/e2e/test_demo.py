# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the README has a newcomer do first: clone, and `make demo`, which shows what it promises."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import yaml

from demo.run import is_as_promised
from pages import quote_command
from setup.stage import copy_sources


def run(command: str, directory: Path, **environment: str) -> str:
    """Return what a line of shell prints; it must succeed."""
    known = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME": str(Path.home())}
    done = subprocess.run(
        ["bash", "-euc", command],
        cwd=directory,
        env={**known, **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-3000:]
    return done.stdout


def clone(checkout: Path, folder: Path) -> Path:
    """Return a clone by the README's command, of this checkout under the public address, as its files are now.

    What was downloaded for this checkout, its .venv and .deps, is the clone's too: how they are made is what every run
    of the tests in a fresh clone begins with.
    """
    public = yaml.safe_load((checkout / "galaxy.yml").read_text())["repository"]
    redirect = {"GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": f"url.{checkout}.insteadOf", "GIT_CONFIG_VALUE_0": public}
    made = Path(run(f"{quote_command('README', 'git clone')}; pwd", folder, **redirect).splitlines()[-1])
    run("git rm -rq .", made)
    copy_sources(made)
    (made / ".venv").symlink_to(sys.prefix)
    (made / ".deps").symlink_to(checkout / ".deps")
    return made


def test_a_clone_demonstrates_and_measures_what_the_collection_promises(checkout: Path, tmp_path: Path) -> None:
    printed = run(quote_command("README", "make demo"), clone(checkout, tmp_path))
    measured = json.loads(printed.splitlines()[-1])
    assert measured["hosts"] >= 8
    assert is_as_promised(measured)
