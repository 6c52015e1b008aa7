# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The option ``region`` where the ARN of a CA or certificate names the region."""

from __future__ import annotations

from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.modules import aws_argument_spec


def make_region_option() -> dict[str, Any]:
    """Return amazon.aws's own option, which differs between its releases, without its environment variables."""
    region = aws_argument_spec()["region"]
    return {"region": {name: value for name, value in region.items() if name != "fallback"}}
