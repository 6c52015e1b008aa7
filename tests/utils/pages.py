# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the README and the pages below docs/ show, as they show it. A page is named by its file, without the suffix."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator
from pathlib import Path

_CHECKOUT = Path(__file__).resolve().parents[2]
_GUIDES = _CHECKOUT / "docs/docsite/rst"
_OPTIONS = r"(?: +:(?!name:)[\w-]+:.*\n)*"
_BLOCK = re.compile(rf"\.\. code-block:: (\w+)\n{_OPTIONS}(?: +:name: ([\w-]+)\n)?{_OPTIONS}\n((?:   .*\n|\n)+)")
_FENCED = re.compile(r"^ *```(\w*)\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)
_SHELLS = ("bash", "console", "sh", "shell")
_INLINE = re.compile(r"(?<!`)(`{1,2})((?:ansible-[a-z]+|certbot|git|make|pytest|python3?) [^`\n]+)\1(?!`)")


def read_example(guide: str, name: str) -> str:
    """Return the text of the named code block. Raises KeyError."""
    return {block: text for unused_kind, block, text in list_blocks(guide)}[name]


def quote_command(page: str, beginning: str) -> str:
    """Return the page's one command that is this, or begins so. Raises LookupError.

    Tests run commands through this function, with both arguments as literals: so it is known which ones are run.
    """
    commands = list_commands(page)
    found = [command for command in commands if command == beginning] or [
        command for command in commands if command.startswith(beginning)
    ]
    if len(found) != 1:
        raise LookupError(f"{page} has {len(found)} commands that begin with {beginning!r}: {commands}")
    return found[0]


def list_commands(page: str) -> list[str]:
    """Return the commands of a page, each once: of its shell blocks, then those in the text of README and guides."""
    file = {path.stem: path for path in list_pages()}[page]
    text = file.read_text("utf-8")
    blocks = _FENCED.findall(text) if file.suffix == ".md" else [(kind, block) for kind, _name, block in _read(text)]
    lines = [line.strip() for kind, block in blocks if kind in _SHELLS for line in block.splitlines() if line.strip()]
    if any(line.startswith("$ ") for line in lines):  # what has no prompt is output
        lines = [line.removeprefix("$ ") for line in lines if line.startswith("$ ")]
    is_for_users = file.parent == _GUIDES or file.name == "README.md"
    inline = [command for _quotes, command in _INLINE.findall(text)] if is_for_users else []
    return list(dict.fromkeys([*lines, *inline]))


def list_pages() -> list[Path]:
    """Return the README and every page below docs/."""
    return [_CHECKOUT / "README.md", *sorted((_CHECKOUT / "docs").rglob("*.md")), *sorted(_GUIDES.glob("*.rst"))]


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
    yield from _read((_GUIDES / f"{guide}.rst").read_text("utf-8"))


def _read(text: str) -> Iterator[tuple[str, str, str]]:
    for kind, name, block in _BLOCK.findall(text):
        yield kind, name, textwrap.dedent(block)
