# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every linter is content with the checkout: one test for each, whose failure is the tool's own report."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from setup.environments import make_copy

BIN = Path(sys.executable).parent
OWN_PLUGINS = "ansible_collections.fleet_pki.aws_private_ca.plugins"


@pytest.fixture(scope="module")
def staged_copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a copy of the collection, as `ansible_collections/NAMESPACE/NAME` beside its dependencies."""
    return make_copy(tmp_path_factory.mktemp("copy"))


def require_clean(command: list[str], directory: Path, collections_path: Path) -> None:
    """Run the tool; fail with all that it printed if it is not content."""
    environment = {
        **os.environ,
        "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}",
        "ANSIBLE_COLLECTIONS_PATH": str(collections_path),
        "NO_COLOR": "1",
    }
    done = subprocess.run(command, cwd=directory, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.fail(f"{' '.join(command)} ended with {done.returncode}\n{done.stdout}{done.stderr}", pytrace=False)


@pytest.mark.parametrize(
    "command",
    [
        pytest.param(["ruff", "check", "--no-cache", "."], id="ruff"),
        pytest.param(["ruff", "format", "--no-cache", "--check", "."], id="ruff-format"),
        pytest.param(["mypy", "--package", OWN_PLUGINS], id="mypy-plugins"),
        pytest.param(["mypy", "tests"], id="mypy-tests"),
        pytest.param(["yamllint", "--strict", "."], id="yamllint"),
        pytest.param(["reuse", "lint"], id="reuse"),
        pytest.param(["antsibull-changelog", "lint"], id="changelog"),
    ],
)
def test_the_checkout_is_clean(command: list[str], checkout: Path, stage: Path) -> None:
    require_clean(command, checkout, stage)


def test_shell_scripts_are_clean(checkout: Path, stage: Path) -> None:
    listing = ["git", "grep", "-lIE", "^#!.*(bash|/sh)", "--", ":!tests/utils/fleet"]
    scripts = subprocess.run(listing, cwd=checkout, check=True, capture_output=True, text=True).stdout.split()
    require_clean(["shellcheck", *scripts], checkout, stage)


@pytest.mark.parametrize(
    "command",
    [
        pytest.param(["ansible-lint", "--offline", "--strict", "--nocolor"], id="ansible-lint"),
        pytest.param(
            ["antsibull-docs", "lint-collection-docs", "--plugin-docs", "--validate-collection-refs=all", "."],
            id="antsibull-docs",
        ),
    ],
)
def test_the_collection_is_clean(command: list[str], staged_copy: Path) -> None:
    require_clean(command, staged_copy, staged_copy.parents[2])


def test_the_documentation_builds_without_a_warning(checkout: Path, stage: Path, tmp_path: Path) -> None:
    require_clean(["tests/utils/setup/build_docs.sh", str(tmp_path / "docs")], checkout, stage)
    built = tmp_path / "docs/html"
    guides = (checkout / "docs/docsite/rst").glob("*.rst")
    assert all((built / f"docsite/{guide.stem}.html").exists() for guide in guides)
    assert (built / "host_certificate_module.html").exists() and (built / "host_certificate_role.html").exists()


def test_no_lint_rule_of_ansible_is_skipped(checkout: Path) -> None:
    settings = (checkout / ".ansible-lint").read_text()
    assert "profile: production" in settings
    assert not {"skip_list", "warn_list"} & set(settings.replace(":", " ").split())
