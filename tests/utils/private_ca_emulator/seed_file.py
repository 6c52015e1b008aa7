# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Certificate authorities, buckets, access keys and settings from a YAML file; the guide shows one.

CAs keep the ARNs that the file gives them. One that the state directory already holds is left as it is.
"""

from __future__ import annotations

import json
import uuid
from pathlib import Path
from typing import Any

import yaml

from private_ca_emulator.accounts import Caller, RegisteredKey
from private_ca_emulator.bucket_grants import BUCKET_ACTIONS, OBJECT_ACTIONS, SERVICE_PRINCIPALS
from private_ca_emulator.buckets import create_bucket
from private_ca_emulator.errors import ServiceError
from private_ca_emulator.operations.authorities import build_authority, check_count
from private_ca_emulator.records import AUTHORITY_ARN, CertificateAuthority
from private_ca_emulator.seeding import default_signing_algorithm, template_arn
from private_ca_emulator.service import Call, PrivateCa

_SECTIONS = {"settings", "access_keys", "buckets", "certificate_authorities"}
_AUTHORITY = {
    "arn", "type", "subject", "key_algorithm", "signing_algorithm", "validity_days", "issuer", "template",
    "usage_mode", "revocation_configuration", "tags", "key_storage_security_standard",
}  # fmt: skip
_NOT_AS_SHOWN = (ServiceError, AttributeError, KeyError, TypeError, ValueError)
"""What an entry of another shape than the guide's ends in."""


class SeedError(Exception):
    """The seed file cannot be carried out; the text says which entry and why."""


def read_seed(path: Path) -> dict[str, Any]:
    """The parsed file; SeedError when it is not YAML or has an unknown section."""
    try:
        seed = yaml.safe_load(path.read_text())
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise SeedError(f"{path}: {error}") from error
    _check_sections(seed, str(path))
    return dict(seed)


def _check_sections(seed: Any, place: str) -> None:
    if not isinstance(seed, dict) or set(seed) - _SECTIONS:
        raise SeedError(f"{place}: the sections are {sorted(_SECTIONS)}")


def apply_seed(service: PrivateCa, seed: dict[str, Any]) -> list[str]:
    """Carry out a seed; the ARNs of the CAs that were made. SeedError names the entry that the service refused."""
    _check_sections(seed, "seed")
    try:
        service.settings.change(seed.get("settings") or {})
        for key in seed.get("access_keys") or []:
            details = [key.get(name) for name in ("arn", "policies", "secret_access_key")]
            service.accounts.keys[key["access_key_id"]] = RegisteredKey(str(key["account"]), *details)
        for bucket in seed.get("buckets") or []:
            _make_bucket(service, bucket)
        entries = list(seed.get("certificate_authorities") or [])
    except _NOT_AS_SHOWN as error:
        raise SeedError(f"seed: {error}") from error
    with service.store.lock:
        return [entry["arn"] for entry in entries if _make_authority(service, entry)]


def _make_bucket(service: PrivateCa, bucket: dict[str, str]) -> None:
    name, region = bucket["name"], bucket.get("region", "us-east-1")
    partition = service.accounts.find_partition(region)
    arn = f"arn:{partition}:s3:::{name}"
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": list(SERVICE_PRINCIPALS)},
        "Action": [*BUCKET_ACTIONS, *OBJECT_ACTIONS],
        "Resource": [arn, f"{arn}/*"],
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    create_bucket(name, partition, region, str(bucket.get("account", "123456789012")), policy)


def _perform(service: PrivateCa, caller: Caller, operation: str, **members: Any) -> dict[str, Any]:
    return service.operations[operation](service, Call(operation, caller, members)) or {}


def _make_authority(service: PrivateCa, entry: dict[str, Any]) -> bool:
    """Make one CA ACTIVE; False when it is there already."""
    found = AUTHORITY_ARN.fullmatch(str(entry.get("arn"))) if isinstance(entry, dict) else None
    if found is None or set(entry) - _AUTHORITY:
        raise SeedError(f"certificate_authorities: {entry} needs the ARN of a CA; it takes {sorted(_AUTHORITY)}")
    arn = entry["arn"]
    if arn in service.store.authorities:
        return False
    partition, region, account = arn.split(":")[1], found.group(1), found.group(2)
    caller = Caller(account, f"arn:{partition}:iam::{account}:root", "seed", region, partition)
    with service.store.change():
        try:
            authority = _create(service, caller, entry)
            _certify(service, caller, authority, entry)
            authority.ready_at = 0.0
        except _NOT_AS_SHOWN as error:
            service.store.authorities.pop(arn, None)
            raise SeedError(f"certificate_authorities: {arn}: {error}") from error
    return True


def _create(service: PrivateCa, caller: Caller, entry: dict[str, Any]) -> CertificateAuthority:
    key_algorithm = entry.get("key_algorithm", "EC_prime256v1")
    members = {
        "CertificateAuthorityConfiguration": {
            "KeyAlgorithm": key_algorithm,
            "SigningAlgorithm": entry.get("signing_algorithm", default_signing_algorithm(key_algorithm)),
            "Subject": entry["subject"],
        },
        "CertificateAuthorityType": entry["type"],
        "RevocationConfiguration": entry.get("revocation_configuration"),
        "UsageMode": entry.get("usage_mode"),
        "KeyStorageSecurityStandard": entry.get("key_storage_security_standard"),
        "Tags": [{"Key": key, "Value": str(value)} for key, value in entry.get("tags", {}).items()] or None,
    }
    given = {name: value for name, value in members.items() if value is not None}
    operation = "CreateCertificateAuthority"
    call = Call(operation, caller, service.validator.check_request(operation, given))
    check_count(service, call)
    authority = build_authority(service, call, entry["arn"])
    authority.ready_at = 0.0
    service.store.authorities[authority.arn] = authority
    return authority


def _certify(service: PrivateCa, caller: Caller, authority: CertificateAuthority, entry: dict[str, Any]) -> None:
    root = entry["type"] == "ROOT"
    issuer = service.store.authorities[authority.arn if root else entry["issuer"]]
    template = entry.get("template", "RootCACertificate" if root else "SubordinateCACertificate_PathLen0")
    days = entry.get("validity_days", 3650 if root else 1095)
    arn = _perform(
        service,
        caller,
        "IssueCertificate",
        CertificateAuthorityArn=issuer.arn,
        Csr=authority.csr.encode(),
        SigningAlgorithm=issuer.configuration["SigningAlgorithm"],
        TemplateArn=template_arn(issuer.arn, template),
        Validity={"Type": "DAYS", "Value": days},
        IdempotencyToken=str(uuid.uuid4()),
    )["CertificateArn"]
    issued = issuer.certificates[arn.rpartition("/")[2]]
    issued.ready_at = issued.issued_at
    names = {"CertificateAuthorityArn": issuer.arn, "CertificateArn": arn}
    signed = _perform(service, caller, "GetCertificate", **names)
    chain = {"CertificateChain": signed["CertificateChain"].encode()} if "CertificateChain" in signed else {}
    certificate = signed["Certificate"].encode()
    _perform(
        service,
        caller,
        "ImportCertificateAuthorityCertificate",
        CertificateAuthorityArn=authority.arn,
        Certificate=certificate,
        **chain,
    )
