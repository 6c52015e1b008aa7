# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ansible callback: at the end of the run, write how many tasks each host saw change or fail. Costs nothing before."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from ansible.plugins.callback import CallbackBase

DOCUMENTATION = """
name: count_outcomes
type: notification
short_description: Record for benchmarks how each host fared
description:
  - Writes one JSON object to the file that the environment variable E(COUNT_OUTCOMES) names.
"""


class CallbackModule(CallbackBase):
    """Writes the recap that Ansible keeps anyway: no work for each result, so that no contestant pays for it."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "notification"
    CALLBACK_NAME = "count_outcomes"
    CALLBACK_NEEDS_ENABLED = True

    def v2_playbook_on_stats(self, stats: Any) -> None:
        """Write the recap: host to number of tasks that were ok, changed, failed or found it unreachable."""
        recap = {host: stats.summarize(host) for host in stats.processed}
        Path(os.environ["COUNT_OUTCOMES"]).write_text(json.dumps(recap), encoding="utf-8")
