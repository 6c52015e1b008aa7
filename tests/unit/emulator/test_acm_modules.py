# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The ACM modules of community.aws, unmodified: import, find, import again, tag and delete."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization

from private_ca_emulator import seeding
from private_ca_emulator.server import EmulatorServer

from .support import LEAF_KEY, fetch, issue

CHECKOUT = Path(__file__).parents[3]
PLAYBOOK = """
- hosts: localhost
  gather_facts: false
  module_defaults:
    community.aws.acm_certificate:
      name_tag: front
      private_key: "{{ lookup('file', 'key.pem') }}"
      certificate_chain: "{{ lookup('file', 'chain.pem') }}"
  vars:
    first: "{{ lookup('file', 'first.pem') }}"
    second: "{{ lookup('file', 'second.pem') }}"
  tasks:
    - community.aws.acm_certificate: {certificate: "{{ first }}", tags: {team: web, stage: test}}
      register: imported
    - community.aws.acm_certificate: {certificate: "{{ first }}", tags: {team: web, stage: test}}
      register: again
    - community.aws.acm_certificate_info: {certificate_arn: "{{ imported.certificate.arn }}"}
      register: before
    - community.aws.acm_certificate: {certificate: "{{ second }}", tags: {team: edge}, purge_tags: true}
      register: replaced
    - community.aws.acm_certificate_info: {tags: {Name: front, team: edge}, statuses: [ISSUED]}
      register: after
    - community.aws.acm_certificate_info: {domain_name: elsewhere.example.com}
      register: nothing
    - community.aws.acm_certificate:
        certificate_arn: "{{ imported.certificate.arn }}"
        name_tag: "{{ omit }}"
        private_key: "{{ omit }}"
        certificate_chain: "{{ omit }}"
        state: absent
      register: deleted
    - community.aws.acm_certificate_info:
      register: left
    - ansible.builtin.assert:
        that:
          - imported is changed and again is not changed and replaced is changed and deleted is changed
          - again.certificate == imported.certificate
          - imported.certificate.domain_name == "web.example.com"
          - before.certificates | length == 1
          - before.certificates[0].certificate | trim == first | trim
          - before.certificates[0].certificate_chain | trim == lookup("file", "chain.pem") | trim
          - before.certificates[0].tags == dict(Name="front", team="web", stage="test")
          - before.certificates[0].type == "IMPORTED" and before.certificates[0].key_algorithm == "EC_prime256v1"
          - replaced.certificate.arn == imported.certificate.arn
          - after.certificates | length == 1
          - after.certificates[0].certificate | trim == second | trim
          - after.certificates[0].tags == dict(Name="front", team="edge")
          - after.certificates[0].serial != before.certificates[0].serial
          - nothing.certificates == []
          - deleted.arns == [imported.certificate.arn]
          - left.certificates == []
"""


@pytest.fixture
def directory(client: Any, authorities: seeding.SeededAuthorities, tmp_path: Path) -> Path:
    """Two certificates of one key below an intermediate CA, their chain, and the playbook."""
    for name in ("first.pem", "second.pem"):
        got = fetch(client, authorities.subordinate_arn, issue(client, authorities.subordinate_arn))
        (tmp_path / name).write_text(got["Certificate"])
        (tmp_path / "chain.pem").write_text(got["CertificateChain"])
    key = LEAF_KEY.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (tmp_path / "key.pem").write_bytes(key)
    (tmp_path / "play.yml").write_text(PLAYBOOK)
    return tmp_path


def test_the_acm_modules_import_find_import_again_tag_and_delete(emulator: EmulatorServer, directory: Path) -> None:
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(directory),
        "LC_ALL": "C.UTF-8",
        "AWS_ACCESS_KEY_ID": "AKIAEXAMPLE",
        "AWS_SECRET_ACCESS_KEY": "unchecked",
        "AWS_DEFAULT_REGION": "eu-central-1",
        "AWS_ENDPOINT_URL": emulator.endpoint_url,
        "ANSIBLE_COLLECTIONS_PATH": str(CHECKOUT / ".deps"),
        "ANSIBLE_LOCALHOST_WARNING": "false",
        "ANSIBLE_PYTHON_INTERPRETER": sys.executable,
    }
    command = [str(Path(sys.executable).parent / "ansible-playbook"), "-i", "localhost,", "-c", "local", "play.yml"]
    done = subprocess.run(command, env=environment, cwd=directory, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
