# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the guides show, as they show it."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator
from pathlib import Path

_GUIDES = Path(__file__).resolve().parents[2] / "docs/docsite/rst"
_BLOCK = re.compile(r"\.\. code-block:: (\w+)\n(?:   :name: ([\w-]+)\n)?\n((?:   .*\n|\n)+)")


def read_example(guide: str, name: str) -> str:
    """Return the text of the named code block. Raises KeyError."""
    return {block: text for unused_kind, block, text in list_blocks(guide)}[name]


def read_commands(guide: str) -> list[str]:
    """Return the commands of the guide's console blocks, in order."""
    blocks = [text for kind, _name, text in list_blocks(guide) if kind == "console"]
    return [line.removeprefix("$ ") for text in blocks for line in text.splitlines() if line.startswith("$ ")]


def list_guides() -> list[str]:
    """Return the name of each guide."""
    return sorted(path.stem for path in _GUIDES.glob("guide_*.rst"))


def list_playbooks() -> list[str]:
    """Return guide/name of every YAML block of the guides; one without a name has an empty name."""
    return [
        f"{guide}/{name}" for guide in list_guides() for kind, name, unused_text in list_blocks(guide) if kind == "yaml"
    ]


def list_blocks(guide: str) -> Iterator[tuple[str, str, str]]:
    """Yield language, name and text of each code block."""
    for kind, name, text in _BLOCK.findall((_GUIDES / f"{guide}.rst").read_text("utf-8")):
        yield kind, name, textwrap.dedent(text)
