# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What S3 and STS declare is explained too, and what does not pass in time, by a clock that leaps.

The other errors of AWS Private CA and ACM are tried with the modules themselves.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NoReturn

import botocore.session
import pytest
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._acm.api import CertificateManagerApi
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._acm_pca.authority_api import AuthorityApi
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._acm_pca.governance_api import GovernanceApi
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._acm_pca.report_bucket import ReportBucket
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._assumed_role import assume_role
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._clock import SystemClock
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._errors import PrivateCaError
from ansible_collections.fleet_pki.aws_private_ca.tests.unit.api.fakes import AUTHORITY, FakeClock
from botocore.exceptions import ClientError

ACM_ARN = "arn:aws:acm:eu-central-1:111122223333:certificate/11112222-3333-4444-5555-666677778888"
CALLS: dict[tuple[str, str], Callable[[Refusing], object]] = {
    ("s3", "GetObject"): lambda client: ReportBucket(client, SystemClock()).read(
        "audit", "audit-report/id/report.json"
    ),
    ("s3", "ListObjectsV2"): lambda client: ReportBucket(client, SystemClock()).find_newest("audit", "id"),
    ("sts", "AssumeRole"): lambda client: assume_role(client, "arn:aws:iam::111122223333:role/issuer", None, "run"),
}
EXPLAINED = re.compile(r"Failed to [^:]+ \(arn:.+\): Scripted.*\. [A-Z].+\.")  # what, on what, why, what to do


class Refusing:
    """A client of any service whose every operation fails with one error."""

    def __init__(self, code: str) -> None:
        self.code = code

    def refuse(self, **_parameters: str) -> NoReturn:
        raise ClientError({"Error": {"Code": self.code, "Message": "Scripted."}}, "Operation")

    get_object = assume_role = paginate = refuse
    export_certificate = delete_certificate = add_tags_to_certificate = remove_tags_from_certificate = refuse
    update_certificate_authority = delete_certificate_authority = import_certificate_authority_certificate = refuse
    revoke_certificate = put_policy = delete_policy = create_certificate_authority_audit_report = refuse

    def get_paginator(self, _operation: str) -> Refusing:
        return self


def declared_errors(service: str, operation: str) -> list[str]:
    """Return the errors that botocore's model declares for the operation, as they are on the wire."""
    shapes = botocore.session.get_session().get_service_model(service).operation_model(operation).error_shapes
    return [shape.metadata.get("error", {}).get("code") or shape.name for shape in shapes]


DECLARED = [(*call, code) for call in CALLS for code in declared_errors(*call)]


@pytest.mark.parametrize("entry", DECLARED, ids="-".join)
def test_a_declared_error_is_explained(entry: tuple[str, str, str]) -> None:
    service, operation, code = entry
    with pytest.raises(PrivateCaError) as raised:
        CALLS[service, operation](Refusing(code))
    assert raised.value.details["code"] == code
    assert EXPLAINED.fullmatch(str(raised.value)), str(raised.value)


# what is tried again for a minute, where the service declares that it may be busy
PATIENT: dict[tuple[str, str], Callable[[Refusing, FakeClock], object]] = {
    ("acm", "ExportCertificate"): lambda client, clock: CertificateManagerApi(client, clock).export_certificate(
        ACM_ARN, "passphrase"
    ),
    ("acm", "DeleteCertificate"): lambda client, clock: CertificateManagerApi(client, clock).delete_certificate(
        ACM_ARN
    ),
    ("acm", "AddTagsToCertificate"): lambda client, clock: CertificateManagerApi(client, clock).add_tags(ACM_ARN, {}),
    ("acm", "RemoveTagsFromCertificate"): lambda client, clock: CertificateManagerApi(client, clock).remove_tags(
        ACM_ARN, []
    ),
    ("acm-pca", "UpdateCertificateAuthority"): lambda client, clock: AuthorityApi(
        client, clock=clock
    ).update_certificate_authority(AUTHORITY, Status="ACTIVE"),
    ("acm-pca", "DeleteCertificateAuthority"): lambda client, clock: AuthorityApi(
        client, clock=clock
    ).delete_certificate_authority(AUTHORITY, 7),
    ("acm-pca", "ImportCertificateAuthorityCertificate"): lambda client, clock: AuthorityApi(
        client, clock=clock
    ).import_certificate_authority_certificate(AUTHORITY, "PEM", None),
    ("acm-pca", "RevokeCertificate"): lambda client, clock: GovernanceApi(client, clock=clock).revoke_certificate(
        AUTHORITY, "01", "SUPERSEDED"
    ),
    ("acm-pca", "PutPolicy"): lambda client, clock: GovernanceApi(client, clock=clock).put_policy(AUTHORITY, "{}"),
    ("acm-pca", "DeletePolicy"): lambda client, clock: GovernanceApi(client, clock=clock).delete_policy(AUTHORITY),
}
BUSY = ("ConcurrentModificationException", "ThrottlingException")


@pytest.mark.parametrize(
    "entry", [(*call, code) for call in PATIENT for code in declared_errors(*call) if code in BUSY], ids="-".join
)
def test_a_service_that_stays_busy_is_asked_for_a_minute_and_then_explained(entry: tuple[str, str, str]) -> None:
    service, operation, code = entry
    clock = FakeClock()
    with pytest.raises(PrivateCaError) as raised:
        PATIENT[service, operation](Refusing(code), clock)
    assert 30 < sum(clock.slept) <= 60
    assert raised.value.details["code"] == code
    assert raised.value.details["operation"].removeprefix("acm:") == operation
    assert EXPLAINED.fullmatch(str(raised.value)), str(raised.value)


OF_ACM = (
    "ListCertificates", "RequestCertificate", "DescribeCertificate", "GetCertificate", "ExportCertificate",
    "RenewCertificate", "DeleteCertificate", "ListTagsForCertificate", "AddTagsToCertificate",
    "RemoveTagsFromCertificate",
)  # fmt: skip


def test_every_operation_whose_service_declares_that_it_may_be_busy_is_asked() -> None:
    of_ca = ("acm-pca", botocore.session.get_session().get_service_model("acm-pca").operation_names)
    of_acm = ("acm", OF_ACM)
    busy = {
        (service, operation)
        for service, operations in (of_ca, of_acm)
        for operation in operations
        if set(BUSY) & set(declared_errors(service, operation))
    }
    assert busy == set(PATIENT)


class Portal:
    """A client of any service behind a proxy that answers every call with its own page, as botocore reads it."""

    def __getattr__(self, _operation: str) -> Callable[..., dict[str, object]]:
        return lambda **_parameters: {"ResponseMetadata": {"HTTPStatusCode": 200}}


NEEDED: dict[str, Callable[[Portal, FakeClock], object]] = {
    "RequestCertificate": lambda client, clock: CertificateManagerApi(client, clock).request_certificate("x", {}, "t"),
    "DescribeCertificate": lambda client, clock: CertificateManagerApi(client, clock).describe_certificate(ACM_ARN),
    "GetCertificate": lambda client, clock: CertificateManagerApi(client, clock).get_certificate(ACM_ARN),
    "ExportCertificate": lambda client, clock: CertificateManagerApi(client, clock).export_certificate(ACM_ARN, "pass"),
    "DescribeCertificateAuthority": lambda client, clock: AuthorityApi(client, clock=clock).authority_record(AUTHORITY),
    "CreateCertificateAuthority": lambda client, clock: AuthorityApi(client, clock=clock).create_certificate_authority(
        "x", {}, "t"
    ),
    "GetCertificateAuthorityCsr": lambda client, clock: AuthorityApi(client, clock=clock).get_certificate_authority_csr(
        AUTHORITY
    ),
    "GetCertificateAuthorityCertificate": lambda client, clock: AuthorityApi(
        client, clock=clock
    ).get_certificate_authority_certificate(AUTHORITY),
    "GetPolicy": lambda client, clock: GovernanceApi(client, clock=clock).get_policy(AUTHORITY),
    "CreateCertificateAuthorityAuditReport": lambda client, clock: GovernanceApi(
        client, clock=clock
    ).create_certificate_authority_audit_report(AUTHORITY, "audit", "JSON"),
}


@pytest.mark.parametrize("operation", NEEDED)
def test_a_reply_that_lacks_what_was_asked_for_is_explained(operation: str) -> None:
    with pytest.raises(PrivateCaError, match=r"its reply has no \w+\)\. Check its endpoint and the proxies") as raised:
        NEEDED[operation](Portal(), FakeClock())
    assert raised.value.details["operation"].removeprefix("acm:") == operation
