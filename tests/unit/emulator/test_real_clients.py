# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Clients that were not written for the emulator: the AWS command line and the modules of amazon.aws."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from private_ca_emulator.server import EmulatorServer

from .support import make_csr, verify_with_openssl

BIN = Path(sys.executable).parent


@pytest.fixture
def environment(emulator: EmulatorServer, tmp_path: Path) -> dict[str, str]:
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "LC_ALL") if name in os.environ}
    return {
        **kept,
        "HOME": str(tmp_path),
        "AWS_ACCESS_KEY_ID": "AKIAEXAMPLE",
        "AWS_SECRET_ACCESS_KEY": "unchecked",
        "AWS_DEFAULT_REGION": "eu-central-1",
        "AWS_ENDPOINT_URL": emulator.endpoint_url,
        "AWS_PAGER": "",
    }


def run(command: list[Any], environment: dict[str, str], directory: Path) -> str:
    done = subprocess.run(
        list(map(str, command)), env=environment, cwd=directory, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_aws_command_line_issues_with_the_command_of_the_guide(
    root_arn: str, environment: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "cert_1.csr").write_bytes(make_csr())
    aws = [BIN / "aws", "acm-pca"]
    issued = json.loads(
        run(
            [
                *aws, "issue-certificate", "--certificate-authority-arn", root_arn, "--csr", "fileb://cert_1.csr",
                "--signing-algorithm", "SHA256WITHECDSA", "--validity", "Value=365,Type=DAYS",
                "--idempotency-token", "1234",
            ],
            environment,
            tmp_path,
        )
    )  # fmt: skip
    names = ["--certificate-authority-arn", root_arn, "--certificate-arn", issued["CertificateArn"]]
    run([*aws, "wait", "certificate-issued", *names], environment, tmp_path)
    got = json.loads(run([*aws, "get-certificate", *names], environment, tmp_path))
    assert "OK" in verify_with_openssl(tmp_path, got["Certificate"], got["CertificateChain"])


PLAYBOOK = """
- hosts: localhost
  gather_facts: false
  tasks:
    - amazon.aws.aws_caller_info:
      register: caller
    - amazon.aws.s3_bucket: {name: from-a-module}
    - amazon.aws.s3_object: {bucket: from-a-module, object: a/b, mode: put, content: hello}
    - amazon.aws.s3_object: {bucket: from-a-module, object: a/b, mode: getstr}
      register: read
    - amazon.aws.sts_assume_role: {role_arn: "arn:aws:iam::222222222222:role/issuer", role_session_name: session}
      register: assumed
    - ansible.builtin.assert:
        that:
          - caller.account == "123456789012"
          - read.contents == "hello"
          - assumed.sts_creds.access_key.startswith("ASIA")
"""


def test_the_modules_of_amazon_aws_use_s3_and_sts_through_the_same_endpoint(
    environment: dict[str, str], tmp_path: Path
) -> None:
    checkout = Path(__file__).parents[3]
    (tmp_path / "play.yml").write_text(PLAYBOOK)
    collections = {
        "ANSIBLE_COLLECTIONS_PATH": str(checkout / ".deps"),
        "ANSIBLE_LOCALHOST_WARNING": "false",
        "ANSIBLE_PYTHON_INTERPRETER": sys.executable,
    }
    command = [BIN / "ansible-playbook", "-i", "localhost,", "-c", "local", "play.yml"]
    assert "failed=0" in run(command, {**environment, **collections}, tmp_path)
