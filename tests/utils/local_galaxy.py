# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A Galaxy on loopback for ansible-galaxy: it has the collections depended on, each in the version that is unpacked."""

from __future__ import annotations

import hashlib
import json
import tarfile
import threading
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from pathlib import Path
from typing import Any


class LocalGalaxy(ThreadingHTTPServer):
    """Serves what ansible-galaxy asks of version 3 of Galaxy's interface to find and download a collection."""

    daemon_threads = True

    def __init__(self, collections: Path) -> None:
        """Listen; `collections` is the folder that has NAMESPACE/NAME/MANIFEST.json."""
        super().__init__(("127.0.0.1", 0), _Answer)
        self._collections = collections
        self.asked: list[str] = []
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        """Return what ANSIBLE_GALAXY_SERVER is to be."""
        return f"http://127.0.0.1:{self.server_address[1]}/api/"

    def answer(self, path: str) -> bytes | None:
        """Return the reply to a request for the path; None: there is no such thing."""
        self.asked.append(path)
        words = path.partition("?")[0].strip("/").split("/")[1:]
        if not words:
            return json.dumps({"available_versions": {"v3": "v3/"}}).encode()
        _version, _collections, namespace, name, *rest = [*words, "", "", ""]
        folder = self._collections / namespace / name
        if not (folder / "MANIFEST.json").is_file():
            return None
        return pack(folder) if "artifact" in rest else json.dumps(self._describe(folder, path, rest)).encode()

    def _describe(self, folder: Path, path: str, words: list[str]) -> dict[str, Any]:
        manifest = json.loads((folder / "MANIFEST.json").read_text("utf-8"))["collection_info"]
        if words[:2] == ["versions", manifest["version"]]:
            return {
                "namespace": {"name": manifest["namespace"]},
                "collection": {"name": manifest["name"]},
                "version": manifest["version"],
                "href": path,
                "download_url": f"/api/v3/collections/{manifest['namespace']}/{manifest['name']}/artifact",
                "artifact": {"sha256": hashlib.sha256(pack(folder)).hexdigest()},
                "metadata": {"dependencies": manifest["dependencies"]},
            }
        return {"data": [{"version": manifest["version"]}], "links": {}}


@cache
def pack(folder: Path) -> bytes:
    """Return the collection as a tarball whose lists name what is here: the package `ansible` leaves files out."""
    files = json.loads((folder / "FILES.json").read_text("utf-8"))
    files["files"] = [each for each in files["files"] if (folder / each["name"]).exists()]
    listing = json.dumps(files).encode()
    manifest = json.loads((folder / "MANIFEST.json").read_text("utf-8"))
    manifest["file_manifest_file"]["chksum_sha256"] = hashlib.sha256(listing).hexdigest()
    packed = BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz", compresslevel=1) as archive:
        for name, content in (("MANIFEST.json", json.dumps(manifest).encode()), ("FILES.json", listing)):
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, BytesIO(content))
        for each in files["files"]:
            archive.add(folder / each["name"], each["name"], recursive=False)
    return packed.getvalue()


class _Answer(BaseHTTPRequestHandler):
    server: LocalGalaxy

    def do_GET(self) -> None:
        reply = self.server.answer(self.path)
        self.send_response(200 if reply is not None else 404)
        self.end_headers()
        self.wfile.write(reply if reply is not None else b"{}")

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Say nothing."""
