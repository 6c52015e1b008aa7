# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Serials of certificates (RFC 5280 section 4.1.2.2) as people, OpenSSL and AWS spell them."""

from __future__ import annotations

import re

from .._errors import InvalidInput


def read_serial(text: str) -> str:
    """Return a serial in lower-case hex without leading zeros, from any usual spelling of a hexadecimal number."""
    digits = re.sub(r"[\s:.-]", "", re.sub(r"(?i)^\s*(serial(\s*number)?\s*[=:])?\s*(0x)?", "", text)).lower()
    if not re.fullmatch(r"[0-9a-f]{1,64}", digits):
        raise InvalidInput(
            "Failed to read the serial",
            because="it is no hexadecimal number",
            on=text,
            remedy="Give it like 0a:1b:2c, 0A1B2C or 0x0a1b2c, never in decimal",
        )
    return digits.lstrip("0") or "0"


def spell_serial(serial: str) -> str:
    """Return the serial as the service's guide shows it: lower-case pairs of digits with colons."""
    padded = serial.zfill(len(serial) + len(serial) % 2)
    return ":".join(padded[index : index + 2] for index in range(0, len(padded), 2))
