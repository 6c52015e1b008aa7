# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What keeps a certificate of ACM from a host: one host for each, in one play, in check mode and in a run."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import botocore.session
import pytest
from ansible_collections.fleet_pki.aws_private_ca.tests.e2e.conftest import TASK, AcmSite, MakeHosts

from fleet.fleet import Fleet

MODEL = botocore.session.get_session().get_service_model("acm")
ACTIONS = ["IssueCertificate", "GetCertificate", "ListPermissions"]
BY_ARN: dict[str, Any] = {
    "certificate_arn": "{{ arn }}",
    "certificate_authority_arn": "{{ authority | default(omit) }}",
    "common_name": "{{ asked | default(omit) }}",
    "subject_alternative_names": None,
    "key_algorithm": "{{ key_algorithm | default(omit) }}",
    "access_key": "{{ access_key | default(omit) }}",
    "secret_key": "{{ 'secret' if access_key is defined else omit }}",
    "wait_timeout": 1,
}


def describe_wrong(managed: AcmSite) -> dict[str, tuple[dict[str, str], str]]:
    """Return host to its variables and what it is to be told, of certificates that cannot be installed."""
    site, acm = managed.site, managed.acm
    expired = managed.request("expired.example.com")
    site.control.advance(400 * 86400)
    site.client.delete_permission(CertificateAuthorityArn=site.authority, Principal="acm.amazonaws.com")
    failed = managed.request("failed.example.com")
    site.client.create_permission(
        CertificateAuthorityArn=site.authority, Principal="acm.amazonaws.com", Actions=ACTIONS
    )
    good = managed.request("good.example.com")
    public = acm.request_certificate(DomainName="public.example.com")["CertificateArn"]
    unknown = good[:-12] + "0" * 12
    return {
        "expired": ({"arn": expired}, "it is EXPIRED"),
        "failed": ({"arn": failed}, "it is FAILED (PCA_ACCESS_DENIED)"),
        "public": ({"arn": public}, "only the private key of a private certificate can be exported"),
        "unknown": ({"arn": unknown}, "there is no such certificate in this account and region"),
        "malformed": ({"arn": f"{site.authority}/certificate/00"}, "it does not have the form of one"),
        "elsewhere": (
            {"arn": good, "authority": site.authority.replace("us-east-1", "eu-west-1")},
            "certificate_arn is of another region than the task says",
        ),
        "names": (
            {"arn": good, "asked": "other.example.com"},
            "is for good.example.com, and not for other.example.com",
        ),
        "key": ({"arn": good, "key_algorithm": "RSA_2048"}, "The key is EC_prime256v1; RSA_2048 is asked for"),
        "authority": ({"arn": good, "authority": site.authorities.root_arn}, f"and not {site.authorities.root_arn}"),
    }


def test_each_certificate_that_cannot_be_installed_is_told_in_check_mode_already(
    managed: AcmSite, local_hosts: MakeHosts, tmp_path: Path
) -> None:
    wrong = describe_wrong(managed)
    inventory = local_hosts(**{name: variables for name, (variables, _told) in wrong.items()})
    check = managed.keep(inventory, "--check", "--forks", "9", **BY_ARN).of_task(TASK)
    run = managed.keep(inventory, "--forks", "9", **BY_ARN).of_task(TASK)
    for name, (_variables, told) in wrong.items():
        assert told in run[name].result["msg"], name
        assert check[name].result["msg"] == run[name].result["msg"]
        assert not list((tmp_path / "hosts" / name).iterdir())
    assert managed.calls("ExportCertificate", "RequestCertificate").count("ExportCertificate") == 0


def declared_errors() -> dict[str, tuple[str, str]]:
    """Return operation and error by the name of the host that meets it."""
    return {
        f"{operation}-{shape.name}".lower(): (operation, shape.name)
        for operation in ("DescribeCertificate", "ExportCertificate")
        for shape in MODEL.operation_model(operation).error_shapes
        if (operation, shape.name) != ("DescribeCertificate", "ResourceNotFoundException")
    } | {"denied": ("ExportCertificate", "AccessDeniedException")}


def test_every_error_that_acm_declares_is_told_with_its_operation_and_one_that_passes_is_borne(
    managed: AcmSite, local_hosts: MakeHosts
) -> None:
    arn, hosts, errors = managed.request(), {}, declared_errors()
    passing = [name for name, (_operation, code) in errors.items() if code == "ThrottlingException"]
    for number, (name, (operation, code)) in enumerate(errors.items()):
        key, once = f"AKIAHOST{number:012}", {"times": 1} if name in passing else {}
        managed.site.control.add_access_key(key, arn.split(":")[4])
        managed.site.control.fault(
            "error", f"acm:{operation}", code=code, message="Scripted.", status=400, match={"access_key": key}, **once
        )
        hosts[name] = {"arn": arn, "access_key": key}
    run = managed.keep(local_hosts(**hosts), "--forks", "9", **BY_ARN)
    assert run.hosts_with("changed") == passing == ["exportcertificate-throttlingexception"]
    for name, (operation, code) in errors.items():
        if name in passing:
            continue
        assert run.of_task(TASK)[name].status == "failed", name
        result = run.of_task(TASK)[name].result
        assert (result["code"], result["operation"]) == (code, f"acm:{operation}")
        assert arn in result["msg"] and "Scripted" in result["msg"], result["msg"]
    assert "Traceback" not in run.stdout + run.stderr


def test_a_certificate_that_is_not_issued_yet_is_waited_for(managed: AcmSite, local_hosts: MakeHosts) -> None:
    inventory = local_hosts("web01")
    managed.site.control.settings(acm_issuance_delay=3600)
    waited = managed.keep(inventory, wait_timeout=1).of_task(TASK)["web01"].result
    assert "it is not done after 1 seconds" in waited["msg"]
    managed.site.control.advance(3600)
    managed.keep(inventory).require_success()
    assert managed.calls("RequestCertificate", "ExportCertificate") == ["RequestCertificate", "ExportCertificate"]


@pytest.mark.parametrize("options", [(), ("--check",)], ids=["run", "check"])
def test_a_ca_that_acm_cannot_use_is_named_before_the_request(
    managed: AcmSite, local_hosts: MakeHosts, options: tuple[str, ...]
) -> None:
    site = managed.site
    site.client.delete_permission(CertificateAuthorityArn=site.authority, Principal="acm.amazonaws.com")
    told = managed.keep(local_hosts("web01"), *options).of_task(TASK)["web01"].result
    assert "lacks the permission of" in told["msg"] and "acm_pca_permission" in told["msg"]
    assert managed.calls("RequestCertificate") == []


def test_a_key_is_not_sent_where_ansible_would_write_it_to_a_file(
    managed: AcmSite, fleet: Callable[..., Fleet]
) -> None:
    hosts = fleet(1, ("bookworm",))
    keep = {"ANSIBLE_KEEP_REMOTE_FILES": "1"}
    given: Mapping[str, Any] = {"base_directory": "{{ fleet_base_directory }}"}
    for options in ((), ("--check",)):
        run = managed.keep(hosts.inventory, *options, environment=keep, **given)
        told = run.of_task(TASK)[hosts[0].name].result["msg"]
        assert "ANSIBLE_KEEP_REMOTE_FILES" in told
    assert managed.calls("RequestCertificate", "ExportCertificate") == []
