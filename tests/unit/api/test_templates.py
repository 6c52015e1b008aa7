# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Templates by short name or ARN, in any partition."""

from __future__ import annotations

import pytest
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._acm_pca.templates import (
    TEMPLATE_NAMES,
    takes_api_passthrough,
    takes_csr_extensions,
    template_arn,
)
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._errors import InvalidInput
from ansible_collections.fleet_pki.aws_private_ca.tests.unit.api.fakes import AUTHORITY

from private_ca_emulator.templates import TEMPLATES as EMULATED

CHINA = AUTHORITY.replace("arn:aws:", "arn:aws-cn:").replace("eu-central-1", "cn-north-1")


def test_there_are_61_templates_and_the_emulator_knows_the_same_ones() -> None:
    assert len(TEMPLATE_NAMES) == 61
    assert set(TEMPLATE_NAMES) == set(EMULATED)


@pytest.mark.parametrize(
    "spelling",
    [
        "CodeSigningCertificate",
        "CodeSigningCertificate/V1",
        " CodeSigningCertificate ",
        "arn:aws:acm-pca:::template/CodeSigningCertificate/V1",
        "arn:aws-us-gov:acm-pca:::template/CodeSigningCertificate/V1",
    ],
)
def test_every_spelling_becomes_the_arn_in_the_partition_of_the_ca(spelling: str) -> None:
    assert template_arn(spelling, CHINA) == "arn:aws-cn:acm-pca:::template/CodeSigningCertificate/V1"


def test_no_template_is_the_services_default() -> None:
    assert template_arn(None, AUTHORITY) == "arn:aws:acm-pca:::template/EndEntityCertificate/V1"


@pytest.mark.parametrize(
    ("spelling", "near"),
    [
        ("EndEntityServerCertificate", "EndEntityServerAuthCertificate"),
        ("endentitycertificate", "EndEntityCertificate"),
        ("BlankEndEntityCertificate", "BlankEndEntityCertificate_APIPassthrough"),
        ("arn:aws:acm-pca:::template/CodeSigning/V1", "CodeSigningCertificate"),
    ],
)
def test_a_mistyped_template_is_refused_with_near_names(spelling: str, near: str) -> None:
    with pytest.raises(InvalidInput, match="no template of this name") as caught:
        template_arn(spelling, AUTHORITY)
    assert near in caught.value.details["near_matches"]


@pytest.mark.parametrize(
    "spelling", ["EndEntityCertificate/V2", "arn:aws:acm-pca:::template/EndEntityCertificate", "arn:aws:x", "a b", "?"]
)
def test_what_is_no_template_is_refused(spelling: str) -> None:
    with pytest.raises(InvalidInput):
        template_arn(spelling, AUTHORITY)


@pytest.mark.parametrize(
    ("name", "api", "csr"),
    [
        ("EndEntityCertificate", False, False),
        ("EndEntityCertificate_CSRPassthrough", False, True),
        ("EndEntityCertificate_APIPassthrough", True, False),
        ("EndEntityCertificate_APICSRPassthrough", True, True),
    ],
)
def test_the_variety_tells_what_passes_through(name: str, api: bool, csr: bool) -> None:
    arn = template_arn(name, AUTHORITY)
    assert (takes_api_passthrough(arn), takes_csr_extensions(arn)) == (api, csr)
