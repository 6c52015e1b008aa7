# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A site for stories: an emulated CA, hosts (local ones or a fleet), and the control node's own home."""

from __future__ import annotations

import json
import re
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest

from emulator_process import REGION, EmulatorProcess
from playbook_run import PlaybookRun, PlaybookRunner
from private_ca_emulator.control import EmulatorControl
from private_ca_emulator.seeding import SeededAuthorities, create_active_hierarchy

ACTION = "fleet_pki.aws_private_ca.host_certificate"
ROLE = "fleet_pki.aws_private_ca.host_certificate"
TASK = "Keep the certificate"
ACM_NAME = "web01.example.com"
ACM_OPTIONS: dict[str, Any] = {
    "source": "acm",
    "common_name": ACM_NAME,
    "subject_alternative_names": [f"DNS:{ACM_NAME}", "DNS:www.example.com"],
}

_CALL = re.compile(r"Calling (\w+)\n.*Using module file ")


def list_modules(run: PlaybookRun) -> list[str]:
    """Return the host modules that were called, in order; the run must be at -vvv, and on local connections."""
    calls = _CALL.findall(run.stdout)
    assert len(calls) == run.stdout.count("Using module file") == run.stdout.count(" EXEC ")
    return calls


@dataclass
class Site:
    """A control node that knows one CA. ``home`` is its home, where ledger and temporary files lie."""

    control: EmulatorControl
    client: Any
    authorities: SeededAuthorities
    runner: PlaybookRunner
    home: Path
    environment: dict[str, str]

    @property
    def authority(self) -> str:
        """Return the ARN of the subordinate CA."""
        return self.authorities.subordinate_arn

    def keep(
        self, inventory: Path, *options: str, environment: Mapping[str, str] | None = None, **arguments: Any
    ) -> PlaybookRun:
        """Run one play of one task, host_certificate, on all hosts; an argument of None is left out."""
        given = {
            "name": "web",
            "base_directory": "{{ base_directory }}",
            "certificate_authority_arn": self.authority,
            "common_name": "{{ inventory_hostname }}",
            "subject_alternative_names": ["DNS:{{ inventory_hostname }}"],
            **arguments,
        }
        task = {"name": TASK, ACTION: {name: value for name, value in given.items() if value is not None}}
        return self.run([task], inventory, *options, environment=environment)

    def run(
        self,
        tasks: Sequence[Mapping[str, Any]],
        inventory: Path,
        *options: str,
        environment: Mapping[str, str] | None = None,
        **play: Any,
    ) -> PlaybookRun:
        """Run one play of the tasks on all hosts."""
        plays = [{"name": "Story", "hosts": "all", "gather_facts": False, "tasks": list(tasks), **play}]
        return self.runner.run(plays, inventory, *options, environment={**self.environment, **(environment or {})})

    def count_requests(self, operation: str | None = None) -> int:
        """Return how many requests AWS has had so far, of any service, or the CA of this operation."""
        others = [] if operation else self.control.other_requests()
        return len(self.control.requests(operation)) + len(others)

    def list_issued(self) -> set[str]:
        """Return the ARNs of the certificates that the CA was made to issue."""
        return {issued["certificate_arn"] for issued in self.control.certificates(self.authority)}


@pytest.fixture
def site(emulator: EmulatorProcess, stage: Path, short_directory: Path) -> Site:
    """Return a site whose CA, ledger and control node know of no other test."""
    control = EmulatorControl(emulator.endpoint_url)
    client = boto3.client(
        "acm-pca",
        endpoint_url=emulator.endpoint_url,
        region_name=REGION,
        aws_access_key_id=emulator.environment["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=emulator.environment["AWS_SECRET_ACCESS_KEY"],
    )
    home = Path(tempfile.mkdtemp(dir=short_directory))  # ansible-core 2.21 has a socket below TMPDIR
    (home / "tmp").mkdir()
    environment = {
        **emulator.environment,
        "XDG_STATE_HOME": str(home / "state"),
        "TMPDIR": str(home / "tmp"),
        "ANSIBLE_LOCAL_TEMP": str(home / "tmp"),
    }
    runner = PlaybookRunner(stage, short_directory)
    return Site(control, client, create_active_hierarchy(client), runner, home, environment)


@dataclass(frozen=True)
class AcmSite:
    """A site whose account has ACM, with ACM's permission on the CA."""

    site: Site
    acm: Any

    def keep(self, inventory: Path, *options: str, **arguments: Any) -> PlaybookRun:
        """Run the task with the source acm."""
        return self.site.keep(inventory, *options, **{**ACM_OPTIONS, **arguments})

    def request(self, name: str = ACM_NAME, **members: Any) -> str:
        """Return the ARN of a certificate that ACM was asked for elsewhere."""
        given = {"DomainName": name, "CertificateAuthorityArn": self.site.authority, "KeyAlgorithm": "EC_prime256v1"}
        return str(self.acm.request_certificate(**{**given, **members})["CertificateArn"])

    def renew(self, arn: str) -> str:
        """Have ACM renew the certificate, and return its new serial."""
        self.acm.renew_certificate(CertificateArn=arn)
        return self.serial(arn)

    def serial(self, arn: str) -> str:
        """Return the serial that ACM says the certificate has."""
        serial = self.acm.describe_certificate(CertificateArn=arn)["Certificate"]["Serial"]
        return str(serial).replace(":", "").lstrip("0")

    def calls(self, *operations: str) -> list[str]:
        """Return the calls of ACM so far, in order, or those of these operations."""
        names = [request["operation"] for request in self.site.control.requests()]
        called = [name.removeprefix("acm:") for name in names if name.startswith("acm:")]
        return [name for name in called if not operations or name in operations]


@pytest.fixture
def managed(site: Site) -> AcmSite:
    """Return a site that can have certificates from ACM."""
    site.client.create_permission(
        CertificateAuthorityArn=site.authority,
        Principal="acm.amazonaws.com",
        Actions=["IssueCertificate", "GetCertificate", "ListPermissions"],
    )
    acm = boto3.client(
        "acm",
        endpoint_url=site.environment["AWS_ENDPOINT_URL"],
        region_name=REGION,
        aws_access_key_id=site.environment["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=site.environment["AWS_SECRET_ACCESS_KEY"],
    )
    return AcmSite(site, acm)


MakeHosts = Callable[..., Path]


@pytest.fixture
def local_hosts(tmp_path: Path) -> Iterator[MakeHosts]:
    """Return a function from host names, or names with variables, to an inventory of hosts on this machine.

    Each has a base directory of its own, tmp_path / "hosts" / name.
    """

    def make(*names: str, **variables: Mapping[str, Any]) -> Path:
        hosts = {}
        for name in (*names, *variables):
            base = tmp_path / "hosts" / name
            base.mkdir(parents=True, exist_ok=True)
            hosts[name] = {
                "ansible_connection": "local",
                "ansible_python_interpreter": sys.executable,
                "base_directory": str(base),
                **variables.get(name, {}),
            }
        inventory = tmp_path / "inventory.json"
        inventory.write_text(json.dumps({"all": {"hosts": hosts}}))
        return inventory

    yield make
