# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Start the emulator: `python -m private_ca_emulator --port 5055`."""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
from pathlib import Path

from private_ca_emulator.seed_file import SeedError, read_seed
from private_ca_emulator.server import EmulatorServer
from private_ca_emulator.settings import AS_THE_SERVICE
from private_ca_emulator.state import StateError

_LAST_PORT = 65535


def parse_arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="private_ca_emulator",
        description="A strict local emulator of AWS Private CA; every other AWS service is answered by moto.",
        epilog="The first line printed is one JSON object with endpoint_url and pid. Control API: /_emulator/.",
    )
    parser.add_argument(
        "--port", type=_read_port, default=5055, help="port to listen on; 0 picks a free one (default 5055)"
    )
    parser.add_argument("--address", default="127.0.0.1", help="address to listen on (default 127.0.0.1)")
    parser.add_argument("--seed", type=Path, help="YAML file of CAs, buckets, access keys and settings to start with")
    parser.add_argument("--realistic", action="store_true", help="wait and throttle as the service does")
    parser.add_argument("--state-directory", type=Path, help="keep CAs, keys, certificates and tokens here, mode 0600")
    return parser.parse_args()


def _read_port(text: str) -> int:
    if not (text.isdecimal() and int(text) <= _LAST_PORT):
        raise argparse.ArgumentTypeError(f"a port is a number from 0 to {_LAST_PORT}, not {text!r}")
    return int(text)


def main() -> None:
    """Serve until interrupted or terminated."""
    arguments = parse_arguments()
    try:
        seed = read_seed(arguments.seed) if arguments.seed else {}
        if arguments.realistic:
            seed = {**seed, "settings": {**AS_THE_SERVICE, **(seed.get("settings") or {})}}
        server = EmulatorServer(arguments.address, arguments.port, seed, arguments.state_directory)
    except (SeedError, StateError, OSError) as error:
        sys.exit(f"private_ca_emulator: {error}")
    stopped = server.service.stop_requested
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_ignored: stopped.set())
    with server as emulator:
        print(json.dumps({"endpoint_url": emulator.endpoint_url, "pid": os.getpid()}), flush=True)
        stopped.wait()


if __name__ == "__main__":
    main()
