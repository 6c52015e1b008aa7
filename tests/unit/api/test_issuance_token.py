# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The token: every input that shapes the certificate changes it, spelling does not."""

from __future__ import annotations

import dataclasses
import ipaddress
import ssl
import string
from typing import Any

from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._acm_pca.models import (
    IssuanceRequest,
    Validity,
)
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._issuance_token import (
    derive_token,
    token_of_attempt,
)
from ansible_collections.fleet_pki.aws_private_ca.tests.unit.api.fakes import AUTHORITY, make_csr, make_key
from hypothesis import given
from hypothesis import strategies as st

KEY = make_key()
CSRS = [make_csr(KEY, "web.example.com", names) for names in [(), ("a.example.com",), ("b.example.com",)]]
CSRS += [make_csr(KEY, "other.example.com"), make_csr()]

validities = st.builds(Validity, st.sampled_from(["DAYS", "MONTHS", "ABSOLUTE"]), st.integers(1, 10**10))
dns_names = st.builds("{}.{}".format, st.sampled_from(["www", "api", "db"]), st.sampled_from(["example.com", "a.test"]))
addresses = st.integers(0, 2**128 - 1).map(ipaddress.IPv6Address) | st.integers(0, 2**32 - 1).map(ipaddress.IPv4Address)
general_names = st.one_of(
    dns_names.map(lambda name: {"DnsName": name}),
    addresses.map(lambda address: {"IpAddress": address.compressed}),
    dns_names.map(lambda name: {"Rfc822Name": f"pki@{name}"}),
)
usages = st.lists(st.sampled_from(["SERVER_AUTH", "CLIENT_AUTH", "CODE_SIGNING"]), unique=True, min_size=1)
PADDINGS = st.sampled_from(["", " ", "\n\n", "\t\n"])
organizations = st.sampled_from(["Example", "Ex\u00e4mple"])
passthroughs = st.fixed_dictionaries(
    {},
    optional={
        "Subject": st.fixed_dictionaries({"CommonName": dns_names}, optional={"Organization": organizations}),
        "Extensions": st.fixed_dictionaries(
            {},
            optional={
                "SubjectAlternativeNames": st.lists(general_names, min_size=1, max_size=5, unique_by=str),
                "ExtendedKeyUsage": usages.map(lambda kinds: [{"ExtendedKeyUsageType": kind} for kind in kinds]),
                "KeyUsage": st.dictionaries(st.sampled_from(["DigitalSignature", "CRLSign"]), st.booleans()),
            },
        ),
    },
)
requests = st.builds(
    IssuanceRequest,
    certificate_authority_arn=st.sampled_from([AUTHORITY, AUTHORITY[:-1] + "6"]),
    csr=st.sampled_from(CSRS),
    template_arn=st.sampled_from(["EndEntityCertificate", "CodeSigningCertificate"]),
    signing_algorithm=st.sampled_from(["SHA256WITHECDSA", "SHA384WITHECDSA"]),
    validity=validities,
    validity_not_before=st.none() | validities,
    api_passthrough=st.none() | passthroughs,
    replaces=st.none() | st.sampled_from(["1a", "2b"]),
    attempt=st.integers(0, 2),
)


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


def meaning(value: Any) -> Any:
    """Return the value without what has no meaning: the order of names and usages, and empty members."""
    if isinstance(value, dict):
        members = {key: meaning(member) for key, member in value.items()}
        return {key: member for key, member in members.items() if member is not None} or None
    if isinstance(value, list):
        return sorted(str(meaning(member)) for member in value) or None
    return value


@given(requests.filter(lambda request: request.api_passthrough), st.randoms(use_true_random=False))
def test_order_and_spelling_in_the_passthrough_do_not_change_the_token(request: IssuanceRequest, random: Any) -> None:
    respelled = respell(request.api_passthrough, random)
    assert derive_token(dataclasses.replace(request, api_passthrough=respelled)) == derive_token(request)


def respell(value: Any, random: Any) -> Any:
    if isinstance(value, dict):
        members = [(key, respell(member, random)) for key, member in value.items()]
        random.shuffle(members)
        spelled = dict(members)
        if "DnsName" in spelled:
            spelled["DnsName"] = spelled["DnsName"].upper()
        if ":" in spelled.get("IpAddress", ""):
            spelled["IpAddress"] = ipaddress.ip_address(spelled["IpAddress"]).exploded
        return spelled
    if isinstance(value, list):
        members = [respell(member, random) for member in value]
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
