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
from ..module_utils._acm_pca.errors import NOT_FOUND_CODES
from ..module_utils._acm_pca.governance_api import GovernanceApi
from ..module_utils._acm_pca.models import LineageId
from ..module_utils._acm_pca.polling import Polling
from ..module_utils._acm_pca.publication import fetch_url
from ..module_utils._acm_pca.revocations import Revocation, Revocations
from ..module_utils._clock import Clock
from ..module_utils._errors import PrivateCaError
from ..module_utils._issuance_options import select_ledger
from ..module_utils._ledger.opening import peek_ledger
from ..module_utils._service_clients import connect_service
from ._run import RunMemory
from ._supersession import Revoked


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

    def revoke(self, lineage: LineageId, certificate_arns: Sequence[str], reason: str) -> Revoked:
        """Revoke those of the certificates that the ledger knows as the lineage's, and say what became of them.

        One that is revoked already counts as well. All are tried before PrivateCaError says which a CA refused.
        """
        known = {arn: self._find_holding(arn) for arn in certificate_arns}
        owned = {
            arn: holding
            for arn, holding in known.items()
            if holding is not None and (holding.host, holding.lineage) == (lineage.host, lineage.name)
        }
        refused: dict[str, PrivateCaError] = {}
        for arn, holding in owned.items():
            try:
                self._revoke(arn, holding.serial, reason)
            except PrivateCaError as error:
                refused[arn] = error
        revoked = tuple(arn for arn in owned if arn not in refused)
        lost = tuple(arn for arn, error in refused.items() if error.details.get("code") in NOT_FOUND_CODES)
        if len(refused) > len(lost):
            raise join_refusals({arn: error for arn, error in refused.items() if arn not in lost}, revoked)
        return Revoked(revoked, lost)

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


def join_refusals(refused: Mapping[str, PrivateCaError], revoked: Sequence[str]) -> PrivateCaError:
    """Return one error, of the first one's kind, that names each certificate that was refused; ``revoked`` were not."""
    first = next(iter(refused.values()))
    causes = dict.fromkeys((error.because or error.failed).rstrip(". ") for error in refused.values())
    remedies = dict.fromkeys(error.remedy.rstrip(". ") for error in refused.values() if error.remedy is not None)
    return type(first)(
        "Failed to revoke the certificate",
        because="; ".join(causes),
        on=", ".join(refused),
        remedy=". ".join(remedies) or None,
        **{**first.details, "revoked": list(revoked)},
    )
