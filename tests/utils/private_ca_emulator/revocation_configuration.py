# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""CRL and OCSP configuration of a CA: its rules, and the URIs that it puts into certificates (reference 6.3, 6.4)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from private_ca_emulator import buckets
from private_ca_emulator.bucket_grants import dns_suffix
from private_ca_emulator.errors import invalid_args
from private_ca_emulator.records import CertificateAuthority

_OFF = {"CrlConfiguration": {"Enabled": False}, "OcspConfiguration": {"Enabled": False}}


def _check_disabled(name: str, section: Mapping[str, Any]) -> None:
    if not section["Enabled"] and len(section) > 1:
        raise invalid_args(f"A disabled {name} must not contain other members.")


def _check_cname(cname: str | None) -> None:
    if cname is not None and cname.lower().startswith(("http://", "https://")):
        raise invalid_args("A custom CNAME must not include a protocol prefix such as 'http://'.")


def _check_crl(crl: Mapping[str, Any]) -> None:
    if not crl["Enabled"]:
        return
    for member in ("S3BucketName", "ExpirationInDays"):
        if member not in crl:
            raise invalid_args(f"{member} is required when the CRL is enabled.")
    omits = crl.get("CrlDistributionPointExtensionConfiguration", {}).get("OmitExtension", False)
    if omits and "CustomCname" in crl:
        raise invalid_args("CustomCname cannot be used when the CRL distribution point extension is omitted.")


def normalize(asked: Mapping[str, Any] | None) -> dict[str, Any]:
    """The configuration as Describe shows it; InvalidArgsException when it breaks a rule."""
    chosen: dict[str, Any] = {**_OFF, **(asked or {})}
    crl, ocsp = chosen["CrlConfiguration"], chosen["OcspConfiguration"]
    _check_disabled("CRL configuration", crl)
    _check_disabled("OCSP configuration", ocsp)
    _check_cname(crl.get("CustomCname"))
    _check_cname(ocsp.get("OcspCustomCname"))
    _check_crl(crl)
    if crl["Enabled"]:
        chosen["CrlConfiguration"] = {"S3ObjectAcl": "PUBLIC_READ", "CrlType": "COMPLETE", **crl}
    return chosen


def crl_object_key(authority: CertificateAuthority, partition_id: str | None) -> str:
    """The S3 key of a CRL: the complete one, or one partition."""
    folder = str(authority.revocation["CrlConfiguration"].get("CustomPath", "crl")).strip("/")
    name = f"{authority.uuid}.crl" if partition_id is None else f"{authority.uuid}/{partition_id}.crl"
    return f"{folder}/{name}" if folder else name


def crl_uri(authority: CertificateAuthority, partition_id: str | None, style: str) -> str:
    """The URI that certificates name, in the `style` of the setting; always http, and in the bucket's own Region."""
    crl, key = authority.revocation["CrlConfiguration"], crl_object_key(authority, partition_id)
    return f"http://{crl.get('CustomCname') or bucket_location(authority, style)}/{key}"


def bucket_location(authority: CertificateAuthority, style: str) -> str:
    """Where S3 serves the bucket of the CRL: a host, and in the style `path` a path."""
    bucket = authority.revocation["CrlConfiguration"]["S3BucketName"]
    region = buckets.find_region(bucket, authority.region)
    host = f"s3.{region}.{dns_suffix(region)}"
    return f"{host}/{bucket}" if style == "path" else f"{bucket}.{host}"


def has_complete_crl(authority: CertificateAuthority) -> bool:
    """Whether the CA keeps one CRL of everything, which bounds what it can issue and revoke (reference 9)."""
    crl = authority.revocation["CrlConfiguration"]
    return bool(crl["Enabled"] and crl["CrlType"] == "COMPLETE")


def is_partitioned(authority: CertificateAuthority) -> bool:
    """Whether new certificates are listed in partitions."""
    return bool(authority.revocation["CrlConfiguration"].get("CrlType") == "PARTITIONED")


def names_distribution_point(authority: CertificateAuthority) -> bool:
    """Whether new certificates carry a CRL distribution point."""
    crl = authority.revocation["CrlConfiguration"]
    omits = crl.get("CrlDistributionPointExtensionConfiguration", {}).get("OmitExtension", False)
    return bool(crl["Enabled"] and not omits)


def responder_uri(authority: CertificateAuthority) -> str | None:
    """The OCSP URI that certificates name; None when OCSP is off."""
    ocsp = authority.revocation["OcspConfiguration"]
    if not ocsp["Enabled"]:
        return None
    return f"http://{ocsp.get('OcspCustomCname') or responder_host(authority)}"


def responder_host(authority: CertificateAuthority) -> str:
    """The OCSP responder's own name in the Region of the CA."""
    return f"ocsp.acm-pca.{authority.region}.{dns_suffix(authority.region)}"
