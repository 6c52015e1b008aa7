# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Hosts and a CA in this process: the flow with the real host modules' code, without Ansible, SSH and AWS."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Self

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._acm_pca.models import (
    Issuance,
    IssuedCertificate,
    LineageId,
)
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._host_call import HOST_MODULES, answer
from ansible_collections.fleet_pki.aws_private_ca.plugins.plugin_utils._flow import (
    Flow,
    Moment,
    Source,
    remove_certificate,
)
from ansible_collections.fleet_pki.aws_private_ca.plugins.plugin_utils._host_modules import HostModules
from ansible_collections.fleet_pki.aws_private_ca.plugins.plugin_utils._options import (
    ARGUMENT_SPEC,
    FILE_OPTIONS,
)
from ansible_collections.fleet_pki.aws_private_ca.plugins.plugin_utils._order import (
    Order,
    SigningOrder,
    read_order,
)
from ansible_collections.fleet_pki.aws_private_ca.plugins.plugin_utils._outcome import build_result
from ansible_collections.fleet_pki.aws_private_ca.plugins.plugin_utils._signing import (
    SignedRequest,
    SigningSource,
    hold_at_gate,
)
from ansible_collections.fleet_pki.aws_private_ca.plugins.plugin_utils._supersession import Revoked
from ansible_collections.fleet_pki.aws_private_ca.tests.utils.host_authority import DAY, NOW, Hierarchy
from ansible_collections.fleet_pki.aws_private_ca.tests.utils.host_lineage import HastyFiles
from fixed_clock import FixedClock


@dataclass
class MemoryAuthority:
    """A CA that signs at once and remembers what it was asked, as AWS's token does."""

    hierarchy: Hierarchy
    now: float = NOW
    issued: dict[tuple[str, str | None], str] = field(default_factory=dict)
    revoked: list[str] = field(default_factory=list)

    def copy(self) -> Self:
        """Return one of its own that goes on from here."""
        return replace(self, issued=dict(self.issued), revoked=list(self.revoked))

    def count_calls(self) -> int:
        """Return how many calls were made that are not just reading."""
        return len(self.issued) + len(self.revoked)

    def revoke(self, lineage: LineageId, certificate_arns: Sequence[str], reason: str) -> Revoked:
        """Revoke all of them."""
        self.revoked += certificate_arns
        return Revoked(tuple(certificate_arns))

    def issue(self, order: SigningOrder, csr: str, replaces: str | None) -> SignedRequest:
        """Return the certificate of the CSR; the same CSR in the same place gets the same one."""
        asked_now = (csr, replaces) not in self.issued
        if asked_now:
            days = order.validity.value
            self.issued[csr, replaces] = self.hierarchy.issue(csr, now=self.now, days=days)
        leaf = self.issued[csr, replaces]
        arn = f"{order.authority.text}/certificate/{len(self.issued):032x}"
        certificate = IssuedCertificate(arn, leaf, tuple(self.hierarchy.chain))
        return SignedRequest(Issuance(certificate, "token", asked_now), "SHA256WITHECDSA")


def run_module(module: str, arguments: Mapping[str, Any], *, check_mode: bool) -> dict[str, Any]:
    """Return what the module would: its options validated as Ansible does, a failure as a failed result."""
    called = HOST_MODULES[module]
    validated = ArgumentSpecValidator(called.argument_spec, **called.constraints).validate(dict(arguments))
    if validated.error_messages:
        return {"failed": True, "msg": "; ".join(validated.error_messages)}
    return answer(module, validated.validated_parameters, HastyFiles(), check_mode)


def sign(options: Mapping[str, Any], authority: MemoryAuthority, moment: Moment) -> tuple[Order, Source]:
    """Return order and source of a task whose certificates the CA signs."""
    order = read_order(options, "web-01")
    return order, SigningSource(order, authority, hold_at_gate, moment)


OpenSource = Callable[[Mapping[str, Any], MemoryAuthority, Moment], tuple[Order, Source]]


def keep(
    base: Path,
    authority: MemoryAuthority,
    given: Mapping[str, Any],
    *,
    check_mode: bool = False,
    days_later: float = 0,
    force_id: str | None = None,
    open_source: OpenSource | None = None,
) -> dict[str, Any]:
    """Return the result of the task on a host whose base directory is ``base``; raise PrivateCaError when it fails.

    ``open_source`` returns order and source from options, CA and moment; by default the CA signs.
    """
    validated = ArgumentSpecValidator(ARGUMENT_SPEC).validate({**given, "base_directory": str(base)})
    assert not validated.error_messages, validated.error_messages
    options = validated.validated_parameters
    authority.now = NOW + days_later * DAY
    moment = Moment(judged=int(authority.now), real=0.0)
    host = HostModules(
        lambda module, arguments, *, rehearse=False: run_module(module, arguments, check_mode=check_mode or rehearse),
        {name: options.get(name) for name in FILE_OPTIONS},
    )
    if options["state"] == "absent":
        lineage = LineageId(host="web-01", name=options["name"])
        return build_result(
            remove_certificate(lineage, host, moment, authority, options["revoke_removed"], predicted=check_mode)
        )
    order, source = (open_source or sign)(options, authority, moment)
    return build_result(
        Flow(order, host, source, authority, moment, FixedClock(moment.real), force_id).keep(check_mode=check_mode)
    )
