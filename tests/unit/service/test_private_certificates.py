# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Private certificates of ACM: what is found, requested, refused and deleted, of an ACM in memory."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import Any, cast

import pytest
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._acm.certificates import (
    ARGUMENTS,
    PrivateCertificates,
    desired_certificate,
)
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._acm.plan import DesiredCertificate
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._acm_pca.polling import Polling
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._errors import (
    AccessDenied,
    InvalidInput,
    IssuanceFailed,
    ServiceError,
    WaitTimeout,
)
from ansible_collections.fleet_pki.aws_private_ca.tests.unit.api.fakes import AUTHORITY, START, FakeClock

ASKED = DesiredCertificate(domain_name="www.example.com", authority_arn=AUTHORITY)


@dataclass
class MemoryManager:
    """ACM, which answers a token with the ARN that it gave for it before, whatever became of that certificate.

    With ``hides_new`` no certificate can be read: a new one, of which ACM itself does not know yet.
    """

    records: dict[str, dict[str, Any]] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)
    hides_new: bool = False

    def add(self, status: str = "ISSUED", names: Sequence[str] = ("www.example.com",)) -> str:
        """Make a certificate, and return its ARN."""
        number = len(self.records) + len(self.tokens)
        arn = f"arn:aws:acm:eu-central-1:123456789012:certificate/{number:036x}"
        begins = datetime.fromtimestamp(START, timezone.utc) - timedelta(hours=1)
        self.records[arn] = {
            "CertificateArn": arn,
            "Status": status,
            "DomainName": names[0],
            "SubjectAlternativeNames": list(names),
            "CertificateAuthorityArn": AUTHORITY,
            "KeyAlgorithm": "RSA-2048",
            "Serial": f"{number + 1:x}",
            "NotBefore": begins,
            "NotAfter": begins + timedelta(days=395, hours=1),
        }
        return arn

    def request_certificate(self, name: str, request: Mapping[str, Any], token: str) -> str:
        if token not in self.tokens:
            self.tokens[token] = self.add(names=request.get("SubjectAlternativeNames", [name]))
        return self.tokens[token]

    def list_certificates(self, statuses: Sequence[str]) -> list[Mapping[str, Any]]:
        return [record for record in self.records.values() if record["Status"] in statuses]

    def describe_certificate(self, arn: str) -> Mapping[str, Any]:
        if arn not in self.records or self.hides_new:
            raise ServiceError("Failed to describe the certificate", on=arn, code="ResourceNotFoundException")
        return self.records[arn]

    def delete_certificate(self, arn: str) -> None:
        del self.records[arn]

    def list_tags(self, arn: str) -> dict[str, str]:
        return {}

    def get_certificate(self, arn: str) -> tuple[str, str | None]:
        return "PEM", None

    def describe_certificate_authority(self, arn: str) -> None:
        raise AccessDenied("Failed to describe the certificate authority", on=arn)


@pytest.fixture
def manager() -> MemoryManager:
    return MemoryManager()


@pytest.fixture
def certificates(manager: MemoryManager) -> PrivateCertificates:
    api: Any = manager
    return PrivateCertificates(api, lambda: api, lambda: "123456789012", Polling(FakeClock()))


def test_what_was_deleted_within_the_hour_is_requested_anew(
    manager: MemoryManager, certificates: PrivateCertificates
) -> None:
    arns = []
    for _time in range(3):
        made = certificates.present(ASKED, check_mode=False).resource
        assert made is not None
        arns.append(made["arn"])
        assert certificates.absent(ASKED, check_mode=False).steps
    assert len(set(arns)) == 3
    assert manager.records == {}


def test_a_new_certificate_that_acm_does_not_show_at_once_is_waited_for(manager: MemoryManager) -> None:
    clock, api = FakeClock(), manager
    manager.hides_new = True

    def show_after_a_while() -> None:
        manager.hides_new = clock.ticks < 30

    clock.on_sleep = show_after_a_while
    anything: Any = api
    patient = PrivateCertificates(anything, lambda: anything, lambda: "123456789012", Polling(clock))
    assert patient.present(ASKED, check_mode=False).resource
    assert len(manager.tokens) == 1


def test_an_acm_that_shows_nothing_is_asked_no_longer_than_the_task_waits(
    manager: MemoryManager, certificates: PrivateCertificates
) -> None:
    manager.hides_new = True
    with pytest.raises(WaitTimeout, match="after 300 seconds") as told:
        certificates.present(ASKED, check_mode=False)
    assert [arn for arn in manager.tokens.values() if arn in str(told.value)] == list(manager.tokens.values())[-1:]


@pytest.mark.parametrize("status", ["FAILED", "EXPIRED", "REVOKED", "INACTIVE"])
def test_a_certificate_that_will_never_be_issued_is_refused_in_check_mode_as_in_the_run(
    manager: MemoryManager, certificates: PrivateCertificates, status: str
) -> None:
    by_arn = DesiredCertificate(arn=manager.add(status))
    told = []
    for check_mode in (True, False):
        with pytest.raises(IssuanceFailed, match=f"it is {status}") as refused:
            certificates.present(by_arn, check_mode)
        told.append(json.dumps([str(refused.value), refused.value.details]))
    assert told[0] == told[1]


def test_one_that_fails_while_it_is_waited_for_is_told_without_an_option_that_was_not_given(
    manager: MemoryManager,
) -> None:
    clock, arn, anything = FakeClock(), manager.add("PENDING_VALIDATION"), cast("Any", manager)
    clock.on_sleep = lambda: manager.records[arn].update(Status="FAILED")
    patient = PrivateCertificates(anything, lambda: anything, lambda: "123456789012", Polling(clock))
    with pytest.raises(IssuanceFailed, match="run again: without certificate_arn, another one is requested"):
        patient.present(ASKED, check_mode=False)


def test_several_that_are_alike_are_named_and_none_is_deleted(
    manager: MemoryManager, certificates: PrivateCertificates
) -> None:
    alike = [manager.add(), manager.add("PENDING_VALIDATION")]
    for check_mode in (True, False):
        with pytest.raises(InvalidInput, match=", ".join(alike)):
            certificates.absent(ASKED, check_mode)
    assert certificates.absent(DesiredCertificate(arn=alike[0]), check_mode=False).steps
    assert certificates.absent(ASKED, check_mode=False).steps
    assert manager.records == {}


def read_options(**given: Any) -> dict[str, Any]:
    """Return the validated options of the module."""
    validated = ArgumentSpecValidator(ARGUMENTS).validate(given)
    assert not validated.error_messages, validated.error_messages
    return dict(validated.validated_parameters)


@pytest.mark.parametrize("whole_life", ["395d", "9480h", "57w"])
def test_a_renewal_that_would_be_due_at_once_again_is_refused(whole_life: str) -> None:
    with pytest.raises(InvalidInput, match=f"renew_before is {whole_life}.*every run would renew it"):
        desired_certificate(read_options(domain_name="www.example.com", renew_before=whole_life))


@pytest.mark.parametrize("renew_before", ["394d", "94%"])
def test_a_renewal_that_is_not_due_at_once_again_is_taken(
    manager: MemoryManager, certificates: PrivateCertificates, renew_before: str
) -> None:
    asked = desired_certificate(read_options(certificate_arn=manager.add(), renew_before=renew_before))
    assert certificates.present(asked, check_mode=True).steps == ()
