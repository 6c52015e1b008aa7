# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The modules as Ansible runs them: packed, sent, and run by another process."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from host_lineage import HostLineage, find_fault

from playbook_run import PlaybookRun

PYTHON = os.environ.get("FLEET_PKI_HOST_PYTHON", sys.executable)
PASSPHRASES = {"key_passphrase": "correct horse battery", "keystore_passphrase": "staple of its own"}
Task = dict[str, Any]


def call(module: str, options: dict[str, Any], *, check_mode: bool = False, may_fail: bool = False) -> Task:
    """Return the task that calls a host module."""
    name = f"fleet_pki.aws_private_ca.host_certificate_{module}"
    return {"name": module, name: options, "check_mode": check_mode, "diff": True, "ignore_errors": may_fail}


def require_absence(path: Path) -> Task:
    return {"name": "Nothing is there yet", "ansible.builtin.assert": {"that": f"'{path}' is not exists"}}


def run_verbosely(run_playbook: Callable[..., PlaybookRun], scratch: Path, *tasks: Task) -> list[dict[str, Any]]:
    """Run tasks on this machine with the Python of a host, all output to ``scratch``, and return the modules' results.

    The variable ``given`` has the passphrases.
    """
    (scratch / "passphrases").write_text(json.dumps(PASSPHRASES))
    given = f"{{{{ lookup('ansible.builtin.file', '{scratch}/passphrases') | from_json }}}}"
    variables = {"ansible_python_interpreter": PYTHON, "given": given}
    play = {"hosts": "localhost", "connection": "local", "gather_facts": False, "vars": variables, "tasks": tasks}
    places = {"ANSIBLE_HOME": str(scratch / "ansible"), "ANSIBLE_LOG_PATH": str(scratch / "log")}
    run = run_playbook([play], "localhost,", "-vvvv", "--diff", environment=places).require_success()
    results = [each.result for each in run.results if each.action != "ansible.builtin.assert"]
    with (scratch / "printed").open("a") as printed:
        printed.write(f"{run.stdout}{run.stderr}{json.dumps(results)}")
    return results


def require_secrecy(scratch: Path) -> None:
    """Fail when a key is in what was printed or in a file that others may read, or a passphrase in any but its own."""
    for name in ("log", "printed"):
        shown = (scratch / name).read_text()
        assert "CERTIFICATE REQUEST" in shown and "PRIVATE KEY" not in shown
    for path in scratch.rglob("*"):
        if path.is_file() and path.name != "passphrases":
            content = path.read_bytes()
            assert not [name for name, passphrase in PASSPHRASES.items() if passphrase.encode() in content], path
            assert b"PRIVATE KEY" not in content or path.stat().st_mode & 0o077 == 0, path


def test_the_host_modules_go_through_the_five_steps_and_show_no_secret_however_verbose(
    lineage: HostLineage, run_playbook: Callable[..., PlaybookRun], tmp_path: Path
) -> None:
    secret = {name: f"{{{{ given.{name} }}}}" for name in PASSPHRASES}
    options = {**lineage.options, **secret, "formats": ["pkcs12", "combined"]}
    checked, asked, failed = run_verbosely(
        run_playbook,
        tmp_path,
        call("request", options, check_mode=True),
        require_absence(lineage.base),
        call("request", options),
        call("request", {**options, "name": "../escape"}, may_fail=True),
    )
    assert (checked["action"], checked["changed"]) == ("issue", True)
    assert (asked["action"], asked["reasons"]) == (checked["action"], checked["reasons"])
    assert failed["msg"].startswith("Failed to accept the name of a lineage (../escape)")

    issued = {name: options[name] for name in options if name not in ("host", "max_clock_skew")}
    issued.update(lineage.issue(asked))
    predicted, done, repeated, again, again_checked, listed, changed = run_verbosely(
        run_playbook,
        tmp_path,
        call("install", issued, check_mode=True),
        require_absence(lineage.live),
        call("install", issued),
        call("install", issued),
        call("request", options),
        call("request", options, check_mode=True),
        call("info", {"base_directory": options["base_directory"]}),
        call("request", {**options, "key_algorithm": "RSA_2048"}, check_mode=True),
    )
    assert predicted["changed"] and done["changed"] and done["current"] == predicted["current"]
    assert find_fault(lineage.live, PASSPHRASES["key_passphrase"].encode()) is None and not repeated["changed"]
    assert [(each["action"], each["changed"]) for each in (again, again_checked)] == [("none", False)] * 2
    assert [each["current"] for each in listed["lineages"]] == [done["current"]]
    assert [each["reason"] for each in changed["reasons"]] == ["key_parameters_changed"]

    require_secrecy(tmp_path)
