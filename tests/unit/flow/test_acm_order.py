# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

import pytest
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._errors import InvalidInput
from ansible_collections.fleet_pki.aws_private_ca.plugins.plugin_utils._acm_order import AcmOrder, read_acm_order
from ansible_collections.fleet_pki.aws_private_ca.plugins.plugin_utils._options import ARGUMENT_SPEC
from ansible_collections.fleet_pki.aws_private_ca.plugins.plugin_utils._order import read_order
from ansible_collections.fleet_pki.aws_private_ca.plugins.plugin_utils._renewal import plan_renewal
from ansible_collections.fleet_pki.aws_private_ca.tests.unit.flow.fakes import CA_ARN

ARN = "arn:aws:acm:us-east-1:111122223333:certificate/12345678-1234-1234-1234-123456789012"
BY_NAMES = {"certificate_authority_arn": CA_ARN, "common_name": "web.example.com"}


def read_options(**given: Any) -> dict[str, Any]:
    validated = ArgumentSpecValidator(ARGUMENT_SPEC).validate({"name": "web", "source": "acm", **given})
    assert not validated.error_messages, validated.error_messages
    return validated.validated_parameters


def order(**given: Any) -> AcmOrder:
    return read_acm_order(read_options(**given), "web-01")


def test_the_common_name_is_the_first_of_the_dns_names_and_one_of_them() -> None:
    asked = order(**BY_NAMES, subject_alternative_names=["DNS:B.example.com", "dns:a.example.com"])
    assert asked.desired.all_names == ("web.example.com", "a.example.com", "b.example.com")
    assert asked.names.subject == {"CN": "web.example.com"}
    assert asked.names.subject_alternative_names == ("DNS:a.example.com", "DNS:b.example.com", "DNS:web.example.com")
    assert (asked.desired.authority_arn, asked.desired.key_algorithm) == (CA_ARN, "EC_prime256v1")
    assert asked.region == "us-east-1"


def test_an_arn_alone_leaves_names_authority_and_key_open() -> None:
    asked = order(certificate_arn=ARN)
    assert asked.desired.arn == ARN
    assert (asked.names.subject, asked.names.subject_alternative_names, asked.names.key_algorithm) == (None, None, None)
    assert (asked.desired.authority_arn, asked.desired.key_algorithm) == (None, "")


def test_the_one_term_is_the_source() -> None:
    assert order(**BY_NAMES).terms() == {"source": "acm"}


def test_the_next_renewal_is_acms_own() -> None:
    facts = {"not_after": "2027-12-31T00:00:00Z"}
    assert plan_renewal(order(**BY_NAMES), facts, 1_800_000_000) == "2027-11-01T00:00:00Z"


@pytest.mark.parametrize(
    "unfit",
    [
        {"template": "EndEntityServerAuthCertificate"},
        {"signing_algorithm": "SHA256WITHECDSA"},
        {"validity": {"value": 30}},
        {"validity_not_before": {"value": 1}},
        {"api_passthrough": {"key_usage": ["digitalSignature"]}},
        {"key_rotation": "never"},
        {"rotate_key": True},
        {"renew_before": "30d"},
        {"force": True},
        {"adopt": {"key": "/k", "certificate": "/c"}},
        {"revoke_superseded": {}},
        {"revoke_removed": "SUPERSEDED"},
    ],
    ids=lambda unfit: next(iter(unfit)),
)
def test_what_says_how_to_issue_renew_or_revoke_is_refused(unfit: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput, match=f"^{next(iter(unfit))} cannot be used with source: acm"):
        order(**BY_NAMES, **unfit)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"subject_alternative_names": ["IP:10.0.0.7"]}, "the task asks for IP:10.0.0.7"),
        ({"subject": {"O": "Example"}}, "the task asks for O of the subject"),
        ({"subject": {"CN": ["a.example.com", "b.example.com"]}, "common_name": None}, "several common names"),
        ({"key_algorithm": "RSA_4096"}, "makes no such key"),
        ({"common_name": None}, "without any name"),
        ({"region": "eu-west-1"}, "in region us-east-1, but the task says region eu-west-1"),
        ({"certificate_arn": ARN.replace("us-east-1", "eu-west-1")}, "of another region"),
        ({"certificate_arn": CA_ARN}, "does not have the form of one"),
        ({"keep_generations": -1}, "is negative"),
    ],
    ids=lambda given: "-".join(given) if isinstance(given, dict) else None,
)
def test_what_acm_cannot_do_is_refused(given: dict[str, Any], told: str) -> None:
    with pytest.raises(InvalidInput, match=told):
        order(**{name: value for name, value in {**BY_NAMES, **given}.items() if value is not None})


def test_a_conflict_of_regions_is_told_with_what_ends_it() -> None:
    with pytest.raises(InvalidInput, match=r"got eu-west-1 and us-east-1\. Give the CA of the certificate's region"):
        order(**BY_NAMES, certificate_arn=ARN.replace("us-east-1", "eu-west-1"))
    with pytest.raises(InvalidInput, match=r"got us-east-1 and eu-west-1\. Leave region out: the ARN names it"):
        order(certificate_arn=ARN, region="eu-west-1")


def test_an_arn_of_acm_without_the_source_is_refused() -> None:
    with pytest.raises(InvalidInput, match="certificate_arn needs source: acm"):
        read_order(read_options(**BY_NAMES, source="private_ca", certificate_arn=ARN), "web-01")
