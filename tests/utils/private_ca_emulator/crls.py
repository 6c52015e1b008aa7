# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Certificate revocation lists (RFC 5280 section 5) written to S3 on the emulator's clock (reference 6.2, 6.3).

1. The first CRL appears when a certificate refers to it; until then there is only the permission test object.
2. A revocation is in the CRL `crl_delay` seconds later; a failed write is tried again after 15 minutes.
3. Half way to its nextUpdate a CRL is made anew. When each is due next is kept with its CA (`crl_due`), so that a
   restart of the emulator loses none.
4. A revoked certificate stays listed until it has expired and been listed once more.
5. What a switch of the CrlType leaves behind is kept up to date. A CRL without an issuing distribution point is one of
   all certificates (RFC 5280 section 5.2.5): so a partition always has one, and the complete CRL lists what is revoked
   in partitions too.
"""

from __future__ import annotations

import datetime
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import serialization

from private_ca_emulator import buckets, revocation_configuration
from private_ca_emulator.agenda import Agenda
from private_ca_emulator.bucket_grants import Writer
from private_ca_emulator.clock import Clock
from private_ca_emulator.errors import refused
from private_ca_emulator.records import CertificateAuthority, IssuedCertificate, Store
from private_ca_emulator.settings import Settings
from private_ca_emulator.signing import SCHEMES

RETRY_AFTER = 900
_BACKDATE = 3600
_DAY = 86400
_UTC = datetime.UTC
_ACLS = {"PUBLIC_READ": "public-read", "BUCKET_OWNER_FULL_CONTROL": "bucket-owner-full-control"}

REASONS = {
    "KEY_COMPROMISE": x509.ReasonFlags.key_compromise,
    "CERTIFICATE_AUTHORITY_COMPROMISE": x509.ReasonFlags.ca_compromise,
    "AFFILIATION_CHANGED": x509.ReasonFlags.affiliation_changed,
    "SUPERSEDED": x509.ReasonFlags.superseded,
    "CESSATION_OF_OPERATION": x509.ReasonFlags.cessation_of_operation,
    "PRIVILEGE_WITHDRAWN": x509.ReasonFlags.privilege_withdrawn,
    "A_A_COMPROMISE": x509.ReasonFlags.aa_compromise,
}
"""UNSPECIFIED is absent: RFC 5280 section 5.3.1 has it expressed by leaving the reason out."""


def to_datetime(epoch: float) -> datetime.datetime:
    """Whole seconds, UTC."""
    return datetime.datetime.fromtimestamp(int(epoch), _UTC)


def _build_entry(issued: IssuedCertificate) -> x509.RevokedCertificate:
    if issued.revocation is None:
        raise ValueError(f"{issued.arn_id} is not revoked")
    builder = x509.RevokedCertificateBuilder().serial_number(issued.serial)
    builder = builder.revocation_date(to_datetime(issued.revocation.at))
    reason = REASONS.get(issued.revocation.reason)
    if reason is not None:
        builder = builder.add_extension(x509.CRLReason(reason), critical=False)
    return builder.build()


def build_crl(
    authority: CertificateAuthority, partition_id: str | None, now: float, listed_since: float, uri_style: str
) -> x509.CertificateRevocationList:
    """A signed CRL of the CA, or of one partition; what had expired before `listed_since` is left out."""
    complete = partition_id is None and not revocation_configuration.is_partitioned(authority)
    installed, crl = authority.installed, authority.revocation["CrlConfiguration"]
    if installed is None:
        raise ValueError(f"{authority.arn} has no certificate")
    builder = x509.CertificateRevocationListBuilder(issuer_name=installed.certificate.subject)
    builder = builder.last_update(to_datetime(now - _BACKDATE))
    builder = builder.next_update(to_datetime(now + crl["ExpirationInDays"] * _DAY))
    identifier = x509.AuthorityKeyIdentifier(installed.subject_key_identifier, None, None)
    builder = builder.add_extension(identifier, critical=False)
    builder = builder.add_extension(x509.CRLNumber(int(now * 1000)), critical=False)
    if not complete:
        uri = x509.UniformResourceIdentifier(revocation_configuration.crl_uri(authority, partition_id, uri_style))
        point = x509.IssuingDistributionPoint([uri], None, False, False, None, False, False)
        builder = builder.add_extension(point, critical=True)
    for issued in authority.certificates.values():
        listed = issued.revocation is not None and (complete or issued.partition_id == partition_id)
        if listed and issued.not_after >= listed_since:
            builder = builder.add_revoked_certificate(_build_entry(issued))
    scheme = SCHEMES[authority.configuration["SigningAlgorithm"]]
    signed: x509.CertificateRevocationList = scheme.sign_with(builder, authority.key)
    return signed


@dataclass
class CrlPublisher:
    """Keeps the CRLs of every CA up to date in their buckets."""

    clock: Clock
    settings: Settings
    agenda: Agenda
    store: Store

    def check_bucket(self, revocation: Mapping[str, Any], account: str, arn: str) -> None:
        """Refuse a CRL configuration whose bucket the service could not write to; leaves its permission test object."""
        crl = revocation["CrlConfiguration"]
        if not crl["Enabled"]:
            return
        name, writer = crl["S3BucketName"], Writer(account, arn, self.settings.s3_bucket_check)
        public = crl["S3ObjectAcl"] == "PUBLIC_READ"
        key = buckets.TEST_KEY + ("" if public else "-private")
        buckets.check_writable(name, writer, key, self.settings.bucket_refusal_error)
        if public and writer.check != "off" and buckets.blocks_public_acls(name):
            raise refused(f"The bucket '{name}' blocks public ACLs; S3ObjectAcl must be BUCKET_OWNER_FULL_CONTROL.")
        acl = _ACLS[crl["S3ObjectAcl"]]
        kind, at = "application/octet-stream", self.clock.now()
        buckets.write_object(name, key, b"", writer=writer, at=at, acl=acl, content_type=kind)

    def can_write(self, authority: CertificateAuthority) -> bool:
        """Whether the CA's CRL bucket, where one is configured, lets the service write."""
        crl, key = authority.revocation["CrlConfiguration"], revocation_configuration.crl_object_key(authority, None)
        return not crl["Enabled"] or buckets.is_writable(crl["S3BucketName"], self._write_for(authority), key)

    def _write_for(self, authority: CertificateAuthority) -> Writer:
        return Writer(authority.account, authority.arn, self.settings.s3_bucket_check)

    def choose_partition(self, authority: CertificateAuthority) -> str | None:
        """The CRL partition of the next certificate, a new one when the last is full; None for a complete CRL."""
        if not revocation_configuration.is_partitioned(authority):
            return None
        members = authority.partition_members
        if not members or next(reversed(members.values())) >= self.settings.partition_size:
            members[str(uuid.uuid4())] = 0
        return next(reversed(members))

    def note_issuance(self, authority: CertificateAuthority, partition_id: str | None) -> None:
        """Publish the first CRL once a certificate refers to it."""
        if partition_id is not None:
            authority.partition_members[partition_id] = authority.partition_members.get(partition_id, 0) + 1
            self.store.note_authority(authority)
        if (
            revocation_configuration.names_distribution_point(authority)
            and partition_id not in authority.crl_generations
        ):
            self.publish(authority, partition_id)

    def note_revocation(self, authority: CertificateAuthority, issued: IssuedCertificate) -> None:
        """Have the CRLs that list the certificate made anew after the documented delay."""
        if not authority.revocation["CrlConfiguration"]["Enabled"]:
            return
        lists = {issued.partition_id}
        if None in authority.crl_generations and not revocation_configuration.is_partitioned(authority):
            lists.add(None)
        for partition_id in lists:
            self._schedule(authority, partition_id, self.clock.now() + self.settings.crl_delay)

    def resume(self, authorities: list[CertificateAuthority]) -> None:
        """Make every CRL anew: after a restart, as buckets do not outlive the process, and once a CA makes them again.

        A CA that is deleted or expired makes none, and one whose configuration changes makes them elsewhere.
        """
        for authority in authorities:
            made = dict.fromkeys(authority.crl_generations, self.clock.now())
            for partition_id, due_at in {**authority.crl_due, **made}.items():
                self._schedule(authority, partition_id, due_at)

    def _schedule(self, authority: CertificateAuthority, partition_id: str | None, at: float) -> None:
        """Have a CRL made at `at`, or when it is due before."""
        due_at = min(at, authority.crl_due.get(partition_id, at))
        authority.crl_due[partition_id] = due_at
        self.store.note_authority(authority)
        self.agenda.add(due_at, lambda: self._make_due(authority, partition_id, due_at))

    def _make_due(self, authority: CertificateAuthority, partition_id: str | None, due_at: float) -> None:
        if authority.crl_due.get(partition_id) == due_at:
            self.publish(authority, partition_id)

    def publish(self, authority: CertificateAuthority, partition_id: str | None) -> None:
        """Write one CRL now, and put its next generation on the agenda."""
        authority.crl_due.pop(partition_id, None)
        self.store.note_authority(authority)
        now, crl = self.clock.now(), authority.revocation["CrlConfiguration"]
        if not crl["Enabled"] or authority.status_at(now) not in ("ACTIVE", "DISABLED"):
            return
        last_made_at = authority.crl_generations.get(partition_id, now)
        made = build_crl(authority, partition_id, now, last_made_at, self.settings.crl_uri_style)
        content = made.public_bytes(serialization.Encoding.DER)
        key = revocation_configuration.crl_object_key(authority, partition_id)
        acl, writer, kind = _ACLS[crl["S3ObjectAcl"]], self._write_for(authority), "application/pkix-crl"
        written = buckets.write_object(
            crl["S3BucketName"], key, content, writer=writer, at=now, acl=acl, content_type=kind
        )
        if not written:
            self._schedule(authority, partition_id, now + RETRY_AFTER)
            return
        authority.crl_generations[partition_id] = now
        self._schedule(authority, partition_id, now + crl["ExpirationInDays"] * _DAY / 2)
