# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Name constraints of the issuing CA and of those above it (RFC 5280 section 4.2.1.10), applied before it signs.

DNS names, IP addresses, mailboxes, URIs and directory names are judged, the subject among the latter; the section gives
no rule for the other kinds. Names that cannot be parsed pass: the service copies SANs without validation (reference 4).
"""

from __future__ import annotations

import contextlib
import ipaddress
import urllib.parse
from collections.abc import Callable, Iterator
from typing import Any

from cryptography import x509
from cryptography.x509.oid import NameOID

from private_ca_emulator import der
from private_ca_emulator.issuance import Plan
from private_ca_emulator.records import CertificateAuthority
from private_ca_emulator.signing_requests import SUBJECT_ALTERNATIVE_NAME

Kind = type[x509.GeneralName]
_READERS: dict[int, tuple[Kind, Callable[[bytes], Any]]] = {
    0x81: (x509.RFC822Name, lambda content: content.decode("ascii")),
    0x82: (x509.DNSName, lambda content: content.decode("ascii")),
    0xA4: (x509.DirectoryName, x509.Name.from_bytes),
    0x86: (x509.UniformResourceIdentifier, lambda content: content.decode("ascii")),
    0x87: (x509.IPAddress, ipaddress.ip_address),
}


def find_breach(authority: CertificateAuthority, plan: Plan) -> str | None:
    """Why the planned names break the CA's name constraints; None when they do not."""
    if authority.installed is None or not authority.installed.name_constraints:
        return None
    for kind, name in _list_names(plan):
        if any(_breaks(kind, name, constraints) for constraints in authority.installed.name_constraints):
            shown = name.rfc4514_string() if isinstance(name, x509.Name) else name
            return f"The name {shown} is not permitted by the name constraints of the certificate authority."
    return None


def _list_names(plan: Plan) -> list[tuple[Kind, Any]]:
    """Subject and alternative names; the subject's mailboxes where no alternative name is one."""
    named = list(_read_alternative_names(plan))
    if list(plan.subject):
        named.append((x509.DirectoryName, plan.subject))
    if all(kind is not x509.RFC822Name for kind, _name in named):
        mailboxes = plan.subject.get_attributes_for_oid(NameOID.EMAIL_ADDRESS)
        named.extend((x509.RFC822Name, str(mailbox.value)) for mailbox in mailboxes)
    return named


def _read_alternative_names(plan: Plan) -> Iterator[tuple[Kind, Any]]:
    _critical, encoded = plan.extensions.get(SUBJECT_ALTERNATIVE_NAME, (False, der.encode(der.SEQUENCE, b"")))
    try:
        encoded_names = list(der.walk(der.content_of(encoded, der.SEQUENCE)))
    except ValueError:
        return
    for tag, content in encoded_names:
        if tag in _READERS:
            kind, read = _READERS[tag]
            with contextlib.suppress(ValueError):
                yield kind, read(content)


def _is_host_within(host: str, base: str) -> bool:
    """A constraint on hosts: with a leading dot it means any host of that domain, otherwise that host alone."""
    return host.endswith(base.lower()) if base.startswith(".") else host == base.lower()


def _is_dns_name_within(name: str, base: str) -> bool:
    name, base = name.lower(), base.lower().lstrip(".")
    return not base or name == base or name.endswith("." + base)


def _is_mailbox_within(name: str, base: str) -> bool:
    local, _at, host = name.rpartition("@")
    base_local, _base_at, base_host = base.rpartition("@")
    return (not base_local or local == base_local) and _is_host_within(host.lower(), base_host)


def _is_uri_within(name: str, base: str) -> bool:
    return _is_host_within(_find_host(name), base)


def _find_host(uri: str) -> str:
    """The host of a URI; empty where it has none, or one in brackets that do not close."""
    try:
        return urllib.parse.urlsplit(uri).hostname or ""
    except ValueError:
        return ""


def _is_address_within(name: Any, base: Any) -> bool:
    return name in base


def _fold(name: x509.Name) -> list[set[tuple[str, str]]]:
    """Relative names for comparison: without regard to case and to repeated spaces (RFC 5280 section 7.1)."""
    return [
        {(item.oid.dotted_string, " ".join(str(item.value).split()).casefold()) for item in rdn} for rdn in name.rdns
    ]


def _is_directory_name_within(name: x509.Name, base: x509.Name) -> bool:
    wanted = _fold(base)
    return _fold(name)[: len(wanted)] == wanted


_WITHIN: dict[Kind, Callable[[Any, Any], bool]] = {
    x509.DNSName: _is_dns_name_within,
    x509.IPAddress: _is_address_within,
    x509.RFC822Name: _is_mailbox_within,
    x509.UniformResourceIdentifier: _is_uri_within,
    x509.DirectoryName: _is_directory_name_within,
}


def _breaks(kind: Kind, name: Any, constraints: x509.NameConstraints) -> bool:
    permitted, excluded = (
        [subtree.value for subtree in subtrees or [] if isinstance(subtree, kind)]
        for subtrees in (constraints.permitted_subtrees, constraints.excluded_subtrees)
    )
    if (permitted or excluded) and kind is x509.UniformResourceIdentifier and not _names_host(name):
        return True
    within = _WITHIN[kind]
    if any(within(name, base) for base in excluded):
        return True
    return bool(permitted) and not any(within(name, base) for base in permitted)


def _names_host(uri: str) -> bool:
    """Whether a URI has a host name to judge; one without is refused where URIs are constrained."""
    host = _find_host(uri)
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return "." in host
    return False
