# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

from ansible_collections.fleet_pki.aws_private_ca.plugins.plugin_utils._summary import summarize_certificates

DOCUMENTATION = r"""
name: summarize_certificates
short_description: Sum up what happened to the certificates of a play
version_added: 0.1.0
author:
  - The fleet_pki.aws_private_ca authors (@fleet-pki)
description:
  - Sums up the results of M(fleet_pki.aws_private_ca.host_certificate) on all hosts, as lines for people.
  - The role P(fleet_pki.aws_private_ca.host_certificate#role) ends with it.
options:
  _input:
    description: Host name to the registered result of the task on that host; with or without a loop.
    type: dict
    required: true
  predicted:
    description: Whether the results are those of check mode.
    type: bool
    default: false
  lost:
    description: Hosts that the play gave up, as they failed or could not be reached. Those without a result are named.
    type: list
    elements: str
    default: []
"""

EXAMPLES = r"""
- name: Sum up
  ansible.builtin.debug:
    msg: "{{ {inventory_hostname: web_certificate} | fleet_pki.aws_private_ca.summarize_certificates }}"
"""

RETURN = r"""
_value:
  description: One line for each kind of outcome, then one for each failure, then the next renewals, three at most.
  type: list
  elements: str
  sample:
    - "issued: 2 (web-01 web, web-02 web)"
    - "unchanged: 6"
    - "next renewal: 2027-01-20T03:12:44Z (web-05 web), then 2027-01-21T11:40:02Z (web-03 web)"
"""


class FilterModule:
    """The filter ``summarize_certificates``."""

    def filters(self) -> dict[str, Any]:
        """Return the filter by name."""
        return {"summarize_certificates": summarize_certificates}
