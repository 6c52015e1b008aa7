# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Lists that the service gives in pages."""

from __future__ import annotations

from typing import Any, Callable


def collect_pages(call: Callable[..., Any], name: str, member: str, **parameters: Any) -> list[Any]:
    """Return all entries of ``member`` over the pages of the boto3 operation ``name``, fetched by ``call``."""
    entries: list[Any] = []
    while True:
        reply = call(name, **parameters)
        entries += reply.get(member, [])
        if not reply.get("NextToken"):
            return entries
        parameters["NextToken"] = reply["NextToken"]
