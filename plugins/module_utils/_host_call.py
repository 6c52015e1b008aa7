# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A host module as a function: options in, result out, whichever way they travelled.

The modules call it with what Ansible's library parsed on the host; the action has it called without that library there.
"""

from __future__ import annotations

import os
from typing import Any, Callable, Mapping, NamedTuple

from ._errors import PrivateCaError
from ._generations.files import Files
from ._host_argument_specs import INFO_SPEC, INSTALL_CONSTRAINTS, INSTALL_SPEC, REQUEST_SPEC
from ._secrets import hide, list_secrets

TEXTS = ("msg", "output", "reasons", "warnings")
"""What is for people to read, and may have what a command printed. In facts, a short secret is in many a serial."""


class HostModule(NamedTuple):
    """One host module: its argument specification, what else binds its options, and what it does."""

    argument_spec: Mapping[str, Any]
    constraints: Mapping[str, Any]
    run: Callable[[Mapping[str, Any], Files, bool], dict[str, Any]]


def answer(module: str, options: Mapping[str, Any], files: Files, check_mode: bool) -> dict[str, Any]:
    """Return the module's result for validated options. An error is a failed result; no text has a secret."""
    called = HOST_MODULES[module]
    try:
        result = called.run(expand_paths(options, called.argument_spec), files, check_mode)
    except PrivateCaError as error:
        result = {**error.details, "failed": True, "msg": error.sentence()}
    secrets = list_secrets(options, called.argument_spec)
    return {name: hide(secrets, value) if name in TEXTS else value for name, value in result.items()}


def expand_paths(options: Mapping[str, Any], argument_spec: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options with the home directories and environment variables in paths: those of the host."""
    expanded = dict(options)
    for name, value in options.items():
        option = argument_spec.get(name, {})
        if value is not None and option.get("type") == "path":
            expanded[name] = os.path.expanduser(os.path.expandvars(value))
        elif value is not None and "options" in option:
            expanded[name] = expand_paths(value, option["options"])
    return expanded


def _request(options: Mapping[str, Any], files: Files, check_mode: bool) -> dict[str, Any]:
    from ._lineage.request import request_certificate

    return request_certificate(options, files, check_mode)


def _install(options: Mapping[str, Any], files: Files, check_mode: bool) -> dict[str, Any]:
    from ._lineage.install import install_certificate

    return install_certificate(options, files, check_mode)


def _read(options: Mapping[str, Any], files: Files, _check_mode: bool) -> dict[str, Any]:
    from ._lineage.info import read_lineages

    return {"changed": False, "lineages": read_lineages(options, files)}


HOST_MODULES = {
    "host_certificate_request": HostModule(REQUEST_SPEC, {}, _request),
    "host_certificate_install": HostModule(INSTALL_SPEC, INSTALL_CONSTRAINTS, _install),
    "host_certificate_info": HostModule(INFO_SPEC, {}, _read),
}
