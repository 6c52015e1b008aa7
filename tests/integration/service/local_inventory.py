# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An inventory of hosts that are all this machine."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any


def write_local_inventory(directory: Path, hosts: Mapping[str, Mapping[str, Any]]) -> Path:
    """Write an inventory of these hosts, each with variables of its own, and return its path."""
    local = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable}
    inventory = directory / "local.json"
    inventory.write_text(json.dumps({"all": {"hosts": {name: {**local, **own} for name, own in hosts.items()}}}))
    return inventory
