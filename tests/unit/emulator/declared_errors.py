# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What provokes each error that botocore's model declares for each operation: (operation, code) -> scenario.

A scenario brings the world to where the next request is refused, and returns that request and the message of the
refusal. Here are the errors that follow from the CA and its status; `declared_errors_by_request` has those that follow
from the rest of the request.
"""

from __future__ import annotations

from collections.abc import Callable

from cryptography import x509

from private_ca_emulator.validation import load_service_model

from .support import create_constrained, make_csr
from .world import Members, World, issue_on, request_for

MODEL = load_service_model("acm-pca")
Scenario = Callable[[World], tuple[Members, str]]
SCENARIOS: dict[tuple[str, str], Scenario] = {}
ABSENT = "arn:aws:acm-pca:eu-central-1:123456789012:certificate-authority/00000000-0000-0000-0000-000000000000"
FOREIGN_KIND = "arn:aws:acm-pca:eu-central-1:123456789012:widget/1"
UPDATING = "A previous update to your private CA is still ongoing."


def declares(operation: str, code: str) -> bool:
    """Whether the model declares an error for an operation."""
    return code in [shape.name for shape in MODEL.operation_model(operation).error_shapes]


def provokes(code: str, *operations: str) -> Callable[[Scenario], Scenario]:
    """Register a scenario as what provokes `code` of each of the operations."""

    def register(scenario: Scenario) -> Scenario:
        for operation in operations:
            assert declares(operation, code), (operation, code)
            assert (operation, code) not in SCENARIOS, (operation, code)
            SCENARIOS[operation, code] = scenario
        return scenario

    return register


def register_absent(operation: str) -> None:
    @provokes("ResourceNotFoundException", operation)
    def ask_for_an_authority_that_does_not_exist(_world: World) -> tuple[Members, str]:
        return request_for(operation, ABSENT), f"Could not find resource {ABSENT}."

    @provokes("InvalidArnException", operation)
    def ask_for_something_that_is_no_authority(_world: World) -> tuple[Members, str]:
        message = f"The ARN {FOREIGN_KIND} is not the ARN of a certificate authority."
        return request_for(operation, FOREIGN_KIND), message


for _operation in MODEL.operation_names:
    if declares(_operation, "ResourceNotFoundException"):
        register_absent(_operation)


def register_unsettled(operation: str) -> None:
    """Operations on tags, permissions and policies: not for a CA that is deleted or whose creation failed."""

    @provokes("InvalidStateException", operation)
    def ask_of_a_deleted_authority(world: World) -> tuple[Members, str]:
        arn = world.delete(world.create())
        return request_for(operation, arn), f"The certificate authority {arn} is in the state DELETED."


for _operation in (
    "CreatePermission", "DeletePermission", "ListPermissions", "PutPolicy", "GetPolicy", "DeletePolicy",
    "TagCertificateAuthority", "UntagCertificateAuthority", "ListTags",
):  # fmt: skip
    register_unsettled(_operation)


def register_failed(operation: str) -> None:
    @provokes("RequestFailedException", operation)
    def ask_of_an_authority_whose_creation_failed(world: World) -> tuple[Members, str]:
        world.control.settings(failed_authority_error="RequestFailedException")
        arn = world.fail()
        message = f"The creation of the certificate authority {arn} failed: REQUEST_TIMED_OUT."
        return request_for(operation, arn), message


for _operation in (
    "CreatePermission", "DeletePermission", "ListPermissions", "PutPolicy", "GetPolicy", "DeletePolicy", "ListTags",
    "GetCertificateAuthorityCsr", "ImportCertificateAuthorityCertificate",
):  # fmt: skip
    register_failed(_operation)


def register_unsettled_update(operation: str) -> None:
    @provokes("ConcurrentModificationException", operation)
    def ask_while_an_update_settles(world: World) -> tuple[Members, str]:
        return request_for(operation, world.update_unsettled(world.root)), UPDATING


for _operation in MODEL.operation_names:
    if declares(_operation, "ConcurrentModificationException"):
        register_unsettled_update(_operation)


STATES = {
    "UpdateCertificateAuthority": "The certificate authority must be in the ACTIVE or DISABLED state to be updated",
    "RestoreCertificateAuthority": "The certificate authority is not in a valid state for restoration.",
    "RevokeCertificate": "The certificate authority is not in a valid state for revoking certificates.",
    "CreateCertificateAuthorityAuditReport": (
        "The certificate authority is not in a valid state for creating an audit report."
    ),
    "IssueCertificate": "The certificate authority is not in a valid state for issuing certificates",
}


def register_pending(operation: str) -> None:
    @provokes("InvalidStateException", operation)
    def ask_of_an_authority_without_a_certificate(world: World) -> tuple[Members, str]:
        return request_for(operation, world.create("SUBORDINATE")), STATES[operation]


for _operation in STATES:
    register_pending(_operation)


@provokes("InvalidStateException", "DeleteCertificateAuthority")
def delete_an_active_authority(world: World) -> tuple[Members, str]:
    message = "The certificate authority is not in a valid state for deletion."
    return request_for("DeleteCertificateAuthority", world.root), message


def say_no_csr(arn: str) -> str:
    return f"The certificate authority {arn} is not in the correct state to have a certificate signing request."


@provokes("InvalidStateException", "GetCertificateAuthorityCsr", "GetCertificateAuthorityCertificate")
def ask_a_deleted_authority_for_its_papers(world: World) -> tuple[Members, str]:
    arn = world.delete(world.create())
    return {"CertificateAuthorityArn": arn}, say_no_csr(arn)


@provokes("InvalidStateException", "ImportCertificateAuthorityCertificate")
def import_into_a_deleted_authority(world: World) -> tuple[Members, str]:
    message = "The certificate authority is not in a valid state for importing a certificate."
    return request_for("ImportCertificateAuthorityCertificate", world.delete(world.create())), message


@provokes("InvalidStateException", "GetCertificate")
def fetch_from_a_deleted_authority(world: World) -> tuple[Members, str]:
    request = issue_on(world, world.root)
    world.delete(world.disable(world.root))
    return request, f"The certificate authority {world.root} is not in the correct state to have issued certificates."


@provokes("RequestInProgressException", "GetCertificateAuthorityCsr")
def ask_an_authority_in_creation_for_its_csr(world: World) -> tuple[Members, str]:
    world.control.freeze()
    world.control.settings(creation_delay=60)
    arn = world.create()
    return {"CertificateAuthorityArn": arn}, f"The certificate authority {arn} is still being created."


@provokes("RequestInProgressException", "ImportCertificateAuthorityCertificate")
def import_into_an_authority_in_creation(world: World) -> tuple[Members, str]:
    request, message = ask_an_authority_in_creation_for_its_csr(world)
    return {**request, "Certificate": b"-"}, message.replace("still being", "being")


@provokes("RequestInProgressException", "GetCertificate")
def fetch_before_it_is_issued(world: World) -> tuple[Members, str]:
    root = world.root
    world.control.freeze()
    world.control.settings(issuance_delay=60)
    request = issue_on(world, root)
    message = f"The request to issue certificate {request['CertificateArn']} is still in progress. Try again later."
    return request, message


@provokes("RequestFailedException", "GetCertificate")
def fetch_what_the_name_constraints_of_the_authority_forbid(world: World) -> tuple[Members, str]:
    constraints = x509.NameConstraints([x509.DNSName("example.com")], None)
    arn = create_constrained(world.client, world.root, constraints)
    request = issue_on(world, arn, Csr=make_csr("web.example.org", ("web.example.org",)))
    why = "The name web.example.org is not permitted by the name constraints of the certificate authority."
    return request, f"The request to issue certificate {request['CertificateArn']} failed: {why}"
