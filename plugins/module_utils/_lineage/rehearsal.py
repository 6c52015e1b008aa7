# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What would keep this host from doing what is due, found before anything is written: the same in check mode."""

from __future__ import annotations

import os

from .._errors import UnusableState
from .._generations.links import check_links
from .._generations.location import find_inherited_group, refuse_unwritable
from .._generations.plan import FilePlan
from .._x509.library import require_cryptography
from .._x509.requests import start_request
from .judgement import RequestOptions


def rehearse(options: RequestOptions, action: str) -> None:
    """Raise what would keep this host from making a request, from taking its certificate, or from what else is due."""
    lineage = options.lineage
    if action == "issue":
        require_cryptography()
    if action == "issue" and options.makes_keys:
        start_request(lineage.wanted.subject or {}, lineage.wanted.subject_alternative_names or ())
    refuse_unwritable(lineage.base_directory, lineage.name)
    refuse_other_owners(lineage.plan, find_inherited_group(lineage.base_directory, lineage.name))
    check_links(lineage.base_directory, lineage.name, lineage.plan)


def refuse_other_owners(plan: FilePlan, inherited: int | None) -> None:
    """Raise ``UnusableState`` where files are to be given to a user or group that only root can give them to.

    ``inherited`` is the group that they have anyway.
    """
    if os.geteuid() == 0:
        return
    users, groups = {None, os.geteuid()}, {None, inherited, os.getegid(), *os.getgroups()}
    for attributes in (plan.certificates, plan.keys):
        if attributes.uid not in users or attributes.gid not in groups:
            raise UnusableState(
                "Failed to plan the files",
                because="only root can give a file to another user, or to a group that its owner is not in",
                remedy="Run the task with become, or leave owner and group out",
            )
