# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The published request quotas per operation, account and Region (reference 9), on the emulator's clock."""

from __future__ import annotations

from typing import TYPE_CHECKING

from private_ca_emulator.errors import ServiceError

if TYPE_CHECKING:
    from private_ca_emulator.service import Call, PrivateCa

PER_SECOND = {
    "IssueCertificate": 25,
    "GetCertificate": 75,
    "RevokeCertificate": 20,
    "GetCertificateAuthorityCertificate": 20,
    "GetCertificateAuthorityCsr": 10,
    "ImportCertificateAuthorityCertificate": 10,
    "CreateCertificateAuthority": 1,
    "UpdateCertificateAuthority": 10,
    "DeleteCertificateAuthority": 10,
    "RestoreCertificateAuthority": 20,
    "DescribeCertificateAuthority": 20,
    "ListCertificateAuthorities": 20,
    "CreateCertificateAuthorityAuditReport": 1,
    "DescribeCertificateAuthorityAuditReport": 20,
    "CreatePermission": 1,
    "DeletePermission": 1,
    "ListPermissions": 5,
    "PutPolicy": 5,
    "GetPolicy": 5,
    "DeletePolicy": 5,
    "TagCertificateAuthority": 10,
    "UntagCertificateAuthority": 10,
    "ListTags": 20,
}


class RequestQuotas:
    """One bucket per operation, account and Region, which holds one second's worth and refills steadily."""

    def __init__(self) -> None:
        self._buckets: dict[tuple[str, str, str], tuple[float, float]] = {}

    def clear(self) -> None:
        """Fill every bucket."""
        self._buckets.clear()

    def take(self, service: PrivateCa, call: Call) -> bool:
        """Take one request out of its bucket; False when that is empty."""
        settings = service.settings
        if not settings.quotas_enabled:
            return True
        rate = settings.quota_overrides.get(call.operation, PER_SECOND[call.operation]) * settings.quota_scale
        key, now = (call.operation, call.caller.account, call.caller.region), service.clock.now()
        capacity = max(rate, 1.0)
        tokens, filled_at = self._buckets.get(key, (capacity, now))
        tokens = min(capacity, tokens + max(0.0, now - filled_at) * rate)
        taken = tokens >= 1
        self._buckets[key] = (tokens - 1 if taken else tokens, now)
        return taken


def limit_rate(service: PrivateCa, call: Call) -> None:
    """A guard: ThrottlingException beyond the quota of the request's operation."""
    if not service.quotas.take(service, call):
        raise ServiceError("ThrottlingException", "Rate exceeded")
