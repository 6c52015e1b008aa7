# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A CA is found by its name beside others that tell nothing of themselves, and one that failed is got rid of."""

from __future__ import annotations

import pytest
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._acm_pca.authority_api import AuthorityApi
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._acm_pca.authority_lookup import (
    find_by_name,
    select_authorities,
)
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._acm_pca.authority_plan import (
    Activation,
    DesiredAuthority,
)
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._errors import (
    AccessDenied,
    AuthorityUnusable,
    InvalidInput,
    ServiceError,
)
from ansible_collections.fleet_pki.aws_private_ca.tests.unit.service.authority_fakes import FakeAuthorities

OF_FAILED = ("InvalidStateException", "RequestFailedException")  # what a CA whose creation failed may answer
NEW = DesiredAuthority(name="new", type="ROOT", subject={"common_name": "new"}, activation=Activation(wanted=False))


def with_failed(code: str) -> tuple[FakeAuthorities, str]:
    """Return an account with a CA whose creation failed, which answers questions with the code, and its ARN."""
    service = FakeAuthorities()
    failed = service.add("new", "FAILED", FailureReason="OTHER")
    for operation in ("ListTags", "GetCertificateAuthorityCertificate", "GetCertificateAuthorityCsr"):
        service.refusals[operation, failed] = code
    return service, failed


@pytest.mark.parametrize("code", OF_FAILED)
def test_a_ca_whose_creation_failed_hides_no_other(code: str) -> None:
    service, failed = with_failed(code)
    root, api = service.add("root"), AuthorityApi(service, clock=service.clock)
    assert [facts["arn"] for facts in select_authorities(api, None, "root", "SELF", False)] == [root]
    listed = select_authorities(api, None, None, "SELF", False)
    assert [(facts["arn"], facts["status"]) for facts in listed] == [(failed, "FAILED"), (root, "ACTIVE")]
    assert not service.authorities().present(DesiredAuthority(name="root"), check_mode=False).steps


def test_a_ca_whose_creation_failed_is_in_the_way_of_none_of_its_name_though_its_tags_are_listed() -> None:
    service = FakeAuthorities()
    failed = service.add("new", "FAILED", FailureReason="OTHER")
    made = service.authorities().present(NEW, check_mode=False).resource
    assert made is not None and made["arn"] != failed
    assert not service.authorities().present(NEW, check_mode=False).steps
    outcome = service.authorities().absent(NEW, 7, check_mode=False)
    assert outcome.steps and outcome.resource is not None and outcome.resource["arn"] == made["arn"]
    assert service.records[failed]["Status"] == "FAILED"


def test_a_ca_whose_creation_failed_is_listed_beside_another_of_its_name() -> None:
    service = FakeAuthorities()
    alike = [service.add("new", "FAILED"), service.add("new")]
    listed = select_authorities(AuthorityApi(service, clock=service.clock), None, "new", "SELF", False)
    assert [facts["arn"] for facts in listed] == alike


@pytest.mark.parametrize("code", OF_FAILED)
def test_a_ca_whose_creation_failed_is_deleted_by_its_arn_and_gone(code: str) -> None:
    service, failed = with_failed(code)
    outcome = service.authorities().absent(DesiredAuthority(arn=failed), 7, check_mode=False)
    assert (len(outcome.steps), outcome.resource, service.records) == (1, None, {})
    assert not service.authorities().absent(DesiredAuthority(arn=failed), 7, check_mode=False).steps


def test_a_deletion_whose_reply_is_lost_is_done() -> None:
    service, failed = with_failed("InvalidStateException")
    service.lost_replies = 1
    assert service.authorities().absent(DesiredAuthority(arn=failed), 7, check_mode=False).steps
    assert service.records == {}


def test_a_ca_whose_creation_fails_while_it_is_to_be_deleted_is_deleted() -> None:
    service = FakeAuthorities()
    arn = service.add("new", "CREATING")
    service.clock.on_sleep = lambda: service.records[arn].update(Status="FAILED")
    assert service.authorities().absent(DesiredAuthority(arn=arn), 7, check_mode=False).resource is None
    assert service.records == {}


@pytest.mark.parametrize("code", OF_FAILED)
def test_a_ca_is_created_anew_at_once_after_its_creation_failed(code: str) -> None:
    service = FakeAuthorities()
    service.made_status = "FAILED"
    with pytest.raises(AuthorityUnusable, match="with state=absent and its certificate_authority_arn"):
        service.authorities().present(NEW, check_mode=False)
    failed = next(iter(service.records))
    service.refusals["ListTags", failed] = code
    service.made_status = "PENDING_CERTIFICATE"
    facts = service.authorities().present(NEW, check_mode=False).resource
    assert facts is not None and facts["arn"] != failed


def test_a_ca_whose_creation_failed_is_never_restored() -> None:
    service, _failed = with_failed("InvalidStateException")
    wanted = DesiredAuthority(
        name="new", type="ROOT", subject={"common_name": "new"}, restore=True, activation=Activation(wanted=False)
    )
    (step,) = service.authorities().present(wanted, check_mode=True).steps
    assert step.startswith("Create")


def test_a_living_ca_that_cannot_tell_its_tags_now_is_not_taken_for_another() -> None:
    service = FakeAuthorities()
    service.refusals["ListTags", service.add("root")] = "RequestFailedException"
    with pytest.raises(ServiceError):
        find_by_name(AuthorityApi(service, clock=service.clock), "root")


def test_a_ca_is_found_by_its_name_beside_one_whose_tags_may_not_be_read() -> None:
    service = FakeAuthorities()
    service.refusals["ListTags", service.add("other")] = "AccessDeniedException"
    root, api = service.add("root"), AuthorityApi(service, clock=service.clock)
    found, _ended = find_by_name(api, "root")
    assert found is not None and found.facts["arn"] == root
    assert [facts["arn"] for facts in select_authorities(api, None, "root", "SELF", False)] == [root]


def test_a_ca_whose_tags_may_not_be_read_may_be_the_one_and_no_second_is_made() -> None:
    service = FakeAuthorities()
    other = service.add("other")
    service.refusals["ListTags", other] = "AccessDeniedException"
    with pytest.raises(AccessDenied, match=f"Allow acm-pca:ListTags on {other}"):
        service.authorities().present(NEW, check_mode=False)
    assert list(service.records) == [other]


def test_a_ca_is_selected_by_its_name_from_those_that_are_listed() -> None:
    service = FakeAuthorities()
    mine, deleted = service.add("root"), service.add("root", "DELETED")
    shared = service.add("root", owner="OTHER_ACCOUNTS")
    api = AuthorityApi(service, clock=service.clock)

    def select(owner: str, include_deleted: bool) -> list[str]:
        return [facts["arn"] for facts in select_authorities(api, None, "root", owner, include_deleted)]

    assert select("SELF", False) == [mine]
    assert select("SELF", True) == [mine, deleted]
    assert select("OTHER_ACCOUNTS", False) == [shared]


def test_two_living_cas_of_one_name_are_an_error_that_lists_them() -> None:
    service = FakeAuthorities()
    arns = [service.add("root"), service.add("root")]
    api = AuthorityApi(service, clock=service.clock)
    for look in (find_by_name, lambda api, name: select_authorities(api, None, name, "SELF", True)):
        with pytest.raises(InvalidInput, match=f"2 have the tag Name=root: {', '.join(arns)}"):
            look(api, "root")
