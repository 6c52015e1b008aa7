# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The playbook that keeps a privately issued certificate on a load balancer, through ACM; boto3 and openssl judge."""

from __future__ import annotations

import dataclasses
import re
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.fleet_pki.aws_private_ca.tests.integration.service.accounts import Account, Facts, Options

from openssl_command import openssl
from playbook_run import PlaybookRun, PlaybookRunner
from private_ca_emulator.control import EmulatorControl
from source_tree import CHECKOUT

NAMES = ["www.example.com", "example.com"]
KEEP, IMPORT, SERVE = (
    "Keep the certificate",
    "Import it into ACM, always under one ARN",
    "Serve it on the load balancer",
)
DAY = 86400
OF_HOST_CERTIFICATE = ("IssueCertificate", "GetCertificate", "DescribeCertificateAuthority")


@dataclass(frozen=True)
class Balancer:
    """An account with a network, and the playbook that is run for it."""

    account: Account
    runner: PlaybookRunner
    playbook: Path
    directory: Path
    variables: Options

    def run(self, *options: str, **variables: Any) -> PlaybookRun:
        """Run the playbook; connection options come from the environment, as they do for a user."""
        environment = {
            "AWS_ACCESS_KEY_ID": self.account.key or self.account.number,
            "AWS_SECRET_ACCESS_KEY": "emulator",
            "AWS_ENDPOINT_URL": self.account.endpoint_url,
            "XDG_STATE_HOME": str(self.directory / "state"),
        }
        given = {"ansible_python_interpreter": sys.executable, **self.variables, **variables}
        return self.runner.run(self.playbook, "localhost,", *options, extra_vars=given, environment=environment)

    def statuses(self, *options: str, **variables: Any) -> list[str]:
        """Run the playbook, which must succeed, and return what its three tasks said."""
        done = self.run(*options, **variables).require_success()
        return [done.of_task(task)["localhost"].status for task in (KEEP, IMPORT, SERVE)]

    def served(self) -> str:
        """Return the ARN of the certificate of the one listener, which listens for HTTPS on port 443."""
        client = self.account.client("elbv2")
        (balancer,) = client.describe_load_balancers(Names=["front"])["LoadBalancers"]
        (listener,) = client.describe_listeners(LoadBalancerArn=balancer["LoadBalancerArn"])["Listeners"]
        assert (listener["Protocol"], listener["Port"]) == ("HTTPS", 443)
        (certificate,) = listener["Certificates"]
        return str(certificate["CertificateArn"])

    def judge(self, arn: str, moment: str | None = None) -> str:
        """Let openssl verify what ACM has under the ARN, with what is above it, and return its serial."""
        found = self.account.client("acm").get_certificate(CertificateArn=arn)
        leaf, above, root = (self.directory / name for name in ("leaf.pem", "above.pem", "root.pem"))
        leaf.write_text(found["Certificate"])
        above.write_text(found["CertificateChain"])
        live = Path(self.variables["acm_import_base_directory"], NAMES[0], "live")
        root.write_text((live / "root.pem").read_text())
        chain: list[str | Path] = [
            *(["-attime", str(int(datetime.fromisoformat(moment).timestamp()))] if moment else []),
            "-untrusted",
            above,
            "-CAfile",
            root,
            "-verify_hostname",
            NAMES[1],
        ]
        assert openssl("verify", *chain, leaf).endswith("OK\n")
        assert openssl("pkey", "-in", live / "privkey.pem", "-pubout") == openssl(
            "x509", "-in", leaf, "-noout", "-pubkey"
        )
        return openssl("x509", "-in", leaf, "-noout", "-serial")


@pytest.fixture
def network(account: Account) -> Options:
    """Return two subnets and a security group of a new network, as variables of the playbook."""
    ec2 = account.client("ec2")
    network = ec2.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
    subnets = [
        ec2.create_subnet(VpcId=network, CidrBlock=f"10.9.{number}.0/24", AvailabilityZone=f"{account.region}{zone}")
        for number, zone in enumerate("ab")
    ]
    group = ec2.create_security_group(GroupName="front", Description="front", VpcId=network)["GroupId"]
    return {
        "acm_import_subnets": [made["Subnet"]["SubnetId"] for made in subnets],
        "acm_import_security_groups": [group],
    }


@pytest.fixture
def balancer(account: Account, root: str, network: Options, runner: PlaybookRunner, tmp_path: Path) -> Balancer:
    """Return a load balancer that is to be."""
    variables = {
        **network,
        "acm_import_certificate_authority_arn": root,
        "acm_import_dns_names": NAMES,
        "acm_import_base_directory": str(tmp_path / "kept"),
        "acm_import_load_balancer": "front",
    }
    playbook = runner.collections_path / "ansible_collections/fleet_pki/aws_private_ca/playbooks/acm_import.yml"
    return Balancer(account, runner, playbook, tmp_path, variables)


@pytest.fixture
def servers(account: Account, root: str) -> Facts:
    """Return the facts of a subordinate below the root."""
    return account.make_authority("servers", type="SUBORDINATE", parent_certificate_authority_arn=root)


def test_a_certificate_is_imported_served_and_imported_again_under_its_arn(
    balancer: Balancer, servers: Facts, control: EmulatorControl
) -> None:
    issuer = {"acm_import_certificate_authority_arn": servers["arn"]}
    assert balancer.statuses("--check", **issuer) == ["changed", "skipped", "skipped"]
    assert balancer.account.list_in_acm() == []
    assert balancer.statuses(**issuer) == ["changed", "changed", "changed"]
    arn = balancer.served()
    assert balancer.account.list_in_acm() == [arn]
    first = balancer.judge(arn)

    again = balancer.run("-vvv", **issuer).require_success()
    assert again.hosts_with("changed") == []
    assert "PRIVATE KEY" not in again.stdout + again.stderr
    assert len(control.certificates(servers["arn"])) == 1

    issuer["acm_import_as_of"] = datetime.fromtimestamp(control.advance(65 * DAY), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    assert balancer.statuses(**issuer) == ["changed", "changed", "ok"]
    assert balancer.served() == arn
    assert balancer.account.list_in_acm() == [arn]
    assert balancer.judge(arn, issuer["acm_import_as_of"]) != first
    assert balancer.statuses(**issuer) == ["ok", "ok", "ok"]
    assert len(control.certificates(servers["arn"])) == 2


def test_a_root_that_issues_is_imported_as_its_own_chain_with_what_the_guide_says_to_allow(
    balancer: Balancer, control: EmulatorControl
) -> None:
    guide = CHECKOUT.joinpath("docs/docsite/rst/guide_services.rst").read_text("utf-8")
    actions = sorted({*re.findall(r"``(acm:\w+)``", guide), *(f"acm-pca:{name}" for name in OF_HOST_CERTIFICATE)})
    key, account = f"AKIA{balancer.account.number}IMPORT", balancer.account
    statement = {"Effect": "Allow", "Action": actions, "Resource": "*"}
    control.add_access_key(key, account.number, None, [{"Version": "2012-10-17", "Statement": [statement]}])
    limited = dataclasses.replace(balancer, account=dataclasses.replace(account, key=key))
    assert limited.statuses() == ["changed", "changed", "changed"]
    balancer.judge(balancer.served())
    assert limited.statuses() == ["ok", "ok", "ok"]
