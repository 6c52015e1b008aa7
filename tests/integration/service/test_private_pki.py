# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A team sets up its private PKI and lives with it from playbooks alone: the whole life, told once, end to end."""

from __future__ import annotations

import json
import subprocess
import sys
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest
from service_policies import service_write_policy

from playbook_run import PlaybookRun, PlaybookRunner
from private_ca_emulator.control import EmulatorControl

MODULES = "fleet_pki.aws_private_ca"
OWNER, USER = "111122223333", "444455556666"
REGION = "eu-central-1"


@dataclass
class Pki:
    """An owner's and a user's account, a bucket, and the playbooks that are run with them."""

    endpoint_url: str
    runner: PlaybookRunner
    directory: Path
    bucket: str
    role_arn: str = ""

    def connection(self, account: str) -> dict[str, str]:
        """Return the connection options of an account."""
        return {
            "access_key": account, "secret_key": "emulator", "region": REGION, "endpoint_url": self.endpoint_url,
        }  # fmt: skip

    def client(self, account: str, service: str) -> Any:
        """Return a boto3 client of an account."""
        make_client: Any = boto3.Session(account, "emulator", region_name=REGION).client
        return make_client(service, endpoint_url=self.endpoint_url)

    def play(self, playbook: Path, inventory: Path, *options: str, **extra_vars: Any) -> PlaybookRun:
        """Run a playbook that makes the PKI as its owner; fail the test if it fails."""
        host = self.endpoint_url.removeprefix("http://")
        extra = {
            "pki_name": "example",
            "pki_bucket": self.bucket,
            "pki_second_account": USER,
            "pki_crl_cname": f"{host}/{self.bucket}",
            "pki_ocsp_cname": host,
            "pki_connection": self.connection(OWNER),
            **extra_vars,
        }
        environment = {"XDG_STATE_HOME": str(self.directory / "state")}
        run = self.runner.run(playbook, inventory, *options, extra_vars=extra, environment=environment)
        return run.require_success()


@pytest.fixture
def pki(emulator, stage, short_directory, tmp_path):
    control = EmulatorControl(emulator.endpoint_url)
    control.settings(crl_delay=0.0)
    for account in (OWNER, USER):
        control.add_access_key(account, account)
    own = uuid.uuid4().hex
    made = Pki(emulator.endpoint_url, PlaybookRunner(stage, short_directory), tmp_path, f"example-pki-{own}")
    s3 = made.client(OWNER, "s3")
    s3.create_bucket(Bucket=made.bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
    s3.put_bucket_policy(Bucket=made.bucket, Policy=json.dumps(service_write_policy(made.bucket)))
    trust = {"Version": "2012-10-17", "Statement": []}
    role = made.client(USER, "iam").create_role(RoleName=f"issuer-{own}", AssumeRolePolicyDocument=json.dumps(trust))
    made.role_arn = role["Role"]["Arn"]
    return made


@pytest.fixture
def localhost(tmp_path) -> Path:
    """Return an inventory of this machine alone."""
    inventory = tmp_path / "localhost.json"
    here = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable}
    inventory.write_text(json.dumps({"all": {"hosts": {"localhost": here}}}))
    return inventory


def test_the_playbook_that_makes_the_pki_predicts_and_repeats(pki, stage, localhost):
    playbook = stage / "ansible_collections/fleet_pki/aws_private_ca/playbooks/private_pki.yml"
    checked = pki.play(playbook, localhost, "--check")
    assert [one.task for one in checked.results if one.status == "changed"] == ["Make the root"]
    assert {one.status for one in pki.play(playbook, localhost).results} == {"changed"}
    assert {one.status for one in pki.play(playbook, localhost).results} == {"ok"}


def test_a_team_lives_with_its_pki_from_one_playbook(pki, localhost, fleet):
    hosts = fleet(2, ("bookworm",))
    run = pki.play(
        Path(__file__).parent / "playbooks/whole_life.yml",
        hosts.inventory,
        "--inventory",
        str(localhost),
        life_directory=str(pki.directory),
        life_role_arn=pki.role_arn,
        life_fleet_connection=pki.connection(USER),
    )
    names = [host.name for host in hosts]
    root = run.of_task("Make the root")["localhost"].result["certificate_authority"]
    servers = run.of_task("Make the subordinate that issues")["localhost"].result["certificate_authority"]
    judge_hierarchy(pki, root, servers)
    judge_issuance(pki, run, names)
    judge_revocation(run, names)
    judge_audit(pki, run, names)
    judge_restoration(pki, run, root["arn"], servers)


def judge_hierarchy(pki: Pki, root: dict[str, Any], servers: dict[str, Any]) -> None:
    """The subordinate is signed by the root, publishes CRL and OCSP, and its policy names the second account."""
    client = pki.client(OWNER, "acm-pca")
    policy = json.loads(client.get_policy(ResourceArn=servers["arn"])["Policy"])
    assert {statement["Principal"]["AWS"] for statement in policy["Statement"]} == {USER}
    described = client.describe_certificate_authority(CertificateAuthorityArn=servers["arn"])["CertificateAuthority"]
    published = described["RevocationConfiguration"]
    assert (published["CrlConfiguration"]["Enabled"], published["OcspConfiguration"]["Enabled"]) == (True, True)
    (pki.directory / "root.pem").write_text(root["certificate"])
    (pki.directory / "servers.pem").write_text(servers["certificate"])
    verified = openssl("verify", "-CAfile", str(pki.directory / "root.pem"), str(pki.directory / "servers.pem"))
    assert verified.stdout.endswith("OK\n")


def judge_issuance(pki: Pki, run: PlaybookRun, names: list[str]) -> None:
    """Each host has one certificate, which a role of the second account asked for."""
    kept = run.of_task("Keep the certificate")
    assert {name: kept[name].status for name in names} == dict.fromkeys(names, "changed")
    asked = EmulatorControl(pki.endpoint_url).requests("IssueCertificate")
    assert [request["account"] for request in asked if request["account"] != OWNER] == [USER] * len(names)


def judge_revocation(run: PlaybookRun, names: list[str]) -> None:
    """To openssl the first host's certificate is revoked, by CRL and by OCSP, and the others are good."""
    revoked, *others = names
    by_crl, by_ocsp = (
        {one["item"]: one for one in run.of_task(task)["localhost"].result["results"]}
        for task in ("Let openssl verify each by its CRL", "Let openssl ask the OCSP responder about each")
    )
    assert "certificate revoked" in by_crl[revoked]["stderr"]
    assert "revoked" in by_ocsp[revoked]["stdout"]
    assert "keyCompromise" in by_ocsp[revoked]["stdout"]
    for name in others:
        assert by_crl[name]["stdout"].endswith("OK")
        assert f"{name}-cert.pem: good" in by_ocsp[name]["stdout"]


def judge_audit(pki: Pki, run: PlaybookRun, names: list[str]) -> None:
    """The reports list all: the root itself, the subordinate, and every host's certificate, the first one revoked."""
    reports = run.of_task("Have an audit report of each CA")["localhost"].result["results"]
    of_root, of_servers = ({row["serial"]: row for row in report["certificates"]} for report in reports)
    assert len(of_root) == 2
    assert {serial_of(pki.directory / name) for name in ("root.pem", "servers.pem")} == set(of_root)
    serials = {serial_of(pki.directory / f"{name}-cert.pem"): name for name in names}
    assert {serials[serial]: row["revocation_reason"] for serial, row in of_servers.items()} == {
        name: "KEY_COMPROMISE" if name == names[0] else None for name in names
    }


def judge_restoration(pki: Pki, run: PlaybookRun, root_arn: str, servers: dict[str, Any]) -> None:
    """Both CAs were deleted; the one that issues is active again with the certificate that it had."""
    torn = run.of_task("Tear down")["localhost"].result["results"]
    assert [one["changed"] for one in torn] == [True, True]
    client = pki.client(OWNER, "acm-pca")
    states = [
        client.describe_certificate_authority(CertificateAuthorityArn=arn)["CertificateAuthority"]["Status"]
        for arn in (root_arn, servers["arn"])
    ]
    assert states == ["DELETED", "ACTIVE"]
    restored = run.of_task("Restore the CA that issues")["localhost"].result["certificate_authority"]
    assert restored["certificate"] == servers["certificate"]


def serial_of(path: Path) -> str:
    """Return the serial that openssl reads, in the spelling of the modules."""
    printed = openssl("x509", "-noout", "-serial", "-in", str(path)).stdout
    return format(int(printed.strip().removeprefix("serial="), 16), "x")


def openssl(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run openssl; it must succeed."""
    return subprocess.run(["openssl", *arguments], capture_output=True, text=True, check=True)
