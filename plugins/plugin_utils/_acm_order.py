# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What one task asks for one host of AWS Certificate Manager (ACM), read from its validated options. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..module_utils._acm.api import KEY_ALGORITHMS
from ..module_utils._acm.arns import select_region
from ..module_utils._acm.plan import DesiredCertificate
from ..module_utils._acm_pca.arns import parse_authority_arn
from ..module_utils._acm_pca.models import LineageId
from ..module_utils._errors import InvalidInput
from ..module_utils._host_argument_specs import ACM
from ..module_utils._issuance_options import require_region
from ._options import ARGUMENT_SPEC
from ._order import Names, Order, check_service, read_names

MANAGED_RENEWAL = 60 * 86400.0
"""Seconds before the end of a private certificate at which ACM begins to renew it (ACM user guide, managed renewal)."""
_UNFIT = (
    "template",
    "signing_algorithm",
    "validity",
    "validity_not_before",
    "api_passthrough",
    "key_rotation",
    "rotate_key",
    "renew_before",
    "force",
    "adopt",
    "revoke_superseded",
    "revoke_removed",
)


@dataclass(frozen=True, kw_only=True)
class AcmOrder(Order):
    """A certificate that ACM keeps, with the key that it made; ``region`` is where."""

    desired: DesiredCertificate
    region: str

    def terms(self) -> dict[str, str]:
        """Return the one term: the source. All else is compared with what ACM says of its certificate."""
        return {"source": ACM}


def refuse_unfit_options(options: Mapping[str, Any]) -> None:
    """Raise InvalidInput for an option that says how to issue, renew or revoke: ACM decides about that alone."""
    given = [name for name in _UNFIT if options.get(name) not in (None, ARGUMENT_SPEC[name].get("default"))]
    if given:
        raise InvalidInput(
            f"{', '.join(given)} cannot be used with source: acm",
            because="AWS Certificate Manager makes the key, sets template and validity, and renews by itself",
            remedy="Leave it out, or use source: private_ca",
        )


def read_acm_order(options: Mapping[str, Any], host: str) -> AcmOrder:
    """Return what the validated ``options`` of a task ask for ``host`` (its inventory name). Raises InvalidInput."""
    refuse_unfit_options(options)
    check_service(options)
    desired = read_desired(options)
    return AcmOrder(
        lineage=LineageId(host=host, name=options["name"]),
        names=name_holder(desired),
        options=options,
        managed_renewal=MANAGED_RENEWAL,
        desired=desired,
        region=read_region(options),
    )


def read_region(options: Mapping[str, Any]) -> str:
    """Return the region of the certificate, or of the CA. Raises InvalidInput where the options name two."""
    authority, region = options.get("certificate_authority_arn"), options.get("region")
    if authority:
        require_region(parse_authority_arn(authority), region)
    return select_region(options.get("certificate_arn"), authority, region)


def read_desired(options: Mapping[str, Any]) -> DesiredCertificate:
    """Return which certificate of ACM is asked for: by ARN, where names are only checked, or by names, CA and key."""
    domain_name, names = read_dns_names(options)
    arn, key_algorithm = options.get("certificate_arn"), options["key_algorithm"]
    if arn is None and key_algorithm not in KEY_ALGORITHMS:
        raise InvalidInput(
            "AWS Certificate Manager makes no such key",
            on=key_algorithm,
            remedy=f"Set key_algorithm to one of {', '.join(KEY_ALGORITHMS)}",
        )
    if arn is None and domain_name is None:
        raise InvalidInput(
            "The task asks for a certificate without any name",
            remedy="Give common_name or subject_alternative_names, or certificate_arn",
        )
    is_open = arn is not None and key_algorithm == ARGUMENT_SPEC["key_algorithm"]["default"]
    return DesiredCertificate(
        arn=arn,
        domain_name=domain_name,
        names=names,
        authority_arn=options.get("certificate_authority_arn"),
        key_algorithm="" if is_open else key_algorithm,
    )


def read_dns_names(options: Mapping[str, Any]) -> tuple[str | None, tuple[str, ...]]:
    """Return the first DNS name, which ACM makes the common name, and the others. Raises InvalidInput for any other."""
    has_names = any(options.get(name) for name in ("common_name", "subject", "subject_alternative_names"))
    if not has_names:
        return None, ()
    given = read_names(options)
    subject, alternatives = given.subject or {}, given.subject_alternative_names or ()
    others = [f"{name} of the subject" for name in subject if name != "CN"]
    others += [name for name in alternatives if not name.startswith("DNS:")]
    if others or not isinstance(subject.get("CN", ""), str):
        raise InvalidInput(
            "AWS Certificate Manager puts DNS names into a certificate, and nothing else",
            because=f"the task asks for {', '.join(others) or 'several common names'}",
            remedy="Ask for DNS names only, or use source: private_ca",
        )
    names = [name[len("DNS:") :] for name in alternatives]
    first = str(subject["CN"]).lower() if "CN" in subject else names[0]
    return first, tuple(name for name in names if name != first)


def name_holder(desired: DesiredCertificate) -> Names:
    """Return what the certificate must say: what was given, and nothing where an ARN alone was."""
    if desired.domain_name is None:
        return Names(None, None, desired.key_algorithm or None)
    alternatives = tuple(sorted(f"DNS:{name}" for name in desired.all_names))
    return Names({"CN": desired.domain_name}, alternatives, desired.key_algorithm or None)
