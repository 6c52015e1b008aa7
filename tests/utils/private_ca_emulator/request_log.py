# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The log of acm-pca requests that tests and users can query. It never sees a private key: none is in the protocol."""

from __future__ import annotations

import collections
import itertools
import threading
from collections.abc import Mapping
from typing import Any

_SUMMARY = {
    "CertificateAuthorityArn": "certificate_authority_arn",
    "ResourceArn": "certificate_authority_arn",
    "CertificateArn": "certificate_arn",
    "IdempotencyToken": "idempotency_token",
    "TemplateArn": "template_arn",
    "SigningAlgorithm": "signing_algorithm",
    "Validity": "validity",
    "CertificateSerial": "certificate_serial",
    "RevocationReason": "revocation_reason",
    "AuditReportId": "audit_report_id",
    "S3BucketName": "s3_bucket_name",
}


class LogEntry:
    """One request; `outcome` is None until it is answered, then `Success` or the error code."""

    __slots__ = ("account", "faults", "operation", "outcome", "region", "sequence", "summary", "time")

    def __init__(self, sequence: int, time: float, operation: str) -> None:
        self.sequence = sequence
        self.time = time
        self.operation = operation
        self.account: str | None = None
        self.region: str | None = None
        self.summary: dict[str, Any] = {}
        self.outcome: str | None = None
        self.faults: str | None = None

    def summarize(self, members: Mapping[str, Any]) -> None:
        """Take over the telling members of a request or a reply."""
        for member, name in _SUMMARY.items():
            if member in members:
                self.summary[name] = members[member]

    def describe(self) -> dict[str, Any]:
        """The entry as the control API shows it."""
        shown = {name: getattr(self, name) for name in self.__slots__ if name != "summary"}
        return {**shown, **self.summary}


class RequestLog:
    """The newest requests, in order of arrival."""

    def __init__(self, limit: int = 200_000) -> None:
        self._entries: collections.deque[LogEntry] = collections.deque(maxlen=limit)
        self._numbers = itertools.count(1)
        self._lock = threading.Lock()

    def open(self, time: float, operation: str) -> LogEntry:
        """A new entry for a request that has just arrived."""
        with self._lock:
            entry = LogEntry(next(self._numbers), time, operation)
            self._entries.append(entry)
        return entry

    def select(self, operation: str | None, since: int) -> list[dict[str, Any]]:
        """Entries after sequence number `since`, all or of one operation."""
        with self._lock:
            entries = list(self._entries)
        return [
            entry.describe() for entry in entries if entry.sequence > since and operation in (None, entry.operation)
        ]

    def clear(self) -> None:
        """Forget the entries; the sequence numbers run on."""
        with self._lock:
            self._entries.clear()
