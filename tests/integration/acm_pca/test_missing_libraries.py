# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the API modules say on a Python without boto3, and on one without cryptography."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
import sysconfig
from collections.abc import Callable
from pathlib import Path

import pytest

from playbook_run import PlaybookRun

ISSUE = "fleet_pki.aws_private_ca.acm_pca_issue_certificate"
INFO = "fleet_pki.aws_private_ca.acm_pca_certificate_info"
ARN = "arn:aws:acm-pca:eu-central-1:123456789012:certificate-authority/11111111-2222-3333-4444-555555555555"
NEEDED_BY_BOTO3 = ("boto3", "botocore", "s3transfer", "jmespath", "dateutil", "urllib3", "six", "packaging")


def bare_python(directory: Path, *libraries: str) -> Path:
    """Return an interpreter of its own that has these libraries and no others."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(directory)], check=True)
    variables = {"base": str(directory), "platbase": str(directory)}
    site = Path(sysconfig.get_path("purelib", "venv", variables))
    for library in libraries:
        spec = importlib.util.find_spec(library)
        assert spec is not None
        assert spec.origin is not None
        origin = Path(spec.origin)
        origin = origin.parent if origin.name == "__init__.py" else origin
        (site / origin.name).symlink_to(origin)
    return directory / "bin" / "python"


@pytest.mark.parametrize(("libraries", "missing"), [((), "boto3"), (NEEDED_BY_BOTO3, "cryptography")])
def test_a_missing_library_is_named_with_the_python_that_lacks_it(
    run_tasks: Callable[..., PlaybookRun], tmp_path: Path, libraries: tuple[str, ...], missing: str
) -> None:
    python = bare_python(tmp_path / "python", *libraries)
    tasks = [
        {"name": "issue", ISSUE: {"certificate_authority_arn": ARN, "csr": "x"}},
        {"name": "read", INFO: {"certificate_arn": f"{ARN}/certificate/1"}},
    ]
    here = {"vars": {"ansible_python_interpreter": str(python)}, "ignore_errors": True}
    run = run_tasks([{**task, **here} for task in tasks])
    assert len(run.results) == 2
    for result in run.results:
        assert result.status == "failed"
        assert missing in result.result["msg"]
        assert "Traceback" not in result.result["msg"]
