# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Settings of a running emulator: delays, quotas, and one named choice for each behaviour that is not established.

Each choice names the section of the behaviour reference that leaves it open; the default is the first of its choices.
"""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass, field
from typing import Any

from private_ca_emulator.errors import refused
from private_ca_emulator.quotas import PER_SECOND

AS_THE_SERVICE: dict[str, Any] = {
    "creation_delay": 2.0,
    "issuance_delay": 1.5,
    "import_delay": 5.0,
    "update_delay": 1.0,
    "revocation_delay": 1.0,
    "audit_report_delay": 5.0,
    "ocsp_delay": 1800.0,
    "acm_issuance_delay": 5.0,
    "quotas_enabled": True,
}
"""What a client of the service has to live with (reference 1.4, 2.2, 5.2, 6.2, 9); most tests would only be slower."""


def _choice(*choices: Any) -> Any:
    # Called in the body of the dataclass only.
    # pylint: disable-next=invalid-field-call
    return field(default=choices[0], metadata={"choices": choices})


def _is_like(default: Any, value: Any, least: float) -> bool:
    """Whether a value has the type of the default; numbers are finite and at least `least`."""
    if isinstance(default, (bool, str)):
        return isinstance(value, type(default))
    if isinstance(default, list):
        return isinstance(value, list) and all(isinstance(item, str) for item in value)
    if isinstance(default, dict):
        return isinstance(value, dict) and all(_is_like(0.0, item, least) for item in value.values())
    wanted = (int, float) if isinstance(default, float) else int
    return isinstance(value, wanted) and not isinstance(value, bool) and least <= value < math.inf


@dataclass
class Settings:
    """What a test or user can change at run time through `PATCH /_emulator/settings`; times are seconds."""

    issuance_delay: float = 0.0
    creation_delay: float = 0.0
    import_delay: float = 0.0
    update_delay: float = 0.0
    revocation_delay: float = 0.0
    audit_report_delay: float = 0.0
    crl_delay: float = 1800.0
    ocsp_delay: float = 0.0
    audit_report_interval: float = 1800.0
    token_window: float = 300.0

    quotas_enabled: bool = False
    quota_scale: float = 1.0
    quota_overrides: dict[str, float] = field(default_factory=dict)
    authorities_per_account: int = 200
    certificates_per_authority: int = 1_000_000
    certificates_without_complete_crl: int = 100_000_000
    unavailable_algorithms: list[str] = field(default_factory=list)
    revocations_per_authority: int = 1_000_000
    permissions_per_authority: int = 10_000
    list_page_limit: int = field(default=100, metadata={"least": 1})
    partition_size: int = field(default=1000, metadata={"least": 1})

    # 2.1, 12.1 item 1
    token_conflict: str = _choice("first_arn", "issue_anew", "reject")
    token_scope: str = _choice("account_and_region", "certificate_authority")
    deduplicate_issue_without_token: bool = _choice(False, True)
    deduplicate_create_without_token: bool = _choice(True, False)
    # 12.1 item 2
    unknown_template_error: str = _choice("InvalidArgsException", "ValidationException", "ResourceNotFoundException")
    empty_csr_error: str = _choice("MalformedCSRException", "ValidationException")
    unsupported_csr_key: str = _choice("MalformedCSRException", "ValidationException", "accept")
    long_common_name: str = _choice("MalformedCSRException", "ValidationException", "accept")
    short_lived_excess_error: str = _choice("ValidationException", "InvalidArgsException")
    foreign_root_csr_error: str = _choice("ValidationException", "InvalidArgsException", "InvalidStateException")
    revoke_expired_error: str = _choice("InvalidRequestException", "InvalidStateException")
    revoke_unknown_serial_error: str = _choice("ResourceNotFoundException", "InvalidRequestException")
    malformed_serial_error: str = _choice("InvalidRequestException", "ValidationException")
    audit_report_too_soon_error: str = _choice(
        "RequestInProgressException", "RequestFailedException", "LimitExceededException"
    )
    foreign_certificate_arn_error: str = _choice(
        "ResourceNotFoundException", "InvalidArnException", "ValidationException"
    )
    unknown_arn_error: str = _choice("ResourceNotFoundException", "InvalidArnException")
    foreign_kind_of_arn_error: str = _choice("InvalidArnException", "ResourceNotFoundException", "ValidationException")
    foreign_audit_report_error: str = _choice("ResourceNotFoundException", "InvalidArgsException")
    # 1.3: operations declare both for a CA that FAILED; which one they answer is not documented
    failed_authority_error: str = _choice("InvalidStateException", "RequestFailedException")
    # 1.3: a token that was not given has an error of its own, which this list alone does not declare
    list_tags_token_error: str = _choice("ValidationException", "InvalidNextTokenException", "RequestFailedException")
    # 1.3: creation and update declare InvalidPolicy too; users saw the other one (1.4)
    bucket_refusal_error: str = _choice("ValidationException", "InvalidPolicyException")
    # 6.1, 8.3: the caller must be able to write to a CRL's bucket; by which actions, and what else, is not documented
    crl_caller_rights: str = _choice("look_and_write", "write", "look", "none")
    crl_caller_error: str = _choice("AccessDeniedException", "ValidationException")
    # 12.1 item 3
    name_constraints_breach: str = _choice("late", "early")
    unencodable_passthrough: str = _choice("early", "late")
    # 2.1: a token whose issuance failed after its ARN was handed out
    failed_issuance_keeps_token: bool = _choice(True, False)
    # 3.1, 3.2
    sixth_level: str = _choice("ValidationException", "InvalidArgsException", "accept")
    api_subject: str = _choice("replaces", "merges")
    api_key_usage_critical: bool = _choice(True, False)
    api_extended_key_usage_critical: bool = _choice(False, True)
    distribution_point: str = _choice("configured_first", "passed_through_first")
    # 2.5, 2.3, 12.1 item 4
    equal_not_after: str = _choice("accept", "refuse")
    month_arithmetic: str = _choice("clamp", "overflow")
    pad_serial_in_arn: bool = _choice(True, False)
    uppercase_serial_accepted: bool = _choice(True, False)
    # 2.6
    region_generation: str = _choice("legacy", "new")
    # 5.2, 5.4
    import_into_disabled: str = _choice("accept", "refuse")
    expired_authority_restorable: bool = _choice(True, False)
    # 8.1, 8.4
    template_in_context_when_omitted: bool = _choice(True, False)
    cross_account_templates: str = _choice("published_set", "any")
    # 8.5, 11
    acm_needs_permission: bool = _choice(True, False)
    acm_issuance_delay: float = 0.0
    acm_names_per_certificate: int = 10
    # 1.2: how far request signatures are verified; secrets are known of registered keys and of STS sessions
    signature_check: str = _choice("known_secrets", "form", "off")
    unknown_access_keys: str = _choice("accept", "refuse")
    # 6.3, 7
    s3_bucket_check: str = _choice("bucket_and_policy", "bucket", "off")
    crl_uri_style: str = _choice("virtual_hosted", "path")
    audit_report_scope: str = _choice("certificate_authority", "account_and_region")
    audit_report_account: str = _choice("caller", "owner")

    def change(self, changes: dict[str, Any]) -> None:
        """Apply named changes all together or, when one is unknown or ill-typed, none (ValidationException)."""
        checked = {name: self._check(name, value) for name, value in changes.items()}
        for name, value in checked.items():
            setattr(self, name, value)

    def _check(self, name: str, value: Any) -> Any:
        known = {item.name: item for item in dataclasses.fields(self)}
        if name not in known:
            raise refused(f"there is no setting {name!r}; settings: {', '.join(sorted(known))}")
        choices: tuple[Any, ...] = known[name].metadata.get("choices", ())
        if value is False and "off" in choices:
            value = "off"  # as YAML reads it
        if choices and value not in choices:
            raise refused(f"setting {name!r} takes one of {list(choices)}, not {value!r}")
        if not _is_like(getattr(Settings(), name), value, known[name].metadata.get("least", 0)):
            raise refused(f"setting {name!r} takes a value like {getattr(self, name)!r}, not {value!r}")
        unknown = set(value) - set(PER_SECOND) if name == "quota_overrides" else set()
        if unknown:
            raise refused(f"setting {name!r} names no operation: {', '.join(sorted(unknown))}")
        return value

    def describe(self) -> dict[str, Any]:
        """Every setting with its present value."""
        return dataclasses.asdict(self)

    def reset(self) -> None:
        """Return every setting to its default."""
        self.change(Settings().describe())
