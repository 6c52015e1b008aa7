# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Revoking a host's own certificates: those that the ledger knows as its, whatever the host says."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from ..module_utils._acm_pca.arns import authority_of_certificate
from ..module_utils._acm_pca.governance_api import GovernanceApi
from ..module_utils._acm_pca.models import LineageId
from ..module_utils._acm_pca.polling import Polling
from ..module_utils._acm_pca.publication import fetch_url
from ..module_utils._acm_pca.revocations import Revocation, Revocations
from ..module_utils._clock import Clock
from ..module_utils._issuance_options import select_ledger
from ..module_utils._ledger.opening import peek_ledger
from ..module_utils._service_clients import connect_service
from ._run import RunMemory


class Holding(NamedTuple):
    """Whose a certificate is, as the ledger knows it, and its serial (hex) where a run has seen the certificate."""

    host: str | None
    lineage: str | None
    serial: str | None


@dataclass(frozen=True)
class RunRevoker:
    """Revokes for one task. ``options`` are its validated options; ``memory`` is shared by the workers of the run.

    ``connect`` makes the client of AWS Private CA, as ``connect_service`` does.
    """

    options: Mapping[str, Any]
    memory: RunMemory
    clock: Clock
    connect: Callable[..., Any] = connect_service

    def revoke(self, lineage: LineageId, certificate_arns: Sequence[str], reason: str) -> tuple[str, ...]:
        """Revoke those of the certificates that the ledger knows as the lineage's, and return their ARNs.

        One that is revoked already counts as well. Raises PrivateCaError when the CA refuses.
        """
        known = {arn: self._find_holding(arn) for arn in certificate_arns}
        owned = {
            arn: holding
            for arn, holding in known.items()
            if holding is not None and (holding.host, holding.lineage) == (lineage.host, lineage.name)
        }
        for arn, holding in owned.items():
            self._revoke(arn, holding.serial, reason)
        return tuple(owned)

    def _revoke(self, arn: str, serial: str | None, reason: str) -> None:
        """Revoke by the ledger's serial, never by the host's, which may be another's; else by the certificate's own."""
        authority = authority_of_certificate(arn).text
        api = GovernanceApi(self.connect(self.options, authority_arn=authority), clock=self.clock)
        asked = Revocation(authority, None if serial else arn, serial, reason=reason)
        Revocations(api, fetch_url, Polling(self.clock)).present(asked, check_mode=False)

    def _find_holding(self, arn: str) -> Holding | None:
        """Return what is known of a certificate. A fleet reads the ledger once in a run, unless it is newer."""
        region = authority_of_certificate(arn).region
        known = json.loads(self.memory.remember(f"holdings in {region}", lambda: self._read_holdings(region)))
        if arn not in known:
            known = json.loads(self._read_holdings(region))
        return Holding(*known[arn]) if arn in known else None

    def _read_holdings(self, region: str) -> str:
        with peek_ledger(select_ledger(self.options, region)) as ledger:
            records = [record for record in ledger.records() if record.certificate_arn is not None]
        return json.dumps({one.certificate_arn: Holding(one.host, one.lineage, one.serial) for one in records})
