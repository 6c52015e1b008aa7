# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import contextlib
import json
import os
import signal
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3
import pytest

from private_ca_emulator import seeding, server
from private_ca_emulator.control import ControlError, EmulatorControl
from private_ca_emulator.seed_file import SeedError, read_seed
from private_ca_emulator.server import EmulatorServer
from private_ca_emulator.settings import AS_THE_SERVICE
from private_ca_emulator.state import FILE_NAME, StateError

from .support import fetch, issue, refusal, verify_with_openssl
from .world import create_members

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


def connect(emulator: EmulatorServer | str, service: Any = "acm-pca", **options: Any) -> Any:
    url = emulator if isinstance(emulator, str) else emulator.endpoint_url
    return boto3.client(
        service,
        endpoint_url=url,
        region_name="eu-central-1",
        aws_access_key_id="A",
        aws_secret_access_key="x",
        **options,
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


def test_an_emulator_that_runs_takes_a_seed_too_and_makes_what_is_not_there(seed: dict[str, Any]) -> None:
    with EmulatorServer() as emulator:
        control = EmulatorControl(emulator.endpoint_url)
        assert control.seed(**seed) == [ROOT, ISSUING]
        assert control.seed(**seed) == []
        assert issue(connect(emulator), ISSUING, SigningAlgorithm="SHA256WITHRSA")
        with pytest.raises(ControlError, match="the sections are"):
            control.seed(surprise=1)


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


def test_a_token_that_was_used_at_another_authority_is_kept_as_that_ones(seed: dict[str, Any], tmp_path: Path) -> None:
    with EmulatorServer(seed=seed, state_directory=tmp_path) as emulator:
        client = connect(emulator)
        arn = issue(client, ROOT, IdempotencyToken="token")
        assert issue(client, ISSUING, IdempotencyToken="token") == arn
    with EmulatorServer(seed=seed, state_directory=tmp_path) as emulator:
        assert fetch(connect(emulator), ROOT, arn)["Certificate"]


def test_a_setting_of_a_seed_file_can_be_off(tmp_path: Path) -> None:
    (tmp_path / "seed.yml").write_text("settings: {signature_check: off, s3_bucket_check: off}")
    with EmulatorServer(seed=read_seed(tmp_path / "seed.yml")) as emulator:
        got = EmulatorControl(emulator.endpoint_url).settings()
    assert (got["signature_check"], got["s3_bucket_check"]) == ("off", "off")


def test_a_report_that_was_being_created_is_written_after_a_restart(seed: dict[str, Any], tmp_path: Path) -> None:
    seed["settings"] = {"audit_report_delay": 60}
    with EmulatorServer(seed=seed, state_directory=tmp_path) as emulator:
        report = connect(emulator).create_certificate_authority_audit_report(
            CertificateAuthorityArn=ROOT, S3BucketName="seeded-crl-bucket", AuditReportResponseFormat="JSON"
        )["AuditReportId"]
    seen = []
    for _start in range(2):
        with EmulatorServer(seed=seed, state_directory=tmp_path) as emulator:
            describe = connect(emulator).describe_certificate_authority_audit_report
            for seconds in (0, 60):
                EmulatorControl(emulator.endpoint_url).advance(seconds)
                seen.append(describe(CertificateAuthorityArn=ROOT, AuditReportId=report)["AuditReportStatus"])
    assert seen == ["CREATING", "SUCCESS", "SUCCESS", "SUCCESS"]


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
        ("certificate_authorities: [x]", "ARN"),
        ("certificate_authorities: 5", "seed"),
        (f"certificate_authorities: [{{arn: '{ROOT}', type: ROOT, subject: {{CommonName: a}}, tags: [a]}}]", ROOT),
        ("access_keys: [x]", "seed"),
        ("buckets: [{region: eu-central-1}]", "name"),
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


def test_the_command_waits_and_throttles_as_the_service_does_where_asked(tmp_path: Path) -> None:
    seed = SEED.replace("seeded-crl-bucket", "seeded-by-command") + "settings: {issuance_delay: 60}\n"
    (tmp_path / "seed.yml").write_text(seed)
    with start("--seed", tmp_path / "seed.yml", "--realistic") as process:
        assert process.stdout is not None
        url = json.loads(process.stdout.readline())["endpoint_url"]
        client, control = connect(url), EmulatorControl(url)
        control.freeze()
        got = control.settings()
        assert {name: got[name] for name in AS_THE_SERVICE} == {**AS_THE_SERVICE, "issuance_delay": 60}
        arn = issue(client, ISSUING, SigningAlgorithm="SHA256WITHRSA")
        assert refusal(fetch, client, ISSUING, arn)[0] == "RequestInProgressException"
        control.advance(60)
        assert fetch(client, ISSUING, arn)["Certificate"]
        control.stop()
        assert process.wait(timeout=20) == 0


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


def spoil_file(directory: Path) -> None:
    (directory / FILE_NAME).write_text("this is the file of something else, and no database")


def spoil_record(directory: Path) -> None:
    with EmulatorServer(state_directory=directory) as emulator:
        connect(emulator).create_certificate_authority(**create_members())
    with contextlib.closing(sqlite3.connect(directory / FILE_NAME, isolation_level=None)) as connection:
        connection.execute('UPDATE authorities SET record = \'{"arn": "x"}\'')


@pytest.mark.parametrize(
    ("spoil", "complaint"), [(spoil_file, "none of an emulator"), (spoil_record, "version of the emulator")]
)
def test_a_state_that_cannot_be_read_is_named(tmp_path: Path, spoil: Callable[[Path], None], complaint: str) -> None:
    spoil(tmp_path)
    with pytest.raises(StateError, match=f"{tmp_path}/{FILE_NAME}.* {complaint}"):
        EmulatorServer(state_directory=tmp_path)


def test_a_state_directory_is_of_one_emulator_at_a_time(tmp_path: Path) -> None:
    with EmulatorServer(state_directory=tmp_path), pytest.raises(StateError, match="used by another emulator"):
        EmulatorServer(state_directory=tmp_path)
    with EmulatorServer(state_directory=tmp_path):
        pass


def test_the_command_says_in_a_line_what_it_cannot_do(tmp_path: Path) -> None:
    (tmp_path / "seed.yml").write_bytes(b"\x00\xff")
    (tmp_path / FILE_NAME).write_text("no database, but as long as the header of one")
    refused = {
        ("--seed", tmp_path / "seed.yml"): "seed.yml",
        ("--state-directory", tmp_path): str(tmp_path),
        ("--port", "99999"): "a port is a number from 0 to 65535, not '99999'",
        ("--port", "abc"): "a port is a number from 0 to 65535, not 'abc'",
    }
    for arguments, says in refused.items():
        command = [sys.executable, "-m", "private_ca_emulator", "--port", "0", *map(str, arguments)]
        environment = {**os.environ, "PYTHONPATH": str(Path(server.__file__).parents[1])}
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode in (1, 2)
        assert "Traceback" not in done.stderr
        assert "private_ca_emulator: " in done.stderr and says in done.stderr


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
