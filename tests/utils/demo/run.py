# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The demonstration: a fleet of real SSH hosts gets certificates from an emulated AWS Private CA; `make demo` runs it.

For people it prints what happens; its last line is one JSON object, every value of it measured: from Ansible's own
results, from the emulator's record of what it was asked, from TLS handshakes and from what lay on the control node.
"""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3

from demo.key_search import FolderWatch, count_private_keys
from demo.tls import shake_hands
from emulator_process import REGION, EmulatorProcess
from fleet.fleet import Fleet
from fleet.hosts import Host
from playbook_run import PlaybookRun, PlaybookRunner
from private_ca_emulator.control import EmulatorControl
from private_ca_emulator.seeding import create_active_hierarchy

CHECKOUT = Path(__file__).resolve().parents[3]
ACTION = "fleet_pki.aws_private_ca.host_certificate"
SIZE = 8
WEB_SERVERS = 2
UNTIL_RENEWAL = 65 * 86400
"""Past two thirds of the 90 days that playbooks/demo.yml asks for."""


@dataclass
class Demonstration:
    """A fleet and a CA, and what was found out about them so far."""

    fleet: Fleet
    control: EmulatorControl
    runner: PlaybookRunner
    variables: dict[str, Any]
    environment: Mapping[str, str]
    served: list[bool] = field(default_factory=list)
    output: list[bytes] = field(default_factory=list)

    @property
    def authority(self) -> str:
        """Return the ARN of the CA that signs."""
        return str(self.variables["demo_certificate_authority_arn"])

    def play(self, title: str, *options: str) -> PlaybookRun:
        """Run the playbook and show what it says. Raises AssertionError when a host failed."""
        print(f"\n=== {title}\n", flush=True)
        run = self.runner.run(
            CHECKOUT / "playbooks/demo.yml",
            self.fleet.inventory,
            *options,
            extra_vars=self.variables,
            environment=self.environment,
        )
        print(run.stdout, run.stderr, sep="", flush=True)
        self.output += [run.stdout.encode(), run.stderr.encode(), *(repr(seen.result).encode() for seen in run.results)]
        return run.require_success()

    def count_requests(self) -> int:
        """Return how many requests AWS had so far, of any service."""
        return len(self.control.requests()) + len(self.control.other_requests())

    def list_issued(self) -> set[str]:
        """Return the ARNs of all certificates that the CA was made to issue."""
        return {issued["certificate_arn"] for issued in self.control.certificates(self.authority)}

    def compare_served(self, run: PlaybookRun) -> None:
        """Shake hands with every web server and hold what it serves against what Ansible said it installed."""
        for host in self.fleet.hosts[:WEB_SERVERS]:
            root = self.fleet.folder / "root.pem"
            root.write_text(host.run(["cat", f"{host.base_directory}/web/live/root.pem"]).stdout)
            found = shake_hands(host.address, host.tls_port, host.name, root, int(self.control.now()))
            installed = list_certificates(run)[host.name]["serial"]
            self.served.append(found.verified and found.serial == installed)
            print(f"{host.name} serves {found.serial} (chain verified: {found.verified}); installed is {installed}")


def list_certificates(run: PlaybookRun) -> dict[str, dict[str, Any]]:
    """Return the facts of the certificate on each host, as Ansible's results say."""
    return {host: seen.result["results"][0]["certificate"] for host, seen in run.of_task(ACTION).items()}


def list_changed(run: PlaybookRun) -> list[str]:
    """Return the hosts on which the certificate was, or would be, changed."""
    return sorted(host for host, seen in run.of_task(ACTION).items() if seen.result.get("changed"))


def demonstrate(demo: Demonstration) -> dict[str, Any]:
    """Go through the life of the fleet's certificates and return what was measured."""
    before = demo.list_issued()
    predicted = list_changed(demo.play("What would happen (--check --diff)", "--check", "--diff"))
    run = demo.play("First run: every host gets its certificate")
    demo.compare_served(run)
    first = demo.list_issued()

    asked = demo.count_requests()
    second = demo.play("Second run: nothing is due")
    second_calls = demo.count_requests() - asked

    host = demo.fleet[0]
    demo.variables["demo_additional_names"] = {host.name: [f"DNS:www.{host.name}"]}
    demo.compare_served(demo.play(f"One name more on {host.name}"))
    renamed = demo.list_issued()

    demo.control.advance(UNTIL_RENEWAL)
    demo.variables["demo_as_of"] = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(demo.control.now()))
    demo.compare_served(demo.play(f"{UNTIL_RENEWAL // 86400} days later: renewal is due everywhere"))
    return {
        "hosts": len(list_certificates(run)),
        "predicted": predicted,
        "issued": len(first - before),
        "second_run_changed": len(second.hosts_with("changed")),
        "second_run_aws_calls": second_calls,
        "name_change_issued": len(renamed - first),
        "renewed": len(demo.list_issued() - renamed),
        "served_serials_match": bool(demo.served) and all(demo.served),
    }


def read_private_keys(hosts: Sequence[Host]) -> list[str]:
    """Return every private key that lies on the hosts, of live and of former generations."""
    find = ["sh", "-c", 'find "$1" -name "*privkey.pem" -type f -exec cat {} +', "find"]
    return [host.run([*find, host.base_directory]).stdout for host in hosts]


def prepare(fleet: Fleet, emulator: EmulatorProcess, home: Path) -> Demonstration:
    """Create a root and a subordinate CA, and what the playbook has to know."""
    client = boto3.client(
        "acm-pca",
        endpoint_url=emulator.endpoint_url,
        region_name=REGION,
        aws_access_key_id=emulator.environment["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=emulator.environment["AWS_SECRET_ACCESS_KEY"],
    )
    authorities = create_active_hierarchy(client)
    kind = fleet.notice or f"{len(fleet.hosts)} hosts, each with its own sshd"
    print(f"{kind} ({fleet.mode}); CA at {emulator.endpoint_url}")
    for host in fleet.hosts[:WEB_SERVERS]:
        host.run(["mkdir", "-p", host.service_directory])
    variables = {
        "demo_certificate_authority_arn": authorities.subordinate_arn,
        "demo_web_servers": [host.name for host in fleet.hosts[:WEB_SERVERS]],
    }
    environment = {
        **emulator.environment,
        "TMPDIR": str(home / "tmp"),
        "ANSIBLE_LOCAL_TEMP": str(home / "tmp"),
        "ANSIBLE_DISPLAY_SKIPPED_HOSTS": "0",
        "ANSIBLE_FORKS": str(SIZE),
        "XDG_STATE_HOME": str(home / "state"),
    }
    runner = PlaybookRunner(CHECKOUT / ".stage", home)
    return Demonstration(fleet, EmulatorControl(emulator.endpoint_url), runner, variables, environment)


def main() -> int:
    """Run the demonstration; return 0 when every value is what the collection promises."""
    home = Path(tempfile.mkdtemp(prefix="demo-"))
    try:
        (home / "tmp").mkdir()
        with EmulatorProcess() as emulator, Fleet(SIZE) as fleet, FolderWatch(home) as watch:
            demo = prepare(fleet, emulator, home)
            measured = demonstrate(demo)
            keys = read_private_keys(fleet.hosts)
            requests = json.dumps(demo.control.requests()).encode()
        seen = [*watch.contents(), *demo.output, requests]
        measured["private_keys_on_controller"] = count_private_keys(seen, keys)
    finally:
        shutil.rmtree(home)
    print(json.dumps(measured), flush=True)
    return 0 if is_as_promised(measured) else 1


def is_as_promised(measured: Mapping[str, Any], size: int = SIZE) -> bool:
    """Tell whether a measured demonstration on ``size`` hosts shows what the collection promises."""
    promised = {
        "hosts": size,
        "issued": size,
        "second_run_changed": 0,
        "second_run_aws_calls": 0,
        "name_change_issued": 1,
        "renewed": size,
        "served_serials_match": True,
        "private_keys_on_controller": 0,
    }
    return len(set(measured["predicted"])) == size and all(measured[name] == value for name, value in promised.items())


if __name__ == "__main__":
    sys.exit(main())
