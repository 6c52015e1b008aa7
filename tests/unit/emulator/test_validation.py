# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import base64
import http.client
import json
import socket
import urllib.parse
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.config import Config

from private_ca_emulator.control import EmulatorControl
from private_ca_emulator.server import EmulatorServer

from .support import issue, refusal

SIGNATURE = (
    "AWS4-HMAC-SHA256 Credential=AKIAEXAMPLE/DAY/eu-central-1/acm-pca/aws4_request, "
    f"SignedHeaders=host;x-amz-date, Signature={'0' * 64}"
)
"""As it is sent, with today's date for DAY; of a key whose secret the emulator does not know."""
HEADERS = {
    "Authorization": SIGNATURE,
    "Content-Type": "application/x-amz-json-1.1",
    "X-Amz-Target": "ACMPrivateCA.DescribeCertificateAuthority",
}


def send(emulator: EmulatorServer, body: bytes, **headers: str) -> tuple[int, Any]:
    now = datetime.now(UTC)
    sent = {**HEADERS, "X-Amz-Date": f"{now:%Y%m%dT%H%M%SZ}"}
    sent.update((name.replace("_", "-"), value) for name, value in headers.items())
    sent["Authorization"] = sent["Authorization"].replace("DAY", f"{now:%Y%m%d}")
    connection = http.client.HTTPConnection(urllib.parse.urlsplit(emulator.endpoint_url).netloc)
    connection.request("POST", "/", body, sent)
    response = connection.getresponse()
    payload = response.read()
    connection.close()
    return response.status, json.loads(payload) if payload.startswith(b"{") else payload.decode()


BROKEN = [
    (
        {"Validity": {"Type": "DAYS", "Value": 0}},
        "1 validation error detected: Value '0' at 'validity.value' failed to satisfy constraint: "
        "Member must have value greater than or equal to 1",
    ),
    (
        {"IdempotencyToken": "x" * 37},
        f"1 validation error detected: Value '{'x' * 37}' at 'idempotencyToken' failed to satisfy constraint: "
        "Member must have length less than or equal to 36",
    ),
    (
        {"Validity": {"Type": "WEEKS", "Value": 1}},
        "1 validation error detected: Value 'WEEKS' at 'validity.type' failed to satisfy constraint: "
        "Member must satisfy enum value set: [END_DATE, ABSOLUTE, DAYS, MONTHS, YEARS]",
    ),
    (
        {"Csr": b"x" * 32769},
        "1 validation error detected: Value at 'csr' failed to satisfy constraint: "
        "Member must have length less than or equal to 32768",
    ),
    (
        {"ApiPassthrough": {"Subject": {"Country": "D1"}}},
        "1 validation error detected: Value 'D1' at 'apiPassthrough.subject.country' failed to satisfy constraint: "
        "Member must satisfy regular expression pattern: [A-Za-z]{2}",
    ),
    (
        {"ApiPassthrough": {"Extensions": {"SubjectAlternativeNames": [{"DnsName": "a" * 254}]}}},
        f"1 validation error detected: Value '{'a' * 254}' at "
        "'apiPassthrough.extensions.subjectAlternativeNames.1.member.dnsName' failed to satisfy constraint: "
        "Member must have length less than or equal to 253",
    ),
]


@pytest.mark.parametrize(("changes", "message"), BROKEN)
def test_a_broken_constraint_is_named_in_the_services_words(
    make_client: Any, root_arn: str, changes: dict[str, Any], message: str
) -> None:
    lenient = make_client(config=Config(parameter_validation=False))
    code, got = refusal(issue, lenient, root_arn, **changes)
    assert code == "ValidationException"
    assert got == message


MALFORMED = [
    (b"{", {}, 400, "SerializationException"),
    (b"[]", {}, 400, "SerializationException"),
    (b"\xff\xfe", {}, 400, "SerializationException"),
    (b'{"CertificateAuthorityArn": NaN}', {}, 400, "SerializationException"),
    (b'{"CertificateAuthorityArn": 5}', {}, 400, "SerializationException"),
    (b"[" * 100_000, {}, 400, "SerializationException"),
    (b"{}", {}, 400, "ValidationException"),
    (b'{"CertificateAuthorityArn": "x"}', {}, 400, "ValidationException"),
    (b'{"Surprise": 1}', {}, 400, "ValidationException"),
    (b"{}", {"Content_Type": "application/cbor"}, 415, "UnsupportedMediaTypeException"),
    (b"{}", {"X_Amz_Target": "ACMPrivateCA.SearchCertificates"}, 400, "UnknownOperationException"),
    (b"{}", {"Authorization": "Bearer x"}, 400, "IncompleteSignatureException"),
    (b"{}", {"Authorization": ""}, 400, "MissingAuthenticationTokenException"),
    (b"{}", {"Authorization": SIGNATURE.replace("eu-central-1", "mars-1")}, 400, "InvalidSignatureException"),
    (b"{}", {"Authorization": SIGNATURE.replace("/acm-pca/", "/s3/")}, 400, "InvalidSignatureException"),
    (
        json.dumps({"CertificateAuthorityArn": "arn:aws:acm-pca:eu-central-1:123456789012:widget/1"}).encode(),
        {},
        400,
        "InvalidArnException",
    ),
]


@pytest.mark.parametrize(("body", "headers", "status", "code"), MALFORMED)
def test_a_malformed_request_gets_an_error_of_the_services_shape(
    emulator: EmulatorServer, body: bytes, headers: dict[str, str], status: int, code: str
) -> None:
    got_status, got = send(emulator, body, **headers)
    assert (got_status, got["__type"]) == (status, code)
    assert set(got) == {"__type", "message"}


def test_bad_base64_is_a_serialization_error(emulator: EmulatorServer) -> None:
    body = json.dumps({"Csr": "%%%", "CertificateAuthorityArn": "arn:aws:acm-pca:eu-central-1:1:a/b"}).encode()
    assert send(emulator, body, X_Amz_Target="ACMPrivateCA.IssueCertificate")[1]["__type"] == "SerializationException"


def test_a_body_of_forty_megabytes_is_refused_and_the_server_lives(
    emulator: EmulatorServer, control: EmulatorControl
) -> None:
    body = json.dumps({"Csr": base64.b64encode(bytes(30 * 1024 * 1024)).decode()}).encode()
    status, reply = send(emulator, body, X_Amz_Target="ACMPrivateCA.IssueCertificate")
    assert (status, reply["__type"]) == (413, "RequestEntityTooLargeException")
    assert control.health() == {"status": "ok"}


POST = "POST / HTTP/1.1\r\nHost: localhost\r\nX-Amz-Target: ACMPrivateCA.ListTags\r\n"
CHUNKED = POST + "Transfer-Encoding: chunked\r\n\r\n"
BROKEN_TRANSFERS = [
    ("a length that is no number", POST + "Content-Length: ten\r\n\r\n", "SerializationException"),
    ("a length in superscript", POST + "Content-Length: \u00b2\r\n\r\n", "SerializationException"),
    ("a negative length", POST + "Content-Length: -1\r\n\r\n", "SerializationException"),
    ("two lengths", POST + "Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}", "SerializationException"),
    ("a length of 5,000 digits", f"{POST}Content-Length: {'9' * 5000}\r\n\r\n", "SerializationException"),
    ("less than announced", POST + "Content-Length: 9\r\n\r\n{}", "SerializationException"),
    ("chunks without a size", CHUNKED + "{}\r\n", "SerializationException"),
    ("a chunk that is cut off", CHUNKED + "9\r\n{}", "SerializationException"),
    ("a chunk of 40 megabytes", f"{CHUNKED}{40 << 20:x}\r\n{{", "RequestEntityTooLargeException"),
]


@pytest.mark.parametrize("transfer", BROKEN_TRANSFERS, ids=lambda transfer: transfer[0])
def test_a_broken_transfer_gets_an_error_of_the_services_shape(
    emulator: EmulatorServer, control: EmulatorControl, transfer: tuple[str, str, str]
) -> None:
    _name, sent, code = transfer
    address = urllib.parse.urlsplit(emulator.endpoint_url)
    with socket.create_connection((address.hostname, address.port)) as connection:
        connection.sendall(sent.encode("latin-1"))
        connection.shutdown(socket.SHUT_WR)
        response = http.client.HTTPResponse(connection)
        response.begin()
        reply = json.loads(response.read())
    assert response.status in (400, 413)
    assert (reply["__type"], set(reply)) == (code, {"__type", "message"})
    assert control.health() == {"status": "ok"}


def test_nonsense_for_another_service_does_not_kill_the_server(
    emulator: EmulatorServer, control: EmulatorControl
) -> None:
    dynamodb = SIGNATURE.replace("/acm-pca/", "/dynamodb/")
    for headers in ({"X_Amz_Target": "x"}, {"X_Amz_Target": "DynamoDB_20120810.ListTables"}, {"X_Amz_Target": ""}):
        send(emulator, b"{", Authorization=dynamodb, **headers)
    assert control.health() == {"status": "ok"}
