# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Certificate revocation lists of the CAs that have them configured (reference 6.2, 6.3)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from private_ca_emulator.records import CertificateAuthority


class CrlPublisher:
    """Writes CRLs to the bucket that a CA's configuration names."""

    def check_bucket(self, account: str, region: str, revocation: Mapping[str, Any]) -> None:
        """Refuse a CRL configuration whose bucket the service could not write to."""

    def choose_partition(self, authority: CertificateAuthority) -> str | None:
        """The CRL partition that the next certificate belongs to; None for a complete CRL."""
        return None

    def schedule(self, authority: CertificateAuthority) -> None:
        """Note that the CA's CRL is out of date."""

    def publish_due(self, service: object) -> None:
        """Write every CRL whose time has come."""
