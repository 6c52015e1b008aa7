# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Documentation of the ledger's options and of the shared limits (``_issuance_options``)."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  ledger:
    description:
      - Where it is remembered what was asked of the CA, so that a certificate is asked for once.
      - With V(none) only the service's own memory of five minutes protects from a second certificate.
    type: str
    choices: [sqlite, none]
    default: sqlite
  ledger_path:
    description: The ledger's file; by default below C($XDG_STATE_HOME) (C(~/.local/state)).
    type: path
"""

    LIMITS = r"""
options:
  max_issuances:
    description:
      - The most certificates that may be asked of the CA in O(max_issuances_period); more are refused before the call.
      - All who use the same ledger share the count.
    type: int
  max_issuances_period:
    description: The period of O(max_issuances), in seconds. Periods are counted from the epoch.
    type: int
    default: 86400
  requests_per_second:
    description:
      - The rate of C(IssueCertificate) that all who use the same ledger share. V(0) is no limit.
      - The service's default quota is 25.
    type: float
    default: 20.0
"""
