# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The options of the host modules as values: normalised, checked, with users and groups looked up."""

from __future__ import annotations

import grp
import os
import pwd
import re
import time
from functools import partial
from typing import Any, Mapping, NamedTuple, Sequence

from .._errors import InvalidInput
from .._generations.directory import FileAttributes
from .._generations.plan import ALL_FILES, FilePlan
from .._x509.algorithms import ML_DSA_CLASSES
from .._x509.wanted import WantedCertificate, want

KEY_MODE = 0o600
CERTIFICATE_MODE = 0o644
MAXIMUM_PASSPHRASE = 1023
"""Bytes that OpenSSL takes (PEM_BUFSIZE, less the end)."""
NUMBER = re.compile(r"[0-9]+")
LARGEST_ID = 2**32 - 2


class Passphrases(NamedTuple):
    """What protects the key file and the PKCS#12 file. Never shown."""

    key: str | None = None
    keystore: str | None = None

    def __repr__(self) -> str:
        return "Passphrases()"


class LineageOptions(NamedTuple):
    """What all host modules share: which lineage, at what time (epoch seconds), with which files."""

    name: str
    base_directory: str
    now: float
    plan: FilePlan
    wanted: WantedCertificate
    terms: Mapping[str, str]
    force_id: str | None
    passphrases: Passphrases


def read_lineage_options(params: Mapping[str, Any]) -> LineageOptions:
    """Build the values from a module's parameters; ``InvalidInput`` says which option cannot be used."""
    formats = tuple(params.get("formats") or ())
    passphrases = Passphrases(params.get("key_passphrase"), params.get("keystore_passphrase"))
    check_passphrases(passphrases, formats)
    check_key_forms(params.get("key_algorithm"), params.get("key_format"), formats)
    return LineageOptions(
        name=params["name"],
        base_directory=params["base_directory"],
        now=time.time() if params.get("now") is None else float(params["now"]),
        plan=read_file_plan(params, formats, passphrases.keystore),
        wanted=want(params.get("subject"), params.get("subject_alternative_names"), params.get("key_algorithm")),
        terms={name: str(term) for name, term in (params.get("terms") or {}).items() if term is not None},
        force_id=params.get("force_id"),
        passphrases=passphrases,
    )


def check_passphrases(passphrases: Passphrases, formats: Sequence[str]) -> None:
    """Raise ``InvalidInput`` where a passphrase is missing, empty or longer than a key can be protected with."""
    if "pkcs12" in formats and not passphrases.keystore:
        raise InvalidInput(
            "Failed to plan the files",
            because="formats has pkcs12 without a passphrase",
            remedy="Set keystore_passphrase",
        )
    if passphrases.key is not None and not 0 < len(passphrases.key.encode("utf-8")) <= MAXIMUM_PASSPHRASE:
        raise InvalidInput(
            "Failed to plan the files",
            on="key_passphrase",
            because=f"it is empty or has more than {MAXIMUM_PASSPHRASE} bytes",
            remedy="Leave it out for a key that only its mode protects",
        )


def check_key_forms(algorithm: str | None, key_format: str | None, formats: Sequence[str]) -> None:
    """Raise ``InvalidInput`` for a key that cannot be written as asked, before a certificate is asked for it."""
    if algorithm not in ML_DSA_CLASSES:
        return
    unknown = [form for form in (key_format, *formats) if form in ("traditional", "pkcs12")]
    if unknown:
        raise InvalidInput(
            "Failed to plan the files",
            on=algorithm,
            because=f"there is no {unknown[0]} form of a key of this algorithm",
            remedy="Use key_format pkcs8 without the format pkcs12, or an RSA or EC key",
        )


def read_file_plan(
    params: Mapping[str, Any], formats: tuple[str, ...] = (), keystore_passphrase: str | None = None
) -> FilePlan:
    """Build the plan of files from the file options."""
    key_mode = read_mode(params.get("key_mode"), KEY_MODE, "key_mode")
    if key_mode & 0o037:
        raise InvalidInput(
            "Failed to plan the files",
            on=f"key_mode {key_mode:04o}",
            because="it would open the private key to every user of the host, or let a group change it",
            remedy="Use key_group and a mode like '0640', in quotes",
        )
    return FilePlan(
        certificates=FileAttributes(
            read_mode(params.get("mode"), CERTIFICATE_MODE, "mode"),
            find_user(params.get("owner")),
            find_group(params.get("group")),
        ),
        keys=FileAttributes(key_mode, find_user(params.get("key_owner")), find_group(params.get("key_group"))),
        formats=formats,
        links=read_links(params.get("links")),
        key_format=params.get("key_format") or "pkcs8",
        key_encrypted=params.get("key_passphrase") is not None,
        opens_keystore=partial(_opens_keystore, keystore_passphrase) if "pkcs12" in formats else None,
    )


def _opens_keystore(passphrase: str | None, content: bytes) -> bool:
    from .keystore import opens_keystore

    return opens_keystore(content, passphrase or "")


def read_mode(value: Any, default: int, option: str) -> int:
    """Return permission bits from an octal text (``0640``) or a number, as YAML gives either."""
    if value is None:
        return default
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= 0o777:
        return value
    if isinstance(value, str) and re.fullmatch(r"0?[0-7]{3}", value.strip()):
        return int(value, 8)
    raise InvalidInput(
        "Failed to plan the files",
        on=f"{option} {value}",
        because="it is no octal mode",
        remedy="Write it in quotes, like '0640'",
    )


def find_user(owner: str | None) -> int | None:
    """Return the id of a user by name or number, None for none; ``InvalidInput`` for one that the host lacks."""
    if owner is None:
        return None
    if NUMBER.fullmatch(owner) and int(owner) <= LARGEST_ID:
        return int(owner)
    try:
        return pwd.getpwnam(owner).pw_uid
    except KeyError as error:
        raise InvalidInput(
            "Failed to plan the files", on=owner, because="the host has no such user", remedy="Create it before"
        ) from error


def find_group(group: str | None) -> int | None:
    """Return the id of a group by name or number, None for none; ``InvalidInput`` for one that the host lacks."""
    if group is None:
        return None
    if NUMBER.fullmatch(group) and int(group) <= LARGEST_ID:
        return int(group)
    try:
        return grp.getgrnam(group).gr_gid
    except KeyError as error:
        raise InvalidInput(
            "Failed to plan the files", on=group, because="the host has no such group", remedy="Create it before"
        ) from error


def read_links(links: Mapping[str, str] | None) -> dict[str, str]:
    """Return the links (absolute path to file name) after checking both."""
    for path, name in (links or {}).items():
        if not os.path.isabs(path) or os.path.normpath(path) != path or "\0" in path:
            raise InvalidInput(
                "Failed to plan the links",
                on=path,
                because="it is no absolute path in its shortest form",
                remedy=f"Write it like {os.path.normpath('/' + path)}",
            )
        if name not in ALL_FILES:
            because = f"{name} is no file of a generation"
            raise InvalidInput(
                "Failed to plan the links", on=path, because=because, remedy=f"Use {', '.join(ALL_FILES)}"
            )
    return dict(links or {})
