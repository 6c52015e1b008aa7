# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The operations of AWS Private CA on what surrounds a CA: revocation, permissions, policies and audit reports."""

from __future__ import annotations

from typing import Any, Mapping, Sequence

from .api import PrivateCaApi, operation
from .errors import Fault, take_member
from .paging import collect_pages


class GovernanceApi(PrivateCaApi):
    """``PrivateCaApi`` with the operations that govern who may use a CA and what of its certificates still counts."""

    @operation("revoke the certificate")
    def revoke_certificate(self, arn: str, serial: str, reason: str) -> None:
        """Revoke the CA's certificate with this serial (hexadecimal)."""
        parameters = {"CertificateSerial": serial, "RevocationReason": reason}
        self._carry_out("revoke_certificate", _is_revoked, CertificateAuthorityArn=arn, **parameters)

    @operation("get the certificate of the certificate authority")
    def get_certificate_authority_certificate(self, arn: str) -> str:
        """Return the CA's certificate as PEM."""
        reply = self._call("get_certificate_authority_certificate", CertificateAuthorityArn=arn)
        return str(take_member(reply, "Certificate"))

    @operation("list the permissions of the certificate authority")
    def list_permissions(self, arn: str) -> list[Mapping[str, Any]]:
        """Return the permissions that service principals have on the CA."""
        return collect_pages(self._call, "list_permissions", "Permissions", CertificateAuthorityArn=arn)

    @operation("grant the permission")
    def create_permission(self, arn: str, principal: str, account: str | None, actions: Sequence[str]) -> None:
        """Grant the principal these actions on the CA."""
        parameters: dict[str, Any] = {"Principal": principal, "Actions": list(actions), **_source_account(account)}
        self._carry_out("create_permission", _is_granted, CertificateAuthorityArn=arn, **parameters)

    @operation("withdraw the permission")
    def delete_permission(self, arn: str, principal: str, account: str | None) -> None:
        """Withdraw the principal's permission on the CA."""
        parameters: dict[str, Any] = {"Principal": principal, **_source_account(account)}
        self._carry_out("delete_permission", _is_withdrawn, CertificateAuthorityArn=arn, **parameters)

    @operation("get the resource policy of the certificate authority")
    def get_policy(self, arn: str) -> str:
        """Return the CA's resource policy as JSON text."""
        return str(take_member(self._call("get_policy", ResourceArn=arn), "Policy"))

    @operation("put the resource policy of the certificate authority")
    def put_policy(self, arn: str, policy: str) -> None:
        """Set the CA's resource policy, a JSON text."""
        self._call("put_policy", ResourceArn=arn, Policy=policy)

    @operation("delete the resource policy of the certificate authority")
    def delete_policy(self, arn: str) -> None:
        """Delete the CA's resource policy; there need not be one."""
        self._call("delete_policy", ResourceArn=arn)

    @operation("request an audit report of the certificate authority")
    def create_certificate_authority_audit_report(self, arn: str, bucket: str, report_format: str) -> tuple[str, str]:
        """Return the new report's id and S3 key; ``report_format`` is JSON or CSV."""
        reply = self._call(
            "create_certificate_authority_audit_report",
            CertificateAuthorityArn=arn,
            S3BucketName=bucket,
            AuditReportResponseFormat=report_format,
        )
        return str(take_member(reply, "AuditReportId")), str(take_member(reply, "S3Key"))

    @operation("describe the audit report of the certificate authority")
    def describe_certificate_authority_audit_report(self, arn: str, report_id: str) -> Mapping[str, Any]:
        """Return the report's record: AuditReportStatus, S3BucketName, S3Key and CreatedAt."""
        parameters = {"CertificateAuthorityArn": arn, "AuditReportId": report_id}
        record: Mapping[str, Any] = self._call("describe_certificate_authority_audit_report", **parameters)
        return record


def _is_revoked(refusal: Fault) -> bool:
    return refusal.code in ("RequestAlreadyProcessedException", "RequestInProgressException")


def _is_granted(refusal: Fault) -> bool:
    return refusal.code == "PermissionAlreadyExistsException"


def _is_withdrawn(refusal: Fault) -> bool:
    return refusal.code == "ResourceNotFoundException"


def _source_account(account: str | None) -> dict[str, str]:
    return {} if account is None else {"SourceAccount": account}
