# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The few DER primitives needed where `cryptography` has no public builder or parser.

Used to keep extensions of a CSR byte for byte, and to build EDI party names and KeyUsage with trailing zero bits.
"""

from __future__ import annotations

from collections.abc import Iterator

SEQUENCE = 0x30
OCTET_STRING = 0x04
BIT_STRING = 0x03
BOOLEAN = 0x01
OBJECT_IDENTIFIER = 0x06
UTF8_STRING = 0x0C
ENUMERATED = 0x0A


def encode(tag: int, content: bytes) -> bytes:
    """One TLV with a definite, minimal length (X.690 section 10.1)."""
    length = len(content)
    if length < 0x80:
        return bytes((tag, length)) + content
    octets = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(octets))) + octets + content


def walk(encoded: bytes) -> Iterator[tuple[int, bytes]]:
    """Each (tag, content) of a concatenation of TLVs; ValueError when it is not one."""
    position = 0
    while position < len(encoded):
        if position + 2 > len(encoded):
            raise ValueError("truncated DER")
        tag, length = encoded[position], encoded[position + 1]
        position += 2
        if length & 0x80:
            count = length & 0x7F
            if not 1 <= count <= 4 or position + count > len(encoded):
                raise ValueError("DER length out of bounds")
            length = int.from_bytes(encoded[position : position + count], "big")
            position += count
        if position + length > len(encoded):
            raise ValueError("truncated DER")
        yield tag, encoded[position : position + length]
        position += length


def content_of(encoded: bytes, tag: int) -> bytes:
    """The content of a single TLV of `tag`; ValueError for anything else."""
    items = list(walk(encoded))
    if len(items) != 1 or items[0][0] != tag:
        raise ValueError("unexpected DER")
    return items[0][1]


def decode_object_identifier(content: bytes) -> str:
    """Dotted form of the content octets of an OBJECT IDENTIFIER; ValueError when malformed."""
    arcs = []
    value = 0
    for octet in content:
        value = value << 7 | octet & 0x7F
        if not octet & 0x80:
            arcs.append(value)
            value = 0
    if not arcs or content[-1] & 0x80:
        raise ValueError("malformed object identifier")
    first = min(arcs[0] // 40, 2)
    return ".".join(str(arc) for arc in (first, arcs[0] - 40 * first, *arcs[1:]))


def encode_object_identifier(dotted: str) -> bytes:
    """An OBJECT IDENTIFIER from its dotted form; ValueError when it has no encoding."""
    arcs = [int(arc) for arc in dotted.split(".")]
    if len(arcs) < 2 or arcs[0] > 2 or (arcs[0] < 2 and arcs[1] > 39):
        raise ValueError(f"{dotted} is not an object identifier")
    content = b"".join(_encode_arc(arc) for arc in (arcs[0] * 40 + arcs[1], *arcs[2:]))
    return encode(OBJECT_IDENTIFIER, content)


def _encode_arc(arc: int) -> bytes:
    octets = [arc & 0x7F]
    while arc := arc >> 7:
        octets.append(arc & 0x7F | 0x80)
    return bytes(reversed(octets))
