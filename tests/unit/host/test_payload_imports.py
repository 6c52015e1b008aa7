# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What Ansible ships is compiled once; every module still knows its file, and other archives are left alone."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

PACKAGE = "ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils"
SCRIPT = f"""
import json, sys
from {PACKAGE}._payload_imports import compile_sources_once
archive, patched = sys.argv[1:]
compiled = []
sys.addaudithook(lambda event, seen: event == "compile" and compiled.append(str(seen[1])))
if patched == "yes":
    compile_sources_once()
sys.path.insert(0, archive)
import shipped.below.leaf, shipped
files = {{name: module.__file__ for name, module in sys.modules.items() if name.startswith("shipped")}}
json.dump({{"files": files, "compiled": [name for name in compiled if name.startswith(archive)]}}, sys.stdout)
"""
SOURCES = ("shipped/__init__.py", "shipped/below/__init__.py", "shipped/below/leaf.py")


def import_from(archive: Path, *, patched: bool) -> dict[str, Any]:
    with zipfile.ZipFile(archive, "w") as sources:
        for name in SOURCES:
            sources.writestr(name, "value = 1\n")
    command = [sys.executable, "-c", SCRIPT, str(archive), "yes" if patched else "no"]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    return dict(json.loads(done.stdout))


def test_each_shipped_source_is_compiled_once(tmp_path: Path) -> None:
    archive = tmp_path / "ansible_any_payload.zip"
    assert sorted(import_from(archive, patched=True)["compiled"]) == [f"{archive}/{name}" for name in SOURCES]


@pytest.mark.parametrize("name", ["ansible_any_payload.zip", "other.zip"])
def test_modules_know_their_files_as_they_do_without_it(tmp_path: Path, name: str) -> None:
    archive = tmp_path / name
    assert import_from(archive, patched=True)["files"] == import_from(archive, patched=False)["files"]
