# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The page of errors has every error that the code can raise, with its remedy."""

from __future__ import annotations

import pytest
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._acm_pca.errors import CODES

from setup.error_page import PAGE, list_kinds, list_raised, renew_tables


def test_the_tables_of_the_page_are_those_of_the_code() -> None:
    page = PAGE.read_text("utf-8")
    assert page == renew_tables(page), "write them anew: `make errors`"


@pytest.mark.parametrize("kind", list_kinds())
def test_every_class_of_the_error_tree_is_explained(kind: str) -> None:
    explained = PAGE.read_text("utf-8").partition("Codes of the service")[0]
    assert f"* - ``{kind}``\n     - " in explained


@pytest.mark.parametrize("code", sorted(CODES))
def test_every_code_of_the_service_has_its_row(code: str) -> None:
    assert f"   * - ``{code}``\n" in PAGE.read_text("utf-8")


def test_the_code_raises_far_more_than_one_kind() -> None:
    raised = list_raised()
    assert len(raised) > 100
    assert len({error.kind for error in raised}) > 10
