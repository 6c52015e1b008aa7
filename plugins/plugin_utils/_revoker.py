# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Revoking a host's own certificates: those that the ledger knows as its, whatever the host says."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

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


@dataclass(frozen=True)
class RunRevoker:
    """Revokes for one task. ``options`` are its validated options; ``memory`` is shared by the workers of the run."""

    options: Mapping[str, Any]
    memory: RunMemory
    clock: Clock

    def revoke(self, lineage: LineageId, certificate_arns: Sequence[str], reason: str) -> tuple[str, ...]:
        """Revoke those of the certificates that the ledger knows as the lineage's, and return their ARNs.

        One that is revoked already counts as well. Raises PrivateCaError when the CA refuses.
        """
        owned = tuple(arn for arn in certificate_arns if self._find_holder(arn) == [lineage.host, lineage.name])
        for arn in owned:
            authority = authority_of_certificate(arn).text
            api = GovernanceApi(connect_service(self.options, authority_arn=authority), clock=self.clock)
            asked = Revocation(authority, serial=arn.rpartition("/")[2], reason=reason)
            Revocations(api, fetch_url, Polling(self.clock)).present(asked, check_mode=False)
        return owned

    def _find_holder(self, arn: str) -> list[str | None] | None:
        """Return host and lineage of a certificate. A fleet reads the ledger once in a run, unless it is newer."""
        region = authority_of_certificate(arn).region
        known = json.loads(self.memory.remember(f"holders in {region}", lambda: self._read_holders(region)))
        if arn not in known:
            known = json.loads(self._read_holders(region))
        holder: list[str | None] | None = known.get(arn)
        return holder

    def _read_holders(self, region: str) -> str:
        with peek_ledger(select_ledger(self.options, region)) as ledger:
            records = [record for record in ledger.records() if record.certificate_arn is not None]
        return json.dumps({record.certificate_arn: [record.host, record.lineage] for record in records})
