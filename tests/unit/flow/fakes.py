# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Stand-ins at the flow's seams, which record what they were asked, and the flow between them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._acm_pca.models import (
    Issuance,
    IssuedCertificate,
    LineageId,
)
from ansible_collections.fleet_pki.aws_private_ca.plugins.plugin_utils._flow import Flow, Moment
from ansible_collections.fleet_pki.aws_private_ca.plugins.plugin_utils._host_modules import HostModules
from ansible_collections.fleet_pki.aws_private_ca.plugins.plugin_utils._order import SigningOrder, read_order
from ansible_collections.fleet_pki.aws_private_ca.plugins.plugin_utils._signing import (
    Gate,
    SignedRequest,
    SigningSource,
)
from ansible_collections.fleet_pki.aws_private_ca.plugins.plugin_utils._supersession import Revoked
from fixed_clock import FixedClock

CA_ARN = "arn:aws:acm-pca:us-east-1:111122223333:certificate-authority/11223344-1234-1122-2233-112233445566"
OPTIONS: dict[str, Any] = {
    "requests_per_second": 20.0,
    "name": "web",
    "base_directory": "/etc/aws-private-ca",
    "certificate_authority_arn": CA_ARN,
    "template": None,
    "common_name": "web.example.com",
    "subject": None,
    "subject_alternative_names": ["DNS:web.example.com"],
    "key_algorithm": "EC_prime256v1",
    "signing_algorithm": None,
    "validity": {"type": "DAYS", "value": 90},
    "validity_not_before": None,
    "api_passthrough": None,
    "validate_command": "nginx -t",
    "reload_command": "nginx -s reload",
}
FACTS = {
    "serial": "0a",
    "subject": {"CN": "web.example.com"},
    "subject_alternative_names": ["DNS:web.example.com"],
    "key_algorithm": "EC_prime256v1",
    "not_before": "2026-11-23T00:00:00Z",
    "not_after": "2027-02-21T00:00:00Z",
}
NEW_FACTS = {**FACTS, "serial": "0b", "not_after": "2027-05-21T00:00:00Z"}
NOTHING_DUE = {"action": "none", "reasons": [], "current": FACTS, "changed": False, "host_time": 1000}
DUE = {
    "action": "issue",
    "reasons": [{"reason": "due_for_renewal", "message": "A third of its life is left."}],
    "current": FACTS,
    "request": {"csr": "-----BEGIN CERTIFICATE REQUEST-----", "resumed": False},
    "replaces": "0a",
    "changed": True,
    "host_time": 1000,
}
INSTALLED = {
    "changed": True,
    "generation": "g2",
    "current": NEW_FACTS,
    "previous": FACTS,
    "steps": ["verify", "write", "switch"],
    "served": {"serial": "0b"},
    "paths": {"fullchain": "/etc/aws-private-ca/web/live/fullchain.pem"},
}
EARLY = Moment(1000, 1000.0)


class FakeHost:
    """Answers module calls from a list, in order; asked for more than that, it fails the test."""

    def __init__(self, *answers: Mapping[str, Any]) -> None:
        self.answers = list(answers)
        self.rehearsed: list[bool] = []
        self.calls: list[tuple[str, dict[str, Any]]] = []

    def __call__(self, module: str, arguments: Mapping[str, Any], *, rehearse: bool = False) -> dict[str, Any]:
        self.calls.append((module, dict(arguments)))
        self.rehearsed.append(rehearse)
        return dict(self.answers.pop(0))


class FakeRevoker:
    """Knows every certificate but those whose ARN ends in ``unknown``; the CA of those that end in ``lost`` is gone."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str]] = []

    def revoke(self, lineage: LineageId, certificate_arns: Sequence[str], reason: str) -> Revoked:
        lost = tuple(arn for arn in certificate_arns if arn.endswith("lost"))
        known = tuple(arn for arn in certificate_arns if not arn.endswith("unknown") and arn not in lost)
        self.asked += [(arn, reason) for arn in known]
        return Revoked(known, lost)


class FakeIssuer:
    """Signs everything with one certificate."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str | None]] = []

    def issue(self, order: SigningOrder, csr: str, replaces: str | None) -> SignedRequest:
        self.asked.append((csr, replaces))
        certificate = IssuedCertificate(arn=f"{CA_ARN}/certificate/0b", certificate="LEAF\n", chain=("SUB\n", "ROOT\n"))
        issuance = Issuance(certificate=certificate, token="t", asked_now=True, differences=("OU was dropped",))
        return SignedRequest(issuance, "SHA256WITHECDSA")


def let_pass(csr: str, order: SigningOrder) -> None:
    """Hold no request against the order, for there is none that could be read."""


def make_order(**changes: Any) -> SigningOrder:
    """Return what a task with other options than ``OPTIONS`` asks for its host."""
    return read_order({**OPTIONS, **changes}, "web-01")


def make_flow(
    host: FakeHost,
    issuer: FakeIssuer | None = None,
    revoker: FakeRevoker | None = None,
    *,
    gate: Gate = let_pass,
    moment: Moment = EARLY,
    now: float | None = None,
    **changes: Any,
) -> Flow:
    """Return the flow of such a task. The clock shows ``now``, which is the moment's real time unless it is given."""
    order = make_order(**changes)
    modules = HostModules(host, {name: order.options[name] for name in ("name", "base_directory")})
    source = SigningSource(order, issuer or FakeIssuer(), gate, moment)
    return Flow(
        order, modules, source, revoker or FakeRevoker(), moment, FixedClock(moment.real if now is None else now)
    )
