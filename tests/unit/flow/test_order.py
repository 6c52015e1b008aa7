# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._errors import InvalidInput
from ansible_collections.fleet_pki.aws_private_ca.tests.unit.flow.fakes import CA_ARN, make_order


def test_the_common_name_becomes_part_of_the_subject() -> None:
    names = make_order(common_name="web.example.com", subject={"O": "Example"}).names
    assert names.subject == {"O": "Example", "CN": "web.example.com"}


@pytest.mark.parametrize("spelling", ["CN", "commonName", "2.5.4.3"])
def test_one_common_name_given_twice_is_one(spelling: str) -> None:
    assert make_order(subject={spelling: "web.example.com"}).names.subject == {"CN": "web.example.com"}


def test_two_common_names_are_refused() -> None:
    with pytest.raises(InvalidInput, match="two different common names"):
        make_order(subject={"commonName": "other.example.com"})


def test_a_certificate_without_any_name_is_refused() -> None:
    with pytest.raises(InvalidInput, match="without any name"):
        make_order(common_name=None, subject_alternative_names=[])


def test_spelling_and_order_of_names_make_no_difference() -> None:
    one = make_order(subject_alternative_names=["DNS:A.example.com", "IP:2001:db8::1"])
    other = make_order(subject_alternative_names=["ip:2001:DB8:0::1", "dns:a.example.com."])
    assert one.names == other.names


def test_a_region_that_is_not_the_authoritys_is_refused() -> None:
    with pytest.raises(InvalidInput, match="in region us-east-1, but the task says region eu-west-1"):
        make_order(region="eu-west-1")


@pytest.mark.parametrize(
    ("option", "value"),
    [("requests_per_second", -1.0), ("requests_per_second", float("nan")), ("requests_per_second", float("inf")),
     ("max_issuances", -1), ("max_issuances_period", 0)],
)  # fmt: skip
def test_what_is_no_limit_is_refused_before_the_host_is_asked(option: str, value: float) -> None:
    with pytest.raises(InvalidInput, match=rf"\({option}\): it is {value:g}"):
        make_order(**{option: value})


def test_a_template_gets_its_arn_in_the_partition_of_the_authority() -> None:
    china = CA_ARN.replace("arn:aws:", "arn:aws-cn:").replace("us-east-1", "cn-north-1")
    arn = make_order(certificate_authority_arn=china, template="EndEntityServerAuthCertificate/V1").template_arn
    assert arn == "arn:aws-cn:acm-pca:::template/EndEntityServerAuthCertificate/V1"


def test_what_was_not_given_is_no_term() -> None:
    assert make_order().terms() == {
        "certificate_authority_arn": CA_ARN,
        "template_arn": "arn:aws:acm-pca:::template/EndEntityCertificate/V1",
        "validity": "DAYS:90",
    }


def test_the_signing_algorithm_that_was_used_is_recorded_among_the_terms() -> None:
    assert make_order().terms("SHA256WITHRSA")["signing_algorithm"] == "SHA256WITHRSA"
    assert make_order(signing_algorithm="SHA512WITHRSA").terms("SHA256WITHRSA")["signing_algorithm"] == "SHA512WITHRSA"
