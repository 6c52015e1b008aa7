# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""acm_pca_issue_certificate and acm_pca_certificate_info through ansible-playbook, against the emulator."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ansible_collections.fleet_pki.aws_private_ca.tests.integration.acm_pca.conftest import (
    MakeCsr,
    RunTasks,
    results,
    task,
)

from openssl_command import openssl
from private_ca_emulator.control import EmulatorControl

INFO = "fleet_pki.aws_private_ca.acm_pca_certificate_info"
PASSTHROUGH = {
    "subject": {"commonName": "signer.example.com", "O": "Example", "C": "DE"},
    "subject_alternative_names": [
        "DNS:signer.example.com",
        "IP:10.0.0.7",
        "IP:2001:db8::7",
        "email:pki@example.com",
        "URI:https://signer.example.com/",
        "RID:1.3.6.1.4.1.55555.2",
        "dirName:CN=Signer,O=Example",
        "otherName:1.3.6.1.4.1.311.20.2.3;UTF8:signer@example.com",
    ],
    "key_usage": ["digitalSignature", "keyAgreement"],
    "extended_key_usage": ["serverAuth", "CLIENT_AUTH", "1.3.6.1.4.1.55555.3"],
    "certificate_policies": [{"oid": "1.3.6.1.4.1.55555.1", "cps_uris": ["https://pki.example.com/cps"]}],
    "custom_extensions": [{"oid": "1.3.6.1.4.1.55555.4", "value": "BAIBAg==", "critical": False}],
}


def judge(directory: Path, result: dict[str, Any]) -> str:
    """Verify the chain with openssl and return its text of the certificate."""
    leaf, chain, root = directory / "leaf.pem", directory / "chain.pem", directory / "root.pem"
    leaf.write_text(result["certificate"])
    chain.write_text("".join(result["certificate_chain"][:-1]))
    root.write_text(result["certificate_chain"][-1])
    assert openssl("verify", "-x509_strict", "-CAfile", root, "-untrusted", chain, leaf) == f"{leaf}: OK\n"
    return openssl("x509", "-in", leaf, "-noout", "-text")


def test_the_five_steps_of_issuing(
    run_tasks: RunTasks, make_csr: MakeCsr, authority_arn: str, control: EmulatorControl, tmp_path: Path
) -> None:
    options: dict[str, Any] = {
        "certificate_authority_arn": authority_arn,
        "csr_path": str(make_csr("web", "/CN=web.example.com", "-addext", "subjectAltName=DNS:web.example.com")),
    }
    changed: dict[str, Any] = {**options, "validity": {"type": "DAYS", "value": 30}}
    run = run_tasks(
        [
            task("check", check=True, **options),
            task("apply", **options),
            task("again", **options),
            task("again in check mode", check=True, **options),
            task("changed input in check mode", check=True, **changed),
            task("changed input", **changed),
        ]
    ).require_success()
    told = results(run)
    assert [result.result["changed"] for result in run.results] == [True, True, False, False, True, True]
    assert told["check"]["state"] == "absent"
    assert told["check"]["diff"] == told["apply"]["diff"]
    assert "BEGIN" not in json.dumps(told["apply"]["diff"])
    assert told["again"]["certificate_arn"] == told["apply"]["certificate_arn"]
    assert told["again in check mode"]["certificate"] == told["apply"]["certificate"]
    assert told["changed input"]["certificate_arn"] != told["apply"]["certificate_arn"]
    assert len(control.requests("IssueCertificate")) == 2 + _seeding_requests(control)
    assert told["apply"]["differences"] == []
    shown = judge(tmp_path, told["apply"])
    assert "DNS:web.example.com" in shown
    serial = openssl("x509", "-in", tmp_path / "leaf.pem", "-noout", "-serial").strip().split("=")[1].lower()
    assert told["apply"]["facts"]["serial"] == serial.lstrip("0")
    assert 89.9 < told["apply"]["days_left"] < 90.1


def _seeding_requests(control: EmulatorControl) -> int:
    return sum(1 for entry in control.certificates() if "CACertificate" in entry["template"])


def test_check_mode_writes_nothing_and_asks_for_nothing(
    run_tasks: RunTasks, make_csr: MakeCsr, authority_arn: str, control: EmulatorControl, tmp_path: Path
) -> None:
    csr = make_csr()
    control.clear_requests()
    before = sorted(tmp_path.iterdir())
    run_tasks([task("check", certificate_authority_arn=authority_arn, csr_path=str(csr))], "--check").require_success()
    assert sorted(tmp_path.iterdir()) == before
    assert {entry["operation"] for entry in control.requests()} == {"DescribeCertificateAuthority"}


def test_past_the_window_the_ledger_still_gives_the_same_certificate(
    run_tasks: RunTasks, make_csr: MakeCsr, authority_arn: str, control: EmulatorControl
) -> None:
    tasks = [task("issue", certificate_authority_arn=authority_arn, csr_path=str(make_csr()))]
    first = results(run_tasks(tasks).require_success())["issue"]
    control.advance(3600)
    second = results(run_tasks(tasks).require_success())["issue"]
    assert second["certificate_arn"] == first["certificate_arn"]
    assert not second["changed"]


def test_every_passthrough_option_reaches_the_certificate(
    run_tasks: RunTasks, make_csr: MakeCsr, authority_arn: str, tmp_path: Path
) -> None:
    issue = task(
        "issue",
        certificate_authority_arn=authority_arn,
        csr_path=str(make_csr()),
        template="BlankEndEntityCertificate_APIPassthrough",
        api_passthrough=PASSTHROUGH,
    )
    told = results(run_tasks([issue]).require_success())["issue"]
    assert told["differences"] == []
    assert told["facts"]["subject"] == {"CN": "signer.example.com", "O": "Example", "C": "DE"}
    shown = judge(tmp_path, told)
    for text in (
        "DNS:signer.example.com, IP Address:10.0.0.7",
        "email:pki@example.com",
        "Registered ID:1.3.6.1.4.1.55555.2",
        "Digital Signature, Key Agreement",
        "TLS Web Server Authentication, TLS Web Client Authentication, 1.3.6.1.4.1.55555.3",
        "CPS: https://pki.example.com/cps",
        "1.3.6.1.4.1.55555.4",
    ):
        assert text in shown, shown


def test_what_the_template_drops_is_told(run_tasks: RunTasks, make_csr: MakeCsr, authority_arn: str) -> None:
    csr = make_csr("usage", "/CN=web.example.com", "-addext", "keyUsage=dataEncipherment")
    run = run_tasks(
        [
            task(
                "issue",
                certificate_authority_arn=authority_arn,
                csr_path=str(csr),
                api_passthrough={"subject_alternative_names": ["DNS:other.example.com"]},
            )
        ]
    ).require_success()
    told = results(run)["issue"]["differences"]
    assert "api_passthrough was ignored: the template EndEntityCertificate takes nothing from it" in told
    assert "it lacks the names DNS:other.example.com" in told
    assert "it lacks the key usage dataEncipherment" in told


def test_all_validity_types_are_taken(
    run_tasks: RunTasks, make_csr: MakeCsr, authority_arn: str, control: EmulatorControl
) -> None:
    now = int(control.now())
    csr = str(make_csr())
    validities = {
        "DAYS": 10,
        "MONTHS": 2,
        "YEARS": 1,
        "ABSOLUTE": now + 86400,
        "END_DATE": 20270601120000,
    }
    run = run_tasks(
        [
            task(
                kind,
                certificate_authority_arn=authority_arn,
                csr_path=csr,
                validity={"type": kind, "value": value},
                validity_not_before={"value": now - 60} if kind == "ABSOLUTE" else None,
            )
            for kind, value in validities.items()
        ]
    ).require_success()
    assert {name: told["differences"] for name, told in results(run).items()} == {name: [] for name in validities}
    assert results(run)["END_DATE"]["facts"]["not_after"] == "2027-06-01T12:00:00Z"


def test_a_wait_that_is_too_short_tells_the_arn_and_later_tasks_go_on_from_it(
    run_tasks: RunTasks, make_csr: MakeCsr, authority_arn: str, control: EmulatorControl
) -> None:
    control.settings(issuance_delay=3600)
    options: dict[str, Any] = {"certificate_authority_arn": authority_arn, "csr_path": str(make_csr())}
    late = results(
        run_tasks(
            [
                task("too short", may_fail=True, wait_timeout=1, **options),
                task("do not wait", wait=False, **options),
            ]
        )
    )
    assert late["too short"]["failed"]
    arn = late["too short"]["certificate_arn"]
    assert "still in progress" in late["too short"]["msg"]
    assert late["do not wait"]["certificate_arn"] == arn
    assert (late["do not wait"]["state"], late["do not wait"]["changed"]) == ("in_progress", False)
    tasks = [task("read", INFO, certificate_arn=[arn]), task("resume", certificate_arn=arn)]
    assert results(run_tasks(tasks[:1]).require_success())["read"]["certificates"] == [
        {"certificate_arn": arn, "state": "in_progress"}
    ]
    control.advance(3700)
    ended = results(run_tasks(tasks).require_success())
    assert ended["read"]["certificates"][0]["state"] == ended["resume"]["state"] == "issued"
    assert ended["read"]["certificates"][0]["facts"] == ended["resume"]["facts"]


def test_a_failed_issuance_is_a_state_to_read_and_the_next_run_gets_a_certificate(
    run_tasks: RunTasks, make_csr: MakeCsr, authority_arn: str, control: EmulatorControl
) -> None:
    control.fault("late_failure", "IssueCertificate", times=1, reason="name constraints")
    options: dict[str, Any] = {"certificate_authority_arn": authority_arn, "csr_path": str(make_csr())}
    first = results(run_tasks([task("issue", may_fail=True, **options)]))["issue"]
    assert first["failed"]
    arn = first["certificate_arn"]
    read = results(run_tasks([task("read", INFO, certificate_arn=arn), task("issue", **options)]).require_success())
    assert read["read"]["certificates"][0]["state"] == "failed"
    assert "name constraints" in read["read"]["certificates"][0]["failure"]
    assert read["issue"]["changed"]
    assert read["issue"]["certificate_arn"] != arn
