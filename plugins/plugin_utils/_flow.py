# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One certificate on one host: two round trips when something is due, one when nothing is.

1. inspect   the host decides what is due; when a certificate is and this is no check mode, key and CSR are in pending/
2. review    the source of certificates says what it knows besides
3. supply    signed by AWS Private CA for the host's key (``_signing.py``), or exported with its key by AWS Certificate
             Manager (``_acm_source.py``)
4. install   verified, written, switched, tested, reloaded and proved by the host, or rolled back
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from ..module_utils._acm_pca.models import Issuance, LineageId
from ..module_utils._clock import Clock
from ..module_utils._errors import PrivateCaError
from ..module_utils._host_argument_specs import SERVICE_SPEC
from ..module_utils._x509.exported_key import ExportedKey
from ._host_modules import HostModules, Inspection, Installation
from ._options import POLICY_OPTIONS
from ._order import Order
from ._outcome import Outcome
from ._renewal import check_renewal_plan, plan_renewal, warn_of_authority_end, warn_of_unproved_service
from ._supersession import (
    Replaced,
    Revoked,
    give_reason,
    select_due,
    select_valid,
    warn_of_lost_authority,
    warn_of_unknown,
    warn_of_unrecorded,
)

DATED_BACK = 3600
"""Seconds by which AWS Private CA dates NotBefore back (API operation IssueCertificate, ValidityNotBefore)."""
_LEAST_MARGIN = 60
"""Seconds that clocks may differ even where NotBefore is not dated back."""

_REQUEST_OPTIONS = POLICY_OPTIONS
_INSTALL_OPTIONS = (*SERVICE_SPEC, "keep_generations")


@dataclass(frozen=True)
class Moment:
    """The control node's time: ``judged`` decides what is due, ``real`` is what the host's clock is held against."""

    judged: int
    real: float

    def shift(self, now: float) -> int:
        """Return the time to judge by once the control node's clock shows ``now``."""
        return self.judged + int(now) - int(self.real)


@dataclass(frozen=True)
class Supply:
    """The certificate that was due, the terms that it was made under, and what the user should know.

    ``private_key`` is given where the key was not made on the host.
    """

    issuance: Issuance
    terms: Mapping[str, str]
    warnings: tuple[str, ...] = ()
    private_key: ExportedKey | None = field(default=None, repr=False)


class Source(Protocol):
    """Where the certificates of one order come from."""

    def review(self, inspection: Inspection) -> Inspection:
        """Return the host's verdict with what the source knows besides. Only reads, for check mode has it as well."""

    def supply(self, inspection: Inspection) -> Supply:
        """Return the certificate that is due by the verdict; after a crash, the same again."""


class Revoker(Protocol):
    """Revokes a host's certificates: what was replaced, or what is removed."""

    def revoke(self, lineage: LineageId, certificate_arns: Sequence[str], reason: str) -> Revoked:
        """Revoke those of the certificates that are known as the lineage's; try all before raising PrivateCaError."""


@dataclass(frozen=True)
class Flow:
    """The way of one lineage to what its ``order`` asks. ``force_id`` is the run's identity when forced, else None."""

    order: Order
    host: HostModules
    source: Source
    revoker: Revoker
    moment: Moment
    clock: Clock
    force_id: str | None = None

    def keep(self, *, check_mode: bool) -> Outcome:
        """Return what was done; in check mode, what would be. Raises PrivateCaError."""
        check_renewal_plan(self.order, self.moment.judged)
        inspection = self.source.review(self.host.inspect(self._list_request_options()))
        due = self._list_due(inspection)
        if check_mode or (inspection.action == "none" and not due):
            return predict(self.order, inspection, due)
        return self._revoke(inspection, due) if due else self._act(inspection)

    def _list_due(self, inspection: Inspection) -> tuple[Replaced, ...]:
        if inspection.action != "none":
            return ()
        serving, now = inspection.certificate_arn, self.moment.judged
        return select_due(inspection.replaced, serving, self.order.supersession, now)

    def _revoke(self, inspection: Inspection, due: Sequence[Replaced]) -> Outcome:
        reason = str(self.order.options["revoke_superseded"]["reason"])
        arns = [one.certificate_arn for one in due]
        done = self.revoker.revoke(self.order.lineage, arns, reason)
        installation = self.host.forget(arns, self._list_install_options())
        return replace(
            predict(self.order, inspection, due),
            predicted=False,
            steps=installation.steps,
            revoked=done.certificate_arns,
            warnings=(*warn_of_unknown(arns, done), *warn_of_lost_authority(done)),
        )

    def _act(self, inspection: Inspection) -> Outcome:
        if inspection.action == "issue":
            return self._issue_and_install(inspection)
        options = self._list_install_options()
        if inspection.action == "apply" and inspection.generation:
            return conclude(self.order, inspection, self.host.apply(inspection.generation, options))
        return conclude(self.order, inspection, self.host.repair(options))

    def _issue_and_install(self, inspection: Inspection) -> Outcome:
        supply = self.source.supply(inspection)
        options = {
            **self._list_install_options(),
            "now": self.moment.shift(self.clock.now()),
            "terms": supply.terms,
            "force_id": self.force_id,
        }
        try:
            installation = self.host.install(supply.issuance.certificate, options, supply.private_key)
        except PrivateCaError as error:
            error.details.setdefault("certificate_arn", supply.issuance.certificate.arn)
            raise
        return conclude(self.order, inspection, installation, supply)

    def _list_request_options(self) -> dict[str, Any]:
        return {
            **{name: self.order.options.get(name) for name in _REQUEST_OPTIONS},
            **_list_names(self.order),
            "now": self.moment.judged,
            "host": self.order.lineage.host,
            "terms": self.order.terms(),
            "force_id": self.force_id,
            "max_clock_skew": compute_clock_skew(self.order, self.moment),
        }

    def _list_install_options(self) -> dict[str, Any]:
        return {
            **{name: self.order.options.get(name) for name in _INSTALL_OPTIONS},
            **_list_names(self.order),
            **dict.fromkeys(self.order.list_overridden_names()),
            "now": self.moment.judged,
        }


def remove_certificate(
    lineage: LineageId,
    host: HostModules,
    moment: Moment,
    revoker: Revoker,
    revocation_reason: str | None = None,
    *,
    predicted: bool,
) -> Outcome:
    """Remove the lineage from the host and return what was done, or in check mode would be.

    With a reason, its certificates that have not expired are revoked first, once the host has said that it can be
    removed, for there is no way back: a failure leaves what a later run needs to go on. One whose CA exists no longer
    cannot be, and does not keep the lineage on the host.
    """
    options = {"now": moment.judged}
    removal = host.remove(options, rehearse=revocation_reason is not None)
    held = () if revocation_reason is None else select_valid(removal.certificates, moment.judged)
    arns = tuple(one.certificate_arn for one in held if one.certificate_arn is not None)
    done = Revoked(arns) if predicted or not arns else revoker.revoke(lineage, arns, str(revocation_reason))
    if revocation_reason is not None and removal.changed and not predicted:
        removal = host.remove(options)
    return Outcome(
        name=lineage.name,
        action="remove" if removal.changed else "none",
        reasons=(),
        predicted=predicted and removal.changed,
        before=removal.previous,
        after=None,
        steps=removal.steps,
        revoked=done.certificate_arns,
        warnings=(*warn_of_unrecorded(held), *warn_of_unknown(arns, done), *warn_of_lost_authority(done)),
    )


def compute_clock_skew(order: Order, moment: Moment) -> int:
    """Return by how many seconds the host's clock may differ from the time judged by: as NotBefore is dated back."""
    margin: float = DATED_BACK
    if order.validity_not_before is not None and order.validity_not_before.type == "ABSOLUTE":
        margin = max(_LEAST_MARGIN, moment.real - order.validity_not_before.value)
    return int(margin + abs(moment.judged - moment.real))


def predict(order: Order, inspection: Inspection, due: Sequence[Replaced] = ()) -> Outcome:
    """Return the outcome of an inspection that is not, or not to be, followed by work; ``due`` is to be revoked."""
    action = "revoke" if due else inspection.action
    return Outcome(
        name=order.lineage.name,
        action=action,
        reasons=(*inspection.reasons, *map(give_reason, due)),
        predicted=action != "none",
        revoked=tuple(one.certificate_arn for one in due),
        before=inspection.current,
        after=_describe_asked(order, inspection),
        certificate_arn=inspection.certificate_arn,
        next_renewal=None if action == "issue" else plan_renewal(order, inspection.current, inspection.issued_at),
    )


def conclude(order: Order, inspection: Inspection, installation: Installation, supply: Supply | None = None) -> Outcome:
    """Return the outcome of the work that followed the inspection."""
    next_renewal = plan_renewal(order, installation.current, installation.issued_at)
    return Outcome(
        name=order.lineage.name,
        action=inspection.action,
        reasons=inspection.reasons,
        predicted=False,
        before=inspection.current,
        after=installation.current,
        certificate_arn=installation.certificate_arn,
        differences=supply.issuance.differences if supply else (),
        paths=installation.paths,
        steps=installation.steps,
        served_serial=installation.served_serial,
        next_renewal=next_renewal,
        warnings=_list_warnings(order, supply, next_renewal) if supply else (),
    )


def _list_warnings(order: Order, supply: Supply, next_renewal: str | None) -> tuple[str, ...]:
    return (
        *supply.warnings,
        *warn_of_authority_end(supply.issuance.certificate, next_renewal),
        *warn_of_unproved_service(order),
    )


def _describe_asked(order: Order, inspection: Inspection) -> Mapping[str, Any] | None:
    if inspection.candidate is not None or inspection.action != "issue":
        return inspection.candidate or inspection.current
    return _list_names(order)


def _list_names(order: Order) -> dict[str, Any]:
    subject, alternatives = order.names.subject, order.names.subject_alternative_names
    return {
        "subject": None if subject is None else dict(subject),
        "subject_alternative_names": None if alternatives is None else list(alternatives),
        "key_algorithm": order.names.key_algorithm,
    }
