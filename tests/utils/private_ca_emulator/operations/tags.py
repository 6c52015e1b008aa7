# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""TagCertificateAuthority, UntagCertificateAuthority, ListTags."""

from __future__ import annotations

from private_ca_emulator import paging, tagging
from private_ca_emulator.operations.states import find_settled
from private_ca_emulator.service import Call, Members, PrivateCa


def tag_certificate_authority(service: PrivateCa, call: Call) -> Members:
    """TagCertificateAuthority: replaces the value of a key that is there."""
    authority = find_settled(service, call)
    authority.tags = tagging.merge_tags(authority.tags, call.members["Tags"])
    service.store.note_authority(authority)
    return {}


def untag_certificate_authority(service: PrivateCa, call: Call) -> Members:
    """UntagCertificateAuthority."""
    authority = find_settled(service, call)
    authority.tags = tagging.remove_tags(authority.tags, call.members["Tags"])
    service.store.note_authority(authority)
    return {}


def list_tags(service: PrivateCa, call: Call) -> Members:
    """ListTags."""
    authority = find_settled(service, call)
    tags = {(key,): {"Key": key, "Value": value} for key, value in authority.tags.items()}
    page, token = paging.cut_page(call, tags, 1000, service.settings.list_tags_token_error)
    return {**({"Tags": page} if page else {}), **token}
