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


# a run asks for the CA's algorithm once for all hosts, so each error of that takes a run of its own
RUNS = [declared(*OF_EACH_HOST), *({name: error} for name, error in declared(ASKED_ONCE).items())]
WAITED = {("GetCertificate", "RequestInProgressException")}


@pytest.fixture
def errors(request) -> dict[str, tuple[str, str]]:
    """Return the errors of one run."""
    return request.param


@pytest.fixture
def fleet_run(errors, account, root, control, run_playbook, tmp_path) -> PlaybookRun:  # noqa: PLR0917
    """Run one play on a host for each error, each with an access key of its own that meets that error."""
    hosts = {}
    for number, (name, (operation, code)) in enumerate(errors.items()):
        key = f"AKIA{account.number}H{number:02}"
        control.add_access_key(key, account.number)
        control.fault("error", operation, code=code, message="Scripted.", status=400, match={"access_key": key})
        hosts[name] = {
            "ansible_connection": "local",
            "ansible_python_interpreter": sys.executable,
            "key": key,
            "base": str(tmp_path / name),
        }
    inventory = tmp_path / "inventory.json"
    inventory.write_text(json.dumps({"all": {"hosts": {**hosts}}}))
    connection = {**account.connection, "access_key": "{{ key }}"}
    task: dict[str, Any] = {
        "name": "web",
        "base_directory": "{{ base }}",
        "certificate_authority_arn": root["arn"],
        "common_name": "{{ inventory_hostname[:64] }}",
        "wait_timeout": 1,
        **connection,
    }
    if ASKED_ONCE not in dict(errors.values()):
        task["signing_algorithm"] = "SHA256WITHECDSA"
    play = {
        "name": "Meet every error",
        "hosts": "all",
        "gather_facts": False,
        "tasks": [{"name": TASK, "fleet_pki.aws_private_ca.host_certificate": task}],
    }
    environment = {"XDG_STATE_HOME": str(tmp_path / "state")}
    return run_playbook([play], inventory, environment=environment)


@pytest.mark.parametrize("errors", RUNS, ids=["of each host", *declared(ASKED_ONCE)], indirect=True)
def test_each_host_is_told_what_failed_on_what_and_what_to_do(errors, fleet_run, root):
    told = fleet_run.of_task(TASK)
    assert set(told) == set(errors)
    for name, (operation, code) in errors.items():
        result = told[name].result
        assert told[name].status == "failed", name
        assert result["msg"].startswith(f"{name}: certificate 'web': Failed to "), result["msg"]
        assert root["arn"] in result["msg"]
        assert ". " in result["msg"].removesuffix("."), "it does not say what to do"
        if (operation, code) in WAITED:
            assert "still in progress" in result["msg"]
        else:
            assert (result["operation"], result["code"]) == (operation, code)
            assert "Scripted" in result["msg"]
    assert "Traceback" not in fleet_run.stdout + fleet_run.stderr
