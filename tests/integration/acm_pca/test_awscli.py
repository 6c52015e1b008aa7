# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The command of the service's guide (PcaIssueCert) works against the emulator, and reads back with the AWS CLI."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from emulator_process import EmulatorProcess
from private_ca_emulator import seeding


def test_awscli_issues_and_reads_back_with_the_guides_own_command(
    client: Any, emulator: EmulatorProcess, make_csr: Callable[..., Path], tmp_path: Path
) -> None:
    authority_arn = seeding.create_active_root(client, key_algorithm="RSA_2048")
    shutil.copy(make_csr(), tmp_path / "cert_1.csr")
    command = r"""
        aws acm-pca issue-certificate \
        --certificate-authority-arn "$ARN" \
        --csr fileb://cert_1.csr \
        --signing-algorithm "SHA256WITHRSA" \
        --validity Value=365,Type="DAYS" \
        --idempotency-token 1234
    """
    environment = {
        **emulator.environment,
        "AWS_REGION": "eu-central-1",
        "AWS_DEFAULT_REGION": "eu-central-1",
        "HOME": str(tmp_path),
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "ARN": authority_arn,
    }

    def run(line: str) -> dict[str, str]:
        done = subprocess.run(
            ["bash", "-ec", line], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return dict(json.loads(done.stdout))

    issued = run(command)
    assert issued["CertificateArn"].startswith(f"{authority_arn}/certificate/")
    assert run(command) == issued
    environment["CERTIFICATE"] = issued["CertificateArn"]
    read = run('aws acm-pca get-certificate --certificate-authority-arn "$ARN" --certificate-arn "$CERTIFICATE"')
    (tmp_path / "leaf.pem").write_text(read["Certificate"])
    (tmp_path / "root.pem").write_text(read["CertificateChain"])
    judged = subprocess.run(
        ["openssl", "verify", "-CAfile", "root.pem", "leaf.pem"], cwd=tmp_path, capture_output=True, check=False
    )
    assert judged.returncode == 0, judged.stderr
