# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the plan decides for every status of a CA and every difference between the asked and the found."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._acm_pca.authority_plan import (
    Activation,
    DesiredAuthority,
    Plan,
    plan_absence,
    plan_presence,
)
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._errors import (
    AuthorityUnusable,
    InvalidInput,
    PrivateCaError,
)

Facts = dict[str, Any]
ARN = "arn:aws:acm-pca:eu-central-1:111122223333:certificate-authority/11111111-2222-3333-4444-555555555555"
PARENT = ARN.replace("1111-2222", "9999-2222")
CRL_ON = {
    "enabled": True,
    "s3_bucket_name": "crls",
    "expiration_in_days": 7,
    "custom_cname": "",
    "s3_object_acl": "PUBLIC_READ",
    "crl_type": "COMPLETE",
    "custom_path": "",
    "omit_distribution_point": False,
}


def found(**changes: Any) -> Facts:
    facts: Facts = {
        "arn": ARN,
        "type": "ROOT",
        "status": "ACTIVE",
        "serial": "0a",
        "not_before": "2026-01-01T00:00:00Z",
        "not_after": "2036-01-01T00:00:00Z",
        "key_algorithm": "RSA_2048",
        "signing_algorithm": "SHA256WITHRSA",
        "subject": {"common_name": "Root", "organization": "Example"},
        "csr_extensions": {"key_usage": [], "subject_information_access": []},
        "usage_mode": "GENERAL_PURPOSE",
        "key_storage_security_standard": "FIPS_140_2_LEVEL_3_OR_HIGHER",
        "crl": {"enabled": False},
        "ocsp": {"enabled": False},
        "tags": {"Name": "root"},
    }
    return {**facts, **changes}


def asked(**changes: Any) -> DesiredAuthority:
    root = DesiredAuthority(name="root", type="ROOT", subject={"common_name": "Root", "organization": "Example"})
    return replace(root, **changes)


def kinds(plan: Plan) -> list[str]:
    return [step.kind for step in plan.steps]


CASES: dict[str, tuple[DesiredAuthority, Facts | None, str | None, list[str]]] = {
    "a new root is created and signs itself": (asked(), None, "missing", ["create", "sign"]),
    "a new root that is not to be activated is only created": (
        asked(activation=Activation(wanted=False)),
        None,
        None,
        ["create"],
    ),
    "a new subordinate without a parent waits for its certificate": (
        asked(type="SUBORDINATE"),
        None,
        "missing",
        ["create"],
    ),
    "a new subordinate with a parent is signed by it": (
        asked(type="SUBORDINATE", activation=Activation(parent_arn=PARENT)),
        None,
        "missing",
        ["create", "sign"],
    ),
    "a new CA gets its revocation configuration at creation": (
        asked(crl={"enabled": True, "s3_bucket_name": "crls", "expiration_in_days": 7}),
        None,
        "missing",
        ["create", "sign"],
    ),
    "nothing differs": (asked(), found(), None, []),
    "a pending root left by a killed run signs itself": (
        asked(),
        found(status="PENDING_CERTIFICATE", serial=None),
        "missing",
        ["sign"],
    ),
    "a certificate signed elsewhere is imported": (
        asked(type="SUBORDINATE", activation=Activation(certificate="PEM", certificate_chain="PEM")),
        found(type="SUBORDINATE", status="PENDING_CERTIFICATE", serial=None),
        "missing",
        ["import"],
    ),
    "an imported certificate that is due again is not imported again": (
        asked(type="SUBORDINATE", activation=Activation(certificate="PEM")),
        found(type="SUBORDINATE"),
        "due_for_renewal",
        [],
    ),
    "an imported certificate that has expired is not imported again": (
        asked(type="SUBORDINATE", activation=Activation(certificate="PEM")),
        found(type="SUBORDINATE", status="EXPIRED"),
        "expired",
        [],
    ),
    "another certificate is imported in place of the one that has expired": (
        asked(type="SUBORDINATE", activation=Activation(certificate="PEM")),
        found(type="SUBORDINATE", status="EXPIRED"),
        "replaced",
        ["import"],
    ),
    "an active root whose certificate is due signs itself again": (asked(), found(), "due_for_renewal", ["sign"]),
    "an expired subordinate is signed before it is enabled": (
        asked(type="SUBORDINATE", enabled=True, activation=Activation(parent_arn=PARENT)),
        found(type="SUBORDINATE", status="EXPIRED"),
        "expired",
        ["sign"],
    ),
    "a disabled CA is enabled before its certificate is renewed": (
        asked(enabled=True),
        found(status="DISABLED"),
        "due_for_renewal",
        ["enable", "sign"],
    ),
    "a disabled CA is left alone": (
        asked(),
        found(status="DISABLED"),
        "due_for_renewal",
        [],
    ),
    "an active CA is disabled after its configuration has changed": (
        asked(enabled=False, ocsp={"enabled": True}),
        found(),
        None,
        ["update_revocation", "disable"],
    ),
    "OCSP is turned on in place": (asked(ocsp={"enabled": True}), found(), None, ["update_revocation"]),
    "an OCSP option that is not given keeps its value": (
        asked(ocsp={"enabled": True, "custom_cname": None}),
        found(ocsp={"enabled": True, "custom_cname": "ocsp.example.com"}),
        None,
        [],
    ),
    "an empty OCSP name takes the name away": (
        asked(ocsp={"enabled": True, "custom_cname": ""}),
        found(ocsp={"enabled": True, "custom_cname": "ocsp.example.com"}),
        None,
        ["update_revocation"],
    ),
    "the CRL's lifetime is changed in place": (
        asked(crl={"expiration_in_days": 9}),
        found(crl=CRL_ON),
        None,
        ["update_revocation"],
    ),
    "the CRL is turned off": (asked(crl={"enabled": False}), found(crl=CRL_ON), None, ["update_revocation"]),
    "a pending CA keeps its revocation configuration for now": (
        asked(type="SUBORDINATE", ocsp={"enabled": True}),
        found(type="SUBORDINATE", status="PENDING_CERTIFICATE", serial=None),
        "missing",
        [],
    ),
    "tags are set and purged, the name and reserved ones stay": (
        asked(tags={"team": "pki"}),
        found(tags={"Name": "root", "old": "1", "aws:x": "y"}),
        None,
        ["untag", "tag"],
    ),
    "tags are not purged when the task says so": (
        asked(tags={"team": "pki"}, purge_tags=False),
        found(tags={"Name": "root", "old": "1"}),
        None,
        ["tag"],
    ),
    "no tags asked purges none": (asked(), found(tags={"Name": "root", "old": "1"}), None, []),
    "a deleted root is restored and enabled": (
        asked(restore=True, enabled=True),
        found(status="DELETED"),
        None,
        ["restore", "enable"],
    ),
    "a CA that was deleted while pending is restored and signed": (
        asked(restore=True),
        found(status="DELETED", serial=None),
        "missing",
        ["restore", "sign"],
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_the_plan_has_these_steps(case: str) -> None:
    desired, current, due, steps = CASES[case]
    assert kinds(plan_presence(desired, current, due)) == steps


@pytest.mark.parametrize("case", CASES)
def test_what_a_plan_makes_needs_no_further_step(case: str) -> None:
    desired, current, due, _steps = CASES[case]
    after = plan_presence(desired, current, due).after
    assert after is not None
    assert kinds(plan_presence(desired, {**found(), **after, "arn": ARN}, after["certificate_due"])) == []


@pytest.mark.parametrize("case", [name for name, (_asked, current, _due, steps) in CASES.items() if steps and current])
def test_a_plan_with_steps_has_a_difference_to_show(case: str) -> None:
    desired, current, due, _steps = CASES[case]
    plan = plan_presence(desired, current, due)
    assert plan.before != plan.after


@pytest.mark.parametrize(
    ("option", "value", "named"),
    [
        ("type", "SUBORDINATE", "type is ROOT, not SUBORDINATE"),
        ("key_algorithm", "EC_prime256v1", "key_algorithm is RSA_2048, not EC_prime256v1"),
        ("signing_algorithm", "SHA512WITHRSA", "signing_algorithm is SHA256WITHRSA, not SHA512WITHRSA"),
        ("usage_mode", "SHORT_LIVED_CERTIFICATE", "usage_mode is GENERAL_PURPOSE, not SHORT_LIVED_CERTIFICATE"),
        (
            "key_storage_security_standard",
            "CCPC_LEVEL_1_OR_HIGHER",
            "key_storage_security_standard is FIPS_140_2_LEVEL_3_OR_HIGHER, not CCPC_LEVEL_1_OR_HIGHER",
        ),
        ("subject", {"common_name": "Other", "organization": "Example"}, "subject.common_name is 'Root', not 'Other'"),
        ("subject", {"common_name": "Root"}, "subject.organization is 'Example', not None"),
        ("csr_extensions", {"key_usage": ["crl_sign"]}, "csr_extensions.key_usage is [], not ['crl_sign']"),
    ],
)
def test_a_difference_that_nothing_can_change_is_named(option: str, value: Any, named: str) -> None:
    with pytest.raises(InvalidInput) as raised:
        plan_presence(asked(**{option: value}), found(), None)
    assert named in raised.value.sentence()
    assert raised.value.details["immutable"] == [named]


def test_all_differences_that_nothing_can_change_are_named_at_once() -> None:
    with pytest.raises(InvalidInput) as raised:
        plan_presence(asked(type="SUBORDINATE", key_algorithm="EC_prime256v1"), found(), None)
    assert len(raised.value.details["immutable"]) == 2


@pytest.mark.parametrize(
    ("desired", "current", "error", "says"),
    [
        (asked(arn=ARN), None, InvalidInput, "does not exist"),
        (asked(name=None, arn=ARN), found(status="DELETED"), AuthorityUnusable, "Set restore to true"),
        (asked(), found(status="FAILED", failure_reason="OTHER"), AuthorityUnusable, "state=absent"),
        (asked(subject=None), None, InvalidInput, "subject"),
        (asked(activation=Activation(path_length=0)), None, InvalidInput, "Drop path_length, or"),
        (
            asked(activation=Activation(path_length=0, parent_arn=PARENT)),
            found(),
            InvalidInput,
            "Drop path_length and parent_certificate_authority_arn",
        ),
        (asked(crl={"enabled": True}), found(), InvalidInput, "s3_bucket_name, expiration_in_days"),
        (
            asked(crl={"omit_distribution_point": True, "custom_cname": "crl.example.com"}),
            found(crl=CRL_ON),
            InvalidInput,
            "omit_distribution_point",
        ),
    ],
)
def test_what_cannot_be_planned_says_why(
    desired: DesiredAuthority, current: Facts | None, error: type[PrivateCaError], says: str
) -> None:
    with pytest.raises(error, match=says):
        plan_presence(desired, current, None)


@pytest.mark.parametrize(
    ("status", "steps"),
    [
        ("ACTIVE", ["disable", "delete"]),
        ("DISABLED", ["delete"]),
        ("EXPIRED", ["delete"]),
        ("PENDING_CERTIFICATE", ["delete"]),
        ("CREATING", ["delete"]),
        ("FAILED", ["delete"]),
        ("DELETED", []),
    ],
)
def test_a_ca_is_deleted_from_every_status(status: str, steps: list[str]) -> None:
    assert kinds(plan_absence(found(status=status), 30)) == steps


def test_a_ca_that_is_not_there_is_absent_already() -> None:
    assert plan_absence(None, 30).steps == ()


@pytest.mark.parametrize("due", ["expired", "due_for_renewal"])
def test_a_certificate_that_is_installed_already_is_to_be_signed_anew(due: str) -> None:
    desired = asked(type="SUBORDINATE", activation=Activation(certificate="PEM"))
    (advice,) = plan_presence(desired, found(type="SUBORDINATE"), due).advice
    assert f"A certificate is due ({due}): have the returned CSR signed" in advice


def test_an_expired_root_cannot_sign_itself_and_the_message_says_what_to_do() -> None:
    with pytest.raises(AuthorityUnusable, match="Create another root"):
        plan_presence(asked(), found(status="EXPIRED"), "expired")
