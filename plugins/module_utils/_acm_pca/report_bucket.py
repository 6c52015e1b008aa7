# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The bucket that AWS Private CA writes audit reports to, read through a boto3 S3 client whose own retries are off."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Callable, TypeVar

from .._clock import Clock
from .._errors import AccessDenied, InvalidInput, PrivateCaError, ServiceError
from .errors import BotoCoreError, ClientError, read_fault, translate
from .retries import RetryPolicy, call_with_retries

Value = TypeVar("Value")


@dataclass(frozen=True)
class StoredReport:
    """A report's place, and when it was written (epoch seconds)."""

    bucket: str
    key: str
    written_at: float

    @property
    def report_format(self) -> str:
        """Return JSON or CSV, by the key's end."""
        return "CSV" if self.key.endswith(".csv") else "JSON"


class ReportBucket:
    """Reads reports; raises only errors of the collection."""

    def __init__(self, client: Any, clock: Clock) -> None:
        self._client = client
        self._clock = clock

    def find_newest(self, bucket: str, authority_id: str) -> StoredReport | None:
        """Return the CA's newest report in the bucket, or None."""
        prefix = f"audit-report/{authority_id}/"

        def pages() -> list[Any]:
            paginator = self._client.get_paginator("list_objects_v2")
            return [
                entry for page in paginator.paginate(Bucket=bucket, Prefix=prefix) for entry in page.get("Contents", ())
            ]

        entries = self._call(pages, "ListBucket", f"arn:aws:s3:::{bucket}")
        reports = [StoredReport(bucket, entry["Key"], entry["LastModified"].timestamp()) for entry in entries]
        return max(reports, key=lambda report: report.written_at, default=None)

    def read(self, bucket: str, key: str) -> str:
        """Return the text of a report."""
        place = f"arn:aws:s3:::{bucket}/{key}"
        return str(
            self._call(
                lambda: self._client.get_object(Bucket=bucket, Key=key)["Body"].read().decode(), "GetObject", place
            )
        )

    def _call(self, call: Callable[[], Value], action: str, place: str) -> Value:
        try:
            return call_with_retries(call, RetryPolicy(), self._clock)
        except (BotoCoreError, ClientError) as error:
            raise _explain(error, action, place) from error


def _explain(error: BaseException, action: str, place: str) -> PrivateCaError:
    fault, failed = read_fault(error), "Failed to read the audit report from its bucket"
    details = {"code": fault.code, "operation": f"s3:{action}"}
    if fault.code in ("AccessDenied", "403", "AllAccessDisabled"):
        return AccessDenied(failed, fault.message, place, f"Allow s3:{action} on {place} to this identity", **details)
    if fault.code in ("NoSuchBucket", "NoSuchKey", "404"):
        return InvalidInput(failed, fault.message, place, "Give the bucket that the report was written to", **details)
    if fault.code == "InvalidObjectState":
        return ServiceError(failed, fault.message, place, "Restore the object from its archive first", **details)
    return translate(error, failed, f"s3:{action}", place)
