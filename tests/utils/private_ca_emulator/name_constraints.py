# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Name constraints of the issuing CA (RFC 5280 section 4.2.1.10) applied to what is about to be signed."""

from __future__ import annotations

import ipaddress
from typing import Any

from cryptography import x509

from private_ca_emulator import der
from private_ca_emulator.issuance import Plan
from private_ca_emulator.records import CertificateAuthority
from private_ca_emulator.signing_requests import SUBJECT_ALTERNATIVE_NAME

_DNS, _ADDRESS = 0x82, 0x87


def find_breach(authority: CertificateAuthority, plan: Plan) -> str | None:
    """Why the planned names break the CA's name constraints; None when they do not. DNS names and IP addresses."""
    constraints = _find_constraints(authority)
    if constraints is None or SUBJECT_ALTERNATIVE_NAME not in plan.extensions:
        return None
    try:
        encoded = der.content_of(plan.extensions[SUBJECT_ALTERNATIVE_NAME][1], der.SEQUENCE)
        names = [_read_name(tag, content) for tag, content in der.walk(encoded) if tag in (_DNS, _ADDRESS)]
    except ValueError:
        return None
    for name in names:
        if _breaks(name, constraints):
            return f"The name {name} is not permitted by the name constraints of the certificate authority."
    return None


def _find_constraints(authority: CertificateAuthority) -> x509.NameConstraints | None:
    if authority.installed is None:
        return None
    try:
        return authority.installed.certificate.extensions.get_extension_for_class(x509.NameConstraints).value
    except x509.ExtensionNotFound:
        return None


def _read_name(tag: int, content: bytes) -> Any:
    return content.decode("ascii").lower() if tag == _DNS else ipaddress.ip_address(content)


def _matches(name: Any, subtree: x509.GeneralName) -> bool:
    if isinstance(name, str):
        base = subtree.value.lower().lstrip(".") if isinstance(subtree, x509.DNSName) else None
        return base is not None and (name == base or name.endswith("." + base) or base == "")
    network = subtree.value if isinstance(subtree, x509.IPAddress) else None
    return isinstance(network, (ipaddress.IPv4Network, ipaddress.IPv6Network)) and name in network


def _breaks(name: Any, constraints: x509.NameConstraints) -> bool:
    kind = x509.DNSName if isinstance(name, str) else x509.IPAddress
    permitted = [subtree for subtree in constraints.permitted_subtrees or [] if isinstance(subtree, kind)]
    excluded = constraints.excluded_subtrees or []
    if any(_matches(name, subtree) for subtree in excluded):
        return True
    return bool(permitted) and not any(_matches(name, subtree) for subtree in permitted)
