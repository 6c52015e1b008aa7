# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Waiters and paginators of boto3, each one of the service's model, in success and failure."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import WaiterError

from .support import issue
from .world import World, certificate_request, request_for

DELAY = 60


def wait(world: World, waiter: str, **members: Any) -> None:
    """Two looks at most, without a pause: each look moves the emulator's frozen clock."""
    world.client.get_waiter(waiter).wait(**members, WaiterConfig={"Delay": 0, "MaxAttempts": 2})


def pass_time_after(world: World, operation: str) -> None:
    world.control.freeze()
    world.client.meta.events.register(f"after-call.acm-pca.{operation}", lambda **_event: world.control.advance(DELAY))


def test_the_certificate_waiter_waits_out_the_issuance_and_ends_at_any_other_error(world: World) -> None:
    arn = world.root
    pass_time_after(world, "GetCertificate")
    world.control.settings(issuance_delay=DELAY)
    issued = issue(world.client, arn)
    wait(world, "certificate_issued", **certificate_request(arn, issued))
    assert [entry["outcome"] for entry in world.control.requests("GetCertificate")][-2:] == [
        "RequestInProgressException",
        "Success",
    ]
    world.control.settings(issuance_delay=0)
    world.control.fault("late_failure", "IssueCertificate", reason="Out of ink.")
    failed = issue(world.client, arn)
    with pytest.raises(WaiterError, match=r"RequestFailedException.*Out of ink") as caught:
        wait(world, "certificate_issued", **certificate_request(arn, failed))
    assert caught.value.last_response["Error"]["Code"] == "RequestFailedException"
    world.control.fault("access_denied", "GetCertificate")
    with pytest.raises(WaiterError, match="AccessDeniedException"):
        wait(world, "certificate_issued", **certificate_request(arn, issued))


def test_the_csr_waiter_waits_out_the_creation(world: World) -> None:
    pass_time_after(world, "GetCertificateAuthorityCsr")
    world.control.settings(creation_delay=DELAY)
    wait(world, "certificate_authority_csr_created", CertificateAuthorityArn=world.create())
    outcomes = [entry["outcome"] for entry in world.control.requests("GetCertificateAuthorityCsr")]
    assert outcomes == ["RequestInProgressException", "Success"]


@pytest.mark.parametrize("written", [True, False])
def test_the_report_waiter_tells_success_from_failure(world: World, written: bool) -> None:
    request = request_for("CreateCertificateAuthorityAuditReport", world.root, S3BucketName=world.bucket)
    pass_time_after(world, "DescribeCertificateAuthorityAuditReport")
    world.control.settings(audit_report_delay=DELAY)
    report = world.client.create_certificate_authority_audit_report(**request)["AuditReportId"]
    if written:
        wait(world, "audit_report_created", CertificateAuthorityArn=world.root, AuditReportId=report)
    else:
        world.connect("s3").delete_bucket_policy(Bucket=world.bucket)
        with pytest.raises(WaiterError, match="FAILED"):
            wait(world, "audit_report_created", CertificateAuthorityArn=world.root, AuditReportId=report)


@pytest.mark.parametrize(
    ("paginator", "member"),
    [
        ("list_certificate_authorities", "CertificateAuthorities"),
        ("list_permissions", "Permissions"),
        ("list_tags", "Tags"),
    ],
)
def test_a_paginator_finds_everything_once(world: World, paginator: str, member: str) -> None:
    arn = world.create(Tags=[{"Key": f"key{number}"} for number in range(5)])
    for number in range(5):
        account = {"SourceAccount": f"{number:012d}"}
        world.client.create_permission(**request_for("CreatePermission", arn, **account))
        if number:
            world.create()
    named = {} if "authorities" in paginator else {"CertificateAuthorityArn": arn}
    pages = list(world.client.get_paginator(paginator).paginate(**named, PaginationConfig={"PageSize": 2}))
    assert [len(page[member]) for page in pages] == [2, 2, 1]
    assert len({str(item) for page in pages for item in page[member]}) == 5


def test_every_waiter_and_paginator_of_the_model_is_one_of_these(world: World) -> None:
    assert set(world.client.waiter_names) == {
        "certificate_issued",
        "certificate_authority_csr_created",
        "audit_report_created",
    }
    assert [name for name in dir(world.client) if name.startswith("list_") and world.client.can_paginate(name)] == [
        "list_certificate_authorities",
        "list_permissions",
        "list_tags",
    ]
