# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Calls of host modules by the action: one round trip each, without Ansible's library on the host.

Ansible sends a module with the library that it imports, and on a host with nothing due Python spends most of its time
on that library. The action needs none of it there, for it has validated the options already. So it has Ansible send a
module that is a small program with the collection's own sources (``_host_program.py``), and takes arguments as modules
do that are not of Ansible's make: in place of a marker. Interpreter, environment, become and pipelining stay Ansible's.

1. The parent process writes the program once, where Ansible keeps what it sends, and lets Ansible find it.
2. Each worker validates a call's options and has Ansible run the program.

See ``docs/decisions/0004-host-program.md``.
"""

from __future__ import annotations

import json
import tempfile
import zlib
from base64 import b64encode
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ansible import constants
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.plugins.action import ActionBase
from ansible.plugins.loader import module_loader
from ansible.utils.display import Display

from ..module_utils._host_call import HOST_MODULES
from ._options import leave_paths_to_host

display = Display()

PROGRAM = "fleet_pki_host_program"
ROOMS = (
    "_errors.py",
    "_host_argument_specs.py",
    "_host_call.py",
    "_reissue_policy.py",
    "_secrets.py",
    "_generations",
    "_lineage",
    "_x509",
)
"""What a host needs of module_utils; a test closes over the imports of ``_host_call``."""
_PACKAGE = f"{__name__.rpartition('.plugin_utils.')[0]}.module_utils"


def read_sources(rooms: Path) -> Iterator[tuple[str, str | None]]:
    """Yield the names of the modules that a host needs with their sources, and those of their packages with None."""
    parts = _PACKAGE.split(".")
    yield from ((".".join(parts[:end]), None) for end in range(1, len(parts) + 1))
    for room in ROOMS:
        for path in sorted((rooms / room).glob("*.py")) or [rooms / room]:
            name = ".".join([_PACKAGE, *path.relative_to(rooms).with_suffix("").parts])
            if path.name == "__init__.py":
                yield name.removesuffix(".__init__"), None
            else:
                yield name, path.read_text(encoding="utf-8")


def build_program() -> str:
    """Return the program with its sources: JSON, compressed, in base64."""
    plugins = Path(__file__).parents[1]
    sources = json.dumps(dict(read_sources(plugins / "module_utils")))
    packed = b64encode(zlib.compress(sources.encode(), level=9)).decode("ascii")
    program = Path(__file__).with_name("_host_program.py").read_text(encoding="utf-8")
    return "#!/usr/bin/python\n" + program.replace("<<SOURCES>>", packed)


def offer_program() -> None:
    """Write the program to Ansible's directory for this run, and let it be found there as a module."""
    directory = Path(tempfile.mkdtemp(prefix="fleet-pki-", dir=constants.DEFAULT_LOCAL_TMP))
    (directory / f"{PROGRAM}.py").write_text(build_program(), encoding="utf-8")
    module_loader.add_directory(str(directory))


offer_program()


def call_on_host(
    action: ActionBase, task_vars: Mapping[str, Any], module: str, arguments: Mapping[str, Any], *, rehearse: bool
) -> dict[str, Any]:
    """Run one of the collection's host modules on the host of the task and return its result.

    To ``rehearse`` is to run it in check mode, whatever the task's is.
    """
    called = HOST_MODULES[module]
    validator = ArgumentSpecValidator(leave_paths_to_host(called.argument_spec), **called.constraints)
    validated = validator.validate(dict(arguments))
    if validated.error_messages:
        return {"failed": True, "msg": ", ".join(validated.error_messages)}
    display.vvv(f"Calling {module}", host=task_vars.get("inventory_hostname"))
    call = {"module": module, "options": validated.validated_parameters, "rehearse": rehearse}
    program = f"ansible.legacy.{PROGRAM}"  # from the directories of modules, whatever collections a role names
    return dict(action._execute_module(module_name=program, module_args=call, task_vars=dict(task_vars)))
