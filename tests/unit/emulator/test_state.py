# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json
import os
import signal
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import boto3
import pytest

from private_ca_emulator import seeding, server
from private_ca_emulator.control import EmulatorControl
from private_ca_emulator.seed_file import SeedError, read_seed
from private_ca_emulator.server import EmulatorServer
from private_ca_emulator.state import FILE_NAME

from .support import fetch, issue, refusal, verify_with_openssl

ROOT = "arn:aws:acm-pca:eu-central-1:123456789012:certificate-authority/11111111-1111-1111-1111-111111111111"
ISSUING = "arn:aws:acm-pca:eu-central-1:123456789012:certificate-authority/22222222-2222-2222-2222-222222222222"
SEED = f"""
settings: {{issuance_delay: 0}}
access_keys:
  - {{access_key_id: AKIAGUEST, account: "222222222222"}}
buckets:
  - {{name: seeded-crl-bucket, region: eu-central-1}}
certificate_authorities:
  - {{arn: "{ROOT}", type: ROOT, subject: {{CommonName: Seeded Root}}}}
  - arn: {ISSUING}
    type: SUBORDINATE
    issuer: {ROOT}
    key_algorithm: RSA_2048
    subject: {{CommonName: Seeded Issuing CA}}
    tags: {{purpose: test}}
    revocation_configuration:
      CrlConfiguration: {{Enabled: true, ExpirationInDays: 7, S3BucketName: seeded-crl-bucket}}
"""


def connect(emulator: EmulatorServer | str) -> Any:
    url = emulator if isinstance(emulator, str) else emulator.endpoint_url
    return boto3.client(
        "acm-pca", endpoint_url=url, region_name="eu-central-1", aws_access_key_id="A", aws_secret_access_key="x"
    )


@pytest.fixture
def seed(tmp_path: Path) -> dict[str, Any]:
    (tmp_path / "seed.yml").write_text(SEED)
    return read_seed(tmp_path / "seed.yml")


def test_a_seed_file_makes_active_authorities_with_the_arns_that_it_names(seed: dict[str, Any], tmp_path: Path) -> None:
    with EmulatorServer(seed=seed) as emulator:
        client = connect(emulator)
        got = fetch(client, ISSUING, issue(client, ISSUING, SigningAlgorithm="SHA256WITHRSA"))
        assert "OK" in verify_with_openssl(tmp_path, got["Certificate"], got["CertificateChain"])
        assert client.list_tags(CertificateAuthorityArn=ISSUING)["Tags"] == [{"Key": "purpose", "Value": "test"}]


def test_everything_outlives_a_restart_and_the_file_is_private(seed: dict[str, Any], tmp_path: Path) -> None:
    state = tmp_path / "state"
    with EmulatorServer(seed=seed, state_directory=state) as emulator:
        client = connect(emulator)
        rsa = {"SigningAlgorithm": "SHA256WITHRSA"}
        arn = issue(client, ISSUING, IdempotencyToken="token", **rsa)
        revoked = issue(client, ISSUING, **rsa)
        serial = {"CertificateSerial": revoked.rpartition("/")[2], "RevocationReason": "SUPERSEDED"}
        client.revoke_certificate(CertificateAuthorityArn=ISSUING, **serial)
        before = fetch(client, ISSUING, arn)
        listed = EmulatorControl(emulator.endpoint_url).certificates()
        record = client.describe_certificate_authority(CertificateAuthorityArn=ISSUING)["CertificateAuthority"]
    assert stat.S_IMODE((state / FILE_NAME).stat().st_mode) == 0o600
    with EmulatorServer(seed=seed, state_directory=state) as emulator:
        client = connect(emulator)
        assert fetch(client, ISSUING, arn) == before
        assert EmulatorControl(emulator.endpoint_url).certificates() == listed
        assert client.describe_certificate_authority(CertificateAuthorityArn=ISSUING)["CertificateAuthority"] == record
        assert refusal(client.revoke_certificate, CertificateAuthorityArn=ISSUING, **serial)[0] == (
            "RequestAlreadyProcessedException"
        )
        assert issue(client, ISSUING, IdempotencyToken="token", **rsa) == arn
        assert verify_with_openssl(tmp_path, **_renamed(fetch(client, ISSUING, issue(client, ISSUING, **rsa))))


def _renamed(got: dict[str, str]) -> dict[str, str]:
    return {"certificate": got["Certificate"], "chain": got["CertificateChain"]}


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("surprise: 1", "sections"),
        ("[", "while parsing"),
        ("settings: {nonsense: 1}", "nonsense"),
        (f"certificate_authorities: [{{arn: '{ROOT}', type: ROOT, subject: {{Country: GERMANY}}}}]", "country"),
        (f"certificate_authorities: [{{arn: '{ROOT}', type: SUBORDINATE, subject: {{CommonName: a}}}}]", "issuer"),
        ("certificate_authorities: [{arn: x}]", "ARN"),
    ],
)
def test_a_seed_that_cannot_be_carried_out_says_which_entry(tmp_path: Path, text: str, complaint: str) -> None:
    (tmp_path / "seed.yml").write_text(text)
    with pytest.raises(SeedError, match=complaint):
        EmulatorServer(seed=read_seed(tmp_path / "seed.yml"))


def start(*arguments: str | Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "private_ca_emulator", "--port", "0", *arguments]
    environment = {**os.environ, "PYTHONPATH": str(Path(server.__file__).parents[1])}
    return subprocess.Popen(list(map(str, command)), stdout=subprocess.PIPE, text=True, env=environment)


def test_the_command_starts_from_its_seed_once_and_from_its_state_directory_afterwards(tmp_path: Path) -> None:
    (tmp_path / "seed.yml").write_text(SEED.replace("seeded-crl-bucket", "seeded-by-command"))
    known, arn = [], ""
    for _run in range(2):
        with start("--seed", tmp_path / "seed.yml", "--state-directory", tmp_path / "state") as process:
            assert process.stdout is not None
            client = connect(json.loads(process.stdout.readline())["endpoint_url"])
            known.append(client.get_certificate_authority_certificate(CertificateAuthorityArn=ISSUING)["Certificate"])
            if len(known) == 1:
                arn = issue(client, ISSUING, SigningAlgorithm="SHA256WITHRSA")
            assert fetch(client, ISSUING, arn)["Certificate"]
            process.send_signal(signal.SIGTERM)
            assert process.wait(timeout=20) == 0
    assert known[0] == known[1]


def test_a_seeded_access_key_with_a_secret_has_its_signatures_verified() -> None:
    key = {"access_key_id": "AKIASEEDED", "account": "222222222222", "secret_access_key": "the secret"}
    with EmulatorServer(seed={"access_keys": [key]}) as emulator:
        options: dict[str, Any] = {"endpoint_url": emulator.endpoint_url, "region_name": "eu-central-1"}
        for secret in ("the secret", "another"):
            client = boto3.client("acm-pca", aws_access_key_id="AKIASEEDED", aws_secret_access_key=secret, **options)
            if secret == "the secret":
                assert client.list_certificate_authorities()["CertificateAuthorities"] == []
            else:
                assert refusal(client.list_certificate_authorities)[0] == "InvalidSignatureException"


def test_the_command_prints_its_address_first_and_ends_on_terminate(tmp_path: Path) -> None:
    (tmp_path / "seed.yml").write_text(SEED.replace("seeded-crl-bucket", "seeded-by-command"))
    with start("--seed", tmp_path / "seed.yml") as process:
        assert process.stdout is not None
        started = json.loads(process.stdout.readline())
        assert started["pid"] == process.pid
        assert EmulatorControl(started["endpoint_url"]).health() == {"status": "ok"}
        assert seeding.create_active_root(connect(started["endpoint_url"]))
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=20) == 0
