# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From connection options (amazon.aws's names) to boto3 clients that never retry by themselves.

The service's model is loaded when this file is imported, and a session made. Ansible loads an action plugin in the
parent process and forks a worker for each host, so every worker inherits boto3, the model and the session, and a client
costs it milliseconds. All connections with one profile share a session; credentials that were given are each client's.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Mapping

from ._assumed_role import assume_role
from ._errors import InvalidInput, MissingLibrary, Unreachable

try:
    import boto3
    import botocore.exceptions
    import botocore.loaders
    import botocore.session
    from botocore.config import Config

    _MODELS = botocore.loaders.create_loader()
    _MODELS.load_service_model("acm-pca", "service-2")
    _MODELS.load_service_model("acm-pca", "endpoint-rule-set-1")
    _MODELS.load_data("endpoints")
    _MODELS.load_data("partitions")
    _IMPORT_ERROR: ImportError | None = None
except ImportError as error:
    _IMPORT_ERROR = error

_SESSIONS: dict[str | None, Any] = {}  # by profile


def preload_model(service: str) -> None:
    """Load the model of another service, for the workers that inherit it; without boto3, do nothing."""
    if _IMPORT_ERROR is None:
        _MODELS.load_service_model(service, "service-2")
        _MODELS.load_service_model(service, "endpoint-rule-set-1")


@dataclass(frozen=True)
class AwsConnection:
    """How to reach AWS, as the options say it; without a region, the one of the profile.

    The representation shows no secret, so that no log can.
    """

    region: str | None
    access_key: str | None = None
    secret_key: str | None = None
    session_token: str | None = None
    profile: str | None = None
    endpoint_url: str | None = None
    validate_certs: bool = True
    aws_ca_bundle: str | None = None
    aws_config: Mapping[str, Any] | None = None
    assume_role_arn: str | None = None
    assume_role_external_id: str | None = None
    assume_role_session_name: str | None = None

    def __repr__(self) -> str:
        return f"AwsConnection(region={self.region!r}, endpoint_url={self.endpoint_url!r})"


def select_connection(options: Mapping[str, Any], region: str | None) -> AwsConnection:
    """Return the connection that the validated options ask for. Raise InvalidInput when they contradict each other."""
    given: dict[str, Any] = {
        name: options.get(name) or None for name in AwsConnection.__dataclass_fields__ if name != "region"
    }
    given["validate_certs"] = options.get("validate_certs", True)
    connection = AwsConnection(region=region, **given)
    if connection.profile and (connection.access_key or connection.secret_key or connection.session_token):
        raise InvalidInput(
            "Failed to choose credentials",
            because="profile excludes access_key, secret_key and session_token (options or environment variables)",
            remedy="Give one of the two",
        )
    return connection


def connect_client(service: str, connection: AwsConnection) -> Any:
    """Return a boto3 client of ``service``; the core knows what may be repeated, so botocore's own retries are off.

    Raise MissingLibrary without boto3, Unreachable when the profile or the endpoint cannot be used.
    """
    if _IMPORT_ERROR is not None:
        raise MissingLibrary(
            "Failed to import the Python library boto3",
            because=str(_IMPORT_ERROR),
            remedy="Install boto3 for the Python that runs this task (python -m pip install boto3)",
        )
    try:
        session, credentials = _find_session(connection.profile), _select_credentials(connection)
        if connection.assume_role_arn:
            credentials = assume_role(
                _create_client(session, "sts", connection, credentials),
                connection.assume_role_arn,
                connection.assume_role_external_id,
                connection.assume_role_session_name,
            )
        return _create_client(session, service, connection, credentials)
    except (botocore.exceptions.BotoCoreError, ValueError, TypeError) as error:
        raise Unreachable(
            f"Failed to prepare the connection to {service}",
            because=str(error),
            remedy="Check profile, region, endpoint_url and aws_config",
        ) from error


def _create_client(session: Any, service: str, connection: AwsConnection, credentials: Mapping[str, Any]) -> Any:
    return session.client(
        service,
        region_name=connection.region,
        endpoint_url=None if service == "sts" else connection.endpoint_url,  # each service has its own
        verify=_select_verification(connection),
        config=_select_config(connection),
        **credentials,
    )


def _select_credentials(connection: AwsConnection) -> Mapping[str, str | None]:
    """Return the credentials that were given, none of which is the session's: those it finds by itself then."""
    return {
        "aws_access_key_id": connection.access_key,
        "aws_secret_access_key": connection.secret_key,
        "aws_session_token": connection.session_token,
    }


def _find_session(profile: str | None) -> Any:
    if profile not in _SESSIONS:
        core = botocore.session.Session(profile=profile)
        core.register_component("data_loader", _MODELS)
        _SESSIONS[profile] = boto3.session.Session(botocore_session=core)
    return _SESSIONS[profile]


def _select_config(connection: AwsConnection) -> Any:
    chosen = Config(connect_timeout=10, read_timeout=30).merge(Config(**dict(connection.aws_config or {})))
    return chosen.merge(Config(retries={"mode": "standard", "total_max_attempts": 1}))


def _select_verification(connection: AwsConnection) -> bool | str:
    if connection.validate_certs and connection.aws_ca_bundle:
        return connection.aws_ca_bundle
    return connection.validate_certs


if _IMPORT_ERROR is None:
    _find_session(None)
