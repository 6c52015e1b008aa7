# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What S3 and STS declare is explained too; those of AWS Private CA and ACM are tried with the modules themselves."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NoReturn

import botocore.session
import pytest
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._acm_pca.report_bucket import ReportBucket
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._assumed_role import assume_role
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._clock import SystemClock
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._errors import PrivateCaError
from botocore.exceptions import ClientError

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
