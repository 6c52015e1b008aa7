# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""General names (RFC 5280 section 4.2.1.6) as options spell them: ``DNS:``, ``IP:``, ``email:``, ``URI:``,
``RID:``, ``dirName:`` and ``otherName:``.

Each kind has one normal form, so that spelling (case, IDNA, IPv6 zeros, order of a list) never looks like a change.
Normalising needs no library, so that a host with nothing due loads none.
"""

from __future__ import annotations

import ipaddress
import re
from typing import TYPE_CHECKING, Callable, Iterable, Sequence
from urllib.parse import urlsplit, urlunsplit

from .._errors import InvalidInput
from .subjects import OID, build_name, list_attributes, normalise_attribute

if TYPE_CHECKING:
    from cryptography import x509

KINDS = {
    "dns": "DNS",
    "ip": "IP",
    "email": "email",
    "uri": "URI",
    "rid": "RID",
    "dirname": "dirName",
    "othername": "otherName",
}
# IDNA 2003 and 2008 give different names to these (RFC 5894 section 7.2): we guess neither.
DEVIATIONS = "\u00df\u03c2\u200c\u200d"
MAXIMUM_DNS_NAME = 253


_FORMS = (
    "Write it like DNS:www.example.com, IP:10.0.0.7, email:root@example.com, URI:https://www.example.com/, RID:1.2.3, "
    "dirName:CN=name,O=organization or otherName:1.2.3;UTF8:text"
)


def _refuse(text: str, because: str, remedy: str = _FORMS) -> InvalidInput:
    return InvalidInput("Failed to understand a subject alternative name", on=text, because=because, remedy=remedy)


def encode_dns_name(name: str) -> str:
    """Return a DNS name in lower-case ASCII (A-labels, RFC 5890), without the final dot; a leading ``*.`` stays."""
    bare = name.strip().rstrip(".").lower()
    labels = bare.split(".")
    if not all(labels) or re.search(r"\s", bare):
        raise _refuse(name, "it is no DNS name")
    if not bare.isascii():
        labels = _encode_labels(labels, name)
    encoded = ".".join(labels)
    if len(encoded) > MAXIMUM_DNS_NAME or any(len(label) > 63 for label in labels):
        raise _refuse(name, "a DNS name has at most 253 characters, and 63 between two dots")
    return encoded


def _encode_labels(labels: Sequence[str], name: str) -> list[str]:
    if any(deviation in label for deviation in DEVIATIONS for label in labels):
        raise _refuse(name, "its IDNA form is ambiguous", "Write the name in its ASCII form (xn--...)")
    try:
        return [label if label == "*" else label.encode("idna").decode("ascii") for label in labels]
    except UnicodeError as error:
        raise _refuse(name, f"it has no IDNA form: {error}") from error


def _normalise_ip(value: str) -> str:
    try:
        return str(ipaddress.ip_address(value.strip().strip("[]")))
    except ValueError as error:
        raise _refuse(
            f"IP:{value}", "it is no IP address", "Write one IPv4 or IPv6 address without a prefix length"
        ) from error


def _normalise_email(value: str) -> str:
    local, at, domain = value.strip().rpartition("@")
    if not at or not local or not local.isascii():
        raise _refuse(f"email:{value}", "it is no address of the form local@domain in ASCII")
    return f"{local}@{encode_dns_name(domain)}"


def _normalise_uri(value: str) -> str:
    text = value.strip()
    try:
        parts = urlsplit(text)
        host = parts.hostname
    except ValueError as error:
        raise _refuse(f"URI:{value}", str(error)) from error
    if not parts.scheme or (not text.isascii() and host is None):
        raise _refuse(f"URI:{value}", "it is no absolute URI")
    if host is None:
        return f"{parts.scheme.lower()}{text[len(parts.scheme) :]}"
    user, at, address = parts.netloc.rpartition("@")
    name = address if address.startswith("[") else encode_dns_name(host) + address[len(host) :]
    normal = urlunsplit((parts.scheme.lower(), f"{user}{at}{name.lower()}", parts.path, parts.query, parts.fragment))
    if not normal.isascii():
        raise _refuse(f"URI:{value}", "it has characters outside ASCII", "Percent-encode them")
    return normal


def _normalise_rid(value: str) -> str:
    if not OID.fullmatch(value.strip()):
        raise _refuse(f"RID:{value}", "it is no dotted OID")
    return value.strip()


def _normalise_other_name(value: str) -> str:
    oid, separator, content = value.partition(";")
    if not separator or not OID.fullmatch(oid.strip()):
        raise _refuse(f"otherName:{value}", "it is not of the form OID;UTF8:text or OID;hexadecimal DER")
    if content[:5].upper() == "UTF8:":
        return f"{oid.strip()};UTF8:{content[5:]}"
    try:
        encoded = bytes.fromhex(content.replace(":", ""))
    except ValueError as error:
        raise _refuse(f"otherName:{value}", "its value is neither UTF8:text nor hexadecimal DER") from error
    return f"{oid.strip()};{_show_other_value(encoded)}"


def _show_other_value(encoded: bytes) -> str:
    if len(encoded) > 2 and encoded[0] == 0x0C:
        length, start = encoded[1], 2
        if length & 0x80:
            start = 2 + (length & 0x7F)
            length = int.from_bytes(encoded[2:start], "big")
        try:
            if length == len(encoded) - start:
                return "UTF8:" + encoded[start:].decode("utf-8")
        except UnicodeDecodeError:
            pass
    return encoded.hex()


def encode_utf8_string(text: str) -> bytes:
    """Return the DER of a UTF8String (X.690 section 8.1.3)."""
    content = text.encode("utf-8")
    if len(content) < 0x80:
        return bytes([0x0C, len(content)]) + content
    length = len(content).to_bytes((len(content).bit_length() + 7) // 8, "big")
    return bytes([0x0C, 0x80 | len(length)]) + length + content


def _split_directory_name(value: str) -> list[tuple[str, str]]:
    text = value.strip()
    text = text[1:].replace("/", ",") if text.startswith("/") else text
    pairs = []
    for part in re.findall(r"(?:\\.|[^,\\])+", text):
        name, equals, content = part.strip().partition("=")
        if not equals or not content:
            raise _refuse(f"dirName:{value}", "it is not of the form CN=name,O=organization")
        pairs.append((normalise_attribute(name), re.sub(r"\\(.)", r"\1", content)))
    if not pairs:
        raise _refuse(f"dirName:{value}", "it is empty")
    return pairs


def _show_directory_name(pairs: Iterable[tuple[str, str]]) -> str:
    return ",".join(f"{name}={_escape(value)}" for name, value in pairs)


def _escape(value: str) -> str:
    return value.replace("\\", "\\\\").replace(",", "\\,")


NORMALISERS = {
    "DNS": encode_dns_name,
    "IP": _normalise_ip,
    "email": _normalise_email,
    "URI": _normalise_uri,
    "RID": _normalise_rid,
    "dirName": lambda value: _show_directory_name(_split_directory_name(value)),
    "otherName": _normalise_other_name,
}


def normalise_general_name(text: str) -> str:
    """Return one name in its normal form, ``kind:value``; ``InvalidInput`` says what is wrong with it."""
    kind, separator, value = text.strip().partition(":")
    known = KINDS.get(kind.strip().lower())
    if not separator or known is None:
        raise _refuse(
            text, "it has no known kind", "Begin it with DNS:, IP:, email:, URI:, RID:, dirName: or otherName:"
        )
    return f"{known}:{NORMALISERS[known](value)}"


def normalise_general_names(texts: Iterable[str] | None) -> tuple[str, ...]:
    """Return the names in normal form, sorted, each once: equal for equal sets of names."""
    return tuple(sorted({normalise_general_name(text) for text in texts or ()}))


def build_general_name(text: str) -> x509.GeneralName:
    """Return the parsed name for an extension; ``InvalidInput`` for one that X.509 cannot carry."""
    from cryptography import x509

    kind, _colon, value = normalise_general_name(text).partition(":")
    if kind == "otherName":
        oid, _semicolon, content = value.partition(";")
        encoded = encode_utf8_string(content[5:]) if content.startswith("UTF8:") else bytes.fromhex(content)
        return x509.OtherName(x509.ObjectIdentifier(oid), encoded)
    builders: dict[str, Callable[[str], x509.GeneralName]] = {
        "DNS": x509.DNSName,
        "IP": lambda address: x509.IPAddress(ipaddress.ip_address(address)),
        "email": x509.RFC822Name,
        "URI": x509.UniformResourceIdentifier,
        "RID": lambda oid: x509.RegisteredID(x509.ObjectIdentifier(oid)),
        "dirName": lambda name: x509.DirectoryName(build_name(_split_directory_name(name))),
    }
    try:
        return builders[kind](value)
    except (TypeError, ValueError) as error:
        raise _refuse(text, str(error)) from error


def read_general_name(name: x509.GeneralName) -> str:
    """Return a parsed name in the normal form; what normal forms refuse (a foreign certificate's) is shown as it is."""
    from cryptography import x509

    if isinstance(name, x509.DirectoryName):
        return f"dirName:{_show_directory_name(list_attributes(name.value))}"
    if isinstance(name, x509.OtherName):
        return f"otherName:{name.type_id.dotted_string};{_show_other_value(name.value)}"
    if isinstance(name, x509.RegisteredID):
        return f"RID:{name.value.dotted_string}"
    kinds = {x509.DNSName: "DNS", x509.IPAddress: "IP", x509.RFC822Name: "email", x509.UniformResourceIdentifier: "URI"}
    shown = f"{kinds.get(type(name), type(name).__name__)}:{name.value}"
    try:
        return normalise_general_name(shown)
    except InvalidInput:
        return shown
