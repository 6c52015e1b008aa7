# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What one task asks for one host, read from its validated options. Pure: no clock, no I/O."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..module_utils._acm_pca.arns import AuthorityArn, parse_authority_arn
from ..module_utils._acm_pca.models import LineageId, Validity
from ..module_utils._acm_pca.templates import takes_api_passthrough, template_arn
from ..module_utils._acm_pca.transformations import build_passthrough, read_validity
from ..module_utils._errors import InvalidInput
from ..module_utils._issuance_options import require_region, select_limits
from ..module_utils._issuance_token import canonical_passthrough
from ..module_utils._lineage.service import read_service
from ..module_utils._x509.names import normalise_general_names
from ..module_utils._x509.subjects import normalise_subject
from ._supersession import Supersession, read_supersession


@dataclass(frozen=True)
class Names:
    """What the certificate is to say of its holder; None leaves that part open."""

    subject: Mapping[str, Any] | None
    subject_alternative_names: tuple[str, ...] | None
    key_algorithm: str | None


@dataclass(frozen=True, kw_only=True)
class Order:
    """One certificate for one host: what it must say. Where it comes from is for the kinds of order to know.

    ``options`` are the task's validated options. ``managed_renewal`` is None where the play renews, or else how many
    seconds before the end of a certificate another does.
    """

    lineage: LineageId
    names: Names
    options: Mapping[str, Any]
    supersession: Supersession | None = None
    validity: Validity | None = None
    validity_not_before: Validity | None = None
    managed_renewal: float | None = None

    def terms(self) -> dict[str, str]:
        """Return the terms that the host records with a generation and compares with; a missing key is no term."""
        return {}

    def list_overridden_names(self) -> list[str]:
        """Return which of the names do not come from the request, so that the host cannot compare them with it."""
        return []


@dataclass(frozen=True, kw_only=True)
class SigningOrder(Order):
    """A certificate that AWS Private CA signs for the host's key, under these terms.

    ``signing_algorithm`` is None when it is to be derived from the CA.
    """

    authority: AuthorityArn
    template_arn: str
    validity: Validity
    signing_algorithm: str | None
    api_passthrough: Mapping[str, Any] | None

    def terms(self, signing_algorithm: str | None = None) -> dict[str, str]:
        """Return the terms that the host records with a generation and compares with; a missing key is no term."""
        terms = {
            "certificate_authority_arn": self.authority.text,
            "template_arn": self.template_arn,
            "signing_algorithm": self.signing_algorithm or signing_algorithm,
            "validity": _spell_validity(self.validity),
            "validity_not_before": self.validity_not_before and _spell_validity(self.validity_not_before),
            "api_passthrough": self.api_passthrough and canonical_passthrough(self.api_passthrough),
        }
        return {name: value for name, value in terms.items() if value}

    def list_overridden_names(self) -> list[str]:
        """Return which of the names come from ApiPassthrough."""
        if self.api_passthrough is None or not takes_api_passthrough(self.template_arn):
            return []
        from_api = {
            "subject": "Subject" in self.api_passthrough,
            "subject_alternative_names": "SubjectAlternativeNames" in self.api_passthrough.get("Extensions", {}),
        }
        return [name for name, overridden in from_api.items() if overridden]


def read_order(options: Mapping[str, Any], host: str) -> SigningOrder:
    """Return what the validated ``options`` of a task ask for ``host`` (its inventory name). Raises InvalidInput."""
    if options.get("certificate_arn") is not None:
        raise InvalidInput(
            "certificate_arn needs source: acm",
            on=options["certificate_arn"],
            because="it is a certificate of AWS Certificate Manager, and the source is private_ca",
            remedy="Set source to acm, or leave certificate_arn out",
        )
    authority = parse_authority_arn(options["certificate_authority_arn"])
    require_region(authority, options.get("region"))
    validity = read_validity(options["validity"])
    if validity is None:
        raise InvalidInput(
            "Failed to read the validity", because="it is empty", remedy="Give it as {type: DAYS, value: 90}"
        )
    check_service(options)
    select_limits(options)
    return SigningOrder(
        lineage=LineageId(host=host, name=options["name"]),
        authority=authority,
        names=read_names(options),
        template_arn=template_arn(options.get("template"), authority.text),
        signing_algorithm=options.get("signing_algorithm"),
        validity=validity,
        validity_not_before=read_validity(options.get("validity_not_before")),
        api_passthrough=build_passthrough(options.get("api_passthrough")),
        options=options,
        supersession=read_supersession(options),
    )


def check_service(options: Mapping[str, Any]) -> None:
    """Raise InvalidInput, before a certificate is asked for, for what the host would refuse to install it with."""
    read_service(options)
    kept = options.get("keep_generations")
    if kept is not None and kept < 0:
        raise InvalidInput(
            "Failed to read the options",
            on="keep_generations",
            because=f"{kept} is negative",
            remedy="Give the number of old generations to keep, from 0 on",
        )


def read_names(options: Mapping[str, Any]) -> Names:
    """Return the names that the options give, in normal form. Raises InvalidInput for none, or two common names."""
    subject = normalise_subject(options.get("subject"))
    common_name = options.get("common_name")
    if common_name and subject.setdefault("CN", common_name) != common_name:
        raise InvalidInput(
            "subject and common_name give two different common names",
            because=f"{subject['CN']!r} and {common_name!r}",
            remedy="Give the common name once",
        )
    alternatives = normalise_general_names(options.get("subject_alternative_names"))
    if not subject and not alternatives:
        raise InvalidInput(
            "The task asks for a certificate without any name",
            remedy="Give common_name, subject or subject_alternative_names",
        )
    return Names(subject=subject, subject_alternative_names=alternatives, key_algorithm=options["key_algorithm"])


def _spell_validity(validity: Validity) -> str:
    return f"{validity.type}:{validity.value}"
