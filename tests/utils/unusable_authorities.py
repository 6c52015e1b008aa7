# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""CAs on an emulator of which none can issue, each for another reason."""

from __future__ import annotations

from typing import Any

from private_ca_emulator import seeding
from private_ca_emulator.control import EmulatorControl

REMEDIES = {
    "DISABLED": "Enable the CA",
    "DELETED": "Restore the CA",
    "PENDING_CERTIFICATE": "Import the CA's certificate first",
    "EXPIRED": "Issue and import a new certificate for the CA",
}
"""What an error has to say of a CA in the status."""


def create_unusable_authorities(client: Any, control: EmulatorControl) -> dict[str, str]:
    """Return the ARN of a CA in each status of ``REMEDIES``; the emulator's clock goes on by two days."""
    disabled, deleted = seeding.create_active_root(client), seeding.create_active_root(client)
    for arn in (disabled, deleted):
        client.update_certificate_authority(CertificateAuthorityArn=arn, Status="DISABLED")
    client.delete_certificate_authority(CertificateAuthorityArn=deleted)
    pending = client.create_certificate_authority(
        CertificateAuthorityConfiguration={
            "KeyAlgorithm": "EC_prime256v1",
            "SigningAlgorithm": "SHA256WITHECDSA",
            "Subject": {"CommonName": "Pending"},
        },
        CertificateAuthorityType="SUBORDINATE",
        IdempotencyToken="pending",
    )["CertificateAuthorityArn"]
    expired = seeding.create_active_root(client, days=1)
    control.advance(2 * 86400)
    return {"DISABLED": disabled, "DELETED": deleted, "PENDING_CERTIFICATE": pending, "EXPIRED": expired}
