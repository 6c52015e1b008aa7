# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One lineage below a directory of the test, driven as the flow drives it: request, issue, install."""

from __future__ import annotations

import hashlib
import os
import shutil
from pathlib import Path
from typing import Any

from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._errors import UnusableState
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._generations.files import Files
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._lineage.install import install_certificate
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._lineage.request import request_certificate
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from host_authority import DAY, NOW, Hierarchy
from host_faults import HastyFiles

NAMES = ["DNS:web.example.com", "IP:10.0.0.7"]
LATER: dict[str, Any] = {"now": NOW + 61 * DAY}
"""Options by which a certificate that was issued at NOW is due for renewal."""
SPKI = serialization.PublicFormat.SubjectPublicKeyInfo


class HostLineage:
    """The flow of one host. ``ledger`` remembers what each CSR and serial replaced got, as the service's token does."""

    def __init__(self, base: Path, hierarchy: Hierarchy) -> None:
        self.base = base
        self.hierarchy = hierarchy
        self.ledger = base.parent / f"{base.name}.ledger"
        self.ledger.mkdir(parents=True)
        self.options: dict[str, Any] = {
            "name": "web",
            "base_directory": str(base),
            "subject": {"CN": "web.example.com"},
            "subject_alternative_names": NAMES,
            "key_algorithm": "EC_prime256v1",
            "terms": {"certificate_authority_arn": "arn:ca", "validity": "DAYS:90"},
            "host": "host1",
            "now": NOW,
            "max_clock_skew": 1e12,
        }

    @property
    def path(self) -> Path:
        return self.base / "web"

    @property
    def live(self) -> Path:
        return self.path / "live"

    def request(self, files: Files | None = None, check_mode: bool = False, **changes: Any) -> dict[str, Any]:
        return request_certificate({**self.options, **changes}, files or HastyFiles(), check_mode)

    def install(self, files: Files | None = None, check_mode: bool = False, **changes: Any) -> dict[str, Any]:
        return install_certificate({**self.options, **changes}, files or HastyFiles(), check_mode)

    def issue(self, asked: dict[str, Any], **changes: Any) -> dict[str, Any]:
        """Return the options of install for a request's answer; the same request gets the same certificate."""
        token = self.find_token(asked)
        if not token.exists():
            token.write_text(self.hierarchy.issue(asked["request"]["csr"], **changes))
        return {"certificate": token.read_text(), "chain": self.hierarchy.chain}

    def find_token(self, asked: dict[str, Any]) -> Path:
        """Return the file that holds, or will hold, the certificate of a request's answer."""
        return self.ledger / hashlib.sha256(f"{asked['request']['csr']}{asked['replaces']}".encode()).hexdigest()

    def count_issued(self) -> int:
        """Return how many certificates were issued so far."""
        return len(os.listdir(self.ledger))

    def run(self, files: Files | None = None, **changes: Any) -> dict[str, Any]:
        """Run the whole flow once, as the action does; returns the answer of the last module called."""
        asked = self.request(files, **changes)
        if asked["action"] == "none":
            return asked
        more = {"generation": asked["generation"]} if asked["action"] == "apply" else {}
        if asked["action"] == "issue":
            more = self.issue(asked, now=changes.get("now", NOW))
        try:
            done = self.install(files, **{**changes, **more})
        except UnusableState as error:
            if not error.details.get("stale"):
                raise
            return self.run(files, **changes)
        return {**done, "action": asked["action"], "asked": asked}

    def serial(self) -> str:
        return format(x509.load_pem_x509_certificate((self.live / "cert.pem").read_bytes()).serial_number, "x")

    def fault_of_live(self, passphrase: str | None = None) -> str | None:
        """Say what a reader of ``live`` would find wrong with it, None when there is no link or a whole set."""
        return find_fault(self.live, passphrase.encode() if passphrase else None)

    def save(self, directory: Path) -> None:
        """Copy what is on the host and what was issued to a directory that is not there yet."""
        directory.mkdir()
        for path in (self.base, self.ledger):
            if path.exists():
                shutil.copytree(path, directory / path.name, symlinks=True)

    def restore(self, directory: Path) -> None:
        """Put back what was saved in a directory: again everything lies at the path at which it began."""
        for path in (self.base, self.ledger):
            shutil.rmtree(path, ignore_errors=True)
            if (directory / path.name).exists():
                shutil.copytree(directory / path.name, path, symlinks=True)

    def snapshot(self) -> dict[str, Any]:
        """Return every entry below the base directory with its content, mode and owner."""
        return snapshot(self.base)


def find_fault(live: Path, passphrase: bytes | None = None) -> str | None:
    """Say what is wrong with the set behind a live link: a missing file, or key, leaf and chain that do not fit."""
    if not os.path.lexists(live):
        return None
    try:
        directory = live.resolve(strict=True)
        key = serialization.load_pem_private_key((directory / "privkey.pem").read_bytes(), passphrase)
        leaf = x509.load_pem_x509_certificate((directory / "cert.pem").read_bytes())
        full = (directory / "fullchain.pem").read_bytes()
        chain, root = (directory / "chain.pem").read_bytes(), (directory / "root.pem").read_bytes()
        x509.load_pem_x509_certificate(root)
    except (OSError, ValueError) as error:
        return repr(error)
    encoding = (serialization.Encoding.DER, SPKI)
    if key.public_key().public_bytes(*encoding) != leaf.public_key().public_bytes(*encoding):
        return "the key is not the leaf's"
    if full != (directory / "cert.pem").read_bytes() + chain:
        return "fullchain.pem is not the leaf and its chain"
    return None if x509.load_pem_x509_certificate(chain).subject == leaf.issuer else "the chain is not the leaf's"


def snapshot(base: Path) -> dict[str, Any]:
    """Return path to (kind or content digest, mode, owner) of everything below a directory."""
    found: dict[str, Any] = {}
    for path in sorted(base.rglob("*")):
        status = path.lstat()
        if path.is_symlink():
            content = os.readlink(path)
        else:
            content = hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else "directory"
        found[str(path.relative_to(base))] = (content, oct(status.st_mode), status.st_uid, status.st_gid)
    return found
