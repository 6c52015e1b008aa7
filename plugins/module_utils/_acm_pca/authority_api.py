# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The operations of AWS Private CA on certificate authorities themselves: their life, their certificate, their tags."""

from __future__ import annotations

from typing import Any, Mapping, Sequence

from .api import PrivateCaApi, operation
from .errors import Fault, take_member
from .paging import collect_pages


class AuthorityApi(PrivateCaApi):
    """``PrivateCaApi`` with the operations that administer CAs; records are in the API's own shape."""

    @operation("list the certificate authorities")
    def list_certificate_authorities(self, owner: str) -> list[Mapping[str, Any]]:
        """Return the records of all CAs, deleted ones too; ``owner`` is SELF or OTHER_ACCOUNTS."""
        return collect_pages(self._call, "list_certificate_authorities", "CertificateAuthorities", ResourceOwner=owner)

    @operation("describe the certificate authority", "DescribeCertificateAuthority")
    def authority_record(self, arn: str) -> Mapping[str, Any]:
        """Return the CA's whole record (API operation DescribeCertificateAuthority)."""
        reply = self._call("describe_certificate_authority", CertificateAuthorityArn=arn)
        record: Mapping[str, Any] = take_member(reply, "CertificateAuthority")
        return record

    @operation("create the certificate authority")
    def create_certificate_authority(self, _name: str, request: Mapping[str, Any], token: str) -> str:
        """Return the ARN of the CA that ``request`` (the API's own members) makes; ``_name`` is for messages only."""
        reply = self._call("create_certificate_authority", IdempotencyToken=token, **request)
        return str(take_member(reply, "CertificateAuthorityArn"))

    @operation("update the certificate authority")
    def update_certificate_authority(self, arn: str, **changes: Any) -> None:
        """Set ``Status`` (ACTIVE, DISABLED) or ``RevocationConfiguration``, or both."""
        self._call("update_certificate_authority", CertificateAuthorityArn=arn, **changes)

    @operation("delete the certificate authority")
    def delete_certificate_authority(self, arn: str, days: int) -> None:
        """Delete the CA; it can be restored for ``days`` (7 to 30). One whose creation failed is gone at once."""

        def is_deleted(refusal: Fault) -> bool:
            if refusal.code == "ResourceNotFoundException":
                return True
            return refusal.code == "InvalidStateException" and self.authority_record(arn)["Status"] == "DELETED"

        parameters = {"CertificateAuthorityArn": arn, "PermanentDeletionTimeInDays": days}
        self._carry_out("delete_certificate_authority", is_deleted, **parameters)

    @operation("restore the certificate authority")
    def restore_certificate_authority(self, arn: str) -> None:
        """Undo the CA's deletion, inside its window."""

        def is_restored(refusal: Fault) -> bool:
            return refusal.code == "InvalidStateException" and self.authority_record(arn)["Status"] != "DELETED"

        self._carry_out("restore_certificate_authority", is_restored, CertificateAuthorityArn=arn)

    @operation("get the CSR of the certificate authority")
    def get_certificate_authority_csr(self, arn: str) -> str:
        """Return the CA's own CSR as PEM."""
        return str(take_member(self._call("get_certificate_authority_csr", CertificateAuthorityArn=arn), "Csr"))

    @operation("get the certificate of the certificate authority")
    def get_certificate_authority_certificate(self, arn: str) -> tuple[str, str | None]:
        """Return the CA's certificate and its chain up to the root as PEM; a root has no chain."""
        reply = self._call("get_certificate_authority_certificate", CertificateAuthorityArn=arn)
        return take_member(reply, "Certificate"), reply.get("CertificateChain")

    @operation("import the certificate of the certificate authority")
    def import_certificate_authority_certificate(self, arn: str, certificate: str, chain: str | None) -> None:
        """Install the CA's certificate; ``chain`` is without it, root last, and None for a root."""
        parameters: dict[str, Any] = {"CertificateAuthorityArn": arn, "Certificate": certificate.encode()}
        if chain:
            parameters["CertificateChain"] = chain.encode()
        self._call("import_certificate_authority_certificate", **parameters)

    @operation("list the tags of the certificate authority")
    def list_tags(self, arn: str) -> dict[str, str]:
        """Return the CA's tags."""
        tags = collect_pages(self._call, "list_tags", "Tags", CertificateAuthorityArn=arn)
        return {tag["Key"]: tag.get("Value", "") for tag in tags}

    @operation("tag the certificate authority")
    def tag_certificate_authority(self, arn: str, tags: Mapping[str, str]) -> None:
        """Set these tags, and leave the others."""
        self._call("tag_certificate_authority", CertificateAuthorityArn=arn, Tags=tag_list(tags))

    @operation("untag the certificate authority")
    def untag_certificate_authority(self, arn: str, keys: Sequence[str]) -> None:
        """Remove the tags with these keys, whatever their values."""
        self._call("untag_certificate_authority", CertificateAuthorityArn=arn, Tags=[{"Key": key} for key in keys])


def tag_list(tags: Mapping[str, str]) -> list[dict[str, str]]:
    """Return tags as the API has them."""
    return [{"Key": key, "Value": str(value)} for key, value in sorted(tags.items())]
