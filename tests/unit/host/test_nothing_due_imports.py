# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a host with nothing due imports: Python compiles each module that is sent along anew in every run."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._x509.times import read_time, show_time
from host_lineage import HostLineage

PACKAGE = "ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils"
NEEDED = {
    "_errors",
    "_generations.directory",
    "_generations.files",
    "_generations.inspection",
    "_generations.location",
    "_generations.manifest",
    "_generations.plan",
    "_generations.state",
    "_host_argument_specs",
    "_host_call",
    "_lineage.diff",
    "_lineage.disk",
    "_lineage.judgement",
    "_lineage.options",
    "_lineage.request",
    "_lineage.verdict",
    "_reissue_policy",
    "_secrets",
    "_x509.algorithms",
    "_x509.names",
    "_x509.subjects",
    "_x509.times",
    "_x509.wanted",
}
SCRIPT = f"""
import json, sys
from {PACKAGE}._generations.files import Files
from {PACKAGE}._host_call import answer
result = answer("host_certificate_request", json.load(sys.stdin), Files(), False)
json.dump([result["action"], sorted(sys.modules)], sys.stdout)
"""


def test_a_host_with_nothing_due_imports_what_it_needs_to_say_so_and_no_more(lineage: HostLineage) -> None:
    lineage.run()
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    command, given = [sys.executable, "-c", SCRIPT], json.dumps(lineage.options)
    done = subprocess.run(command, env=environment, input=given, capture_output=True, text=True, check=True)
    action, modules = json.loads(done.stdout)
    own = {name[len(PACKAGE) + 1 :] for name in modules if name.startswith(f"{PACKAGE}.")}
    assert action == "none"
    assert own - {"_generations", "_lineage", "_x509"} == NEEDED
    assert not {"cryptography", "dataclasses", "ssl", "subprocess", "_strptime"} & set(modules)


@pytest.mark.parametrize("text", ["2026-11-23T21:47:15", "2026-11-23T21:47:15+01:00", "2026-11-23 21:47:15Z", ""])
def test_a_time_in_another_form_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        read_time(text)


@pytest.mark.parametrize("seconds", [0, 951782399, 1795474039, 253402300799])
def test_a_time_is_read_as_it_was_shown(seconds: int) -> None:
    assert read_time(show_time(seconds)) == seconds
