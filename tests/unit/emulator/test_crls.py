# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""CRLs after a change of the configuration: each names its scope, and lists what is revoked in it (RFC 5280, 5.2.5)."""

from __future__ import annotations

import urllib.request
import uuid
from typing import Any

import pytest
from cryptography import x509

from private_ca_emulator import seeding
from private_ca_emulator.server import EmulatorServer

from .support import issue_and_load
from .test_revocation import create_revoking_root, crl_location, read_crl, revoke
from .world import World, crl_in


def switch(world: World, root: str, leaf: x509.Certificate, crl_type: str) -> x509.Certificate:
    """Change the CrlType of a CA whose leaf names its CRL; a leaf that is issued afterwards."""
    bucket = crl_location(leaf).netloc.partition(".s3.")[0]
    configuration = crl_in(bucket, CrlType=crl_type)
    world.client.update_certificate_authority(CertificateAuthorityArn=root, RevocationConfiguration=configuration)
    return issue_and_load(world.client, root)


def read_scope(crl: x509.CertificateRevocationList) -> str | None:
    """The URI of the issuing distribution point, which must be critical; None for a CRL of everything."""
    try:
        point = crl.extensions.get_extension_for_class(x509.IssuingDistributionPoint)
    except x509.ExtensionNotFound:
        return None
    assert point.critical
    return str((point.value.full_name or [])[0].value)


def list_revoked(world: World, leaf: x509.Certificate) -> tuple[str | None, set[int]]:
    """Scope and serials of the CRL that a certificate names."""
    crl = x509.load_der_x509_crl(read_crl(world.connect, leaf))
    return read_scope(crl), {entry.serial_number for entry in crl}


@pytest.mark.parametrize("first_type", ["PARTITIONED", "COMPLETE"])
def test_a_switch_of_the_type_leaves_no_list_that_claims_more_or_less_than_it_has(
    world: World, first_type: str
) -> None:
    world.control.settings(crl_delay=0)
    root, first = create_revoking_root(world.client, world.connect, first_type)
    second_type = "COMPLETE" if first_type == "PARTITIONED" else "PARTITIONED"
    second = switch(world, root, first, second_type)
    assert crl_location(first) != crl_location(second)
    for leaf in (second, first):
        revoke(world.client, root, leaf)
    own = {leaf: {leaf.serial_number} for leaf in (first, second)}
    if second_type == "COMPLETE":
        own[second] |= own[first]
        assert list_revoked(world, second) == (None, own[second])
    else:
        assert list_revoked(world, second) == (crl_location(second).geturl(), own[second])
    assert list_revoked(world, first) == (crl_location(first).geturl(), own[first])


def test_a_partition_that_is_half_way_to_its_end_is_made_anew_after_the_switch(world: World) -> None:
    world.control.freeze()
    root, first = create_revoking_root(world.client, world.connect, "PARTITIONED")
    switch(world, root, first, "COMPLETE")
    before = read_crl(world.connect, first)
    world.control.advance(3.5 * 86400)
    assert read_crl(world.connect, first) != before
    assert list_revoked(world, first) == (crl_location(first).geturl(), set())


@pytest.mark.parametrize("style", ["virtual_hosted", "path"])
def test_a_list_is_where_its_uri_says_in_the_region_of_its_bucket(
    world: World, emulator: EmulatorServer, style: str
) -> None:
    world.control.settings(crl_uri_style=style)
    bucket, s3 = f"bucket-{uuid.uuid4()}", world.connect("s3", region="us-west-2")
    s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "us-west-2"})
    seeding.allow_service_writes(s3, bucket)
    root = seeding.create_active_root(world.client, RevocationConfiguration=crl_in(bucket))
    location = crl_location(issue_and_load(world.client, root))
    key = f"crl/{root.rpartition('/')[2]}.crl"
    hosts = {
        "virtual_hosted": f"{bucket}.s3.us-west-2.amazonaws.com/{key}",
        "path": f"s3.us-west-2.amazonaws.com/{bucket}/{key}",
    }
    assert location.geturl() == f"http://{hosts[style]}"
    proxy: Any = urllib.request.build_opener(urllib.request.ProxyHandler({"http": emulator.endpoint_url}))
    assert proxy.open(location.geturl()).read() == s3.get_object(Bucket=bucket, Key=key)["Body"].read()
