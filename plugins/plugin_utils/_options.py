# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The options of ``host_certificate``, from named parts. A test holds them against the documentation."""

from __future__ import annotations

from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.modules import aws_argument_spec

KEY_ALGORITHMS = [
    "RSA_2048",
    "RSA_3072",
    "RSA_4096",
    "EC_prime256v1",
    "EC_secp384r1",
    "EC_secp521r1",
    "ML_DSA_44",
    "ML_DSA_65",
    "ML_DSA_87",
]
VALIDITY_TYPES = ["END_DATE", "ABSOLUTE", "DAYS", "MONTHS", "YEARS"]

LINEAGE_OPTIONS: dict[str, Any] = {
    "name": {"type": "str", "required": True},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "base_directory": {"type": "str", "default": "/etc/aws-private-ca"},
    "as_of": {"type": "str"},
}
AUTHORITY_OPTIONS: dict[str, Any] = {
    "certificate_authority_arn": {"type": "str"},
    "template": {"type": "str", "default": "EndEntityCertificate", "aliases": ["template_arn"]},
    "signing_algorithm": {"type": "str"},
    "validity": {
        "type": "dict",
        "default": {"type": "DAYS", "value": 90},
        "options": {
            "type": {"type": "str", "choices": VALIDITY_TYPES, "default": "DAYS"},
            "value": {"type": "int", "required": True},
        },
    },
    "validity_not_before": {
        "type": "dict",
        "options": {
            "type": {"type": "str", "choices": VALIDITY_TYPES, "default": "ABSOLUTE"},
            "value": {"type": "int", "required": True},
        },
    },
    "api_passthrough": {"type": "dict"},
}
NAME_OPTIONS: dict[str, Any] = {
    "common_name": {"type": "str"},
    "subject": {"type": "dict"},
    "subject_alternative_names": {"type": "list", "elements": "str"},
}
KEY_OPTIONS: dict[str, Any] = {
    "key_algorithm": {"type": "str", "choices": KEY_ALGORITHMS, "default": "EC_prime256v1"},
    "key_rotation": {"type": "str", "choices": ["always", "never", "on_demand"], "default": "always"},
    "rotate_key": {"type": "bool", "default": False},
    "key_format": {"type": "str", "choices": ["pkcs8", "traditional"], "default": "pkcs8"},
    "key_passphrase": {"type": "str", "no_log": True},
    "keystore_passphrase": {"type": "str", "no_log": True},
}
RENEWAL_OPTIONS: dict[str, Any] = {
    "renew_before": {"type": "str"},
    "force": {"type": "bool", "default": False},
    "revoked_serials": {"type": "list", "elements": "str"},
}
SERVICE_OPTIONS: dict[str, Any] = {
    "validate_command": {"type": "raw"},
    "reload_command": {"type": "raw"},
    "command_timeout": {"type": "int", "default": 60},
    "verify": {
        "type": "dict",
        "options": {
            "host": {"type": "str", "default": "127.0.0.1"},
            "port": {"type": "int", "required": True},
            "server_name": {"type": "str"},
            "starttls": {"type": "str", "choices": ["smtp", "imap", "postgres", "ldap"]},
            "timeout": {"type": "int", "default": 10},
            "retries": {"type": "int", "default": 5},
        },
    },
    "keep_generations": {"type": "int", "default": 2},
}
FORMAT_OPTIONS: dict[str, Any] = {
    "formats": {"type": "list", "elements": "str", "choices": ["combined", "pkcs12", "der"]},
    "links": {"type": "dict"},
    "owner": {"type": "str"},
    "group": {"type": "str"},
    "mode": {"type": "raw"},
    "key_owner": {"type": "str"},
    "key_group": {"type": "str"},
    "key_mode": {"type": "raw"},
}
LEDGER_OPTIONS: dict[str, Any] = {
    "ledger": {"type": "str", "choices": ["sqlite", "none"], "default": "sqlite"},
    "ledger_path": {"type": "path"},
    "max_issuances": {"type": "int"},
    "max_issuances_period": {"type": "int", "default": 86400},
    "requests_per_second": {"type": "float", "default": 20.0},
    "wait_timeout": {"type": "int", "default": 120},
}


def list_connection_options() -> dict[str, Any]:
    """Return amazon.aws's connection options; ``region`` without environment variables, for the CA's ARN names it."""
    options: dict[str, Any] = aws_argument_spec()
    options["region"] = {name: value for name, value in options["region"].items() if name != "fallback"}
    return options


ARGUMENT_SPEC: dict[str, Any] = {
    **LINEAGE_OPTIONS,
    **AUTHORITY_OPTIONS,
    **NAME_OPTIONS,
    **KEY_OPTIONS,
    **RENEWAL_OPTIONS,
    **SERVICE_OPTIONS,
    **FORMAT_OPTIONS,
    **LEDGER_OPTIONS,
    **list_connection_options(),
}
CONSTRAINTS: dict[str, Any] = {
    "required_if": [("state", "present", ("certificate_authority_arn",))],
}
FILE_OPTIONS = ("name", "base_directory", "key_format", *FORMAT_OPTIONS)
"""What both host modules take."""
