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
from ..module_utils._aws_connection import AwsConnection, connect_client, select_connection
from ..module_utils._certificate_issuance import derive_signing_algorithm
from ..module_utils._clock import Clock
from ..module_utils._issuance_options import select_ledger, select_limits, select_patience, select_recovery
from ..module_utils._issuing import Issuer
from ..module_utils._ledger.opening import open_ledger
from ._ledger_place import warn_of_ledger_place
from ._order import SigningOrder
from ._run import RunMemory
from ._signing import SignedRequest


@dataclass(frozen=True)
class RunIssuer:
    """Issues for one task. ``options`` are its validated options; ``memory`` is shared by the workers of the run."""

    options: Mapping[str, Any]
    memory: RunMemory
    clock: Clock
    log: Callable[[str], None]
    warn: Callable[[str], None]

    def issue(self, order: SigningOrder, csr: str, replaces: str | None) -> SignedRequest:
        """Return the certificate for ``csr``: the ledger's, if it was asked for before, or a new one."""
        connection = select_connection(self.options, order.authority.region)
        api = PrivateCaApi(connect_client("acm-pca", connection), clock=self.clock)
        signing_algorithm = order.signing_algorithm or self._derive_signing_algorithm(api, order, connection)
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
        ledger_options = select_ledger(self.options, order.authority.region)
        with open_ledger(ledger_options) as ledger:
            issuer = Issuer(
                api,
                ledger,
                self.clock,
                self.log,
                select_patience(self.options),
                select_limits(self.options),
                select_recovery(self.options, connection, self.clock),
                self.warn,
            )
            issuance = issuer.issue(request, order.lineage)
        return SignedRequest(issuance, signing_algorithm, tuple(warn_of_ledger_place(ledger_options)))

    def _derive_signing_algorithm(self, api: PrivateCaApi, order: SigningOrder, connection: AwsConnection) -> str:
        """Return the CA's own algorithm, which can never change, from the memory of the run where it is known."""
        authority_arn = order.authority.text
        return self.memory.remember(
            f"signing algorithm of {authority_arn} by {connection.endpoint_url}",
            lambda: derive_signing_algorithm(api, authority_arn),
        )
