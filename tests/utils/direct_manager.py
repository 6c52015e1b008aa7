# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""AWS Certificate Manager in this process, behind the collection's own source ``acm``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timezone
from typing import Any, Self

from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._acm.certificates import PrivateCertificates
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._acm_pca.api import Authority
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._acm_pca.polling import Polling
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._errors import ServiceError
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._x509.facts import certificate_facts
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._x509.keys import encode_key, generate_key
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._x509.requests import build_request
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._x509.times import read_time
from ansible_collections.fleet_pki.aws_private_ca.plugins.plugin_utils._acm_order import read_acm_order
from ansible_collections.fleet_pki.aws_private_ca.plugins.plugin_utils._acm_source import AcmSource
from ansible_collections.fleet_pki.aws_private_ca.plugins.plugin_utils._flow import Moment, Source
from ansible_collections.fleet_pki.aws_private_ca.plugins.plugin_utils._order import Order
from ansible_collections.fleet_pki.aws_private_ca.tests.utils.direct_host import MemoryAuthority
from fixed_clock import FixedClock


@dataclass
class Kept:
    """One certificate of ACM: what was requested, and key and certificate of now."""

    request: Mapping[str, Any]
    key: Any
    certificate: str


@dataclass
class MemoryManager(MemoryAuthority):
    """ACM with the API of the collection; ``changed`` lists its calls that are not just reading."""

    kept: dict[str, Kept] = field(default_factory=dict)
    changed: list[str] = field(default_factory=list)

    def copy(self) -> Self:
        """Return one of its own that goes on from here."""
        kept = {arn: replace(one) for arn, one in self.kept.items()}
        return replace(super().copy(), kept=kept, changed=list(self.changed))

    def count_calls(self) -> int:
        """Return how many calls were made that are not just reading."""
        return len(self.changed)

    def list_certificates(self, statuses: Sequence[str]) -> list[Mapping[str, Any]]:
        """Return summaries; all are issued."""
        found = self.kept.items() if "ISSUED" in statuses else ()
        return [{"CertificateArn": arn, "DomainName": one.request["DomainName"]} for arn, one in found]

    def request_certificate(self, name: str, request: Mapping[str, Any], token: str) -> str:
        """Issue at once."""
        self.changed.append("request")
        arn = f"arn:aws:acm:us-east-1:111122223333:certificate/{len(self.kept):032x}"
        self.kept[arn] = Kept(request, *self._make(request))
        return arn

    def renew(self) -> None:
        """Renew every certificate, with another key."""
        for one in self.kept.values():
            one.key, one.certificate = self._make(one.request)

    def describe_certificate(self, arn: str) -> Mapping[str, Any]:
        """Return the record. Raises ServiceError for one that is gone."""
        if arn not in self.kept:
            raise ServiceError("Failed to describe", on=arn, code="ResourceNotFoundException")
        request, facts = self.kept[arn].request, certificate_facts(self.kept[arn].certificate)
        return {
            "CertificateArn": arn,
            "Type": "PRIVATE",
            "Status": "ISSUED",
            "DomainName": request["DomainName"],
            "SubjectAlternativeNames": request.get("SubjectAlternativeNames", [request["DomainName"]]),
            "CertificateAuthorityArn": request["CertificateAuthorityArn"],
            "KeyAlgorithm": request["KeyAlgorithm"],
            "Serial": facts["serial"],
            "NotBefore": _moment(facts["not_before"]),
            "NotAfter": _moment(facts["not_after"]),
        }

    def export_certificate(self, arn: str, passphrase: str) -> tuple[str, str | None, str]:
        """Return certificate, chain and encrypted key."""
        self.changed.append("export")
        one = self.kept[arn]
        return one.certificate, "".join(self.hierarchy.chain), encode_key(one.key, "pkcs8", passphrase).decode()

    def describe_certificate_authority(self, arn: str) -> Authority:
        """Return a CA that ACM can use."""
        return Authority(arn, "ACTIVE", "ROOT", "EC_prime256v1", "SHA256WITHECDSA", "GENERAL_PURPOSE")

    def list_permissions(self, arn: str) -> list[Mapping[str, Any]]:
        """Return no permission: the CA is another account's."""
        return []

    def _make(self, request: Mapping[str, Any]) -> tuple[Any, str]:
        key, first = generate_key(request["KeyAlgorithm"]), request["DomainName"]
        names = [f"DNS:{name}" for name in request.get("SubjectAlternativeNames", [first])]
        return key, self.hierarchy.issue(build_request(key, {"CN": first}, names), now=self.now, days=395)


def export_from(options: Mapping[str, Any], authority: MemoryAuthority, moment: Moment) -> tuple[Order, Source]:
    """Return order and source of a task with the source acm, as ``direct_host.keep`` takes it."""
    assert isinstance(authority, MemoryManager)
    manager: Any = authority
    order = read_acm_order(options, "web-01")
    polling = Polling(FixedClock(moment.judged))
    certificates = PrivateCertificates(manager, lambda: manager, lambda: "444455556666", polling, with_tags=False)
    return order, AcmSource(order, certificates, moment, lambda: None, lambda warning: None)


def _moment(text: str) -> datetime:
    return datetime.fromtimestamp(read_time(text), timezone.utc)
