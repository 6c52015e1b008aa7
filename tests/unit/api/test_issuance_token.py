# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The token: every input that shapes the certificate changes it, spelling does not."""

from __future__ import annotations

import dataclasses
import ipaddress
import itertools
import ssl
import string
from typing import Any

import pytest
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._acm_pca.models import (
    IssuanceRequest,
    Validity,
)
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._issuance_token import (
    derive_token,
    token_of_attempt,
)
from ansible_collections.fleet_pki.aws_private_ca.tests.unit.api.api_inputs import (
    ISSUE_CERTIFICATE,
    PASSTHROUGH,
    Path,
    draw,
    graft,
    list_choices,
    list_enum,
    list_leaves,
)
from ansible_collections.fleet_pki.aws_private_ca.tests.unit.api.fakes import AUTHORITY, make_csr, make_key
from botocore.model import Shape
from hypothesis import given, settings
from hypothesis import strategies as st

KEY = make_key()
CSRS = [make_csr(KEY, "web.example.com", names) for names in [(), ("a.example.com",), ("b.example.com",)]]
CSRS += [make_csr(KEY, "other.example.com"), make_csr()]
IN_ANY_ORDER = ("SubjectAlternativeNames", "ExtendedKeyUsage")
PADDINGS = st.sampled_from(["", " ", "\n\n", "\t\n"])
VALIDITY_TYPES = list_enum("ValidityPeriodType")
passthroughs = draw(PASSTHROUGH)
validities = st.builds(Validity, st.sampled_from(VALIDITY_TYPES), st.integers(1, 10**14))
FIELDS_OF_MEMBERS = {
    "CertificateAuthorityArn": "certificate_authority_arn",
    "Csr": "csr",
    "TemplateArn": "template_arn",
    "SigningAlgorithm": "signing_algorithm",
    "Validity": "validity",
    "ValidityNotBefore": "validity_not_before",
    "ApiPassthrough": "api_passthrough",
}
DRAWN: dict[str, st.SearchStrategy[Any]] = {
    "certificate_authority_arn": st.sampled_from([AUTHORITY, AUTHORITY[:-1] + "6"]),
    "csr": st.sampled_from(CSRS),
    "template_arn": st.sampled_from(["EndEntityCertificate", "CodeSigningCertificate"]),
    "signing_algorithm": st.sampled_from(list_enum("SigningAlgorithm")),
    "validity": validities,
    "validity_not_before": st.none() | validities,
    "api_passthrough": st.none() | passthroughs,
    "replaces": st.none() | st.sampled_from(["1a", "2b"]),
    "attempt": st.integers(0, 2),
}
requests = st.builds(IssuanceRequest, **DRAWN)


def test_every_input_that_shapes_a_certificate_is_drawn() -> None:
    assert set(FIELDS_OF_MEMBERS) == set(ISSUE_CERTIFICATE.members) - {"IdempotencyToken"}
    assert set(ISSUE_CERTIFICATE.members["Validity"].members) == {"Type", "Value"}
    assert set(VALIDITY_TYPES) == {"END_DATE", "ABSOLUTE", "DAYS", "MONTHS", "YEARS"}
    assert {*FIELDS_OF_MEMBERS.values(), "replaces", "attempt"} == set(DRAWN)
    assert set(DRAWN) == {member.name for member in dataclasses.fields(IssuanceRequest)}


@given(requests)
def test_a_token_is_36_lower_case_hex_digits(request: IssuanceRequest) -> None:
    token = derive_token(request)
    assert len(token) == 36
    assert set(token) <= set(string.hexdigits.lower())
    assert len(token_of_attempt("a token of the user's own", request.attempt)) <= 36


@given(requests, requests)
def test_exchanging_any_one_member_for_another_changes_the_token(one: IssuanceRequest, other: IssuanceRequest) -> None:
    for member in dataclasses.fields(IssuanceRequest):
        value = getattr(other, member.name)
        changed = dataclasses.replace(one, **{member.name: value})
        same = meaning(getattr(one, member.name)) == meaning(value)
        assert (derive_token(changed) == derive_token(one)) == same, member.name


def meaning(value: Any, name: str = "") -> Any:
    """Return the value without what has no meaning: the order of names and usages, and empty members."""
    if isinstance(value, dict):
        members = {key: meaning(member, key) for key, member in value.items()}
        return {key: member for key, member in members.items() if member is not None} or None
    if isinstance(value, list):
        members_of_list = [str(meaning(member)) for member in value]
        return (sorted(members_of_list) if name in IN_ANY_ORDER else members_of_list) or None
    return value


@pytest.mark.parametrize(("path", "shape"), [pytest.param(*leaf, id=".".join(leaf[0])) for leaf in list_leaves()])
@settings(max_examples=5)
@given(request=requests, choice=st.data())
def test_any_value_in_the_passthrough_changes_the_token(
    path: Path, shape: Shape, request: IssuanceRequest, choice: st.DataObject
) -> None:
    count = min(2, len(list_choices(shape)) or 2)
    values = choice.draw(st.lists(draw(shape, path[-1]), min_size=count, max_size=count, unique=True))
    grafted = [graft(request.api_passthrough, path, value) for value in values]
    tokens = {derive_token(dataclasses.replace(request, api_passthrough=tree)) for tree in (*grafted, None)}
    assert len(tokens) == count + 1


@given(requests, st.integers(1, 10**14))
def test_each_type_of_validity_is_another_token_as_beginning_and_as_end(request: IssuanceRequest, value: int) -> None:
    kinds = [Validity(kind, value) for kind in VALIDITY_TYPES]
    pairs = list(itertools.product(kinds, [None, *kinds]))
    changed = [dataclasses.replace(request, validity=end, validity_not_before=start) for end, start in pairs]
    assert len({derive_token(one) for one in changed}) == len(pairs)


@given(requests.filter(lambda request: request.api_passthrough), st.randoms(use_true_random=False))
def test_order_and_spelling_in_the_passthrough_do_not_change_the_token(request: IssuanceRequest, random: Any) -> None:
    respelled = respell(request.api_passthrough, random)
    assert derive_token(dataclasses.replace(request, api_passthrough=respelled)) == derive_token(request)


def respell(value: Any, random: Any, name: str = "") -> Any:
    if isinstance(value, dict):
        members = [(key, respell(member, random, key)) for key, member in value.items()]
        random.shuffle(members)
        spelled = dict(members)
        if "DnsName" in spelled:
            spelled["DnsName"] = spelled["DnsName"].upper()
        if ":" in spelled.get("IpAddress", ""):
            spelled["IpAddress"] = ipaddress.ip_address(spelled["IpAddress"]).exploded
        return spelled
    if isinstance(value, list):
        members = [respell(member, random) for member in value]
        if name in IN_ANY_ORDER:
            random.shuffle(members)
        return members
    return value


@given(
    st.sampled_from(CSRS),
    st.integers(1, 64),
    st.sampled_from(["\n", "\r\n"]),
    PADDINGS,
)
def test_white_space_of_the_pem_does_not_change_the_token(csr: str, width: int, newline: str, padding: str) -> None:
    body = "".join(csr.splitlines()[1:-1])
    lines = [body[start : start + width] for start in range(0, len(body), width)]
    spelled = newline.join([csr.splitlines()[0], *lines, csr.splitlines()[-1]]) + padding
    request = make(csr)
    assert derive_token(dataclasses.replace(request, csr=padding + spelled)) == derive_token(request)


def test_a_new_signature_over_the_same_csr_does_not_change_the_token() -> None:
    first, second = make_csr(KEY), make_csr(KEY)
    assert ssl.PEM_cert_to_DER_cert(first.replace(" REQUEST", "")) != ssl.PEM_cert_to_DER_cert(
        second.replace(" REQUEST", "")
    )
    assert derive_token(make(first)) == derive_token(make(second))


def test_a_token_of_the_users_own_is_kept_for_the_first_attempt_and_another_for_each_later_one() -> None:
    assert token_of_attempt("1234", 0) == "1234"
    assert len({token_of_attempt("1234", attempt) for attempt in range(5)}) == 5


def make(csr: str) -> IssuanceRequest:
    return IssuanceRequest(AUTHORITY, csr, "EndEntityCertificate", "SHA256WITHECDSA", Validity("DAYS", 1))
