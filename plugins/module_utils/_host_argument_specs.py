# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The argument specifications of the host modules, composed from named parts that the action shares."""

from __future__ import annotations

from typing import Any

from ._generations.plan import FORMATS
from ._x509.algorithms import KEY_ALGORITHMS, KEY_FORMATS

PRIVATE_CA, ACM = "private_ca", "acm"
SOURCES = (PRIVATE_CA, ACM)
"""Where certificates come from: AWS Private CA signs for the host's key, or AWS Certificate Manager makes both."""

BASE_DIRECTORY = "/etc/aws-private-ca"

LINEAGE_SPEC: dict[str, Any] = {
    "name": {"type": "str", "required": True},
    "base_directory": {"type": "path", "default": BASE_DIRECTORY},
    "now": {"type": "float"},
}
FILE_SPEC: dict[str, Any] = {
    "owner": {"type": "str"},
    "group": {"type": "str"},
    "mode": {"type": "raw"},
    "key_owner": {"type": "str", "no_log": False},
    "key_group": {"type": "str", "no_log": False},
    "key_mode": {"type": "raw", "no_log": False},
    "key_format": {"type": "str", "choices": list(KEY_FORMATS), "default": "pkcs8"},
    "key_passphrase": {"type": "str", "no_log": True},
    "formats": {"type": "list", "elements": "str", "choices": list(FORMATS), "default": []},
    "keystore_passphrase": {"type": "str", "no_log": True},
    "links": {"type": "dict", "default": {}},
}
NAMES_SPEC: dict[str, Any] = {
    "subject": {"type": "dict"},
    "subject_alternative_names": {"type": "list", "elements": "str"},
    "key_algorithm": {"type": "str", "choices": list(KEY_ALGORITHMS)},
    "terms": {"type": "dict", "default": {}},
    "force_id": {"type": "str"},
}
ADOPT_SPEC: dict[str, Any] = {
    "type": "dict",
    "options": {
        "key": {"type": "path", "required": True, "no_log": False},
        "certificate": {"type": "path", "required": True},
        "chain": {"type": "path"},
    },
}
POLICY_SPEC: dict[str, Any] = {
    "source": {"type": "str", "choices": list(SOURCES), "default": PRIVATE_CA},
    "key_rotation": {"type": "str", "choices": ["always", "never", "on_demand"], "default": "always", "no_log": False},
    "rotate_key": {"type": "bool", "default": False, "no_log": False},
    "renew_before": {"type": "str"},
    "host": {"type": "str", "default": ""},
    "revoked_serials": {"type": "list", "elements": "str", "default": []},
    "max_clock_skew": {"type": "float", "default": 3600.0},
    "adopt": ADOPT_SPEC,
}
VERIFY_SPEC: dict[str, Any] = {
    "type": "dict",
    "options": {
        "host": {"type": "str", "default": "127.0.0.1"},
        "port": {"type": "int", "required": True},
        "server_name": {"type": "str"},
        "starttls": {"type": "str", "choices": ["smtp", "imap", "postgres", "ldap"]},
        "timeout": {"type": "float", "default": 5.0},
        "retries": {"type": "int", "default": 10},
        "interval": {"type": "float", "default": 0.5},
    },
}
SERVICE_SPEC: dict[str, Any] = {
    "validate_command": {"type": "raw"},
    "reload_command": {"type": "raw"},
    "command_timeout": {"type": "float", "default": 60.0},
    "verify": VERIFY_SPEC,
}
ISSUED_SPEC: dict[str, Any] = {
    "certificate": {"type": "str"},
    "chain": {"type": "list", "elements": "str"},
    "certificate_arn": {"type": "str"},
    "private_key": {"type": "str", "no_log": True},
    "private_key_passphrase": {"type": "str", "no_log": True},
    "generation": {"type": "str"},
    "keep_generations": {"type": "int", "default": 2},
    "forget_superseded": {"type": "list", "elements": "str", "default": []},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
}

REQUEST_SPEC: dict[str, Any] = {
    **LINEAGE_SPEC,
    **FILE_SPEC,
    **NAMES_SPEC,
    **POLICY_SPEC,
    "key_algorithm": {"type": "str", "choices": list(KEY_ALGORITHMS), "default": "EC_prime256v1"},
}
INSTALL_SPEC: dict[str, Any] = {**LINEAGE_SPEC, **FILE_SPEC, **NAMES_SPEC, **SERVICE_SPEC, **ISSUED_SPEC}
INSTALL_CONSTRAINTS: dict[str, Any] = {
    "mutually_exclusive": [("certificate", "generation")],
    "required_by": {"certificate": ("chain",), "private_key": ("certificate",)},
    "required_together": [("private_key", "private_key_passphrase")],
}
INFO_SPEC: dict[str, Any] = {
    "name": {"type": "str"},
    "base_directory": {"type": "path", "default": BASE_DIRECTORY},
    "now": {"type": "float"},
    "renew_before": {"type": "str"},
    "host": {"type": "str", "default": ""},
}
