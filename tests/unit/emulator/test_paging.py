# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Pages of lists that change while a client goes through them, and tokens that were given for another request."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore import xform_name

from private_ca_emulator import seeding

from .support import refusal
from .world import ACM, World

PAGE = {"MaxResults": 2}
TAGS = [{"Key": key, "Value": "value"} for key in "ecadb"]


def page_through(call: Callable[..., Any], listed: str, **members: Any) -> Iterator[list[Any]]:
    """What lies on each page, which the caller may change before it takes the next."""
    reply = call(**members)
    yield reply[listed]
    while "NextToken" in reply:
        reply = call(**members, NextToken=reply["NextToken"])
        yield reply.get(listed, [])


def test_a_client_that_untags_what_it_reads_misses_no_tag(world: World) -> None:
    arn, read = world.create(Tags=TAGS), []
    for page in page_through(world.client.list_tags, "Tags", CertificateAuthorityArn=arn, **PAGE):
        read += page
        world.client.untag_certificate_authority(CertificateAuthorityArn=arn, Tags=page)
    assert sorted(tag["Key"] for tag in read) == sorted(tag["Key"] for tag in TAGS)


def test_a_client_that_withdraws_what_it_reads_misses_no_permission(world: World) -> None:
    asked, read = {"CertificateAuthorityArn": world.create()}, []
    accounts = [digit * 12 for digit in "31425"]
    for account in accounts:
        world.client.create_permission(**asked, Principal=ACM, Actions=["IssueCertificate"], SourceAccount=account)
    for page in page_through(world.client.list_permissions, "Permissions", **asked, **PAGE):
        for permission in page:
            read.append(permission["SourceAccount"])
            world.client.delete_permission(**asked, Principal=ACM, SourceAccount=permission["SourceAccount"])
    assert sorted(read) == sorted(accounts)


def test_a_client_misses_no_authority_when_one_that_it_has_read_is_deleted_for_good(world: World) -> None:
    world.control.freeze()
    arns, read = {world.create() for _number in range(5)}, []
    for page in page_through(world.client.list_certificate_authorities, "CertificateAuthorities", **PAGE):
        read += [record["Arn"] for record in page]
        for arn in read[-len(page) :]:
            world.delete(arn)
        world.control.advance(30 * 86400)
    assert len(read) == 5
    assert set(read) == arns


@pytest.mark.parametrize("order", ["ASCENDING", "DESCENDING"])
def test_a_client_that_deletes_what_it_reads_misses_no_certificate_of_acm(world: World, order: str) -> None:
    world.control.settings(acm_needs_permission=False)
    world.control.freeze()
    acm, made, read = world.connect("acm", access_key="555555555555"), [], []
    root = seeding.create_active_root(world.connect(access_key="555555555555"))
    for number in range(5):
        made.append(
            acm.request_certificate(
                DomainName=f"{number}.example.com", CertificateAuthorityArn=root, KeyAlgorithm="EC_prime256v1"
            )["CertificateArn"]
        )
        world.control.advance(1)
    asked = {
        "Includes": {"keyTypes": ["EC_prime256v1"]}, "SortBy": "CREATED_AT", "SortOrder": order, "MaxItems": 2,
    }  # fmt: skip
    for page in page_through(acm.list_certificates, "CertificateSummaryList", **asked):
        for summary in page:
            read.append(summary["CertificateArn"])
            acm.delete_certificate(CertificateArn=summary["CertificateArn"])
    assert read == (made if order == "ASCENDING" else made[::-1])


def test_a_token_is_good_for_the_request_that_it_was_given_for_alone(world: World) -> None:
    world.control.settings(list_tags_token_error="InvalidNextTokenException")
    arn, other = (world.create(Tags=TAGS) for _number in range(2))
    asked = {"CertificateAuthorityArn": arn}
    given = {"NextToken": world.client.list_tags(**asked, **PAGE)["NextToken"]}
    elsewhere = [
        ("ListTags", {"CertificateAuthorityArn": other}),
        ("ListPermissions", asked),
        ("ListCertificateAuthorities", {}),
    ]
    for operation, members in elsewhere:
        call = getattr(world.client, xform_name(operation))
        assert refusal(call, **members, **given)[0] == "InvalidNextTokenException", operation
    assert len(world.client.list_tags(**asked, **given)["Tags"]) == 3
