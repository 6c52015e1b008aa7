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
REFUSE = [{"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "503", "ContentType": "text/plain"}}]
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

    def listeners(self) -> dict[int, dict[str, Any]]:
        """Return the listeners by their port."""
        client = self.account.client("elbv2")
        (balancer,) = client.describe_load_balancers(Names=["front"])["LoadBalancers"]
        found = client.describe_listeners(LoadBalancerArn=balancer["LoadBalancerArn"])["Listeners"]
        return {one["Port"]: one for one in found}

    def served(self) -> str:
        """Return the ARN of the certificate of the listener for HTTPS on port 443."""
        listener = self.listeners()[443]
        assert listener["Protocol"] == "HTTPS"
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
        "acm_import_default_actions": REFUSE,
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
    actions = sorted(
        {
            *re.findall(r"``((?:acm|ec2|elasticloadbalancing):\w+)``", guide),
            *(f"acm-pca:{name}" for name in OF_HOST_CERTIFICATE),
        }
    )
    key, account = f"AKIA{balancer.account.number}IMPORT", balancer.account
    statement = {"Effect": "Allow", "Action": actions, "Resource": "*"}
    control.add_access_key(key, account.number, None, [{"Version": "2012-10-17", "Statement": [statement]}])
    limited = dataclasses.replace(balancer, account=dataclasses.replace(account, key=key))
    assert limited.statuses() == ["changed", "changed", "changed"]
    balancer.judge(balancer.served())
    assert limited.statuses() == ["ok", "ok", "ok"]


def test_of_a_load_balancer_in_use_the_certificate_changes_and_nothing_else(balancer: Balancer, tmp_path: Path) -> None:
    serving(balancer, make_certificate(balancer, tmp_path))
    before = balancer.listeners()
    changed = {"acm_import_default_actions": REFUSE, "acm_import_ssl_policy": "ELBSecurityPolicy-TLS13-1-3-2021-06"}
    assert balancer.statuses(**changed) == ["changed", "changed", "changed"]
    after = balancer.listeners()
    assert after[443]["Certificates"] != before[443]["Certificates"]
    after[443]["Certificates"] = before[443]["Certificates"]
    assert after == before
    assert balancer.statuses() == ["ok", "ok", "ok"]


def make_certificate(balancer: Balancer, directory: Path) -> str:
    """Return the ARN of a certificate that was imported by hand."""
    key, certificate = directory / "by-hand.key", directory / "by-hand.pem"
    made = ["-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=www.example.com"]
    openssl("req", *made, "-keyout", key, "-out", certificate)
    imported = balancer.account.client("acm").import_certificate(
        Certificate=certificate.read_bytes(),
        PrivateKey=key.read_bytes(),
        CertificateChain=certificate.read_bytes(),
        Tags=[{"Key": "Name", "Value": "by hand"}],
    )
    return imported["CertificateArn"]


def serving(balancer: Balancer, certificate_arn: str) -> None:
    """Make the load balancer: HTTP is redirected to HTTPS, which is forwarded to a target group."""
    client, given = balancer.account.client("elbv2"), balancer.variables
    made = client.create_load_balancer(
        Name="front", Subnets=given["acm_import_subnets"], SecurityGroups=given["acm_import_security_groups"]
    )
    arn, network = (made["LoadBalancers"][0][name] for name in ("LoadBalancerArn", "VpcId"))
    target = client.create_target_group(Name="web", Protocol="HTTP", Port=80, VpcId=network)["TargetGroups"][0]
    redirect = {"Protocol": "HTTPS", "Port": "443", "StatusCode": "HTTP_301"}
    client.create_listener(
        LoadBalancerArn=arn,
        Protocol="HTTP",
        Port=80,
        DefaultActions=[{"Type": "redirect", "RedirectConfig": redirect}],
    )
    client.create_listener(
        LoadBalancerArn=arn,
        Protocol="HTTPS",
        Port=443,
        SslPolicy="ELBSecurityPolicy-2016-08",
        Certificates=[{"CertificateArn": certificate_arn}],
        DefaultActions=[{"Type": "forward", "TargetGroupArn": target["TargetGroupArn"]}],
    )
