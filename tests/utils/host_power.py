# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A model of power loss: what a disk may hold when writes that were not flushed are lost, torn or reordered.

Every changing call is recorded. At any instant a change of a directory's entries is safe if that directory was flushed
after it, a change of a file's content or mode if that file was; each other change may have reached the disk or not,
whatever became of those before and after it. A write counts as two halves.
"""

from __future__ import annotations

import hashlib
import itertools
import os
import random
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._generations.files import Files

ALL_SUBSETS_UP_TO = 6
SAMPLED_SUBSETS = 24


@dataclass(frozen=True)
class Change:
    """A change of a node: of its entry ``name``, or its content or mode. ``issued`` counts certificates until then."""

    kind: str
    node: int
    issued: int
    name: str = ""
    other: Any = None


@dataclass
class Node:
    """A file, directory or link of the model."""

    kind: str
    content: bytes = b""
    mode: int = 0o600
    target: str = ""
    entries: dict[str, int] = field(default_factory=dict)


class RecordingFiles(Files):
    """Changes the disk and records how, beginning from the tree that is there."""

    def __init__(self, root: Path, ledger: Path) -> None:
        self.ledger = ledger
        self.changes: list[Change] = []
        self.nodes: dict[int, Node] = {}
        self.by_inode: dict[int, int] = {}
        self.root = self._read_tree(root)

    def _read_tree(self, path: Path) -> int:
        status = path.lstat()
        node = self._add(_read_node(path), status.st_ino)
        if stat.S_ISDIR(status.st_mode):
            for child in path.iterdir():
                self.nodes[node].entries[child.name] = self._read_tree(child)
        return node

    def _add(self, node: Node, inode: int) -> int:
        number = len(self.nodes)
        self.nodes[number] = node
        self.by_inode[inode] = number
        return number

    def _record(self, kind: str, file: int, name: str = "", other: Any = None) -> None:
        node = self.by_inode.get(os.fstat(file).st_ino)
        if node is not None:
            self.changes.append(Change(kind, node, len(os.listdir(self.ledger)), name, other))

    def _record_new(self, name: str, parent: int, node: Node) -> None:
        number = self._add(node, super().stat(name, parent).st_ino)
        self._record("enter", parent, name, number)

    def create_directory(self, name: str, parent: int, mode: int) -> None:
        super().create_directory(name, parent, mode)
        self._record_new(name, parent, Node("directory", mode=mode))

    def create_file(self, name: str, parent: int) -> int:
        file = super().create_file(name, parent)
        self._record_new(name, parent, Node("file"))
        return file

    def open_lock(self, name: str, parent: int) -> int:
        missing = name not in os.listdir(parent)
        file = super().open_lock(name, parent)
        if missing:
            self._record_new(name, parent, Node("file"))
        return file

    def create_link(self, target: str, name: str, parent: int) -> None:
        super().create_link(target, name, parent)
        self._record_new(name, parent, Node("link", target=target))

    def write(self, file: int, content: bytes) -> int:
        half = len(content) // 2
        self._record("write", file, other=content[:half])
        self._record("write", file, other=content[half:])
        return super().write(file, content)

    def set_mode(self, file: int, mode: int) -> None:
        self._record("mode", file, other=mode)
        super().set_mode(file, mode)

    def rename(self, old: str, new: str, parent: int) -> None:
        moved = self.by_inode[super().stat(old, parent).st_ino]
        self._record("move", parent, new, (old, moved))
        super().rename(old, new, parent)

    def remove_file(self, name: str, parent: int) -> None:
        self._record("leave", parent, name)
        super().remove_file(name, parent)

    def remove_directory(self, name: str, parent: int) -> None:
        self._record("leave", parent, name)
        super().remove_directory(name, parent)

    def flush(self, file: int) -> None:
        self._record("flush", file)


def _read_node(path: Path) -> Node:
    status = path.lstat()
    mode = stat.S_IMODE(status.st_mode)
    if stat.S_ISLNK(status.st_mode):
        return Node("link", target=os.readlink(path))
    if stat.S_ISDIR(status.st_mode):
        return Node("directory", mode=mode)
    return Node("file", content=path.read_bytes(), mode=mode)


@dataclass(frozen=True)
class Loss:
    """One disk that a power loss may leave: the calls made before it, and which changes reached the disk."""

    made: int
    kept: tuple[int, ...]
    issued: int


def list_losses(recording: RecordingFiles, seed: int = 1) -> Iterator[Loss]:
    """Yield every instant with every subset of what was not flushed, or a sample with the extremes where too many."""
    chance = random.Random(seed)
    changes = recording.changes
    for made in range(len(changes) + 1):
        flushed = {index for index in range(made) if _is_safe(changes, index, made)}
        loose = [index for index in range(made) if index not in flushed and changes[index].kind != "flush"]
        issued = changes[made].issued if made < len(changes) else changes[-1].issued
        for subset in _list_subsets(loose, chance):
            yield Loss(made, tuple(sorted(flushed | set(subset))), issued)


def _is_safe(changes: list[Change], index: int, made: int) -> bool:
    node = changes[index].node
    return any(later.kind == "flush" and later.node == node for later in changes[index + 1 : made])


def _list_subsets(loose: list[int], chance: random.Random) -> Iterator[tuple[int, ...]]:
    if len(loose) <= ALL_SUBSETS_UP_TO:
        for size in range(len(loose) + 1):
            yield from itertools.combinations(loose, size)
        return
    yield from ((), tuple(loose))
    for index in loose:
        yield (index,)
        yield tuple(each for each in loose if each != index)
    for _sample in range(SAMPLED_SUBSETS):
        yield tuple(index for index in loose if chance.random() < 0.5)


def build_tree(recording: RecordingFiles, loss: Loss) -> dict[int, Node]:
    """Return the nodes of the disk that a loss leaves."""
    nodes = {
        number: Node(node.kind, node.content, node.mode, node.target, dict(node.entries))
        for number, node in recording.nodes.items()
    }
    for index in loss.kept:
        change = recording.changes[index]
        node = nodes[change.node]
        if change.kind == "enter":
            node.entries[change.name] = change.other
        elif change.kind == "move":
            old, moved = change.other
            node.entries.pop(old, None)
            node.entries[change.name] = moved
        elif change.kind == "leave":
            node.entries.pop(change.name, None)
        elif change.kind == "write":
            node.content += change.other
        elif change.kind == "mode":
            node.mode = change.other
    return nodes


def lay_out(nodes: dict[int, Node], number: int, path: Path) -> None:
    """Write the model's tree to a directory that exists."""
    for name, child in nodes[number].entries.items():
        node, place = nodes[child], path / name
        if node.kind == "link":
            place.symlink_to(node.target)
        elif node.kind == "directory":
            place.mkdir()
            place.chmod(node.mode)
            lay_out(nodes, child, place)
        else:
            place.write_bytes(node.content)
            place.chmod(node.mode)


def digest_tree(nodes: dict[int, Node], number: int) -> str:
    """Return a digest by which equal trees are known."""
    node = nodes[number]
    entries = sorted((name, digest_tree(nodes, child)) for name, child in node.entries.items())
    return hashlib.sha256(repr((node.kind, node.content, node.mode, node.target, entries)).encode()).hexdigest()
