# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a host has, held against what AWS Certificate Manager (ACM) has now. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ..module_utils._acm.plan import DesiredCertificate
from ..module_utils._errors import InvalidInput, IssuanceFailed, UnusableState
from ..module_utils._reissue_policy import Reason
from ..module_utils._x509.times import read_time
from ._host_modules import Facts, Inspection

USABLE = ("ISSUED", "PENDING_VALIDATION")


def list_differences(desired: DesiredCertificate, found: Mapping[str, Any]) -> tuple[Reason, ...]:
    """Return in what a certificate of ACM is not the one that is asked for; what is not asked is no difference."""
    reasons = []
    names = {str(name).lower() for name in found["subject_alternative_names"]}
    wanted = desired.all_names
    if wanted and (set(wanted) != names or wanted[0] != str(found["domain_name"]).lower()):
        message = f"The certificate is for {', '.join(sorted(names))}, and not for {', '.join(sorted(wanted))}"
        if set(wanted) == names:
            message = f"The common name is {found['domain_name']}, and not {wanted[0]}"
        reasons.append(Reason("names_changed", message))
    if desired.authority_arn and found["certificate_authority_arn"] != desired.authority_arn:
        message = f"The CA is {found['certificate_authority_arn']}, and not {desired.authority_arn}"
        reasons.append(Reason("ca_changed", message))
    if desired.key_algorithm and found["key_algorithm"] != desired.key_algorithm:
        message = f"The key is {found['key_algorithm']}; {desired.key_algorithm} is asked for"
        reasons.append(Reason("key_parameters_changed", message))
    return tuple(reasons)


def require_asked_certificate(desired: DesiredCertificate, found: Mapping[str, Any] | None) -> Mapping[str, Any]:
    """Return the certificate that the task names by its ARN; raise PrivateCaError where it cannot be installed."""
    arn, failed = str(desired.arn), "Failed to use the certificate of AWS Certificate Manager"
    if found is None:
        because = "there is no such certificate in this account and region"
        raise InvalidInput(failed, because, arn, "Check certificate_arn, and whose credentials the task has")
    if found["type"] != "PRIVATE":
        because = f"it is {found['type']}, and only the private key of a private certificate can be exported"
        raise InvalidInput(failed, because, arn, "Give a certificate that ACM issued from a private CA")
    if found["status"] not in USABLE:
        because = f"it is {found['status']} ({found['failure_reason'] or 'no reason is given'})"
        remedy = "Look at the state of the CA and at ACM's permission on it; then request another, or have it renewed"
        raise IssuanceFailed(failed, because, arn, remedy, certificate_arn=arn)
    differences = list_differences(desired, found)
    if differences:
        because = "; ".join(reason.message for reason in differences)
        raise InvalidInput(failed, because, arn, "Give the ARN of another certificate, or mend what the task asks")
    return found


def review_inspection(
    inspection: Inspection,
    found: Mapping[str, Any] | None,
    former: Mapping[str, Any] | None,
    desired: DesiredCertificate,
    now: float,
) -> Inspection:
    """Return the host's verdict, made to issue when ACM's certificate is another than the one on the host.

    ``found`` is the certificate to install, None when it is still to be requested. ``former`` is the live one as ACM
    has it, where that is not what is asked any more. Raises UnusableState where ``found`` is of no use at ``now``.
    """
    installed = inspection.candidate or inspection.current
    reviewed = inspection
    if inspection.action != "issue":
        if installed is None or (found is not None and found["serial"] == installed["serial"]):
            return inspection
        reasons = _list_reasons(inspection.certificate_arn, installed, found, former, desired)
        reviewed = replace(inspection, action="issue", reasons=reasons)
    if found is None:
        return replace(reviewed, candidate=None)
    _require_use(reviewed, found, now)
    return replace(reviewed, candidate=describe_found(found), available=str(found["arn"]))


def _require_use(inspection: Inspection, found: Mapping[str, Any], now: float) -> None:
    is_installed = inspection.current is not None and inspection.current["serial"] == found["serial"]
    revoked = [reason.message for reason in inspection.reasons if reason.reason == "revoked"]
    because = None
    if found["not_after"] is not None and read_time(found["not_after"]) <= now:
        because = f"it ended at {found['not_after']}"
    elif is_installed and revoked:
        because = revoked[0]
    if because is not None:
        raise UnusableState(
            "Failed to use the certificate of AWS Certificate Manager",
            because=f"{because}, and ACM has no other yet",
            on=found["arn"],
            remedy="Have ACM renew it (acm_private_certificate with renew_before), and run again",
        )


def _list_reasons(
    live_arn: str | None,
    installed: Facts,
    found: Mapping[str, Any] | None,
    former: Mapping[str, Any] | None,
    desired: DesiredCertificate,
) -> tuple[Reason, ...]:
    if former is not None:
        differences = list_differences(desired, former)
        if differences:
            return differences
    if found is None:
        message = f"AWS Certificate Manager no longer has the certificate {live_arn}, and another is requested"
        return (Reason("certificate_changed", message),)
    if live_arn is not None and found["arn"] != live_arn:
        message = f"The certificate was {live_arn} and is to be {found['arn']}"
        return (Reason("certificate_changed", message),)
    message = f"The host has the certificate {installed['serial']}, and ACM has renewed it as {found['serial']}"
    return (Reason("renewed_by_acm", message),)


def describe_found(found: Mapping[str, Any] | None) -> Facts | None:
    """Return what ACM tells of its certificate in the shape of a certificate's facts; None for one without serial."""
    if found is None or found["serial"] is None:
        return None
    return {
        "subject": {"CN": found["domain_name"]},
        "subject_alternative_names": sorted(f"DNS:{name}" for name in found["subject_alternative_names"]),
        "key_algorithm": found["key_algorithm"],
        "serial": found["serial"],
        "not_before": found["not_before"],
        "not_after": found["not_after"],
    }


def warn_of_failed_renewal(found: Mapping[str, Any] | None) -> list[str]:
    """Return a warning when ACM tried to renew the certificate and could not."""
    if found is None or found["renewal_status"] != "FAILED":
        return []
    because = f" ({found['renewal_status_reason']})" if found["renewal_status_reason"] else ""
    return [
        f"AWS Certificate Manager failed to renew {found['arn']}{because}. It ends at {found['not_after']}: look at "
        "the state of the CA and at ACM's permission on it."
    ]
