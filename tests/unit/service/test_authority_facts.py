# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The facts of a CA are in the forms that all other facts have."""

from __future__ import annotations

import pytest
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._acm_pca.authority_facts import authority_facts


@pytest.mark.parametrize("spelt", ["0cc563cb", "CC563CB", "0c:c5:63:cb"])
def test_the_serial_of_a_ca_is_spelt_as_everywhere(spelt: str) -> None:
    assert authority_facts({"Arn": "arn", "Serial": spelt})["serial"] == "cc563cb"


def test_a_ca_without_a_certificate_has_no_serial() -> None:
    assert authority_facts({"Arn": "arn"})["serial"] is None
