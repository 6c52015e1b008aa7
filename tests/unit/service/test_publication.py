# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Only what the CA signed, itself or by a responder that it certified, is believed about a revocation."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import NoReturn

import pytest
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._acm_pca.publication import (
    Fetch,
    Publication,
    fetch_url,
    read_crl,
    read_ocsp,
)
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._errors import InvalidInput, Unreachable
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509 import ocsp

Key = ec.EllipticCurvePrivateKey
Read = Callable[[x509.Certificate, x509.Certificate, Fetch], Publication | None]
NOW = datetime(2026, 11, 26, tzinfo=UTC)
DER, SHA256 = serialization.Encoding.DER, hashes.SHA256()
CA_KEY, OTHER_KEY = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())


def name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, text)])


def certify(subject: str, key: Key, *extensions: x509.ExtensionType, issuer_key: Key = CA_KEY) -> x509.Certificate:
    builder = x509.CertificateBuilder(name("CA"), name(subject), key.public_key(), x509.random_serial_number())
    builder = builder.not_valid_before(NOW).not_valid_after(NOW + timedelta(days=30))
    for extension in extensions:
        builder = builder.add_extension(extension, critical=False)
    return builder.sign(issuer_key, SHA256)


CA = certify("CA", CA_KEY)
LEAF = certify(
    "leaf",
    OTHER_KEY,
    x509.CRLDistributionPoints(
        [x509.DistributionPoint([x509.UniformResourceIdentifier("http://crl/ca.crl")], None, None, None)]
    ),
    x509.AuthorityInformationAccess(
        [
            x509.AccessDescription(
                x509.AuthorityInformationAccessOID.OCSP, x509.UniformResourceIdentifier("http://ocsp/")
            )
        ]
    ),
)
OTHER_LEAF = certify("other", OTHER_KEY)
OCSP_SIGNING = x509.ExtendedKeyUsage([x509.ExtendedKeyUsageOID.OCSP_SIGNING])
STRANGER = certify("CA", OTHER_KEY, issuer_key=OTHER_KEY)
RESPONDER = certify("responder", OTHER_KEY, OCSP_SIGNING)
UNFIT_RESPONDER = certify("responder", OTHER_KEY)
FOREIGN_RESPONDER = certify("responder", OTHER_KEY, OCSP_SIGNING, issuer_key=OTHER_KEY)


def answer(
    key: Key = CA_KEY,
    responder: x509.Certificate = CA,
    certificates: Sequence[x509.Certificate] = (),
    about: x509.Certificate = LEAF,
    status: ocsp.OCSPCertStatus = ocsp.OCSPCertStatus.REVOKED,
) -> bytes:
    revoked = status is ocsp.OCSPCertStatus.REVOKED
    builder = ocsp.OCSPResponseBuilder().add_response(
        about, CA, hashes.SHA1(), status, NOW, NOW + timedelta(hours=1), NOW if revoked else None,
        x509.ReasonFlags.superseded if revoked else None,
    )  # fmt: skip
    builder = builder.responder_id(ocsp.OCSPResponderEncoding.HASH, responder)
    builder = builder.certificates(list(certificates)) if certificates else builder
    return builder.sign(key, SHA256).public_bytes(DER)


def revocation_list(key: Key = CA_KEY, *revoked: x509.Certificate) -> bytes:
    builder = x509.CertificateRevocationListBuilder(name("CA"), NOW, NOW + timedelta(days=7))
    for one in revoked:
        entry = x509.RevokedCertificateBuilder(one.serial_number, NOW)
        builder = builder.add_revoked_certificate(
            entry.add_extension(x509.CRLReason(x509.ReasonFlags.key_compromise), critical=False).build()
        )
    return builder.sign(key, SHA256).public_bytes(DER)


def serve(published: bytes) -> Fetch:
    """Return the network of a CA that publishes this at every URL."""

    def fetch(url: str, body: bytes | None = None) -> bytes:
        return published

    return fetch


BELIEVED: dict[str, tuple[Read, bytes, tuple[bool, str | None]]] = {
    "OCSP of the CA itself": (read_ocsp, answer(), (True, "SUPERSEDED")),
    "OCSP of the CA: good": (read_ocsp, answer(status=ocsp.OCSPCertStatus.GOOD), (False, None)),
    "OCSP of a responder that the CA certified": (
        read_ocsp, answer(OTHER_KEY, RESPONDER, [RESPONDER]), (True, "SUPERSEDED"),
    ),
    "a CRL with the certificate": (read_crl, revocation_list(CA_KEY, LEAF), (True, "KEY_COMPROMISE")),
    "a CRL without it": (read_crl, revocation_list(CA_KEY, OTHER_LEAF), (False, None)),
}  # fmt: skip
UNANSWERED: dict[str, tuple[Read, bytes]] = {
    "OCSP: unknown": (read_ocsp, answer(status=ocsp.OCSPCertStatus.UNKNOWN)),
    "OCSP: try later": (
        read_ocsp,
        ocsp.OCSPResponseBuilder.build_unsuccessful(ocsp.OCSPResponseStatus.TRY_LATER).public_bytes(DER),
    ),
    "OCSP: a page of a proxy": (read_ocsp, b"<html>"),
    "CRL: a page of a proxy": (read_crl, b"<html>"),
}
FORGED: dict[str, tuple[Read, bytes]] = {
    "OCSP signed by a stranger": (read_ocsp, answer(OTHER_KEY, STRANGER)),
    "OCSP about another certificate": (read_ocsp, answer(about=OTHER_LEAF)),
    "OCSP of one whom the CA certified for something else": (
        read_ocsp, answer(OTHER_KEY, UNFIT_RESPONDER, [UNFIT_RESPONDER]),
    ),
    "OCSP of a responder of another CA": (
        read_ocsp, answer(OTHER_KEY, FOREIGN_RESPONDER, [FOREIGN_RESPONDER]),
    ),
    "a CRL signed by a stranger": (read_crl, revocation_list(OTHER_KEY, LEAF)),
}  # fmt: skip


@pytest.mark.parametrize("case", BELIEVED)
def test_what_the_ca_signed_is_believed(case: str) -> None:
    read, published, said = BELIEVED[case]
    found = read(LEAF, CA, serve(published))
    assert found is not None and (found.revoked, found.reason) == said


@pytest.mark.parametrize("case", UNANSWERED)
def test_what_is_no_answer_is_waited_out(case: str) -> None:
    read, published = UNANSWERED[case]
    assert read(LEAF, CA, serve(published)) is None


@pytest.mark.parametrize("read", [read_crl, read_ocsp])
def test_who_cannot_be_reached_is_waited_for(read: Read) -> None:
    def unreachable(url: str, body: bytes | None = None) -> NoReturn:
        raise Unreachable("Failed to fetch", because="connection refused", on=url)

    assert read(LEAF, CA, unreachable) is None


GARBLED = {
    "no HTTP at all": b"SSH-2.0-OpenSSH_9.2\r\n",
    "no status": b"HTTP/1.1 OK\r\n\r\n",
    "nothing": b"",
    "a chunk that is cut": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n100\r\nabc",
}


@pytest.mark.parametrize("case", GARBLED)
def test_an_answer_that_is_garbled_is_none(case: str) -> None:
    with answer_once(GARBLED[case]) as url, pytest.raises(Unreachable, match="Failed to fetch what the CA publishes"):
        fetch_url(url)


@contextmanager
def answer_once(answered: bytes) -> Iterator[str]:
    """Answer one request at the URL with these bytes."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            connection, _address = server.accept()
            with connection:
                connection.recv(4096)
                connection.sendall(answered)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}/ca.crl"
        thread.join()


@pytest.mark.parametrize("case", FORGED)
def test_what_the_ca_did_not_sign_is_refused(case: str) -> None:
    read, published = FORGED[case]
    with pytest.raises(InvalidInput, match="the CA did not sign it"):
        read(LEAF, CA, serve(published))
