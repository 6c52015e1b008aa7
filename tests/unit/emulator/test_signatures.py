# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Request signatures: their form, their age, and the signature itself where the emulator knows the secret."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from moto.sts.models import sts_backends

from private_ca_emulator.control import EmulatorControl
from private_ca_emulator.server import EmulatorServer

from .support import refusal
from .test_validation import HEADERS, SIGNATURE, send

KEY, SECRET = "AKIAREGISTERED", "the secret"
GUEST = "222222222222"
MISMATCH = (
    "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key "
    "and signing method. Consult the service documentation for details."
)
LIST = {"X_Amz_Target": "ACMPrivateCA.ListCertificateAuthorities"}


def date_in(**distance: float) -> str:
    return f"{datetime.now(UTC) + timedelta(**distance):%Y%m%dT%H%M%SZ}"


def signed_in(**distance: float) -> dict[str, str]:
    date = date_in(**distance)
    return {"X_Amz_Date": date, "Authorization": SIGNATURE.replace("DAY", date[:8])}


SIGNED = ", SignedHeaders=host;x-amz-date"
FORMS = [
    ("no signature", {"Authorization": ""}, "MissingAuthenticationTokenException", "Missing Authentication Token"),
    ("another scheme", {"Authorization": "Bearer x"}, "IncompleteSignatureException", "not a complete SigV4"),
    (
        "another algorithm",
        {"Authorization": SIGNATURE.replace("SHA256", "SHA1")},
        "IncompleteSignatureException",
        "not a complete SigV4",
    ),
    (
        "no signed headers",
        {"Authorization": SIGNATURE.replace(SIGNED, "")},
        "IncompleteSignatureException",
        "requires 'SignedHeaders' parameter",
    ),
    (
        "half a signature",
        {"Authorization": SIGNATURE[:-1]},
        "IncompleteSignatureException",
        "requires 'Signature' parameter",
    ),
    ("no date", {"X_Amz_Date": ""}, "IncompleteSignatureException", "'X-Amz-Date'"),
    ("a malformed date", {"X_Amz_Date": "yesterday"}, "IncompleteSignatureException", "'X-Amz-Date'"),
    ("the date of another day", {"X_Amz_Date": date_in(days=3)}, "InvalidSignatureException", "Date in Credential"),
]


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form[0])
def test_a_signature_that_lacks_a_part_is_refused(
    emulator: EmulatorServer, form: tuple[str, dict[str, str], str, str]
) -> None:
    _name, headers, code, message = form
    status, reply = send(emulator, b"{}", **LIST, **headers)
    assert (status, reply["__type"]) == (400, code)
    assert message in reply["message"]


@pytest.mark.parametrize(
    ("minutes", "complaint"),
    [(-6, "Signature expired"), (-4, None), (4, None), (6, "Signature not yet current"), (-3000, "Signature expired")],
)
def test_a_signature_is_good_for_five_minutes(emulator: EmulatorServer, minutes: int, complaint: str | None) -> None:
    status, reply = send(emulator, b"{}", **LIST, **signed_in(minutes=minutes))
    if complaint is None:
        assert status == 200
    else:
        assert (status, reply["__type"]) == (400, "InvalidSignatureException")
        assert reply["message"].startswith(complaint)


def test_the_emulators_clock_does_not_make_signatures_old(client: Any, control: EmulatorControl) -> None:
    control.advance(86400)
    assert client.list_certificate_authorities()["CertificateAuthorities"] == []


def test_the_signature_of_a_key_with_a_known_secret_is_verified(make_client: Any, control: EmulatorControl) -> None:
    control.add_access_key(KEY, GUEST, secret_access_key=SECRET)
    right = make_client(access_key=KEY, aws_secret_access_key=SECRET)
    wrong = make_client(access_key=KEY, aws_secret_access_key="another")
    assert right.list_certificate_authorities(MaxResults=5)["CertificateAuthorities"] == []
    assert refusal(wrong.list_certificate_authorities) == ("InvalidSignatureException", MISMATCH)
    assert refusal(make_client("acm", access_key=KEY).list_certificates)[0] == "InvalidSignatureException"
    control.settings(signature_check="form")
    assert wrong.list_certificate_authorities()["CertificateAuthorities"] == []


@pytest.mark.parametrize("changed", [None, "body", "target", "x-amz-target"])
def test_what_was_changed_after_signing_is_refused(
    emulator: EmulatorServer, control: EmulatorControl, changed: str | None
) -> None:
    control.add_access_key(KEY, GUEST, secret_access_key=SECRET)
    body = json.dumps({"MaxResults": 5}).encode()
    headers = {name: value for name, value in HEADERS.items() if name != "Authorization"}
    headers["X-Amz-Target"] = LIST["X_Amz_Target"]
    request = AWSRequest("POST", emulator.endpoint_url + "/" + ("x" if changed == "target" else ""), headers, body)
    SigV4Auth(Credentials(KEY, SECRET), "acm-pca", "eu-central-1").add_auth(request)
    sent = {name.replace("-", "_"): value for name, value in request.headers.items()}
    if changed == "x-amz-target":
        sent["X_Amz_Target"] = "ACMPrivateCA.CreateCertificateAuthority"
    status, reply = send(emulator, b"{}" if changed == "body" else body, **sent)
    assert (status, reply.get("message")) == ((200, None) if changed is None else (400, MISMATCH))


def test_the_signature_of_a_session_is_verified_until_it_is_over(make_client: Any, control: EmulatorControl) -> None:
    role = {"RoleArn": f"arn:aws:iam::{GUEST}:role/issuer", "RoleSessionName": "session"}
    credentials = make_client("sts").assume_role(**role)["Credentials"]
    names = {"access_key": credentials["AccessKeyId"], "aws_session_token": credentials["SessionToken"]}
    control.settings(unknown_access_keys="refuse")
    right = make_client(aws_secret_access_key=credentials["SecretAccessKey"], **names)
    assert right.list_certificate_authorities()["CertificateAuthorities"] == []
    assert refusal(make_client(**names).list_certificate_authorities) == ("InvalidSignatureException", MISMATCH)
    session = sts_backends[GUEST]["aws"].get_assumed_role_from_access_key(credentials["AccessKeyId"])
    assert session is not None
    session.expiration -= timedelta(hours=2)
    assert refusal(right.list_certificate_authorities)[0] == "ExpiredTokenException"


def test_keys_that_nobody_knows_are_refused_where_that_is_set(client: Any, control: EmulatorControl) -> None:
    control.settings(unknown_access_keys="refuse")
    code, message = refusal(client.list_certificate_authorities)
    assert (code, message) == ("UnrecognizedClientException", "The security token included in the request is invalid.")


def test_nothing_but_the_scope_is_looked_at_where_checks_are_off(
    emulator: EmulatorServer, control: EmulatorControl
) -> None:
    control.settings(signature_check="off")
    status, _reply = send(emulator, b"{}", **LIST, X_Amz_Date="", Authorization=SIGNATURE.replace(SIGNED, "")[:-1])
    assert status == 200
