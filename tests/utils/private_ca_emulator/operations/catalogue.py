# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The table from an operation's name to its function."""

from __future__ import annotations

from private_ca_emulator.operations import authorities, certificates, installation, revocation
from private_ca_emulator.service import Operation

OPERATIONS: dict[str, Operation] = {
    "CreateCertificateAuthority": authorities.create_certificate_authority,
    "DescribeCertificateAuthority": authorities.describe_certificate_authority,
    "ListCertificateAuthorities": authorities.list_certificate_authorities,
    "UpdateCertificateAuthority": authorities.update_certificate_authority,
    "DeleteCertificateAuthority": authorities.delete_certificate_authority,
    "RestoreCertificateAuthority": authorities.restore_certificate_authority,
    "GetCertificateAuthorityCsr": installation.get_certificate_authority_csr,
    "ImportCertificateAuthorityCertificate": installation.import_certificate_authority_certificate,
    "GetCertificateAuthorityCertificate": installation.get_certificate_authority_certificate,
    "IssueCertificate": certificates.issue_certificate,
    "GetCertificate": certificates.get_certificate,
    "RevokeCertificate": revocation.revoke_certificate,
}
