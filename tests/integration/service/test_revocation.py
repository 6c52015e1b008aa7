# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""acm_pca_revoke_certificate against the emulator, with openssl as the judge of what it publishes."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from ansible_collections.fleet_pki.aws_private_ca.tests.integration.service.accounts import Account, Facts, Options
from module_run import EXPECTED, run_five_steps

from openssl_command import ask_openssl, openssl
from private_ca_emulator.control import EmulatorControl

if TYPE_CHECKING:
    from mypy_boto3_acm_pca.literals import SigningAlgorithmType

MODULE = "acm_pca_revoke_certificate"
WAITING: Options = {"wait_for": ["crl", "ocsp"], "wait_interval": 1, "wait_timeout": 30}
MakePublishing = Callable[..., Facts]


@pytest.fixture
def make_publishing(account: Account, control: EmulatorControl) -> MakePublishing:
    """Return a function that makes a root with CRL and OCSP, both reachable at the emulator."""
    host = account.endpoint_url.removeprefix("http://")
    bucket = account.create_bucket("crls")
    control.settings(crl_delay=0.0)
    crl = {"s3_bucket_name": bucket, "expiration_in_days": 7, "custom_cname": f"{host}/{bucket}"}
    return partial(account.make_authority, "publishing", crl=crl, ocsp={"custom_cname": host})


@pytest.fixture
def publishing_root(make_publishing: MakePublishing) -> Facts:
    return make_publishing()


def test_a_revocation_goes_through_the_five_steps(account: Account, publishing_root: Facts) -> None:
    first, second = (account.issue(publishing_root["arn"], f"{name}.example.com") for name in "ab")
    options = {
        "certificate_authority_arn": publishing_root["arn"],
        "certificate_arn": first.arn,
        "reason": "SUPERSEDED",
        **WAITING,
    }
    changed = {**options, "certificate_arn": second.arn}
    steps = run_five_steps(account.run, MODULE, options, changed)
    assert steps.statuses == EXPECTED
    assert steps.check.result["diff"] == steps.apply.result["diff"]
    published = steps.apply.result["revocation"]["published"]
    assert {source: entry["reason"] for source, entry in published.items()} == dict.fromkeys(
        ("crl", "ocsp"), "SUPERSEDED"
    )
    assert steps.again.result["revocation"]["serial"] == first.serial


SPELLINGS: dict[str, Callable[[str], str]] = {
    "bare": lambda serial: serial,
    "upper case": str.upper,
    "0x": lambda serial: f"0x{serial}",
    "padded": lambda serial: f"00{serial.zfill(32)}",
    "colons": lambda serial: ":".join(serial.zfill(32)[i : i + 2] for i in range(0, 32, 2)),
    "openssl": lambda serial: f"serial={serial.upper()}",
    "spaces": lambda serial: f" {serial.zfill(32)[:16]} {serial.zfill(32)[16:]} ",
}


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_a_serial_is_understood_in_any_spelling(account: Account, root: str, spelling: str) -> None:
    leaf = account.issue(root)
    given = {"certificate_authority_arn": root, "serial": SPELLINGS[spelling](leaf.serial)}
    revoked = account.must_run(MODULE, **given)
    assert (revoked["changed"], revoked["revocation"]["serial"]) == (True, leaf.serial)
    assert not account.must_run(MODULE, **given)["changed"]


@pytest.mark.parametrize("serial", ["", "xyz", "12 34 5g", "-", "a" * 70])
def test_a_serial_that_is_none_is_refused(account: Account, root: str, serial: str) -> None:
    failed = account.run(MODULE, certificate_authority_arn=root, serial=serial)
    assert failed["failed"]
    assert "hexadecimal" in failed["msg"]


def test_a_certificate_is_revoked_by_its_pem(account: Account, root: str) -> None:
    leaf = account.issue(root)
    options = {"certificate_authority_arn": root, "certificate": leaf.pem, "reason": "KEY_COMPROMISE"}
    assert account.must_run(MODULE, check_mode=True, **options)["changed"]
    assert account.must_run(MODULE, **options)["changed"]
    assert not account.must_run(MODULE, **options)["changed"]


def test_a_revocation_under_way_is_no_change(account: Account, root: str, control: EmulatorControl) -> None:
    control.settings(revocation_delay=600.0)
    options = {"certificate_authority_arn": root, "certificate": account.issue(root).pem}
    assert account.must_run(MODULE, **options)["changed"]
    assert not account.must_run(MODULE, **options)["changed"]


def test_the_roots_own_certificate_is_explained(account: Account, root_facts: Facts) -> None:
    own: Options = {"certificate_authority_arn": root_facts["arn"]}
    failed = account.run(MODULE, **own, certificate=root_facts["certificate"])
    assert "Delete the certificate authority" in failed["msg"]
    by_serial = account.run(MODULE, **own, serial=root_facts["serial"])
    assert "root's own certificate" in by_serial["msg"]


def test_a_serial_that_was_never_issued_is_explained(account: Account, root: str) -> None:
    failed = account.run(MODULE, certificate_authority_arn=root, serial="0badcafe")
    assert "never issued" in failed["msg"]
    assert failed["serial"] == "badcafe"


@pytest.mark.parametrize("code", ["InvalidRequestException", "InvalidStateException"])
def test_an_expired_certificate_is_explained_whatever_code_aws_has_for_it(
    account: Account, root: str, control: EmulatorControl, code: str
) -> None:
    control.settings(revoke_expired_error=code)
    leaf = account.issue(root, days=1)
    control.advance(2 * 86400)
    failed = account.run(MODULE, certificate_authority_arn=root, serial=leaf.serial)
    assert failed["code"] == code
    assert "expired" in failed["msg"]


def test_a_certificate_of_another_authority_is_refused_before_any_call(
    account: Account, root: str, publishing_root: Facts
) -> None:
    leaf = account.issue(root)
    failed = account.run(MODULE, certificate_authority_arn=publishing_root["arn"], certificate_arn=leaf.arn)
    assert "another certificate authority" in failed["msg"]


@pytest.mark.parametrize(
    ("source", "lack"), [("crl", "has no CRL distribution point"), ("ocsp", "names no OCSP responder")]
)
def test_waiting_for_what_the_certificate_does_not_name_is_refused_before_it_is_revoked(
    account: Account, root: str, source: str, lack: str
) -> None:
    options: Options = {"certificate_authority_arn": root, "certificate": account.issue(root).pem}
    for check_mode in (True, False):
        failed = account.run(MODULE, check_mode, **options, wait_for=[source])
        assert f"the certificate {lack}" in failed["msg"]
    assert account.must_run(MODULE, **options)["changed"], "it was not revoked before"


def test_waiting_by_a_serial_alone_is_refused_before_it_is_revoked(account: Account, root: str) -> None:
    options: Options = {"certificate_authority_arn": root, "serial": account.issue(root).serial}
    assert "a serial alone" in account.run(MODULE, **options, wait_for=["crl"])["msg"]
    assert account.must_run(MODULE, **options)["changed"], "it was not revoked before"


def test_openssl_sees_the_revocation_by_crl_and_ocsp(account: Account, publishing_root: Facts, tmp_path: Path) -> None:
    leaf = account.issue(publishing_root["arn"])
    result = account.must_run(
        MODULE,
        certificate_authority_arn=publishing_root["arn"],
        certificate_arn=leaf.arn,
        reason="KEY_COMPROMISE",
        **WAITING,
    )
    published = result["revocation"]["published"]
    (tmp_path / "root.pem").write_text(publishing_root["certificate"])
    (tmp_path / "leaf.pem").write_text(leaf.pem)
    asked = ["-issuer", "root.pem", "-cert", "leaf.pem", "-CAfile", "root.pem", "-url", published["ocsp"]["url"]]
    by_ocsp = openssl("ocsp", *asked, directory=tmp_path)
    assert "leaf.pem: revoked" in by_ocsp
    assert "keyCompromise" in by_ocsp
    told = ["-crl_check", "-crl_download", "-CAfile", "root.pem", "leaf.pem"]
    by_crl = ask_openssl("verify", *told, directory=tmp_path)
    assert by_crl.returncode != 0
    assert "certificate revoked" in by_crl.stderr


SIGNED: dict[SigningAlgorithmType, str] = {
    "SHA512WITHRSA": "RSA_2048",
    "SHA384WITHRSA_PSS": "RSA_2048",
    "ML_DSA_44": "ML_DSA_44",
}


@pytest.mark.parametrize("algorithm", SIGNED)
def test_what_a_ca_publishes_is_verified_whatever_it_signs_with(
    account: Account, make_publishing: MakePublishing, algorithm: SigningAlgorithmType
) -> None:
    authority = make_publishing(key_algorithm=SIGNED[algorithm], signing_algorithm=algorithm)
    options = {
        "certificate_authority_arn": authority["arn"],
        "certificate": account.issue(authority["arn"], algorithm=algorithm).pem,
        "reason": "SUPERSEDED",
        **WAITING,
    }
    assert set(account.must_run(MODULE, **options)["revocation"]["published"]) == {"crl", "ocsp"}
