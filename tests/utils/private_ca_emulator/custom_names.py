# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""CustomCname and OcspCustomCname, followed as the DNS and the proxies of a CA's owner would (reference 6.3, 6.4)."""

from __future__ import annotations

import dataclasses

from private_ca_emulator.protocol import HttpRequest
from private_ca_emulator.records import CertificateAuthority, Store
from private_ca_emulator.revocation_configuration import bucket_location, responder_host


def follow_custom_name(store: Store, request: HttpRequest) -> HttpRequest:
    """The request as S3 or the OCSP responder gets it where it came under the custom name of a CA, else as it is."""
    host, path = request.headers.get("host", ""), request.target
    with store.lock:
        for authority in store.authorities.values():
            found = _find_place(authority, host + path)
            if found is not None:
                own_host, slash, own_path = found.partition("/")
                headers = {**request.headers, "host": own_host}
                return dataclasses.replace(request, target=slash + own_path, headers=headers)
    return request


def _find_place(authority: CertificateAuthority, location: str) -> str | None:
    """Host and target that stand behind a location (both without scheme), if it is under a custom name of the CA."""
    crl, responder = authority.revocation["CrlConfiguration"], authority.revocation["OcspConfiguration"]
    key = _strip_name(crl.get("CustomCname"), location)
    if key is not None and authority.uuid in key:
        return bucket_location(authority, "path") + key
    question = _strip_name(responder.get("OcspCustomCname"), location)
    return None if question is None else responder_host(authority) + question


def _strip_name(name: str | None, location: str) -> str | None:
    """What follows a custom name, with its slash; None for a location that is not under it."""
    if not name or not (location.lower() + "/").startswith(name.lower() + "/"):
        return None
    return location[len(name) :] or "/"
