# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The source ``private_ca``: AWS Private CA signs what the host asks for, for the host's own key.

1. gate      the host's CSR is held against the task's own options
2. issue     claimed in the ledger, asked of the CA once, waited for, compared with what was asked
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from ..module_utils._acm_pca.models import Issuance
from ..module_utils._errors import PrivateCaError
from ..module_utils._x509.facts import certificate_facts
from ..module_utils._x509.gate import check_request
from ..module_utils._x509.times import read_time
from ..module_utils._x509.wanted import want
from ._flow import DATED_BACK, Moment, Supply
from ._host_modules import Inspection
from ._order import SigningOrder
from ._renewal import plan_renewal


@dataclass(frozen=True)
class SignedRequest:
    """The CA's answer to one CSR, the signing algorithm that was asked for, and what the user should know."""

    issuance: Issuance
    signing_algorithm: str
    warnings: tuple[str, ...] = ()


class Issuer(Protocol):
    """The CA's side."""

    def issue(self, order: SigningOrder, csr: str, replaces: str | None) -> SignedRequest:
        """Return the certificate for ``csr``, asked of the CA at most once whatever happened in earlier runs."""


class Gate(Protocol):
    """Holds a host's CSR against what the play asks for that host."""

    def __call__(self, csr: str, order: SigningOrder) -> None:
        """Raise RequestRefused when the CSR asks for anything else."""


def hold_at_gate(csr: str, order: SigningOrder) -> None:
    """Raise RequestRefused when the host's CSR asks for anything but what the task gives this host."""
    names = order.names
    check_request(csr, want(names.subject, names.subject_alternative_names, names.key_algorithm))


@dataclass(frozen=True)
class SigningSource:
    """Has the host's request signed."""

    order: SigningOrder
    issuer: Issuer
    gate: Gate
    moment: Moment

    def review(self, inspection: Inspection) -> Inspection:
        """Return the verdict as it is: what is due is the host's to say, and AWS is not asked."""
        return inspection

    def supply(self, inspection: Inspection) -> Supply:
        """Return the certificate for the host's request. Raises PrivateCaError."""
        if inspection.csr is None:
            raise PrivateCaError(
                "The host says that a certificate is due and returned no request",
                remedy="Use one release of the collection on the whole control node, then run the play again",
            )
        self.gate(inspection.csr, self.order)
        signed = self._find_signed(inspection.csr, inspection.replaces)
        return Supply(signed.issuance, self.order.terms(signed.signing_algorithm), signed.warnings)

    def _find_signed(self, csr: str, replaces: str | None) -> SignedRequest:
        """Return the certificate; one of an earlier run that is due for renewal by now is replaced at once.

        A host that was restored from a backup, and keeps its key, asks as it did before: what was issued since then is
        gone through in its order, to the one that is not due yet or to a new one.
        """
        while True:
            signed = self.issuer.issue(self.order, csr, replaces)
            if signed.issuance.asked_now:
                return signed
            facts = certificate_facts(signed.issuance.certificate.certificate)
            if self.moment.judged < self._find_renewal(facts):
                return signed
            replaces = facts["serial"]

    def _find_renewal(self, facts: Mapping[str, Any]) -> float:
        """Return when the certificate is due; its end where it always would be, for then every run would issue."""
        due = plan_renewal(self.order, facts, read_time(facts["not_before"]) + DATED_BACK)
        return read_time(due or facts["not_after"])
