# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._errors import InvalidInput
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._x509.names import (
    build_general_name,
    normalise_general_name,
    normalise_general_names,
    read_general_name,
)
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._x509.subjects import (
    build_subject,
    normalise_subject,
    read_subject,
)

SPELLINGS = [
    ("dns:WWW.Example.COM.", "DNS:www.example.com"),
    ("DNS:*.example.com", "DNS:*.example.com"),
    ("DNS:Bücher.example", "DNS:xn--bcher-kva.example"),
    ("DNS:_srv.example.com", "DNS:_srv.example.com"),
    ("IP:2001:DB8:0:0:0:0:0:1", "IP:2001:db8::1"),
    ("IP:10.0.0.7", "IP:10.0.0.7"),
    ("EMAIL:Root@Example.COM", "email:Root@example.com"),
    ("URI:HTTPS://User@WWW.Example.com:8443/Path?Q#F", "URI:https://User@www.example.com:8443/Path?Q#F"),
    ("URI:urn:uuid:F81D4FAE", "URI:urn:uuid:F81D4FAE"),
    ("URI:spiffe://Trust.Domain/workload", "URI:spiffe://trust.domain/workload"),
    ("RID:1.2.3.4", "RID:1.2.3.4"),
    ("dirName:commonName=web, O=A\\, B Ltd", "dirName:CN=web,O=A\\, B Ltd"),
    ("dirName:/C=DE/CN=web", "dirName:C=DE,CN=web"),
    (
        "otherName:1.3.6.1.4.1.311.20.2.3;UTF8:user@example.com",
        "otherName:1.3.6.1.4.1.311.20.2.3;UTF8:user@example.com",
    ),
    ("otherName:1.2.3;0C:02:68:69", "otherName:1.2.3;UTF8:hi"),
    ("otherName:1.2.3;0403AABBCC", "otherName:1.2.3;0403aabbcc"),
]


@pytest.mark.parametrize(("spelled", "normal"), SPELLINGS)
def test_each_spelling_of_a_name_has_one_normal_form(spelled: str, normal: str) -> None:
    assert normalise_general_name(spelled) == normal
    assert normalise_general_name(normal) == normal


@pytest.mark.parametrize(("spelled", "normal"), SPELLINGS)
def test_a_name_built_into_an_extension_reads_back_as_its_normal_form(spelled: str, normal: str) -> None:
    assert read_general_name(build_general_name(spelled)) == normal


@pytest.mark.parametrize(
    "text",
    [
        "www.example.com",
        "DNS:",
        "DNS:a..b",
        "DNS:two words",
        "DNS:" + "a" * 64 + ".example",
        "DNS:" + "a." * 127 + "toolong",
        "DNS:straße.example",
        "IP:10.0.0.0/8",
        "IP:300.1.1.1",
        "email:nobody",
        "URI:relative/path",
        "RID:nonsense",
        "dirName:web",
        "dirName:bogus=web",
        "otherName:1.2.3",
        "otherName:1.2.3;zz",
        "X400:whatever",
    ],
)
def test_a_name_that_cannot_be_understood_is_refused_with_a_sentence(text: str) -> None:
    with pytest.raises(InvalidInput, match="Failed to understand") as caught:
        normalise_general_name(text)
    assert str(caught.value).endswith(".")


def test_order_repetition_and_spelling_of_a_list_do_not_matter() -> None:
    assert normalise_general_names(["DNS:b", "IP:::1", "DNS:A."]) == normalise_general_names(
        ["dns:a", "DNS:B", "IP:0::1"] * 2
    )


def test_a_subject_is_equal_to_itself_in_long_and_short_attribute_names() -> None:
    short = normalise_subject({"CN": "web", "O": "Example", "OU": ["b", "a"], "1.2.3.4": "x", "L": None})
    assert short == normalise_subject(
        {"1.2.3.4": ["x"], "organizationalUnitName": ["a", "b"], "commonName": "web", "o": "Example"}
    )
    assert read_subject(build_subject(short)) == short


@pytest.mark.parametrize("subject", [{"bogus": "x"}, {"CN": "x" * 65}, {"C": "Germany"}])
def test_a_subject_that_no_certificate_can_carry_is_refused(subject: dict[str, str]) -> None:
    with pytest.raises(InvalidInput):
        build_subject(subject)
