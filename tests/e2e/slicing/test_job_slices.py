# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Job slices: ansible-runner processes without a state of their own, which share a ledger, a rate and a limit."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest
from ansible_collections.fleet_pki.aws_private_ca.tests.e2e.conftest import ROLE, MakeHosts, Site

from emulator_process import REGION

HOSTS = [f"web{number}" for number in range(12)]
TABLE = "fleet-pki-ledger"
SECONDS_FOR_EACH = 1.0
LOOKING_UP = "DescribeCertificateAuthority"  # comes before the first request's turn is reserved
RUNNER = Path(sys.executable).with_name("ansible-runner")


@dataclass(frozen=True)
class Slice:
    """One job of ansible-runner: `directory` is all that it has of its own, and is empty before it."""

    directory: Path
    process: subprocess.Popen[str]

    def finish(self) -> dict[str, Any]:
        """Return the job's totals (Ansible's playbook_on_stats) once it has ended."""
        output, _errors = self.process.communicate(timeout=600)
        events = [json.loads(file.read_text()) for file in self.directory.glob("artifacts/job/job_events/*.json")]
        totals = [event["event_data"] for event in events if event["event"] == "playbook_on_stats"]
        assert totals, output
        return totals[-1]


@dataclass(frozen=True)
class Engine:
    """What starts jobs: a collections path, an inventory, and one play for all of them."""

    site: Site
    stage: Path
    directory: Path
    inventory: Mapping[str, Any]

    def play(self) -> dict[str, Any]:
        """Return the play: the role, a ledger in DynamoDB, a rate and a limit."""
        variables = {
            "host_certificate_certificate_authority_arn": self.site.authority,
            "host_certificate_base_directory": "{{ base_directory }}",
            "host_certificate_ledger": "dynamodb",
            "host_certificate_ledger_table": TABLE,
            "host_certificate_ledger_endpoint_url": self.site.environment["AWS_ENDPOINT_URL"],
            "host_certificate_ledger_create_table": True,
            "host_certificate_requests_per_second": 1 / SECONDS_FOR_EACH,
            "host_certificate_max_issuances": len(HOSTS),
        }
        roles = [{"role": ROLE}]
        return {"name": "Slice", "hosts": "all", "gather_facts": False, "vars": variables, "roles": roles}

    @contextmanager
    def start(self, name: str, hosts: Sequence[str]) -> Iterator[Slice]:
        """Start a job on some hosts of the inventory, for as long as the body of a `with` lasts."""
        directory = self.directory / name
        for part in ("project", "inventory", "home/tmp"):
            (directory / part).mkdir(parents=True)
        (directory / "project/site.yml").write_text(json.dumps([self.play()]))
        chosen = {host: self.inventory["all"]["hosts"][host] for host in hosts}
        (directory / "inventory/hosts.json").write_text(json.dumps({"all": {"hosts": chosen}}))
        environment = {
            **{name: value for name, value in self.site.environment.items() if name.startswith("AWS_")},
            "PATH": f"{RUNNER.parent}:{os.environ['PATH']}",
            "HOME": str(directory / "home"),
            "TMPDIR": str(directory / "home/tmp"),
            "LANG": "C.UTF-8",
            "ANSIBLE_COLLECTIONS_PATH": str(self.stage),
        }
        process = subprocess.Popen(
            [RUNNER, "run", "--ident", "job", "--playbook", "site.yml", directory],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=environment,
            text=True,
        )
        try:
            yield Slice(directory, process)
        finally:
            process.kill()
            process.wait()


def cut(hosts: Sequence[str], number: int, count: int) -> Sequence[str]:
    """Return the hosts of one slice of so many, as AWX deals them out."""
    return hosts[number::count]


@pytest.fixture
def engine(site: Site, stage: Path, short_directory: Path, local_hosts: MakeHosts, tmp_path: Path) -> Engine:
    """Return an engine for twelve hosts and one more."""
    inventory = json.loads(local_hosts(*HOSTS, "late").read_text())
    return Engine(site, stage, short_directory / tmp_path.name[-20:], inventory)


def read_pace(site: Site) -> list[float]:
    """Return until when each rate in the table is used up, in epoch seconds."""
    keys = {name.lower(): site.environment[name] for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")}
    make_client: Any = boto3.client
    table = make_client("dynamodb", endpoint_url=site.environment["AWS_ENDPOINT_URL"], region_name=REGION, **keys)
    items = table.scan(TableName=TABLE)["Items"]
    return [float(item["planned"]["N"]) for item in items if item["pk"]["S"].startswith("pace:")]


def test_two_slices_at_once_share_ledger_rate_and_limit(site: Site, engine: Engine) -> None:
    earlier = len(site.control.requests(LOOKING_UP))
    with ExitStack() as stack:
        jobs = [stack.enter_context(engine.start(f"s{n}", cut(HOSTS, n, 2))) for n in range(2)]
        totals = [job.finish() for job in jobs]
    assert [sorted(total["changed"]) for total in totals] == [sorted(cut(HOSTS, n, 2)) for n in range(2)]
    assert not any(total["failures"] or total["dark"] for total in totals)

    issued = Counter(each["subject"].removeprefix("CN=") for each in site.control.certificates(site.authority))
    assert issued == dict.fromkeys(HOSTS, 1)
    asked = site.control.requests("IssueCertificate")
    in_this_play = [each for each in asked if each.get("certificate_authority_arn") == site.authority]
    assert [each["outcome"] for each in in_this_play] == ["Success"] * len(HOSTS)

    assert len(read_pace(site)) == 1
    begun = site.control.requests(LOOKING_UP)[earlier]["time"]
    assert max(each["time"] for each in in_this_play) >= begun + (len(HOSTS) - 1) * SECONDS_FOR_EACH

    with engine.start("s2", [*HOSTS[:2], "late"]) as job:
        total = job.finish()
    assert (total["changed"], list(total["failures"])) == ({}, ["late"])
    assert len(site.control.requests("IssueCertificate")) == len(asked)
    assert list(engine.directory.rglob("*.sqlite3")) == []
