# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What shows the choice of a setting, by setting; here those that show in certificates, hierarchies and reports."""

from __future__ import annotations

import urllib.parse
from collections.abc import Callable
from typing import Any

from cryptography import x509
from cryptography.x509.oid import ExtensionOID

from private_ca_emulator import seeding

from .input_members import outcome_of
from .support import issue, issue_and_load, make_csr
from .test_importing import install_at_level
from .world import World, request_for

GUEST = "222222222222"
OBSERVERS: dict[str, Callable[[World], Any]] = {}


def shows(setting: str) -> Callable[[Callable[[World], Any]], Callable[[World], Any]]:
    """Register what shows the choice of a setting."""

    def register(observe: Callable[[World], Any]) -> Callable[[World], Any]:
        OBSERVERS[setting] = observe
        return observe

    return register


def judge(call: Callable[..., Any], **members: Any) -> str:
    """The code of the refusal, or `accepted`."""
    outcome = outcome_of(call, **members)
    return str(outcome[0]) if isinstance(outcome, tuple) else "accepted"


def judge_issuing(world: World, arn: str | None = None, **changes: Any) -> str:
    request = request_for("IssueCertificate", arn or world.root, **changes)
    return judge(world.client.issue_certificate, **request)


@shows("sixth_level")
def issue_below_the_fifth_level(world: World) -> Any:
    fifth = install_at_level(world, 5)
    return judge_issuing(
        world, fifth, TemplateArn=seeding.template_arn(fifth, "BlankSubordinateCACertificate_PathLen0_CSRPassthrough")
    )


def find_list(world: World, *extensions: tuple[x509.ExtensionType, bool]) -> str:
    """Where a certificate of a CSR with these extensions has its revocation listed, the CA having a CRL."""
    template = seeding.template_arn(world.publish_crl(world.root), "EndEntityCertificate_CSRPassthrough")
    signed = issue_and_load(world.client, world.root, TemplateArn=template, Csr=make_csr(extensions=extensions))
    points = signed.extensions.get_extension_for_oid(ExtensionOID.CRL_DISTRIBUTION_POINTS).value
    assert isinstance(points, x509.CRLDistributionPoints)
    return str((points[0].full_name or [])[0].value)


@shows("distribution_point")
def pass_a_distribution_point_through(world: World) -> Any:
    uri = x509.UniformResourceIdentifier("http://elsewhere.example/list.crl")
    points = x509.CRLDistributionPoints([x509.DistributionPoint([uri], None, None, None)])
    return find_list(world, (points, False)) == uri.value


@shows("crl_uri_style")
def look_where_the_list_is(world: World) -> Any:
    return urllib.parse.urlsplit(find_list(world)).netloc.replace(world.bucket, "BUCKET")
