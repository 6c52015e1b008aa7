# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a host with nothing due has to load, and what it needs when something is due."""

from __future__ import annotations

import json
import os
import subprocess
import sys

from host_lineage import HostLineage

UTILS = "ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils"
PROGRAM = f"""
import json, sys
class Hide:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in ({{hidden}}):
            raise ImportError(name + " is not installed")
sys.meta_path.insert(0, Hide())
from {UTILS}._errors import PrivateCaError
from {UTILS}._generations.files import Files
from {UTILS}._lineage.request import request_certificate
try:
    answer = request_certificate(json.load(sys.stdin), Files(), False)["action"]
except PrivateCaError as error:
    answer = error.sentence()
print(json.dumps([answer, sorted(sys.modules)]))
"""


def run_hiding(lineage: HostLineage, *hidden: str) -> tuple[str, set[str]]:
    """Run the request in an interpreter without some packages; returns its answer and what was imported."""
    program = PROGRAM.format(hidden="".join(f"{name!r}, " for name in hidden))
    given = json.dumps(lineage.options)
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, env=environment, input=given, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    answer, modules = json.loads(done.stdout)
    return answer, set(modules)


def test_nothing_due_loads_neither_cryptography_nor_what_only_a_change_needs(lineage: HostLineage) -> None:
    lineage.run()
    answer, modules = run_hiding(lineage)
    assert answer == "none"
    heavy = {"cryptography", "boto3", "botocore", "ssl", "socket", "subprocess", "asyncio", "ansible"}
    assert heavy & {name.split(".")[0] for name in modules} == set()


def test_a_due_certificate_needs_no_aws_library(lineage: HostLineage) -> None:
    assert run_hiding(lineage, "boto3", "botocore")[0] == "issue"


def test_a_missing_library_is_told_when_it_is_needed(lineage: HostLineage) -> None:
    answer, _modules = run_hiding(lineage, "cryptography")
    assert answer.startswith("Failed to import the Python library cryptography") and "cryptography >= 3.3" in answer
    assert not (lineage.path / "pending").exists()
