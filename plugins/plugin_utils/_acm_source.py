# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The source ``acm``: AWS Certificate Manager (ACM) makes key and certificate, renews them, and exports both.

1. find      the certificate that the host has, if it still is what is asked, or else one with the names, CA and key
2. compare   the host's serial with ACM's: another one there is due here
3. request   only if there is none: asked of ACM under a token made of the request, and waited for
4. export    certificate, chain and key, encrypted with a passphrase that is made for this export alone

Steps 1 and 2 read, so that check mode has them too; 3 and 4 happen when something is due. The key is decrypted on the
host. On the control node key and passphrase are in the memory of one worker until the host has them.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..module_utils._acm.api import CertificateManagerApi
from ..module_utils._acm.arns import find_certificate_region
from ..module_utils._acm.certificates import PrivateCertificates
from ..module_utils._acm_pca.governance_api import GovernanceApi
from ..module_utils._acm_pca.models import Issuance, IssuedCertificate
from ..module_utils._acm_pca.polling import Polling
from ..module_utils._aws_connection import AwsConnection, connect_client, preload_model, select_connection
from ..module_utils._clock import Clock
from ..module_utils._service_clients import identify_account
from ..module_utils._x509.exported_key import ExportedKey
from ..module_utils._x509.pem import split_certificates
from ._acm_order import AcmOrder
from ._acm_review import (
    USABLE,
    list_differences,
    require_asked_certificate,
    review_inspection,
    warn_of_failed_renewal,
)
from ._flow import Moment, Supply
from ._host_modules import Inspection
from ._run import RunMemory

preload_model("acm")

_PASSPHRASE_BYTES = 48
"""The URL-safe text of so many bytes is of the characters and the length that ExportCertificate takes."""


class SharedListApi(CertificateManagerApi):
    """ACM, whose list of certificates a run asks for once and not once for each host."""

    def __init__(self, client: Any, clock: Clock, memory: RunMemory, account: str) -> None:
        super().__init__(client, clock)
        self._memory = memory
        self._account = account

    def list_certificates(self, statuses: Sequence[str]) -> list[Mapping[str, Any]]:
        """Return ARN and first domain name of all certificates in these states, as they were early in this run.

        What another worker has requested since is not among them: the same request then gets the same certificate.
        """
        key = f"ACM's certificates {' '.join(statuses)} of {self._account}"
        known: list[Mapping[str, Any]] = json.loads(self._memory.remember(key, lambda: self._read_list(statuses)))
        return known

    def _read_list(self, statuses: Sequence[str]) -> str:
        found = super().list_certificates(statuses)
        return json.dumps([{name: one.get(name) for name in ("CertificateArn", "DomainName")} for one in found])


@dataclass(frozen=True)
class AcmSource:
    """Exports a certificate of ACM. ``prepare`` is called before anything secret goes to the host, or raises."""

    order: AcmOrder
    certificates: PrivateCertificates
    moment: Moment
    prepare: Callable[[], None]
    warn: Callable[[str], None]

    def review(self, inspection: Inspection) -> Inspection:
        """Return the verdict, made to issue when ACM has another certificate than the host. Raises PrivateCaError."""
        found, former = self._find(inspection.certificate_arn)
        for warning in warn_of_failed_renewal(found):
            self.warn(warning)
        reviewed = review_inspection(inspection, found, former, self.order.desired, self.moment.judged)
        if reviewed.action == "issue":
            self.prepare()
            if found is None:
                self.certificates.require_authority(str(self.order.desired.authority_arn))
        return reviewed

    def supply(self, inspection: Inspection) -> Supply:
        """Return ACM's certificate with its key, requested first if there is none. Raises PrivateCaError."""
        certificates, asked_now = self.certificates, inspection.available is None
        arn = certificates.create(self.order.desired) if inspection.available is None else inspection.available
        if inspection.candidate is None and not asked_now:
            certificates.wait_for(arn)
        passphrase = secrets.token_urlsafe(_PASSPHRASE_BYTES)
        certificate, chain, key = certificates.api.export_certificate(arn, passphrase)
        exported = IssuedCertificate(arn, certificate, tuple(split_certificates(chain or "", "the exported chain")))
        return Supply(
            Issuance(exported, token="", asked_now=asked_now),
            self.order.terms(),
            private_key=ExportedKey(key, passphrase),
        )

    def _find(self, live_arn: str | None) -> tuple[Mapping[str, Any] | None, Mapping[str, Any] | None]:
        """Return the certificate to install, and the live one where that is another."""
        desired = self.order.desired
        if desired.arn is not None:
            return require_asked_certificate(desired, self.certificates.read(desired.arn)), None
        former = None
        if live_arn is not None and find_certificate_region(live_arn) == self.order.region:
            former = self.certificates.read(live_arn)
        if former is not None and former["status"] in USABLE and not list_differences(desired, former):
            return former, None
        return self.certificates.fetch(desired), former


def connect_certificates(
    options: Mapping[str, Any], region: str, memory: RunMemory, clock: Clock
) -> PrivateCertificates:
    """Return the certificates of ACM that the options' credentials reach, without their tags."""
    connection = select_connection(options, region)
    api = SharedListApi(connect_client("acm", connection), clock, memory, name_connection(connection))
    return PrivateCertificates(
        api,
        lambda: GovernanceApi(connect_client("acm-pca", connection), clock=clock),
        lambda: identify_account({**options, "region": region}),
        Polling(clock, timeout=options["wait_timeout"]),
        with_tags=False,
    )


def name_connection(connection: AwsConnection) -> str:
    """Return what tells a connection to AWS from another, without showing any part of it."""
    parts = [
        connection.region,
        connection.endpoint_url,
        connection.profile,
        connection.access_key,
        connection.assume_role_arn,
        connection.assume_role_external_id,
    ]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()
