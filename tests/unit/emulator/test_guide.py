# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the guide shows is run as it stands."""

from __future__ import annotations

import dataclasses
import json
import os
import re
import socket
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
import yaml

from pages import quote_command
from private_ca_emulator import control_api, faults
from private_ca_emulator.control import EmulatorControl
from private_ca_emulator.settings import Settings

from .support import make_csr

CHECKOUT = Path(__file__).parents[3]
GUIDE = (CHECKOUT / "docs/docsite/rst/guide_emulator.rst").read_text()
BIN = Path(sys.executable).parent
START = [quote_command("guide_emulator", "make emulator"), quote_command("guide_emulator", "PYTHONPATH=")]
FAULT = quote_command("guide_emulator", "curl")


def read_block(name: str) -> str:
    """The code block of the guide that has this name."""
    found = re.search(rf"   :name: {name}\n\n((?:   .*\n|\n)+)", GUIDE)
    assert found is not None
    return textwrap.dedent(found.group(1))


def find_free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def test_the_playbook_starts_uses_and_stops_the_emulator(tmp_path: Path) -> None:
    (tmp_path / "seed.yml").write_text(read_block("seed"))
    (tmp_path / "play.yml").write_text(read_block("playbook"))
    variables = {
        "port": find_free_port(),
        "checkout": str(CHECKOUT),
        "seed": str(tmp_path / "seed.yml"),
        "csr": make_csr().decode(),
    }
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "LC_ALL": "C.UTF-8",
        "ANSIBLE_COLLECTIONS_PATH": str(CHECKOUT / ".stage"),
        "ANSIBLE_LOCALHOST_WARNING": "false",
        "ANSIBLE_PYTHON_INTERPRETER": sys.executable,
    }
    command = [BIN / "ansible-playbook", "-i", "localhost,", "-c", "local", "-e", json.dumps(variables), "play.yml"]
    done = subprocess.run(
        list(map(str, command)), cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_python_sample_runs() -> None:
    environment = {**os.environ, "PYTHONPATH": str(Path(control_api.__file__).parents[1])}
    done = subprocess.run(
        [sys.executable, "-c", read_block("python")], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("arn:aws:acm-pca:eu-central-1:")


@pytest.mark.parametrize("command", START)
def test_each_command_serves_an_emulator_to_which_the_guides_fault_can_be_given(command: str) -> None:
    port = str(find_free_port())
    environment = {**os.environ, "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}"}
    process = subprocess.Popen(
        command.replace("5055", port), shell=True, cwd=CHECKOUT, env=environment, stdout=subprocess.PIPE, text=True
    )
    control = EmulatorControl(f"http://127.0.0.1:{port}")
    assert process.stdout is not None
    ready = next(line for line in process.stdout if line.startswith("{"))
    try:
        assert json.loads(ready)["endpoint_url"] == f"http://127.0.0.1:{port}"
        subprocess.run(FAULT.replace("5055", port), shell=True, check=True, capture_output=True)
        assert [fault["kind"] for fault in control.faults()] == ["lost_reply"]
    finally:
        control.stop()
        process.communicate(timeout=60)
    assert process.returncode == 0


def test_the_help_names_every_option_that_the_guide_names() -> None:
    environment = {**os.environ, "PYTHONPATH": str(Path(control_api.__file__).parents[1])}
    command = [sys.executable, "-m", "private_ca_emulator", "--help"]
    shown = subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout
    assert {"--port", "--address", "--seed", "--state-directory", "--realistic"} <= set(re.findall("--[a-z-]+", shown))
    named = set(re.findall(r"(?<![\w-])--(?:seed|state-directory|port|address|realistic)", GUIDE))
    assert named == {"--port", "--seed", "--state-directory", "--realistic"}
    assert "endpoint_url" in shown


def test_the_guide_names_the_settings_of_signatures_as_they_are() -> None:
    for setting in ("signature_check", "unknown_access_keys", "s3_bucket_check", "quotas_enabled"):
        assert f"``{setting}``" in GUIDE
        assert hasattr(Settings(), setting)


def _read(choice: str) -> object:
    return choice if choice == "off" else yaml.safe_load(choice)


def test_the_guide_lists_every_setting_with_its_default_first() -> None:
    rows = re.findall(r"   \* - ``([a-z0-9_]+)``: (.+)\n", GUIDE)
    listed = {name: [_read(choice) for choice in choices.split(", ")] for name, choices in rows}
    assert listed == {
        item.name: list(item.metadata.get("choices", [getattr(Settings(), item.name)]))
        for item in dataclasses.fields(Settings)
    }


@pytest.mark.parametrize("endpoint", sorted(control_api.ENDPOINTS))
def test_every_endpoint_of_the_control_api_is_in_the_guide(endpoint: tuple[str, str]) -> None:
    assert f"``{' '.join(endpoint)}" in GUIDE


@pytest.mark.parametrize("kind", faults.KINDS)
def test_every_kind_of_fault_is_in_the_guide(kind: str) -> None:
    assert f"``{kind}``" in GUIDE


def test_the_plugin_gives_an_emulator_for_the_session_that_each_test_finds_empty(tmp_path: Path) -> None:
    (tmp_path / "test_sample.py").write_text(
        textwrap.dedent(
            """
            import pytest

            @pytest.mark.parametrize("number", [1, 2])
            def test_sample(private_ca, private_ca_control, number):
                assert private_ca_control.settings()["issuance_delay"] == 0
                private_ca_control.settings(issuance_delay=number)
            """
        )
    )
    command = quote_command("guide_emulator", "pytest -p")
    environment = {
        **os.environ,
        "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(Path(control_api.__file__).parents[1]),
    }
    done = subprocess.run(command.split(), cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert "2 passed" in done.stdout, done.stdout + done.stderr
