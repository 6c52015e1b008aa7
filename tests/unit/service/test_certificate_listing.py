# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._certificate_listing import look_up_certificates
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._certificate_states import choose_region
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._errors import InvalidInput

ARN = "arn:aws:acm-pca:eu-west-1:123456789012:certificate-authority/11111111-2222-3333-4444-555555555555/certificate/1"


def test_of_no_certificates_there_are_no_states() -> None:
    assert look_up_certificates({"certificate_arns": []}) == []


def test_certificates_of_two_regions_are_refused_by_name() -> None:
    with pytest.raises(InvalidInput, match=r"\(eu-west-1, us-east-1\)\. Read the certificates of each region"):
        choose_region([ARN, ARN.replace("eu-west-1", "us-east-1")], None)


def test_certificates_of_another_region_than_the_tasks_are_refused() -> None:
    assert choose_region([ARN, ARN], "eu-west-1") == "eu-west-1"
    with pytest.raises(InvalidInput, match="Leave region out"):
        choose_region([ARN], "us-east-1")
