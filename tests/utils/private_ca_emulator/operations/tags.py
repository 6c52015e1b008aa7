# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""TagCertificateAuthority, UntagCertificateAuthority, ListTags."""

from __future__ import annotations

from private_ca_emulator import paging, tagging
from private_ca_emulator.authorization import find_authority
from private_ca_emulator.errors import invalid_state
from private_ca_emulator.records import CertificateAuthority
from private_ca_emulator.service import Call, Members, PrivateCa


def find_settled(service: PrivateCa, call: Call) -> CertificateAuthority:
    """The CA in any status but CREATING, FAILED and DELETED, as tags, permissions and policies need it (5.2)."""
    authority = find_authority(service, call)
    status = authority.status_at(service.clock.now())
    if status in ("CREATING", "FAILED", "DELETED"):
        raise invalid_state(f"The certificate authority {authority.arn} is in the state {status}.")
    return authority


def tag_certificate_authority(service: PrivateCa, call: Call) -> Members:
    """TagCertificateAuthority: replaces the value of a key that is there."""
    authority = find_settled(service, call)
    authority.tags = tagging.merge_tags(authority.tags, call.members["Tags"])
    return {}


def untag_certificate_authority(service: PrivateCa, call: Call) -> Members:
    """UntagCertificateAuthority."""
    authority = find_settled(service, call)
    authority.tags = tagging.remove_tags(authority.tags, call.members["Tags"])
    return {}


def list_tags(service: PrivateCa, call: Call) -> Members:
    """ListTags."""
    authority = find_settled(service, call)
    tags = [{"Key": key, "Value": value} for key, value in authority.tags.items()]
    page, token = paging.cut_page(tags, call.members, 1000)
    return {**({"Tags": page} if page else {}), **token}
