# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A team sets up its private PKI and lives with it from playbooks alone: the whole life, told once, end to end."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from ansible_collections.fleet_pki.aws_private_ca.tests.integration.service.accounts import Account, Facts, NewAccount
from ansible_collections.fleet_pki.aws_private_ca.tests.integration.service.local_inventory import write_local_inventory

from fleet.fleet import Fleet
from openssl_command import openssl
from playbook_run import PlaybookRun, PlaybookRunner
from private_ca_emulator.control import EmulatorControl

if TYPE_CHECKING:  # only linters have the stubs
    from mypy_boto3_s3.literals import BucketLocationConstraintType


@dataclass(frozen=True)
class Pki:
    """An owner's and a user's account, a bucket, and the playbooks that are run with them."""

    owner: Account
    user: Account
    bucket: str
    runner: PlaybookRunner
    directory: Path

    def move(self, region: BucketLocationConstraintType) -> Pki:
        """Return the same in another region, with a bucket there."""
        owner = replace(self.owner, region=region)
        return replace(self, owner=owner, bucket=owner.create_bucket("example-pki", "BucketOwnerEnforced"))

    def block_public_access(self) -> None:
        """Block public access to the bucket, as S3 does for new ones."""
        names = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")
        everything: Any = dict.fromkeys(names, True)
        s3 = self.owner.client("s3")
        s3.put_public_access_block(Bucket=self.bucket, PublicAccessBlockConfiguration=everything)

    def play(self, playbook: Path, inventory: Path, *options: str, **extra_vars: Any) -> PlaybookRun:
        """Run a playbook that makes the PKI as its owner; fail the test if it fails."""
        host = self.owner.endpoint_url.removeprefix("http://")
        extra = {
            "pki_name": "example",
            "pki_bucket": self.bucket,
            "pki_second_account": self.user.number,
            "pki_crl_cname": f"{host}/{self.bucket}",
            "pki_ocsp_cname": host,
            "pki_connection": self.owner.connection,
            **extra_vars,
        }
        environment = {
            "XDG_STATE_HOME": str(self.directory / "state"),
            "AWS_ENDPOINT_URL_STS": self.owner.endpoint_url,
        }
        run = self.runner.run(playbook, inventory, *options, extra_vars=extra, environment=environment)
        return run.require_success()


@pytest.fixture
def pki(
    account: Account, new_account: NewAccount, control: EmulatorControl, runner: PlaybookRunner, tmp_path: Path
) -> Pki:
    control.settings(crl_delay=0.0)
    bucket = account.create_bucket("example-pki", "BucketOwnerEnforced")
    return Pki(account, new_account(), bucket, runner, tmp_path)


@pytest.fixture
def localhost(tmp_path: Path) -> Path:
    """Return an inventory of this machine alone."""
    return write_local_inventory(tmp_path, {"localhost": {}})


def test_the_playbook_that_makes_the_pki_predicts_and_repeats(pki: Pki, stage: Path, localhost: Path) -> None:
    playbook = stage / "ansible_collections/fleet_pki/aws_private_ca/playbooks/private_pki.yml"
    government, private = pki.move("us-gov-west-1"), {"pki_crl_object_acl": "BUCKET_OWNER_FULL_CONTROL"}
    government.block_public_access()
    checked = government.play(playbook, localhost, "--check", **private)
    assert [one.task for one in checked.results if one.status == "changed"] == ["Make the root"]
    made = government.play(playbook, localhost, **private)
    assert {one.status for one in made.results} == {"changed"}
    assert {one.status for one in government.play(playbook, localhost, **private).results} == {"ok"}
    servers = made.of_task("Make the subordinate that issues")["localhost"].result["certificate_authority"]
    policy = government.owner.client().get_policy(ResourceArn=servers["arn"])["Policy"]
    assert "arn:aws-us-gov:acm-pca:::template/EndEntityCertificate/V1" in policy


def test_a_team_lives_with_its_pki_from_one_playbook(pki: Pki, localhost: Path, fleet: Callable[..., Fleet]) -> None:
    hosts = fleet(2, ("bookworm",))
    run = pki.play(
        Path(__file__).parent / "playbooks/whole_life.yml",
        hosts.inventory,
        "--inventory",
        str(localhost),
        life_directory=str(pki.directory),
        life_role_arn=pki.user.create_role("issuer"),
        life_fleet_connection=pki.user.connection,
    )
    names = [host.name for host in hosts]
    root = run.of_task("Make the root")["localhost"].result["certificate_authority"]
    servers = run.of_task("Make the subordinate that issues")["localhost"].result["certificate_authority"]
    judge_hierarchy(pki, root, servers)
    judge_issuance(pki, run, names)
    judge_revocation(run, names)
    judge_audit(pki, run, names)
    judge_restoration(pki, run, root["arn"], servers)


def judge_hierarchy(pki: Pki, root: Facts, servers: Facts) -> None:
    """The subordinate is signed by the root, publishes CRL and OCSP, and its policy names the second account."""
    client = pki.owner.client()
    policy = json.loads(client.get_policy(ResourceArn=servers["arn"])["Policy"])
    assert {statement["Principal"]["AWS"] for statement in policy["Statement"]} == {pki.user.number}
    described = client.describe_certificate_authority(CertificateAuthorityArn=servers["arn"])["CertificateAuthority"]
    published = described["RevocationConfiguration"]
    assert (published["CrlConfiguration"]["Enabled"], published["OcspConfiguration"]["Enabled"]) == (True, True)
    (pki.directory / "root.pem").write_text(root["certificate"])
    (pki.directory / "servers.pem").write_text(servers["certificate"])
    assert openssl("verify", "-CAfile", "root.pem", "servers.pem", directory=pki.directory).endswith("OK\n")


def judge_issuance(pki: Pki, run: PlaybookRun, names: list[str]) -> None:
    """Each host has one certificate, which a role of the second account asked for."""
    kept = run.of_task("Keep the certificate")
    assert {name: kept[name].status for name in names} == dict.fromkeys(names, "changed")
    asked = [one["account"] for one in EmulatorControl(pki.owner.endpoint_url).requests("IssueCertificate")]
    assert [number for number in asked if number != pki.owner.number] == [pki.user.number] * len(names)


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


def judge_restoration(pki: Pki, run: PlaybookRun, root_arn: str, servers: Facts) -> None:
    """Both CAs were deleted; the one that issues is active again with the certificate that it had."""
    torn = run.of_task("Tear down")["localhost"].result["results"]
    assert [one["changed"] for one in torn] == [True, True]
    client = pki.owner.client()
    states = [
        client.describe_certificate_authority(CertificateAuthorityArn=arn)["CertificateAuthority"]["Status"]
        for arn in (root_arn, servers["arn"])
    ]
    assert states == ["DELETED", "ACTIVE"]
    restored = run.of_task("Restore the CA that issues")["localhost"].result["certificate_authority"]
    assert restored["certificate"] == servers["certificate"]


def serial_of(path: Path) -> str:
    """Return the serial that openssl reads, in the spelling of the modules."""
    printed = openssl("x509", "-noout", "-serial", "-in", path)
    return format(int(printed.strip().removeprefix("serial="), 16), "x")
