# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From the option ``source`` to what it names: how its order is read, and who brings the certificate."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ..module_utils._clock import Clock
from ..module_utils._host_argument_specs import ACM, PRIVATE_CA
from ._acm_order import read_acm_order
from ._acm_source import AcmSource, connect_certificates
from ._flow import Moment, Source
from ._issuer import RunIssuer
from ._order import Order, read_order
from ._run import RunMemory
from ._signing import SigningSource, hold_at_gate


@dataclass(frozen=True)
class ControlNode:
    """What a source needs of the control node. ``secure_channel`` makes sure that no secret is written to a disk."""

    memory: RunMemory
    clock: Clock
    moment: Moment
    log: Callable[[str], None]
    warn: Callable[[str], None]
    secure_channel: Callable[[], None]


def open_source(options: Mapping[str, Any], host: str, node: ControlNode) -> tuple[Order, Source]:
    """Return what the validated options ask for ``host``, and the source that they name. Raises InvalidInput."""
    return _OPENERS[options["source"]](options, host, node)


def _open_private_ca(options: Mapping[str, Any], host: str, node: ControlNode) -> tuple[Order, Source]:
    order = read_order(options, host)
    issuer = RunIssuer(options, node.memory, node.clock, node.log, node.warn)
    return order, SigningSource(order, issuer, hold_at_gate, node.moment)


def _open_acm(options: Mapping[str, Any], host: str, node: ControlNode) -> tuple[Order, Source]:
    order = read_acm_order(options, host)
    certificates = connect_certificates(options, order.region, node.memory, node.clock)
    return order, AcmSource(order, certificates, node.moment, node.secure_channel, node.warn)


_OPENERS: Mapping[str, Callable[[Mapping[str, Any], str, ControlNode], tuple[Order, Source]]] = {
    PRIVATE_CA: _open_private_ca,
    ACM: _open_acm,
}
