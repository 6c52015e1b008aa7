# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whatever IssueCertificate takes, drawn from botocore's own model: a member that it gets later is drawn as well."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from typing import Any

import botocore.session
from botocore.model import ListShape, Shape, StructureShape
from hypothesis import strategies as st

MODEL = botocore.session.get_session().get_service_model("acm-pca")
ISSUE_CERTIFICATE: Any = MODEL.operation_model("IssueCertificate").input_shape
PASSTHROUGH: Shape = ISSUE_CERTIFICATE.members["ApiPassthrough"]
ONE_OF = ("GeneralName", "ExtendedKeyUsage")
"""Structures of which the service takes one member at a time."""
MOST_MEMBERS = 2
LETTERS = "abcXYZ 019"
Path = tuple[str, ...]
"""How a value lies in ApiPassthrough: names of members, and `[]` for an element of a list."""

oids = st.sampled_from(["1.2.3", "1.2.840.113549", "2.5.29.30", "1.3.6.1.4.1.311"])
dns_names = st.builds("{}.{}".format, st.sampled_from(["www", "api", "db"]), st.sampled_from(["example.com", "a.test"]))
addresses = st.integers(0, 2**128 - 1).map(ipaddress.IPv6Address) | st.integers(0, 2**32 - 1).map(ipaddress.IPv4Address)
OF_MEMBERS: dict[str, st.SearchStrategy[Any]] = {
    "DnsName": dns_names,
    "IpAddress": addresses.map(lambda address: address.compressed),
}
"""What has more than one spelling is drawn in the one that is its own canonical form."""


def list_enum(shape: str) -> list[str]:
    """Return the values of an enumeration of the model."""
    return list_choices(MODEL.shape_for(shape))


def draw(shape: Shape, name: str = "") -> st.SearchStrategy[Any]:
    """Return what draws values of a shape that stands in a member with this name."""
    if isinstance(shape, StructureShape):
        return _draw_structure(shape)
    if isinstance(shape, ListShape):
        least = shape.metadata.get("min", 0)
        return st.lists(draw(shape.member), min_size=least, max_size=max(least, MOST_MEMBERS))
    return st.sampled_from(choices) if (choices := list_choices(shape)) else _draw_text(shape, name)


def list_choices(shape: Shape) -> list[Any]:
    """Return all values of a boolean or of an enumeration, nothing for other shapes."""
    return [False, True] if shape.type_name == "boolean" else list(getattr(shape, "enum", ()))


def _draw_text(shape: Shape, name: str) -> st.SearchStrategy[str]:
    assert shape.type_name == "string", f"{shape.name}: say here how a {shape.type_name} is drawn"
    if "ObjectIdentifier" in shape.name:
        return oids
    if name in OF_MEMBERS:
        return OF_MEMBERS[name]
    least = max(1, shape.metadata.get("min", 0))
    return st.text(LETTERS, min_size=least, max_size=shape.metadata["max"])


def _draw_structure(shape: StructureShape) -> st.SearchStrategy[dict[str, Any]]:
    members = {name: draw(member, name) for name, member in shape.members.items()}
    if shape.name in ONE_OF:
        return st.one_of([st.fixed_dictionaries({name: member}) for name, member in members.items()])
    needed = {name: members.pop(name) for name in shape.required_members}
    return st.fixed_dictionaries(needed, optional=members)


def list_leaves(shape: Shape = PASSTHROUGH, path: Path = ()) -> Iterator[tuple[Path, Shape]]:
    """Yield the path and shape of every value that a shape can hold."""
    if isinstance(shape, StructureShape):
        for name, member in shape.members.items():
            yield from list_leaves(member, (*path, name))
    elif isinstance(shape, ListShape):
        yield from list_leaves(shape.member, (*path, "[]"))
    else:
        yield path, shape


def graft(tree: Any, path: Path, leaf: Any) -> Any:
    """Return the tree with this leaf at the path; a list on the way has one element then."""
    if not path:
        return leaf
    if path[0] == "[]":
        return [graft(tree[0] if tree else None, path[1:], leaf)]
    members = dict(tree or {})
    return {**members, path[0]: graft(members.get(path[0]), path[1:], leaf)}
