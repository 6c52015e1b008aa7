# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""CRLs and the OCSP responder under names of the CA's owner, with the emulator as proxy."""

from __future__ import annotations

import urllib.error
import urllib.request
from typing import Any

import pytest
from cryptography import x509
from cryptography.x509 import ocsp

from private_ca_emulator import seeding
from private_ca_emulator.server import EmulatorServer

from .support import fetch, issue
from .test_revocation import ask_responder, crl_location, revoke
from .world import Members, World, crl_in


def issue_below(world: World, revocation: Members) -> tuple[str, x509.Certificate, x509.Certificate]:
    """A new root with a revocation configuration, its certificate, and a leaf of it."""
    root = seeding.create_active_root(world.client, RevocationConfiguration=revocation)
    got = fetch(world.client, root, issue(world.client, root))
    leaf, issuer = (x509.load_pem_x509_certificate(got[name].encode()) for name in ("Certificate", "CertificateChain"))
    return root, leaf, issuer


def fetch_by_proxy(emulator: EmulatorServer, url: str) -> bytes:
    opener: Any = urllib.request.build_opener(urllib.request.ProxyHandler({"http": emulator.endpoint_url}))
    content: bytes = opener.open(url).read()
    return content


@pytest.mark.parametrize("crl_type", ["COMPLETE", "PARTITIONED"])
@pytest.mark.parametrize("name", ["crl.example.com", "PKI.example.com:8080/lists"])
def test_each_list_of_authorities_that_share_a_name_is_under_it(
    world: World, emulator: EmulatorServer, name: str, crl_type: str
) -> None:
    for _number in range(2):
        crl = crl_in(world.make_bucket(), CustomCname=name, CustomPath="of/all", CrlType=crl_type)
        _root, leaf, issuer = issue_below(world, crl)
        url = crl_location(leaf).geturl()
        assert url.startswith(f"http://{name}/of/all/")
        key: Any = issuer.public_key()
        assert x509.load_der_x509_crl(fetch_by_proxy(emulator, url)).is_signature_valid(key)


def test_nothing_but_lists_is_under_the_name_of_lists(world: World, emulator: EmulatorServer) -> None:
    crl = crl_in(world.bucket, CustomCname="crl.example.com")
    _root, leaf, _issuer = issue_below(world, crl)
    for url in ("http://crl.example.com/acm-pca-permission-test-key", f"{crl_location(leaf).geturl()}.old"):
        with pytest.raises(urllib.error.HTTPError, match="404"):
            fetch_by_proxy(emulator, url)


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("name", ["ocsp.example.com", "pki.example.com/ocsp"])
def test_the_responder_answers_under_its_custom_name(
    world: World, emulator: EmulatorServer, name: str, method: str
) -> None:
    root, leaf, issuer = issue_below(world, {"OcspConfiguration": {"Enabled": True, "OcspCustomCname": name}})
    assert ask_responder(emulator, leaf, issuer, method).certificate_status == ocsp.OCSPCertStatus.GOOD
    revoke(world.client, root, leaf)
    assert ask_responder(emulator, leaf, issuer, method).certificate_status == ocsp.OCSPCertStatus.REVOKED
