# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""acm_pca_revoke_certificate against the emulator, with openssl as the judge of what it publishes."""

from __future__ import annotations

import subprocess

import pytest
from issued_leaf import issue
from module_run import EXPECTED, run_five_steps

MODULE = "acm_pca_revoke_certificate"


@pytest.fixture
def make_publishing(account, emulator, control):
    """Return a function that makes a root with CRL and OCSP, both reachable at the emulator."""
    host = emulator.endpoint_url.removeprefix("http://")
    bucket = account.create_bucket("crls")
    control.settings(crl_delay=0.0)
    crl = {"s3_bucket_name": bucket, "expiration_in_days": 7, "custom_cname": f"{host}/{bucket}"}

    def make(key_algorithm, **options):
        given = {"name": "publishing", "type": "ROOT", "subject": {"common_name": "Publishing Root"}, **options}
        published = {"crl": crl, "ocsp": {"custom_cname": host}}
        made = account.must_run("acm_pca_certificate_authority", key_algorithm=key_algorithm, **given, **published)
        return made["certificate_authority"]

    return make


@pytest.fixture
def publishing_root(make_publishing):
    return make_publishing("EC_prime256v1")


def test_a_revocation_goes_through_the_five_steps(account, publishing_root):
    first, second = (issue(account, publishing_root, f"{name}.example.com") for name in "ab")
    options = {
        "certificate_authority_arn": publishing_root["arn"],
        "certificate_arn": first.arn,
        "reason": "SUPERSEDED",
        "wait_for": ["crl", "ocsp"],
        "wait_interval": 1,
        "wait_timeout": 30,
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


SPELLINGS = {
    "bare": lambda serial: serial,
    "upper case": str.upper,
    "0x": lambda serial: f"0x{serial}",
    "padded": lambda serial: f"00{serial.zfill(32)}",
    "colons": lambda serial: ":".join(serial.zfill(32)[i : i + 2] for i in range(0, 32, 2)),
    "openssl": lambda serial: f"serial={serial.upper()}",
    "spaces": lambda serial: f" {serial.zfill(32)[:16]} {serial.zfill(32)[16:]} ",
}


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_a_serial_is_understood_in_any_spelling(account, root, spelling):
    leaf = issue(account, root)
    given = {"certificate_authority_arn": root["arn"], "serial": SPELLINGS[spelling](leaf.serial)}
    revoked = account.must_run(MODULE, **given)
    assert (revoked["changed"], revoked["revocation"]["serial"]) == (True, leaf.serial)
    assert not account.must_run(MODULE, **given)["changed"]


@pytest.mark.parametrize("serial", ["", "xyz", "12 34 5g", "-", "a" * 70])
def test_a_serial_that_is_none_is_refused(account, root, serial):
    failed = account.run(MODULE, certificate_authority_arn=root["arn"], serial=serial)
    assert failed["failed"]
    assert "hexadecimal" in failed["msg"]


def test_a_certificate_is_revoked_by_its_pem(account, root):
    leaf = issue(account, root)
    options = {"certificate_authority_arn": root["arn"], "certificate": leaf.pem, "reason": "KEY_COMPROMISE"}
    assert account.must_run(MODULE, check_mode=True, **options)["changed"]
    assert account.must_run(MODULE, **options)["changed"]
    assert not account.must_run(MODULE, **options)["changed"]


def test_a_revocation_under_way_is_no_change(account, root, control):
    control.settings(revocation_delay=600.0)
    options = {"certificate_authority_arn": root["arn"], "certificate": issue(account, root).pem}
    assert account.must_run(MODULE, **options)["changed"]
    assert not account.must_run(MODULE, **options)["changed"]


def test_the_roots_own_certificate_is_explained(account, root_facts):
    root = root_facts
    failed = account.run(MODULE, certificate_authority_arn=root["arn"], certificate=root["certificate"])
    assert "Delete the certificate authority" in failed["msg"]
    by_serial = account.run(MODULE, certificate_authority_arn=root["arn"], serial=root["serial"])
    assert "root's own certificate" in by_serial["msg"]


def test_a_serial_that_was_never_issued_is_explained(account, root):
    failed = account.run(MODULE, certificate_authority_arn=root["arn"], serial="0badcafe")
    assert "never issued" in failed["msg"]
    assert failed["serial"] == "badcafe"


@pytest.mark.parametrize("code", ["InvalidRequestException", "InvalidStateException"])
def test_an_expired_certificate_is_explained_whatever_code_aws_has_for_it(account, root, control, code):
    control.settings(revoke_expired_error=code)
    leaf = issue(account, root, days=1)
    control.advance(2 * 86400)
    try:
        failed = account.run(MODULE, certificate_authority_arn=root["arn"], serial=leaf.serial)
        assert failed["code"] == code
        assert "expired" in failed["msg"]
    finally:
        control.advance(-2 * 86400)


def test_a_certificate_of_another_authority_is_refused_before_any_call(account, root, publishing_root):
    leaf = issue(account, root)
    failed = account.run(MODULE, certificate_authority_arn=publishing_root["arn"], certificate_arn=leaf.arn)
    assert "another certificate authority" in failed["msg"]


@pytest.mark.parametrize(
    ("source", "lack"), [("crl", "has no CRL distribution point"), ("ocsp", "names no OCSP responder")]
)
def test_waiting_for_what_the_certificate_does_not_name_is_refused_before_it_is_revoked(account, root, source, lack):
    options = {"certificate_authority_arn": root["arn"], "certificate": issue(account, root).pem}
    for check_mode in (True, False):
        failed = account.run(MODULE, check_mode, **options, wait_for=[source])
        assert f"the certificate {lack}" in failed["msg"]
    assert account.must_run(MODULE, **options)["changed"], "it was not revoked before"


def test_waiting_by_a_serial_alone_is_refused_before_it_is_revoked(account, root):
    options = {"certificate_authority_arn": root["arn"], "serial": issue(account, root).serial}
    assert "a serial alone" in account.run(MODULE, **options, wait_for=["crl"])["msg"]
    assert account.must_run(MODULE, **options)["changed"], "it was not revoked before"


def test_openssl_sees_the_revocation_by_crl_and_ocsp(account, publishing_root, tmp_path):
    leaf = issue(account, publishing_root)
    result = account.must_run(
        MODULE,
        certificate_authority_arn=publishing_root["arn"],
        certificate_arn=leaf.arn,
        reason="KEY_COMPROMISE",
        wait_for=["crl", "ocsp"],
        wait_interval=1,
        wait_timeout=30,
    )
    published = result["revocation"]["published"]
    (tmp_path / "root.pem").write_text(publishing_root["certificate"])
    (tmp_path / "leaf.pem").write_text(leaf.pem)
    by_ocsp = openssl(
        "ocsp", "-issuer", "root.pem", "-cert", "leaf.pem", "-CAfile", "root.pem", "-url", published["ocsp"]["url"],
        cwd=tmp_path,
    )  # fmt: skip
    assert "leaf.pem: revoked" in by_ocsp.stdout
    assert "keyCompromise" in by_ocsp.stdout
    by_crl = openssl("verify", "-crl_check", "-crl_download", "-CAfile", "root.pem", "leaf.pem", cwd=tmp_path)
    assert by_crl.returncode != 0
    assert "certificate revoked" in by_crl.stderr


SIGNED = {"SHA512WITHRSA": "RSA_2048", "SHA384WITHRSA_PSS": "RSA_2048", "ML_DSA_44": "ML_DSA_44"}


@pytest.mark.parametrize("algorithm", SIGNED)
def test_what_a_ca_publishes_is_verified_whatever_it_signs_with(account, make_publishing, algorithm):
    authority = make_publishing(SIGNED[algorithm], signing_algorithm=algorithm)
    options = {
        "certificate_authority_arn": authority["arn"],
        "certificate": issue(account, authority, algorithm=algorithm).pem,
        "reason": "SUPERSEDED",
        "wait_for": ["crl", "ocsp"],
        "wait_interval": 1,
        "wait_timeout": 30,
    }
    assert set(account.must_run(MODULE, **options)["revocation"]["published"]) == {"crl", "ocsp"}


def openssl(*arguments, cwd):
    """Run openssl without the proxies of the environment."""
    return subprocess.run(
        ["openssl", *arguments], cwd=cwd, capture_output=True, text=True, check=False, env={"PATH": "/usr/bin:/bin"}
    )
