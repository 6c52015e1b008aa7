# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The options of ``host_certificate``, from the named parts that the modules use. A test compares the documentation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.modules import aws_argument_spec

from ..module_utils._assumed_role import ASSUME_ROLE_OPTIONS
from ..module_utils._host_argument_specs import BASE_DIRECTORY, FILE_SPEC, ISSUED_SPEC, POLICY_SPEC, SERVICE_SPEC
from ..module_utils._issuance_options import LEDGER_OPTIONS, LIMIT_OPTIONS, RECOVERY_OPTIONS, TERMS_OPTIONS
from ..module_utils._region_option import make_region_option
from ..module_utils._x509.algorithms import KEY_ALGORITHMS
from ._defaults import DEFAULTS
from ._supersession import SUPERSESSION_OPTIONS

POLICY_OPTIONS = ("source", "key_rotation", "rotate_key", "renew_before", "revoked_serials", "adopt")
FILE_OPTIONS = ("name", "base_directory", *FILE_SPEC)
"""What both host modules take."""

LINEAGE_OPTIONS: dict[str, Any] = {
    "name": {"type": "str", "required": True},
    DEFAULTS: {"type": "dict"},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "base_directory": {"type": "str", "default": BASE_DIRECTORY},
    "certificate_authority_arn": {"type": "str"},
    "certificate_arn": {"type": "str"},
    "common_name": {"type": "str"},
    "subject": {"type": "dict"},
    "subject_alternative_names": {"type": "list", "elements": "str"},
    "key_algorithm": {"type": "str", "choices": list(KEY_ALGORITHMS), "default": "EC_prime256v1"},
    "force": {"type": "bool", "default": False},
    "as_of": {"type": "str"},
    "wait_timeout": {"type": "int", "default": 120},
}


def leave_paths_to_host(spec: Mapping[str, Any]) -> dict[str, Any]:
    """Return a specification whose paths are strings: ``~`` means the host's home, not the control node's."""
    changed = {}
    for name, option in spec.items():
        changed[name] = {**option, "type": "str"} if option.get("type") == "path" else dict(option)
        if "options" in option:
            changed[name]["options"] = leave_paths_to_host(option["options"])
    return changed


def list_connection_options() -> dict[str, Any]:
    """Return amazon.aws's connection options and those of an assumed role.

    ``region`` is without its environment variables, for the CA's ARN names it.
    """
    return {**aws_argument_spec(), **make_region_option(), **ASSUME_ROLE_OPTIONS}


ARGUMENT_SPEC: dict[str, Any] = {
    **LINEAGE_OPTIONS,
    **TERMS_OPTIONS,
    **leave_paths_to_host(FILE_SPEC),
    **leave_paths_to_host({name: POLICY_SPEC[name] for name in POLICY_OPTIONS}),
    **leave_paths_to_host(SERVICE_SPEC),
    "keep_generations": ISSUED_SPEC["keep_generations"],
    **SUPERSESSION_OPTIONS,
    **LEDGER_OPTIONS,
    **LIMIT_OPTIONS,
    **RECOVERY_OPTIONS,
    **list_connection_options(),
}
CONSTRAINTS: dict[str, Any] = {
    "required_if": [("state", "present", ("certificate_authority_arn", "certificate_arn"), True)],
}
