# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""CRLs of an emulator that starts again: those that were made come back, and those that were due are made in time."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from cryptography import x509

from private_ca_emulator import seeding
from private_ca_emulator.control import EmulatorControl
from private_ca_emulator.server import EmulatorServer

from .support import fetch, issue
from .test_state import ISSUING, ROOT, connect
from .world import crl_in

HALF_HOUR, QUARTER = 1800, 900


@pytest.fixture
def bucket(tmp_path: Path) -> str:
    """The name of a bucket of this test's own: buckets are of the process, so they outlive an emulator in it."""
    return f"bucket-{tmp_path.name.replace('_', '-').lower()}"[-60:].strip("-")


def start(state: Path, bucket: str, authorities: list[dict[str, Any]]) -> EmulatorServer:
    seed = {
        "settings": {"acm_needs_permission": False},
        "buckets": [{"name": bucket, "region": "eu-central-1"}],
        "certificate_authorities": authorities,
    }
    return EmulatorServer(seed=seed, state_directory=state)


def take_crls(emulator: EmulatorServer, bucket: str) -> list[set[int]]:
    """The serials that each CRL in the bucket lists; the CRLs are gone then, as a bucket is after a restart."""
    s3 = connect(emulator, "s3")
    taken = []
    for item in s3.list_objects_v2(Bucket=bucket).get("Contents", []):
        if item["Key"].endswith(".crl"):
            content = s3.get_object(Bucket=bucket, Key=item["Key"])["Body"].read()
            taken.append({entry.serial_number for entry in x509.load_der_x509_crl(content)})
            s3.delete_object(Bucket=bucket, Key=item["Key"])
    return taken


def describe_root(bucket: str, **crl: Any) -> dict[str, Any]:
    """A root with a CRL, as a seed has it."""
    subject, configuration = {"CommonName": "Seeded Root"}, crl_in(bucket, **crl)
    return {"arn": ROOT, "type": "ROOT", "subject": subject, "revocation_configuration": configuration}


def revoke_one(client: Any) -> int:
    """Issue and revoke a certificate of the root; its serial."""
    serial = x509.load_pem_x509_certificate(
        fetch(client, ROOT, issue(client, ROOT))["Certificate"].encode()
    ).serial_number
    client.revoke_certificate(
        CertificateAuthorityArn=ROOT, CertificateSerial=f"{serial:x}", RevocationReason="SUPERSEDED"
    )
    return serial


@pytest.mark.parametrize("crl_type", ["COMPLETE", "PARTITIONED"])
def test_the_crl_of_a_seeded_root_that_has_issued_a_subordinate_comes_back(
    tmp_path: Path, bucket: str, crl_type: str
) -> None:
    subordinate = {"arn": ISSUING, "type": "SUBORDINATE", "issuer": ROOT, "subject": {"CommonName": "Issuing"}}
    for _start in range(2):
        with start(tmp_path, bucket, [describe_root(bucket, CrlType=crl_type), subordinate]) as emulator:
            assert take_crls(emulator, bucket) == [set()]


@pytest.mark.parametrize("crl_type", ["COMPLETE", "PARTITIONED"])
def test_the_crl_of_an_authority_that_issues_for_acm_comes_back(tmp_path: Path, bucket: str, crl_type: str) -> None:
    with start(tmp_path, bucket, [describe_root(bucket, CrlType=crl_type)]) as emulator:
        acm = connect(emulator, "acm")
        acm.request_certificate(DomainName="a.example.com", CertificateAuthorityArn=ROOT, KeyAlgorithm="EC_prime256v1")
        assert take_crls(emulator, bucket) == [set()]
    with start(tmp_path, bucket, []) as emulator:
        assert take_crls(emulator, bucket) == [set()]


def test_a_first_crl_that_was_due_after_a_revocation_is_made_in_time(tmp_path: Path, bucket: str) -> None:
    unnamed = {"CrlDistributionPointExtensionConfiguration": {"OmitExtension": True}}
    with start(tmp_path, bucket, [describe_root(bucket, **unnamed)]) as emulator:
        serial = revoke_one(connect(emulator))
        assert take_crls(emulator, bucket) == []
    with start(tmp_path, bucket, []) as emulator:
        control = EmulatorControl(emulator.endpoint_url)
        assert take_crls(emulator, bucket) == []
        control.advance(HALF_HOUR)
        assert take_crls(emulator, bucket) == [{serial}]


def test_a_first_crl_that_could_not_be_written_is_tried_again_in_time(tmp_path: Path, bucket: str) -> None:
    with start(tmp_path, bucket, [describe_root(bucket)]) as emulator:
        s3 = connect(emulator, "s3")
        s3.delete_bucket_policy(Bucket=bucket)
        issue(connect(emulator), ROOT)
        seeding.allow_service_writes(s3, bucket)
        assert take_crls(emulator, bucket) == []
    with start(tmp_path, bucket, []) as emulator:
        control = EmulatorControl(emulator.endpoint_url)
        assert take_crls(emulator, bucket) == []
        control.advance(QUARTER)
        assert take_crls(emulator, bucket) == [set()]
