# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What bad input to acm_pca_issue_certificate gets, through ansible-playbook, against the emulator."""

from __future__ import annotations

import json
import ssl
from pathlib import Path
from typing import Any

from ansible_collections.fleet_pki.aws_private_ca.tests.integration.acm_pca.conftest import (
    MakeCsr,
    RunTasks,
    results,
    task,
)
from unusable_authorities import REMEDIES, create_unusable_authorities

from openssl_command import openssl
from private_ca_emulator.control import EmulatorControl

TEMPLATES = "arn:aws:acm-pca:::template"
OTHER_ACCOUNT = "AKIAOTHERACCOUNT0000"


def list_bad_input(authority_arn: str, csr: Path, nameless: Path, key: Path) -> dict[str, tuple[dict[str, Any], str]]:
    """Return, by what is wrong, changes of a good task's options and what its message must say."""
    pem, folder = csr.read_text(), csr.parent
    binary = folder / "csr.der"
    openssl("req", "-in", csr, "-outform", "DER", "-out", binary)
    return {
        "empty": ({"csr": " ", "csr_path": None}, "it is empty"),
        "malformed": ({"csr": pem[:200], "csr_path": None}, "0 PEM certificate requests"),
        "broken body": ({"csr": pem[:60] + "AAAA" + pem[64:], "csr_path": None}, "it is malformed"),
        "too long": ({"csr": pem + "\n" * 33000, "csr_path": None}, "more than the 32768 characters"),
        "a private key beside it": ({"csr": key.read_text() + pem, "csr_path": None}, "must not leave its host"),
        "no text": ({"csr_path": str(binary)}, f"openssl req -inform DER -in {binary}"),
        "no file": (
            {"csr_path": str(folder / "nowhere.csr")},
            "nowhere.csr): No such file or directory. Give the path",
        ),
        "not signed by its key": ({"csr": _with_another_name(pem), "csr_path": None}, "does not verify"),
        "no name": ({"csr_path": str(nameless)}, "neither a subject nor a subject alternative name"),
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
            {"access_key": OTHER_ACCOUNT, "secret_key": "emulator"},
            f"acm-pca:DescribeCertificateAuthority on {authority_arn} to this identity",
        ),
        "no period": ({"max_issuances": 5, "max_issuances_period": 0}, "Give a number from 1 on"),
        "malformed ARN": ({"certificate_authority_arn": "arn:aws:acm-pca:x"}, "does not have the form"),
        "long token": ({"idempotency_token": "x" * 37}, "length less than or equal to 36"),
        "bad base64": (
            {"api_passthrough": {"custom_extensions": [{"oid": "1.2.3", "value": "%"}]}},
            "its value is not base64",
        ),
    }


def test_bad_input_gets_a_clear_error_before_any_certificate_is_asked_for(
    run_tasks: RunTasks, make_csr: MakeCsr, authority_arn: str, control: EmulatorControl, tmp_path: Path
) -> None:
    good: dict[str, Any] = {"certificate_authority_arn": authority_arn, "csr_path": str(make_csr())}
    control.add_access_key(OTHER_ACCOUNT, "444455556666")
    cases = list_bad_input(authority_arn, Path(good["csr_path"]), make_csr("none", "/"), tmp_path / "web.key")
    asked_before = len(control.certificates())
    run = run_tasks([task(name, may_fail=True, **{**good, **options}) for name, (options, _text) in cases.items()])
    told = results(run)
    messages = {name: told[name].get("msg", "") for name in cases if told[name]["failed"]}
    wrong = {
        name: messages.get(name) for name, (_o, expected) in cases.items() if expected not in messages.get(name, "")
    }
    assert wrong == {}
    assert "Traceback" not in json.dumps(told)
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
