# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every error that the service declares for what host_certificate calls: one host each, in one run of one play."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import botocore.session
import pytest
from ansible_collections.fleet_pki.aws_private_ca.tests.integration.service.accounts import Account, NewRoot
from ansible_collections.fleet_pki.aws_private_ca.tests.integration.service.local_inventory import write_local_inventory

from playbook_run import PlaybookRun
from private_ca_emulator.control import EmulatorControl

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


Hosts = dict[str, dict[str, str]]
ERRORS = declared(*OF_EACH_HOST, ASKED_ONCE)
WAITED = {("GetCertificate", "RequestInProgressException")}


@pytest.fixture
def hosts(account: Account, new_root: NewRoot, control: EmulatorControl, tmp_path: Path) -> Hosts:
    """Return the variables of a host for each error, with an access key of its own that meets it.

    A run asks each CA for its algorithm once, for all hosts, so the errors of that take a CA of their own.
    """
    shared = new_root("shared")
    hosts: Hosts = {}
    for number, (name, (operation, code)) in enumerate(ERRORS.items()):
        key = f"AKIA{account.number}H{number:02}"
        control.add_access_key(key, account.number)
        control.fault("error", operation, code=code, message="Scripted.", status=400, match={"access_key": key})
        asks = operation == ASKED_ONCE
        hosts[name] = {
            "key": key,
            "base": str(tmp_path / name),
            "ca": new_root(name) if asks else shared,
            **({} if asks else {"algorithm": "SHA256WITHECDSA"}),
        }
    return hosts


@pytest.fixture
def fleet_run(hosts: Hosts, account: Account, run_playbook: Callable[..., PlaybookRun], tmp_path: Path) -> PlaybookRun:
    """Run one play on all hosts."""
    task = {
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
    return run_playbook([play], write_local_inventory(tmp_path, hosts), environment=environment)


def test_each_host_is_told_what_failed_on_what_and_what_to_do(hosts: Hosts, fleet_run: PlaybookRun) -> None:
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
