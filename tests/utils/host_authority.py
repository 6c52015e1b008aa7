# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A root and a subordinate CA in memory that sign as AWS Private CA does, and as it never would."""

from __future__ import annotations

import datetime
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

NOW = 1_800_000_000
DAY = 86400


def moment(seconds: float) -> datetime.datetime:
    return datetime.datetime.fromtimestamp(seconds, tz=datetime.timezone.utc)


def pem(document: Any) -> str:
    return document.public_bytes(serialization.Encoding.PEM).decode("ascii")


def key_pem(key: Any) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, common_name)])


@dataclass
class Authority:
    """One CA: its key and its certificate."""

    key: Any
    certificate: x509.Certificate

    def sign(self, request: x509.CertificateSigningRequest, **changes: Any) -> x509.Certificate:
        """Sign as template EndEntityCertificate/V1: subject, names and key of the CSR; NotBefore an hour back."""
        now, days = changes.get("now", NOW), changes.get("days", 90)
        builder = (
            x509.CertificateBuilder()
            .subject_name(changes.get("subject", request.subject))
            .issuer_name(self.certificate.subject)
            .public_key(changes.get("public_key", request.public_key()))
            .serial_number(changes.get("serial", x509.random_serial_number()))
            .not_valid_before(moment(now - 3600))
            .not_valid_after(moment(now + days * DAY))
            .add_extension(x509.BasicConstraints(changes.get("ca", False), None), critical=False)
        )
        usages = changes.get(
            "usages", [x509.oid.ExtendedKeyUsageOID.SERVER_AUTH, x509.oid.ExtendedKeyUsageOID.CLIENT_AUTH]
        )
        builder = builder.add_extension(x509.ExtendedKeyUsage(usages), critical=False)
        for extension in changes.get("extensions", request.extensions):
            builder = builder.add_extension(extension.value, extension.critical)
        return builder.sign(changes.get("key", self.key), hashes.SHA256())


def make_authority(common_name: str, parent: Authority | None = None, **changes: Any) -> Authority:
    key = changes.get("key") or ec.generate_private_key(ec.SECP256R1())
    issuer = parent.certificate.subject if parent else name(common_name)
    builder = (
        x509.CertificateBuilder()
        .subject_name(name(common_name))
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(moment(changes.get("not_before", NOW - DAY)))
        .not_valid_after(moment(changes.get("not_after", NOW + 3650 * DAY)))
        .add_extension(x509.BasicConstraints(changes.get("ca", True), changes.get("path_length")), critical=True)
    )
    return Authority(key, builder.sign(parent.key if parent else key, hashes.SHA256()))


@dataclass
class Hierarchy:
    """A root and the subordinate that issues."""

    root: Authority
    subordinate: Authority

    @property
    def chain(self) -> list[str]:
        return [pem(self.subordinate.certificate), pem(self.root.certificate)]

    def issue(self, csr: str, **changes: Any) -> str:
        return pem(self.subordinate.sign(x509.load_pem_x509_csr(csr.encode()), **changes))


def make_hierarchy() -> Hierarchy:
    root = make_authority("Test Root")
    return Hierarchy(root, make_authority("Test Subordinate", root, path_length=0))


def ask_openssl(*arguments: str, stdin: bytes | None = None) -> str:
    """Run the openssl command, which is the judge, and return what it prints."""
    done = subprocess.run(["openssl", *arguments], input=stdin, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode() + done.stdout.decode()
    return done.stdout.decode()


def verify_with_openssl(directory: Path, leaf: str, chain: list[str], now: float = NOW) -> None:
    """Let openssl verify leaf and chain at a time; fails the test when it does not."""
    (directory / "leaf.pem").write_text(leaf)
    (directory / "between.pem").write_text("".join(chain[:-1]))
    (directory / "root.pem").write_text(chain[-1])
    files = ["-CAfile", str(directory / "root.pem"), "-untrusted", str(directory / "between.pem")]
    ask_openssl("verify", "-attime", str(int(now)), *files, str(directory / "leaf.pem"))
