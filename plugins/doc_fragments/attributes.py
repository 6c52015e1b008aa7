# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What Ansible asks of every module; one that has more to say of an attribute states it whole itself."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
attributes:
  check_mode:
    description: Whether the task can say what it would do without doing it.
    support: full
  diff_mode:
    description: Whether the task can show what it changes.
    support: full
  idempotent:
    description: Whether a second run with the same options changes nothing.
    support: full
"""

    READS = r"""
attributes:
  check_mode:
    description: Whether the task can say what it would do without doing it.
    support: full
    details: The task only reads.
  diff_mode:
    description: Whether the task can show what it changes.
    support: N/A
    details: The task only reads.
  idempotent:
    description: Whether a second run with the same options changes nothing.
    support: full
"""

    ACTION_GROUP = r"""
attributes:
  action_group:
    description: The group by which C(module_defaults) gives all of these modules the same options, such as O(region).
    support: full
    membership:
      - fleet_pki.aws_private_ca.acm_pca
"""
