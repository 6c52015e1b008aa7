# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every error that the service declares for what host_certificate calls: one host each, in one run of one play."""

from __future__ import annotations

import json
import sys
from typing import Any

import botocore.session
import pytest

from playbook_run import PlaybookRun

TASK = "Keep the certificate"
MODEL = botocore.session.get_session().get_service_model("acm-pca")
ASKED_ONCE, OF_EACH_HOST = "DescribeCertificateAuthority", ("IssueCertificate", "GetCertificate")


def declared(*operations: str) -> dict[str, tuple[str, str]]:
    """Return operation and error by the name of the host that meets it."""
    return {
        f"{operation}-{shape.name}".lower(): (operation, shape.name)
        for operation in operations
        for shape in MODEL.operation_model(operation).error_shapes
    }


ERRORS = declared(*OF_EACH_HOST, ASKED_ONCE)
WAITED = {("GetCertificate", "RequestInProgressException")}


@pytest.fixture
def hosts(account, new_root, control, tmp_path) -> dict[str, dict[str, Any]]:
    """Return the variables of a host for each error, with an access key of its own that meets it.

    A run asks each CA for its algorithm once, for all hosts, so the errors of that take a CA of their own.
    """
    hosts, shared = {}, new_root("shared")
    for number, (name, (operation, code)) in enumerate(ERRORS.items()):
        key = f"AKIA{account.number}H{number:02}"
        control.add_access_key(key, account.number)
        control.fault("error", operation, code=code, message="Scripted.", status=400, match={"access_key": key})
        asks = operation == ASKED_ONCE
        hosts[name] = {
            "ansible_connection": "local",
            "ansible_python_interpreter": sys.executable,
            "key": key,
            "base": str(tmp_path / name),
            "ca": (new_root(name) if asks else shared)["arn"],
            **({} if asks else {"algorithm": "SHA256WITHECDSA"}),
        }
    return hosts


@pytest.fixture
def fleet_run(hosts, account, run_playbook, tmp_path) -> PlaybookRun:
    """Run one play on all hosts."""
    inventory = tmp_path / "inventory.json"
    inventory.write_text(json.dumps({"all": {"hosts": hosts}}))
    task: dict[str, Any] = {
        **account.connection,
        "access_key": "{{ key }}",
        "name": "web",
        "base_directory": "{{ base }}",
        "certificate_authority_arn": "{{ ca }}",
        "signing_algorithm": "{{ algorithm | default(omit) }}",
        "common_name": "{{ inventory_hostname[:64] }}",
        "wait_timeout": 1,
    }
    play = {
        "name": "Meet every error",
        "hosts": "all",
        "gather_facts": False,
        "tasks": [{"name": TASK, "fleet_pki.aws_private_ca.host_certificate": task}],
    }
    environment = {"XDG_STATE_HOME": str(tmp_path / "state")}
    return run_playbook([play], inventory, environment=environment)


def test_each_host_is_told_what_failed_on_what_and_what_to_do(hosts, fleet_run):
    told = fleet_run.of_task(TASK)
    assert set(told) == set(ERRORS)
    for name, (operation, code) in ERRORS.items():
        result = told[name].result
        assert told[name].status == "failed", name
        assert result["msg"].startswith(f"{name}: certificate 'web': Failed to "), result["msg"]
        assert hosts[name]["ca"] in result["msg"]
        assert ". " in result["msg"].removesuffix("."), "it does not say what to do"
        if (operation, code) in WAITED:
            assert "still in progress" in result["msg"]
        else:
            assert (result["operation"], result["code"]) == (operation, code)
            assert "Scripted" in result["msg"]
    assert "Traceback" not in fleet_run.stdout + fleet_run.stderr
