# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The CA's side of the flow in one worker: client, ledger and issuing core, made only when a certificate is due."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ..module_utils._acm_pca.api import PrivateCaApi
from ..module_utils._acm_pca.models import IssuanceRequest
from ..module_utils._acm_pca.waiting import Patience
from ..module_utils._clock import Clock
from ..module_utils._errors import AccessDenied, InvalidInput
from ..module_utils._issuing import Issuer
from ..module_utils._ledger.limits import Breaker, Limits, Pace
from ..module_utils._ledger.opening import LedgerOptions, open_ledger
from ._clients import connect_client, select_connection
from ._flow import SignedRequest
from ._order import Order
from ._run import RunMemory


@dataclass(frozen=True)
class RunIssuer:
    """Issues for one task. ``options`` are its validated options; ``memory`` is shared by the workers of the run."""

    options: Mapping[str, Any]
    memory: RunMemory
    clock: Clock
    log: Callable[[str], None]

    def issue(self, order: Order, csr: str, replaces: str | None) -> SignedRequest:
        """Return the certificate for ``csr``: the ledger's, if it was asked for before, or a new one."""
        connection = select_connection(self.options, order.authority.region)
        api = PrivateCaApi(connect_client("acm-pca", connection), clock=self.clock)
        signing_algorithm = order.signing_algorithm or self._derive_signing_algorithm(api, order.authority.text)
        request = IssuanceRequest(
            certificate_authority_arn=order.authority.text,
            csr=csr,
            template_arn=order.template_arn,
            signing_algorithm=signing_algorithm,
            validity=order.validity,
            validity_not_before=order.validity_not_before,
            api_passthrough=order.api_passthrough,
            replaces=replaces,
        )
        with open_ledger(select_ledger(self.options)) as ledger:
            issuer = Issuer(
                api, ledger, self.clock, self.log, select_patience(self.options), select_limits(self.options)
            )
            return SignedRequest(issuer.issue(request, order.lineage), signing_algorithm)

    def _derive_signing_algorithm(self, api: PrivateCaApi, authority_arn: str) -> str:
        def describe() -> str:
            return api.describe_certificate_authority(authority_arn).signing_algorithm

        try:
            return self.memory.remember(f"signing algorithm of {authority_arn}", describe)
        except AccessDenied as error:
            raise InvalidInput(
                "Failed to find out which algorithm the CA signs with",
                on=authority_arn,
                because=error.because,
                remedy="Give signing_algorithm (it must fit the CA's key, such as SHA256WITHRSA or SHA256WITHECDSA), "
                "or allow acm-pca:DescribeCertificateAuthority",
            ) from error


def select_ledger(options: Mapping[str, Any]) -> LedgerOptions:
    """Return which ledger the options name."""
    return LedgerOptions(store=options["ledger"], path=options.get("ledger_path"))


def select_limits(options: Mapping[str, Any]) -> Limits:
    """Return the limits that all workers and control nodes with the same ledger share."""
    most = options.get("max_issuances")
    rate = options["requests_per_second"]
    return Limits(
        pace=Pace(per_second=rate) if rate else None,
        breaker=Breaker(max_issuances=most, period=options["max_issuances_period"]) if most is not None else None,
    )


def select_patience(options: Mapping[str, Any]) -> Patience:
    """Return how long to wait for the certificate."""
    return Patience(wait_deadline=options["wait_timeout"])
