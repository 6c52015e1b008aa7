# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""acm_pca_issue_certificate and acm_pca_certificate_info through ansible-playbook, against the emulator."""

from __future__ import annotations

import json
import ssl
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

from unusable_authorities import REMEDIES, create_unusable_authorities

from playbook_run import PlaybookRun
from private_ca_emulator.control import EmulatorControl

RunTasks = Callable[..., PlaybookRun]
MakeCsr = Callable[..., Path]
ISSUE = "fleet_pki.aws_private_ca.acm_pca_issue_certificate"
TEMPLATES = "arn:aws:acm-pca:::template"
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


def task(name: str, module: str = ISSUE, check: bool = False, may_fail: bool = False, **options: Any) -> dict[str, Any]:
    given = {option: value for option, value in options.items() if value is not None}
    keywords = {"check_mode": True} if check else {}
    return {"name": name, module: given, "ignore_errors": may_fail, "diff": True, **keywords}


def results(run: PlaybookRun) -> dict[str, dict[str, Any]]:
    return {result.task: {**result.result, "failed": result.status == "failed"} for result in run.results}


def openssl(*arguments: str | Path) -> str:
    done = subprocess.run(["openssl", *map(str, arguments)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


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


def test_bad_input_gets_a_clear_error_before_any_certificate_is_asked_for(
    run_tasks: RunTasks, make_csr: MakeCsr, authority_arn: str, control: EmulatorControl, tmp_path: Path
) -> None:
    good: dict[str, Any] = {"certificate_authority_arn": authority_arn, "csr_path": str(make_csr())}
    pem = Path(good["csr_path"]).read_text()
    key, binary = tmp_path / "web.key", tmp_path / "csr.der"
    openssl("req", "-in", good["csr_path"], "-outform", "DER", "-out", binary)
    control.add_access_key("AKIAOTHERACCOUNT0000", "444455556666")
    asked_before = len(control.certificates())
    cases: dict[str, tuple[dict[str, Any], str]] = {
        "empty": ({"csr": " ", "csr_path": None}, "it is empty"),
        "malformed": ({"csr": pem[:200], "csr_path": None}, "0 PEM certificate requests"),
        "broken body": ({"csr": pem[:60] + "AAAA" + pem[64:], "csr_path": None}, "CSR"),
        "too long": ({"csr": pem + "\n" * 33000, "csr_path": None}, "32768"),
        "a private key beside it": ({"csr": key.read_text() + pem, "csr_path": None}, "must not leave its host"),
        "no text": ({"csr_path": str(binary)}, f"openssl req -inform DER -in {binary}"),
        "no file": ({"csr_path": str(tmp_path / "nowhere.csr")}, "nowhere.csr"),
        "not signed by its key": ({"csr": _with_another_name(pem), "csr_path": None}, "does not verify"),
        "no name": ({"csr_path": str(make_csr("none", "/"))}, "neither a subject nor a subject alternative name"),
        "mistyped template": (
            {"template": "EndEntityServerCertificate"},
            "Did you mean EndEntityServerAuth",
        ),
        "unknown template": ({"template": "arn:aws:acm-pca:::template/Nothing/V1"}, "no template of this name"),
        "wrong family": ({"signing_algorithm": "SHA256WITHRSA"}, "signing algorithm's family fits the CA's key"),
        "past the CA's end": ({"validity": {"type": "YEARS", "value": 90}}, "shorter validity"),
        "no validity": ({"validity": {"type": "DAYS", "value": 0}}, "from 1 on"),
        "other region": ({"region": "us-west-2"}, "Leave region out"),
        "no CA": ({"certificate_authority_arn": authority_arn[:-12] + "000000000000"}, "must be shared"),
        "CA of another account": (
            {"access_key": "AKIAOTHERACCOUNT0000", "secret_key": "emulator"},
            f"acm-pca:DescribeCertificateAuthority on {authority_arn} to this identity",
        ),
        "no period": ({"max_issuances": 5, "max_issuances_period": 0}, "Give a number from 1 on"),
        "malformed ARN": ({"certificate_authority_arn": "arn:aws:acm-pca:x"}, "does not have the form"),
        "long token": ({"idempotency_token": "x" * 37}, "36"),
        "bad base64": (
            {"api_passthrough": {"custom_extensions": [{"oid": "1.2.3", "value": "%"}]}},
            "base64",
        ),
    }
    run = run_tasks([task(name, may_fail=True, **{**good, **options}) for name, (options, _text) in cases.items()])
    told = results(run)
    for name, (_options, expected) in cases.items():
        assert told[name]["failed"], name
        assert expected in told[name]["msg"], (name, told[name]["msg"])
        assert "Traceback" not in json.dumps(told[name]), name
    assert len(control.certificates()) == asked_before


def _with_another_name(pem: str) -> str:
    """Return the CSR with one letter of its common name changed after it was signed."""
    der = ssl.PEM_cert_to_DER_cert(pem.replace("CERTIFICATE REQUEST", "CERTIFICATE"))
    changed = der.replace(b"web.example.com", b"wab.example.com")
    return ssl.DER_cert_to_PEM_cert(changed).replace("CERTIFICATE", "CERTIFICATE REQUEST")


def test_unusable_cas_are_told_with_their_remedy(
    run_tasks: RunTasks, make_csr: MakeCsr, client: Any, control: EmulatorControl
) -> None:
    csr = str(make_csr())
    authorities = create_unusable_authorities(client, control)
    run = run_tasks(
        [
            task(status, may_fail=True, certificate_authority_arn=arn, csr_path=csr)
            for status, arn in authorities.items()
        ]
    )
    for status, arn in authorities.items():
        message = results(run)[status]["msg"]
        assert arn in message and f"the CA is {status}" in message and REMEDIES[status] in message, message


def test_denied_access_names_action_resource_and_template(
    run_tasks: RunTasks, make_csr: MakeCsr, authority_arn: str, control: EmulatorControl
) -> None:
    csr = str(make_csr())
    issue_only = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Action": ["acm-pca:IssueCertificate", "acm-pca:GetCertificate"],
                "Resource": "*",
                "Condition": {
                    "StringLike": {"acm-pca:TemplateArn": "arn:aws:acm-pca:::template/EndEntityCertificate/V*"}
                },
            },
            {"Effect": "Allow", "Action": "acm-pca:GetCertificate", "Resource": "*"},
        ],
    }
    control.add_access_key("AKIALEASTPRIVILEGE00", authority_arn.split(":")[4], policies=[issue_only])
    options: dict[str, Any] = {"certificate_authority_arn": authority_arn, "csr_path": csr}
    run = run_tasks(
        [
            task("describe denied", may_fail=True, **options),
            task("algorithm given", signing_algorithm="SHA256WITHECDSA", **options),
            task(
                "template denied",
                may_fail=True,
                signing_algorithm="SHA256WITHECDSA",
                template="CodeSigningCertificate",
                **options,
            ),
        ],
        AWS_ACCESS_KEY_ID="AKIALEASTPRIVILEGE00",
    )
    told = results(run)
    assert "Give signing_algorithm" in told["describe denied"]["msg"]
    assert told["algorithm given"]["state"] == "issued"
    message = told["template denied"]["msg"]
    assert f"Allow acm-pca:IssueCertificate on {authority_arn}" in message
    assert f"A denied template looks the same: {TEMPLATES}/CodeSigningCertificate/V1" in message


def test_missing_credentials_and_endpoints_are_told(run_tasks: RunTasks, make_csr: MakeCsr, authority_arn: str) -> None:
    options: dict[str, Any] = {
        "certificate_authority_arn": authority_arn,
        "csr_path": str(make_csr()),
        "signing_algorithm": "SHA256WITHECDSA",
    }
    run = run_tasks(
        [
            task("no credentials", may_fail=True, **options),
            task("no profile", may_fail=True, profile="nobody", **options),
        ],
        AWS_ACCESS_KEY_ID="",
        AWS_SECRET_ACCESS_KEY="",
    )
    assert "no credentials were found" in results(run)["no credentials"]["msg"]
    assert "nobody" in results(run)["no profile"]["msg"]
    nowhere = run_tasks([task("no endpoint", may_fail=True, endpoint_url="http://127.0.0.1:9", **options)])
    assert "no connection to the endpoint" in results(nowhere)["no endpoint"]["msg"]


def test_a_ledger_that_cannot_be_used_is_told_before_anything_is_asked(
    run_tasks: RunTasks, make_csr: MakeCsr, authority_arn: str, control: EmulatorControl, tmp_path: Path
) -> None:
    (tmp_path / "foreign.sqlite3").write_text("this is no database, but it is long enough to look at" * 100)
    (tmp_path / "file").write_text("")
    asked_before = len(control.certificates())
    options: dict[str, Any] = {"certificate_authority_arn": authority_arn, "csr_path": str(make_csr())}
    cases = {str(tmp_path / "foreign.sqlite3"): "damaged", str(tmp_path / "file" / "x.sqlite3"): "writable"}
    run = run_tasks([task(path, may_fail=True, ledger_path=path, **options) for path in cases])
    for path, expected in cases.items():
        assert expected in results(run)[path]["msg"], results(run)[path]["msg"]
        assert path in results(run)[path]["msg"]
    assert len(control.certificates()) == asked_before
