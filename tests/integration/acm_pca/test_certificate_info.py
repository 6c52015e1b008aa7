# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The five steps of a module that only reads: it changes nothing in any of them, and answers alike in check mode."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

from playbook_run import PlaybookRun

ISSUE = "fleet_pki.aws_private_ca.acm_pca_issue_certificate"
INFO = "fleet_pki.aws_private_ca.acm_pca_certificate_info"
STEPS = ("check", "apply", "again", "again in check mode", "changed input")


def test_the_five_steps_of_reading(
    run_tasks: Callable[..., PlaybookRun], make_csr: Callable[..., Path], authority_arn: str, tmp_path: Path
) -> None:
    csr = {"certificate_authority_arn": authority_arn, "csr_path": str(make_csr("web", "/CN=web.example.com"))}
    issues: list[dict[str, Any]] = [
        {"name": "issue", ISSUE: csr, "register": "one"},
        {"name": "issue another", ISSUE: {**csr, "validity": {"type": "DAYS", "value": 30}}, "register": "two"},
    ]
    one, two = "{{ one.certificate_arn }}", "{{ two.certificate_arn }}"
    reads: list[dict[str, Any]] = [
        {
            "name": step,
            INFO: {"certificate_arn": [one, two] if step == "changed input" else [one]},
            "check_mode": "check" in step,
        }
        for step in STEPS
    ]
    run = run_tasks([*issues, *reads]).require_success()
    told = {result.task: result.result for result in run.results}
    assert [told[step]["changed"] for step in STEPS] == [False] * 5
    facts = [[each["facts"] for each in told[step]["certificates"]] for step in STEPS]
    assert facts[0] == facts[1] == facts[2] == facts[3] == facts[4][:1]
    for name, shown in zip(("issue", "issue another"), facts[4], strict=True):
        leaf = tmp_path / "leaf.pem"
        leaf.write_text(told[name]["certificate"])
        command = ["openssl", "x509", "-in", str(leaf), "-noout", "-serial"]
        serial = subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip().split("=")[1]
        assert int(shown["serial"], 16) == int(serial, 16)
