# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Each format is read by the program that it is for."""

from __future__ import annotations

import os
import stat
import subprocess
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from host_authority import ask_openssl
from host_lineage import HostLineage

OLD_LIBRARY = not hasattr(
    serialization.PrivateFormat, "PKCS12"
)  # cryptography before 38 has one way to encrypt a keystore
STRONGEST_KEYSTORE = ("pbeWithSHA1And3-KeyTripleDES-CBC", "sha1") if OLD_LIBRARY else ("AES-256-CBC", "sha256")

PASSPHRASE = "correct horse battery"
ALL: dict[str, Any] = {"formats": ["combined", "pkcs12", "der"], "keystore_passphrase": PASSPHRASE}


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_openssl_reads_every_format_and_finds_the_same_key(lineage: HostLineage) -> None:
    lineage.run(**ALL)
    live = lineage.live
    public = ask_openssl("pkey", "-pubout", "-in", str(live / "privkey.pem"))
    assert ask_openssl("x509", "-noout", "-pubkey", "-in", str(live / "cert.pem")) == public
    assert ask_openssl("pkey", "-pubout", "-inform", "DER", "-in", str(live / "privkey.der")) == public
    assert ask_openssl("x509", "-noout", "-pubkey", "-inform", "DER", "-in", str(live / "cert.der")) == public
    assert ask_openssl("pkey", "-pubout", "-in", str(live / "combined.pem")) == public
    keystore = ["pkcs12", "-in", str(live / "keystore.p12"), "-passin", f"pass:{PASSPHRASE}"]
    assert ask_openssl("pkey", "-pubout", stdin=ask_openssl(*keystore, "-nodes", "-nocerts").encode()) == public
    assert ask_openssl(*keystore, "-nokeys").count("BEGIN CERTIFICATE") == 3
    printed = subprocess.run(["openssl", *keystore, "-info", "-noout"], capture_output=True, text=True, check=True)
    for algorithm in STRONGEST_KEYSTORE:
        assert algorithm in printed.stderr


def test_the_files_with_a_key_are_private_and_the_others_are_not(lineage: HostLineage) -> None:
    lineage.run(**ALL)
    private = {name for name in os.listdir(lineage.live) if mode(lineage.live / name) == 0o600}
    assert private == {"privkey.pem", "combined.pem", "keystore.p12", "privkey.der"}


def test_chain_files_hold_no_root_and_combined_is_certificate_chain_key(lineage: HostLineage) -> None:
    lineage.run(**ALL)
    texts = {name: (lineage.live / name).read_text() for name in ("cert.pem", "chain.pem", "root.pem", "privkey.pem")}
    assert (lineage.live / "fullchain.pem").read_text() == texts["cert.pem"] + texts["chain.pem"]
    assert texts["root.pem"] not in texts["chain.pem"]
    combined = (lineage.live / "combined.pem").read_text()
    assert combined == texts["cert.pem"] + texts["chain.pem"] + texts["privkey.pem"]


def test_java_reads_the_keystore(lineage: HostLineage) -> None:
    lineage.run(**ALL)
    command = ["keytool", "-list", "-v", "-keystore", str(lineage.live / "keystore.p12"), "-storetype", "PKCS12"]
    done = subprocess.run([*command, "-storepass", PASSPHRASE], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    assert "Alias name: web" in done.stdout and "Entry type: PrivateKeyEntry" in done.stdout
    assert "Certificate chain length: 3" in done.stdout and lineage.serial() in done.stdout.replace(" ", "").lower()


@pytest.mark.parametrize("algorithm", ["RSA_2048", "EC_prime256v1"])
def test_a_traditional_key_is_written_and_changed_back_without_issuing(lineage: HostLineage, algorithm: str) -> None:
    lineage.run(key_algorithm=algorithm)
    asked = lineage.request(key_algorithm=algorithm, key_format="traditional")
    assert (asked["action"], asked["reasons"][0]["reason"]) == ("repair", "format_changed")
    lineage.run(key_algorithm=algorithm, key_format="traditional")
    kind = algorithm.split("_", maxsplit=1)[0]
    assert f"BEGIN {kind} PRIVATE KEY" in (lineage.live / "privkey.pem").read_text()
    lineage.run(key_algorithm=algorithm)
    assert "BEGIN PRIVATE KEY" in (lineage.live / "privkey.pem").read_text()
    assert lineage.count_issued() == 1 and lineage.request(key_algorithm=algorithm)["action"] == "none"


def test_a_format_asked_for_later_is_added_without_issuing(lineage: HostLineage) -> None:
    lineage.run()
    asked = lineage.request(**ALL)
    assert asked["action"] == "repair" and {each["reason"] for each in asked["reasons"]} == {"file_missing"}
    lineage.run(**ALL)
    assert lineage.request(**ALL)["action"] == "none" and lineage.count_issued() == 1


def test_a_passphrase_protects_the_key_from_the_request_on(lineage: HostLineage) -> None:
    secret: dict[str, Any] = {"key_passphrase": PASSPHRASE, "formats": ["combined", "der"]}
    lineage.request(**secret)
    assert "ENCRYPTED" in (lineage.path / "pending/privkey.pem").read_text()
    lineage.run(**secret)
    assert "ENCRYPTED" in (lineage.live / "privkey.pem").read_text()
    assert lineage.request(**secret)["action"] == "none"
    ask_openssl("pkey", "-noout", "-passin", f"pass:{PASSPHRASE}", "-in", str(lineage.live / "privkey.pem"))
    for path in lineage.base.rglob("*"):
        assert not path.is_file() or PASSPHRASE.encode() not in path.read_bytes()


def test_a_passphrase_given_later_encrypts_every_copy_of_the_key_without_issuing(lineage: HostLineage) -> None:
    formats: dict[str, Any] = {"formats": ["combined", "der"]}
    lineage.run(**formats)
    lineage.run(**formats, key_passphrase=PASSPHRASE)
    assert lineage.count_issued() == 1
    for name in ("privkey.pem", "combined.pem"):
        assert "ENCRYPTED" in (lineage.live / name).read_text()
    der = ["pkey", "-noout", "-inform", "DER", "-in", str(lineage.live / "privkey.der")]
    ask_openssl(*der, "-passin", f"pass:{PASSPHRASE}")
    assert lineage.request(**formats, key_passphrase=PASSPHRASE)["action"] == "none"


def test_a_passphrase_taken_away_needs_a_new_key(lineage: HostLineage) -> None:
    lineage.run(key_passphrase=PASSPHRASE)
    done = lineage.run()
    assert [each["reason"] for each in done["asked"]["reasons"]] == ["key_parameters_changed"]
    assert lineage.fault_of_live() is None and lineage.request()["action"] == "none"


def test_another_passphrase_needs_a_new_key(lineage: HostLineage) -> None:
    lineage.run(key_passphrase=PASSPHRASE)
    done = lineage.run(key_passphrase="another")
    assert [each["reason"] for each in done["asked"]["reasons"]] == ["key_parameters_changed"]
    ask_openssl("pkey", "-noout", "-passin", "pass:another", "-in", str(lineage.live / "privkey.pem"))
    assert lineage.request(key_passphrase="another")["action"] == "none"


def test_another_passphrase_of_the_keystore_writes_it_anew_without_issuing(lineage: HostLineage) -> None:
    lineage.run(**ALL)
    asked = lineage.request(**{**ALL, "keystore_passphrase": "another"})
    assert asked["action"] == "repair"
    assert [(each["reason"], "keystore.p12" in each["message"]) for each in asked["reasons"]] == [
        ("format_changed", True)
    ]
    lineage.run(**{**ALL, "keystore_passphrase": "another"})
    ask_openssl("pkcs12", "-noout", "-in", str(lineage.live / "keystore.p12"), "-passin", "pass:another")
    assert lineage.request(**{**ALL, "keystore_passphrase": "another"})["action"] == "none"
    assert lineage.count_issued() == 1


def test_owner_and_mode_are_apart_for_key_and_certificates_and_are_repaired(lineage: HostLineage) -> None:
    options: dict[str, Any] = {"mode": "0640", "key_mode": "0400"}
    options.update(group=str(os.getgid()), key_owner=str(os.getuid()))
    lineage.run(**options)
    assert mode(lineage.live / "privkey.pem") == 0o400 and mode(lineage.live / "fullchain.pem") == 0o640
    assert lineage.request(**options)["action"] == "none"
    asked = lineage.request()
    assert asked["action"] == "repair" and {each["reason"] for each in asked["reasons"]} == {"mode_changed"}
    lineage.run()
    assert mode(lineage.live / "privkey.pem") == 0o600 and lineage.count_issued() == 1
