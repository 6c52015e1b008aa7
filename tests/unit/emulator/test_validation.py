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

from private_ca_emulator import seeding
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
    (b"{}", {"Authorization": SIGNATURE.replace("eu-central-1", "us-isob-east-1")}, 400, "InvalidSignatureException"),
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


def test_forty_megabytes_in_chunks_are_refused_and_the_server_lives(
    emulator: EmulatorServer, control: EmulatorControl
) -> None:
    connection = http.client.HTTPConnection(urllib.parse.urlsplit(emulator.endpoint_url).netloc)
    chunks = (bytes(1 << 20) for _number in range(40))
    headers = {"X-Amz-Target": "ACMPrivateCA.ListTags", "Transfer-Encoding": "chunked"}
    connection.request("POST", "/", chunks, headers, encode_chunked=True)
    response = connection.getresponse()
    assert (response.status, json.loads(response.read())["__type"]) == (413, "RequestEntityTooLargeException")
    connection.close()
    assert control.health() == {"status": "ok"}


HALF = "\ud800"
"""Half of a surrogate pair: JSON can say it, no encoding of text can."""
PERMITTED_BY_THE_MODEL: list[dict[str, Any]] = [
    {"Subject": {"CommonName": HALF}},
    {"Subject": {"CustomAttributes": [{"ObjectIdentifier": "2.5.4.5", "Value": "M\u00fcnchen"}]}},
    {"Subject": {"CustomAttributes": [{"ObjectIdentifier": "1.2.840.113549.1.9.1", "Value": "\u00fc@example.com"}]}},
    {"Subject": {"CustomAttributes": [{"ObjectIdentifier": f"2.39.{'9' * 50}", "Value": "x"}]}},
    {"Extensions": {"SubjectAlternativeNames": [{"EdiPartyName": {"PartyName": HALF}}]}},
    {"Extensions": {"SubjectAlternativeNames": [{"EdiPartyName": {"PartyName": "x", "NameAssigner": HALF}}]}},
    {"Extensions": {"SubjectAlternativeNames": [{"OtherName": {"TypeId": "1.2.3", "Value": HALF}}]}},
    {"Extensions": {"SubjectAlternativeNames": [{"DirectoryName": {"CommonName": HALF}}]}},
    {"Extensions": {"SubjectAlternativeNames": [{"IpAddress": "1.2.3.4.5"}]}},
    {"Extensions": {"CustomExtensions": [{"ObjectIdentifier": f"1.2.{'9' * 50}", "Value": "AAAA"}]}},
]


@pytest.mark.parametrize("passthrough", PERMITTED_BY_THE_MODEL, ids=str)
def test_what_the_model_permits_but_der_cannot_say_is_refused(
    make_client: Any, root_arn: str, passthrough: dict[str, Any]
) -> None:
    template = seeding.template_arn(root_arn, "BlankEndEntityCertificate_APIPassthrough")
    code, message = refusal(issue, make_client(), root_arn, TemplateArn=template, ApiPassthrough=passthrough)
    assert (code, "cannot be encoded" in message or "is not an object" in message) == ("InvalidArgsException", True)


def test_what_der_cannot_say_fails_late_where_the_settings_say_so(
    client: Any, control: EmulatorControl, root_arn: str
) -> None:
    control.settings(unencodable_passthrough="late")
    template = seeding.template_arn(root_arn, "BlankEndEntityCertificate_APIPassthrough")
    passthrough = {"Extensions": {"SubjectAlternativeNames": [{"IpAddress": "1.2.3.4.5"}]}}
    arn = issue(client, root_arn, TemplateArn=template, ApiPassthrough=passthrough)
    code, message = refusal(client.get_certificate, CertificateAuthorityArn=root_arn, CertificateArn=arn)
    assert (code, "The IpAddress '1.2.3.4.5' cannot be encoded" in message) == ("RequestFailedException", True)
    two_choices = {"Extensions": {"SubjectAlternativeNames": [{"DnsName": "a", "Rfc822Name": "b"}]}}
    request = {"TemplateArn": template, "ApiPassthrough": two_choices}
    assert refusal(issue, client, root_arn, **request)[0] == "InvalidArgsException"


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
    ("a chunk of half a size", CHUNKED + "1_0\r\n{}", "SerializationException"),
    ("a handshake of TLS", "\x16\x03\x01\x02\x00\x01\x00\r\n\r\n", "SerializationException"),
    ("a line without a target", "POST\r\n\r\n", "SerializationException"),
    ("a method that is none", "BREW / HTTP/1.1\r\n\r\n", "UnknownOperationException"),
    ("a version that is none", "POST / HTTP/9.9\r\n\r\n", "SerializationException"),
    ("a target of 70,000 characters", f"POST /{'a' * 70_000} HTTP/1.1\r\n\r\n", "SerializationException"),
    ("a header of 70,000 characters", f"POST / HTTP/1.1\r\nX: {'a' * 70_000}\r\n\r\n", "SerializationException"),
    ("200 headers", "POST / HTTP/1.1\r\n" + "X: y\r\n" * 200 + "\r\n", "SerializationException"),
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
    assert 400 <= response.status < 600
    assert (reply["__type"], set(reply)) == (code, {"__type", "message"})
    assert control.health() == {"status": "ok"}


def test_nonsense_for_another_service_does_not_kill_the_server(
    emulator: EmulatorServer, control: EmulatorControl
) -> None:
    dynamodb = SIGNATURE.replace("/acm-pca/", "/dynamodb/")
    for headers in ({"X_Amz_Target": "x"}, {"X_Amz_Target": ""}):
        send(emulator, b"{", Authorization=dynamodb, **headers)
    anything = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    control.add_access_key("AKIABOUND", "123456789012", policies=[{"Statement": anything}])
    for signature in (dynamodb, dynamodb.replace("AKIAEXAMPLE", "AKIABOUND")):
        for body in (b"{", b"[]", b"null", b"\xff"):
            status, reply = send(emulator, body, Authorization=signature, X_Amz_Target="DynamoDB_20120810.GetItem")
            assert (status, reply["__type"]) == (400, "SerializationException"), body
    assert send(emulator, b"", Authorization=dynamodb, X_Amz_Target="DynamoDB_20120810.ListTables")[0] == 200
    assert control.health() == {"status": "ok"}
