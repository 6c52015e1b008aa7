# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which operation each status of a CA takes: the matrix of the service's guide (reference 5.2), every cell."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from botocore import xform_name
from cryptography import x509

from private_ca_emulator import seeding
from private_ca_emulator.server import EmulatorServer

from .input_members import outcome_of
from .test_revocation import ask_responder, create_revoking_root, read_crl
from .world import World, request_for

OPERATIONS = (
    "DescribeCertificateAuthority", "GetCertificateAuthorityCsr", "GetCertificateAuthorityCertificate",
    "ImportCertificateAuthorityCertificate", "IssueCertificate", "GetCertificate", "RevokeCertificate",
    "CreateCertificateAuthorityAuditReport", "TagCertificateAuthority", "CreatePermission", "PutPolicy",
    "UpdateCertificateAuthority", "DeleteCertificateAuthority", "RestoreCertificateAuthority",
)  # fmt: skip
MATRIX = {
    "CREATING": "yes wait no  wait no   no   no   no   no   no   no   no   yes  no",
    "PENDING_CERTIFICATE": "yes yes  no  yes  no   yes  no   no   yes  yes  yes  no   yes  no",
    "ACTIVE": "yes yes  yes yes  yes  yes  yes  yes  yes  yes  yes  yes  no   no",
    "DISABLED": "yes yes  yes yes  no   yes  yes  yes  yes  yes  yes  yes  yes  no",
    "EXPIRED": "yes yes  yes yes  no   yes  no   no   yes  yes  yes  no   yes  no",
    "FAILED": "yes no   no  no   no   no   no   no   no   no   no   no   yes  no",
    "DELETED": "yes no   no  no   no   no   no   no   no   no   no   no   no   yes",
}
"""One column for each operation. That a DISABLED CA takes a certificate is a setting's default: the guide has both."""
CELLS = [
    pytest.param(status, operation, taken, id=f"{status}-{operation}")
    for status, row in MATRIX.items()
    for operation, taken in zip(OPERATIONS, row.split(), strict=True)
]
REFUSALS = {"InvalidStateException": "no", "RequestInProgressException": "wait"}


def become_active(world: World) -> str:
    return seeding.create_active_root(world.client, days=30)


def become_creating(world: World) -> str:
    world.control.settings(creation_delay=60)
    return world.create()


def become_expired(world: World) -> str:
    arn = become_active(world)
    world.control.advance(31 * 86400)
    return arn


BECOME: dict[str, Callable[[World], str]] = {
    "CREATING": become_creating,
    "PENDING_CERTIFICATE": World.create,
    "ACTIVE": become_active,
    "DISABLED": lambda world: world.disable(become_active(world)),
    "EXPIRED": become_expired,
    "FAILED": World.fail,
    "DELETED": lambda world: world.delete(world.create()),
}


@pytest.mark.parametrize(("status", "operation", "taken"), CELLS)
def test_a_status_takes_the_operations_that_the_matrix_says(
    world: World, status: str, operation: str, taken: str
) -> None:
    world.control.freeze()
    arn = BECOME[status](world)
    listed = world.client.list_certificate_authorities()["CertificateAuthorities"]
    assert [(authority["Arn"], authority["Status"]) for authority in listed] == [(arn, status)]
    outcome = outcome_of(getattr(world.client, xform_name(operation)), **request_for(operation, arn))
    assert (REFUSALS.get(outcome[0], "yes") if isinstance(outcome, tuple) else "yes") == taken


def test_the_responder_and_the_lists_serve_active_and_disabled_authorities_alone(
    world: World, emulator: EmulatorServer
) -> None:
    root, leaf = create_revoking_root(world.client, world.connect)
    pem = world.client.get_certificate_authority_certificate(CertificateAuthorityArn=root)["Certificate"]
    issuer = x509.load_pem_x509_certificate(pem.encode())

    def serve() -> tuple[str, bool]:
        """What the responder says, and whether a new list appears within a week."""
        before = read_crl(world.connect, leaf)
        said = ask_responder(emulator, leaf, issuer, "POST").response_status.name
        world.control.advance(4 * 86400)
        return said, read_crl(world.connect, leaf) != before

    assert serve() == ("SUCCESSFUL", True)
    world.disable(root)
    assert serve() == ("SUCCESSFUL", True)
    world.delete(root)
    assert serve() == ("UNAUTHORIZED", False)
    world.client.restore_certificate_authority(CertificateAuthorityArn=root)
    assert serve() == ("SUCCESSFUL", True)
    world.control.advance(3650 * 86400)
    assert serve() == ("UNAUTHORIZED", False)
