# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The program that a host runs, from standard input, for one call of a host module.

The action puts the collection's sources in their place, and Ansible the call's arguments in theirs. So nothing of
Ansible's library is unpacked, compiled and imported on the host. Python 3.6 can read this file, to say that it is too
old.
"""

import sys

if __name__ == "__main__":  # nothing is imported from where the user happens to be
    sys.path[:] = [path for path in sys.path if path not in ("", ".")]

import binascii
import gc
import json
import zlib
from importlib import import_module
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any, Dict, Mapping, Optional

CALL = r"""<<INCLUDE_ANSIBLE_MODULE_JSON_ARGS>>"""
SOURCES = """<<SOURCES>>"""
OLDEST_PYTHON = (3, 8)
PACKAGE = "ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils"


class ShippedSources:
    """Finds and loads, as importlib asks, modules whose sources are in memory: name to source, None for a package."""

    def __init__(self, sources: Mapping[str, Optional[str]]) -> None:
        self._sources = sources

    def find_spec(self, name: str, _path: object = None, _target: object = None) -> Optional[ModuleSpec]:
        """Return how to import the module, None where it is not among those shipped."""
        if name not in self._sources:
            return None
        return ModuleSpec(name, self, origin=name, is_package=self._sources[name] is None)  # type: ignore[arg-type]

    def create_module(self, _spec: ModuleSpec) -> None:
        """Leave it to Python to make the module."""

    def exec_module(self, module: ModuleType) -> None:
        """Run the module's source in it."""
        exec(compile(self._sources[module.__name__] or "", module.__name__, "exec"), vars(module))


def run_call(call: Mapping[str, Any]) -> Dict[str, Any]:
    """Return the result of the call, which is of a ``module`` with its ``options``, perhaps only to ``rehearse``."""
    sources = json.loads(zlib.decompress(binascii.a2b_base64(SOURCES)).decode())
    sys.meta_path.insert(0, ShippedSources(sources))
    answer, files = import_module(f"{PACKAGE}._host_call").answer, import_module(f"{PACKAGE}._generations.files").Files
    check_mode = call["_ansible_check_mode"] or call["rehearse"]
    return dict(answer(call["module"], call["options"], files(), check_mode))


def refuse_python(version: str) -> Dict[str, Any]:
    """Return the failed result of a host whose Python is too old."""
    oldest = ".".join(map(str, OLDEST_PYTHON))
    cause = f"{sys.executable} is Python {version}, and {oldest} or newer is needed"
    remedy = "Install it, and set ansible_python_interpreter for this host"
    return {"failed": True, "msg": f"Failed to run on the host: {cause}. {remedy}."}


def main() -> None:
    """Print the call's result as JSON."""
    gc.disable()  # the process ends before a collection could pay
    is_suitable = sys.version_info >= OLDEST_PYTHON
    result = run_call(json.loads(CALL)) if is_suitable else refuse_python(sys.version.partition(" ")[0])
    sys.stdout.write(json.dumps(result) + "\n")


if __name__ == "__main__":
    main()
