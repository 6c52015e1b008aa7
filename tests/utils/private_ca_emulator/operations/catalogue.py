# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The table from an operation's name to its function."""

from __future__ import annotations

from private_ca_emulator.operations import (
    audit_reports,
    authorities,
    certificates,
    installation,
    permissions,
    policies,
    revocation,
    tags,
)
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
    "CreateCertificateAuthorityAuditReport": audit_reports.create_audit_report,
    "DescribeCertificateAuthorityAuditReport": audit_reports.describe_audit_report,
    "CreatePermission": permissions.create_permission,
    "DeletePermission": permissions.delete_permission,
    "ListPermissions": permissions.list_permissions,
    "PutPolicy": policies.put_policy,
    "GetPolicy": policies.get_policy,
    "DeletePolicy": policies.delete_policy,
    "TagCertificateAuthority": tags.tag_certificate_authority,
    "UntagCertificateAuthority": tags.untag_certificate_authority,
    "ListTags": tags.list_tags,
}
