# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._aws_connection import (
    AwsConnection,
    connect_client,
    select_connection,
)
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._errors import InvalidInput, Unreachable

KEYS: dict[str, Any] = {"access_key": "AKIDEXAMPLE", "secret_key": "not-to-be-shown", "validate_certs": True}


def test_a_client_never_retries_by_itself_whatever_aws_config_says() -> None:
    options = {**KEYS, "aws_config": {"retries": {"total_max_attempts": 7}, "read_timeout": 5}}
    client = connect_client("acm-pca", select_connection(options, "us-east-1"))
    assert client.meta.config.retries["total_max_attempts"] == 1
    assert client.meta.config.read_timeout == 5


def test_the_region_is_the_one_of_the_authority() -> None:
    assert connect_client("acm-pca", select_connection(KEYS, "eu-central-1")).meta.region_name == "eu-central-1"


def test_a_profile_beside_keys_is_refused() -> None:
    with pytest.raises(InvalidInput, match="profile excludes access_key"):
        select_connection({**KEYS, "profile": "fleet"}, "us-east-1")


@pytest.mark.parametrize(
    "options", [{"profile": "there-is-no-such-profile"}, {**KEYS, "endpoint_url": "no url"}, {"aws_config": {"x": 1}}]
)
def test_a_connection_that_cannot_be_prepared_is_an_error_with_a_remedy(options: dict[str, Any]) -> None:
    with pytest.raises(Unreachable, match="Check profile, region, endpoint_url and aws_config"):
        connect_client("acm-pca", select_connection(options, "us-east-1"))


def test_no_secret_is_in_the_representation_of_a_connection() -> None:
    assert "not-to-be-shown" not in repr(AwsConnection(region="us-east-1", secret_key="not-to-be-shown"))


def test_credentials_of_one_connection_do_not_stay_for_the_next_of_the_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDENVIRONMENT")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "of-the-environment")
    signed = []
    for options in (KEYS, {"validate_certs": True}, KEYS):
        client = connect_client("acm-pca", select_connection(options, "us-east-1"))
        signed.append(client.generate_presigned_url("list_certificate_authorities"))
    assert ["AKIDEXAMPLE" in url for url in signed] == [True, False, True]
    assert "AKIDENVIRONMENT" in signed[1]


def test_the_endpoint_of_aws_private_ca_is_not_the_one_of_aws_sts(monkeypatch: pytest.MonkeyPatch) -> None:
    connection = select_connection({**KEYS, "endpoint_url": "https://acm-pca-fips.example.com"}, "eu-central-1")
    endpoints = [connect_client(service, connection).meta.endpoint_url for service in ("acm-pca", "sts")]
    assert endpoints == ["https://acm-pca-fips.example.com", "https://sts.eu-central-1.amazonaws.com"]
    monkeypatch.setenv("AWS_ENDPOINT_URL_STS", "https://sts.example.com")
    assert connect_client("sts", connection).meta.endpoint_url == "https://sts.example.com"
