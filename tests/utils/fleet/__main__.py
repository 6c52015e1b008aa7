# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Command line: `python -m fleet up --size 8 -- COMMAND` runs a command beside a fleet; `trees` prepares for it."""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys

from fleet.fleet import Fleet
from fleet.trees import RELEASES, TreeError, provide_trees


def run_fleet(arguments: argparse.Namespace) -> int:
    """Bring a fleet up and run the command with FLEET_INVENTORY set, or wait for Ctrl-C; return the exit status."""
    with Fleet(arguments.size, tuple(arguments.releases), mode=arguments.mode) as fleet:
        print(f"{arguments.size} hosts ({fleet.mode}): {fleet.inventory}", file=sys.stderr, flush=True)
        if arguments.command:
            environment = {**os.environ, "FLEET_INVENTORY": str(fleet.inventory)}
            return subprocess.run(arguments.command, check=False, env=environment).returncode
        signal.sigwait({signal.SIGINT, signal.SIGTERM})
        return 0


def build_trees(arguments: argparse.Namespace) -> int:
    """Build the trees that are missing; where that cannot be, say why: fleets then do without."""
    try:
        provide_trees(tuple(arguments.releases))
    except TreeError as error:
        print(f"No trees: {error}", file=sys.stderr)
        return 1
    return 0


def main() -> int:
    """Parse the command line and obey."""
    parser = argparse.ArgumentParser(prog="fleet", description=__doc__)
    verbs = parser.add_subparsers(required=True)
    up = verbs.add_parser("up", help="run a command beside a fleet of SSH hosts")
    up.add_argument("--size", type=int, default=3)
    up.add_argument("--releases", nargs="+", default=RELEASES, choices=RELEASES, metavar="RELEASE")
    up.add_argument("--mode", choices=("overlay", "sandbox", "local"))
    up.add_argument("command", nargs="*", metavar="-- COMMAND")
    up.set_defaults(verb=run_fleet)
    trees = verbs.add_parser("trees", help="build the trees of Debian releases")
    trees.add_argument("--releases", nargs="+", default=RELEASES, choices=RELEASES, metavar="RELEASE")
    trees.set_defaults(verb=build_trees)
    arguments = parser.parse_args()
    return int(arguments.verb(arguments))


if __name__ == "__main__":
    sys.exit(main())
