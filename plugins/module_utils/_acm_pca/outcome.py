# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The outcome of a resource module: ``changed``, steps and diff come from one plan."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Mapping


@dataclass(frozen=True)
class Outcome:
    """What a resource module did or, in check mode, would do.

    ``steps`` are sentences in order; there is a change exactly if there is a step. ``before`` and ``after``
    are the compared facts (None: the resource is not there) and the same in check mode as in a real run.
    ``resource`` is the full result as the ``_info`` twin gives it, None when there is none to show.
    """

    steps: tuple[str, ...]
    before: Mapping[str, Any] | None
    after: Mapping[str, Any] | None
    resource: Mapping[str, Any] | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)

    def result(self, key: str) -> dict[str, Any]:
        """Return the task's result, with the resource under ``key``."""
        return {
            "changed": bool(self.steps),
            "steps": list(self.steps),
            "diff": {"before": dict(self.before or {}), "after": dict(self.after or {})},
            key: self.resource,
            **self.extra,
        }
