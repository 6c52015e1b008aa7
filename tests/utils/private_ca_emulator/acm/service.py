# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""AWS Certificate Manager for private and imported certificates, beside the acm-pca service whose state it shares.

Requests for public certificates, and operations that are not in the table, are moto's.
"""

from __future__ import annotations

import json

from private_ca_emulator.acm import importing, reading, requesting
from private_ca_emulator.authorization import authorize_identity
from private_ca_emulator.protocol import HttpRequest
from private_ca_emulator.service import Operation, PrivateCa
from private_ca_emulator.validation import ModelValidator, load_service_model

TARGET_PREFIX = "CertificateManager."
OPERATIONS: dict[str, Operation] = {
    "RequestCertificate": requesting.request_certificate,
    "RenewCertificate": requesting.renew_certificate,
    "ImportCertificate": importing.import_certificate,
    "DeleteCertificate": importing.delete_certificate,
    "DescribeCertificate": reading.describe_certificate,
    "GetCertificate": reading.get_certificate,
    "ExportCertificate": reading.export_certificate,
    "ListCertificates": reading.list_certificates,
    "AddTagsToCertificate": reading.add_tags,
    "RemoveTagsFromCertificate": reading.remove_tags,
    "ListTagsForCertificate": reading.list_tags,
}
_NOT_AS_MODELLED = frozenset({"privateKey", "certificate.certificateAuthorityArn"})
"""Paths of replies whose pattern in the model is not what the service sends: that of an unencrypted key, though
ExportCertificate returns an encrypted one, and that of an ACM ARN, though the CA's is one of acm-pca."""


def build_certificate_manager(private_ca: PrivateCa) -> PrivateCa:
    """The ACM service on the state, clock, faults and log of an acm-pca service."""
    return PrivateCa(
        OPERATIONS,
        [authorize_identity],
        name="acm",
        target_prefix=TARGET_PREFIX,
        log_prefix="acm:",
        clock=private_ca.clock,
        settings=private_ca.settings,
        store=private_ca.store,
        managed=private_ca.managed,
        accounts=private_ca.accounts,
        faults=private_ca.faults,
        log=private_ca.log,
        agenda=private_ca.agenda,
        quotas=private_ca.quotas,
        state=private_ca.state,
        validator=ModelValidator(load_service_model("acm"), OPERATIONS, _NOT_AS_MODELLED),
    )


def is_ours(manager: PrivateCa, request: HttpRequest) -> bool:
    """Whether a request is for a private or imported certificate (or all of them) rather than for moto."""
    operation = request.headers.get("x-amz-target", "").removeprefix(TARGET_PREFIX)
    if operation not in OPERATIONS:
        return False
    try:
        body = json.loads(request.body)
    except ValueError:
        return True
    if not isinstance(body, dict) or operation in ("ImportCertificate", "ListCertificates"):
        return True
    if operation == "RequestCertificate":
        return "CertificateAuthorityArn" in body
    return body.get("CertificateArn") in manager.managed.certificates
