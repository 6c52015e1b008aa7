# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A team sets up its private PKI and lives with it from playbooks alone: the whole life, told once, end to end."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass, field
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
    bucket: str = "example-pki"
    role_arn: str = ""
    facts: dict[str, Any] = field(default_factory=dict)

    def connection(self, account: str) -> dict[str, str]:
        """Return the connection options of an account."""
        return {
            "access_key": account, "secret_key": "emulator", "region": REGION, "endpoint_url": self.endpoint_url,
        }  # fmt: skip

    def client(self, account: str, service: str) -> Any:
        """Return a boto3 client of an account."""
        make_client: Any = boto3.Session(account, "emulator", region_name=REGION).client
        return make_client(service, endpoint_url=self.endpoint_url)

    def run(self, tasks: list[dict[str, Any]], account: str = OWNER) -> PlaybookRun:
        """Run the tasks as an account; fail the test if one fails."""
        play = {
            "name": "Live with the PKI",
            "hosts": "localhost",
            "gather_facts": False,
            "module_defaults": {f"group/{MODULES}.acm_pca": self.connection(account)},
            "tasks": tasks,
        }
        return self.play([play])

    def play(self, playbook: Any, *options: str, **extra_vars: Any) -> PlaybookRun:
        """Run a playbook on this machine; fail the test if it fails."""
        extra = {"ansible_python_interpreter": sys.executable, **extra_vars}
        environment = {"XDG_STATE_HOME": str(self.directory / "state")}
        run = self.runner.run(
            playbook, "localhost,", "--connection", "local", *options, extra_vars=extra, environment=environment
        )
        return run.require_success()


@pytest.fixture
def pki(emulator, stage, short_directory, tmp_path):
    control = EmulatorControl(emulator.endpoint_url)
    control.settings(crl_delay=0.0)
    for account in (OWNER, USER):
        control.add_access_key(account, account)
    made = Pki(emulator.endpoint_url, PlaybookRunner(stage, short_directory), tmp_path)
    s3 = made.client(OWNER, "s3")
    s3.create_bucket(Bucket=made.bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
    s3.put_bucket_policy(Bucket=made.bucket, Policy=json.dumps(service_write_policy(made.bucket)))
    trust = {"Version": "2012-10-17", "Statement": []}
    role = made.client(USER, "iam").create_role(RoleName="issuer", AssumeRolePolicyDocument=json.dumps(trust))
    made.role_arn = role["Role"]["Arn"]
    return made


def test_a_team_lives_with_its_pki_from_playbooks_alone(pki, stage):
    servers = set_up(pki, stage)
    serial = issue_from_second_account(pki, servers)
    revoke_and_let_openssl_judge(pki, servers, serial)
    audit(pki, servers, serial)
    tear_down_and_restore(pki, servers)


def set_up(pki: Pki, stage: Path) -> dict[str, Any]:
    """Make two levels with CRL, OCSP and a policy by the collection's playbook; a second run changes nothing."""
    playbook = stage / "ansible_collections/fleet_pki/aws_private_ca/playbooks/private_pki.yml"
    host = pki.endpoint_url.removeprefix("http://")
    variables = {
        "pki_bucket": pki.bucket,
        "pki_second_account": USER,
        "pki_crl_cname": f"{host}/{pki.bucket}",
        "pki_ocsp_cname": host,
        "pki_connection": pki.connection(OWNER),
    }
    checked = pki.play(playbook, "--check", **variables)
    assert [one.task for one in checked.results if one.status == "changed"] == ["Make the root"]
    made = pki.play(playbook, **variables)
    assert {one.status for one in made.results} == {"changed"}
    again = pki.play(playbook, **variables)
    assert {one.status for one in again.results} == {"ok"}
    servers: dict[str, Any] = made.of_task("Make the subordinate that issues")["localhost"].result
    return dict(servers["certificate_authority"])


def issue_from_second_account(pki: Pki, servers: dict[str, Any]) -> str:
    """Have a host's certificate issued by a role of the second account; return its serial."""
    keep = {
        "name": "Keep the certificate",
        f"{MODULES}.host_certificate": {
            "name": "web",
            "base_directory": str(pki.directory / "host"),
            "certificate_authority_arn": servers["arn"],
            "common_name": "www.example.com",
            "subject_alternative_names": ["DNS:www.example.com"],
            "signing_algorithm": "SHA256WITHECDSA",
            "assume_role_arn": pki.role_arn,
            "assume_role_external_id": "tenant-7",
        },
    }
    result = pki.run([keep]).of_task("Keep the certificate")["localhost"]
    assert result.status == "changed"
    leaf = pki.directory / "host/web/live/cert.pem"
    text = openssl("x509", "-noout", "-serial", "-in", str(leaf)).stdout
    requests = EmulatorControl(pki.endpoint_url).requests("IssueCertificate")
    assert requests[-1]["account"] == USER
    return text.strip()


def revoke_and_let_openssl_judge(pki: Pki, servers: dict[str, Any], serial: str) -> None:
    """Revoke by the serial as openssl prints it; openssl must see it by CRL and by OCSP."""
    live = pki.directory / "host/web/live"
    revoke = {
        "name": "Revoke",
        f"{MODULES}.acm_pca_revoke_certificate": {
            "certificate_authority_arn": servers["arn"],
            "certificate": (live / "cert.pem").read_text(),
            "reason": "KEY_COMPROMISE",
            "wait_for": ["crl", "ocsp"],
            "wait_interval": 1,
            "wait_timeout": 60,
        },
    }
    published = pki.run([revoke]).of_task("Revoke")["localhost"].result["revocation"]["published"]
    again = {**revoke, f"{MODULES}.acm_pca_revoke_certificate": {
        "certificate_authority_arn": servers["arn"], "serial": serial}}  # fmt: skip
    assert pki.run([again]).of_task("Revoke")["localhost"].status == "ok"
    (pki.directory / "issuer.pem").write_text(servers["certificate"])
    authorities = ["-CAfile", str(live / "root.pem"), "-untrusted", str(live / "chain.pem")]
    by_crl = openssl("verify", "-crl_check", "-crl_download", *authorities, str(live / "cert.pem"))
    assert "certificate revoked" in by_crl.stderr
    by_ocsp = openssl(
        "ocsp", "-issuer", str(pki.directory / "issuer.pem"), "-cert", str(live / "cert.pem"),
        "-CAfile", str(live / "root.pem"), "-verify_other", str(pki.directory / "issuer.pem"),
        "-url", published["ocsp"]["url"],
    )  # fmt: skip
    assert "revoked" in by_ocsp.stdout
    assert "keyCompromise" in by_ocsp.stdout


def audit(pki: Pki, servers: dict[str, Any], serial: str) -> None:
    """List what the subordinate issued: the one certificate, by the second account, revoked."""
    report = {
        "name": "Audit",
        f"{MODULES}.acm_pca_audit_report": {
            "certificate_authority_arn": servers["arn"],
            "s3_bucket_name": pki.bucket,
        },
    }
    rows = pki.run([report]).of_task("Audit")["localhost"].result["certificates"]
    assert len(rows) == 1
    assert int(rows[0]["serial"], 16) == int(serial.removeprefix("serial="), 16)
    assert rows[0]["revocation_reason"] == "KEY_COMPROMISE"
    assert rows[0]["subject"] == "CN=www.example.com"


def tear_down_and_restore(pki: Pki, servers: dict[str, Any]) -> None:
    """Delete both CAs, find them deleted, and restore the subordinate."""
    module = f"{MODULES}.acm_pca_certificate_authority"
    names = ("servers", "root")
    down = [{"name": f"Delete {name}", module: {"name": f"example-{name}", "state": "absent"}} for name in names]
    assert {one.status for one in pki.run(down).results} == {"changed"}
    assert {one.status for one in pki.run(down).results} == {"ok"}
    restore = {"name": "Restore", module: {"arn": servers["arn"], "restore": True, "enabled": True}}
    restored = pki.run([restore]).of_task("Restore")["localhost"].result["certificate_authority"]
    assert (restored["arn"], restored["status"]) == (servers["arn"], "ACTIVE")
    assert restored["certificate"] == servers["certificate"]


def openssl(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run openssl without the proxies of the environment."""
    environment = {"PATH": "/usr/bin:/bin"}
    return subprocess.run(["openssl", *arguments], capture_output=True, text=True, check=False, env=environment)
