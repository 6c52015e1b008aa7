# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Compile what Ansible ships once, not twice.

Ansible ships a module as a zip archive of sources, and no bytecode is kept of it. Python's ``zipimport`` compiles each
source when it is asked for the file's name, throws the code away, and compiles again to run it. A host with nothing due
spends more time on this than on everything else that is the collection's own.
"""

from __future__ import annotations

import zipimport

PAYLOAD = "_payload.zip"
_find_out = zipimport.zipimporter.get_filename


def compile_sources_once() -> None:
    """Let later imports from Ansible's archive name their file without compiling it. Call it before other imports."""
    zipimport.zipimporter.get_filename = _name_file  # type: ignore[assignment,method-assign]


def _name_file(importer: zipimport.zipimporter, fullname: str) -> str:
    """Return what ``zipimporter.get_filename`` returns; of other archives, which may hold bytecode, by asking it."""
    if not importer.archive.endswith(PAYLOAD):
        return _find_out(importer, fullname)
    path = f"{importer.archive}/{importer.prefix}{fullname.rpartition('.')[2]}"
    return f"{path}/__init__.py" if importer.is_package(fullname) else f"{path}.py"
