# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which files a generation has, with which owner and mode, and which links point at them from usual paths."""

from __future__ import annotations

from types import MappingProxyType
from typing import Callable, Mapping, NamedTuple

from .directory import FileAttributes

PRIVATE_KEY = "privkey.pem"
CERTIFICATE = "cert.pem"
CHAIN = "chain.pem"
FULL_CHAIN = "fullchain.pem"
ROOT = "root.pem"
COMBINED = "combined.pem"
KEYSTORE = "keystore.p12"
CERTIFICATE_DER = "cert.der"
PRIVATE_KEY_DER = "privkey.der"

FORMATS: Mapping[str, tuple[str, ...]] = {
    "combined": (COMBINED,),
    "pkcs12": (KEYSTORE,),
    "der": (CERTIFICATE_DER, PRIVATE_KEY_DER),
}
ENCODED_KEYS = (PRIVATE_KEY, COMBINED, PRIVATE_KEY_DER)
SECRET_FILES = (PRIVATE_KEY, COMBINED, KEYSTORE, PRIVATE_KEY_DER)
ALL_FILES = (PRIVATE_KEY, CERTIFICATE, CHAIN, FULL_CHAIN, ROOT, *(name for names in FORMATS.values() for name in names))


class FilePlan(NamedTuple):
    """How the files of a generation are to be.

    ``links`` maps absolute paths to names of files in ``live/``. ``opens_keystore`` tells whether the bytes of a
    PKCS#12 file open with the passphrase asked for; it is None when no such file is.
    """

    certificates: FileAttributes
    keys: FileAttributes
    formats: tuple[str, ...] = ()
    links: Mapping[str, str] = MappingProxyType({})
    key_format: str = "pkcs8"
    key_encrypted: bool = False
    opens_keystore: Callable[[bytes], bool] | None = None

    def list_names(self, has_root: bool) -> list[str]:
        """Return the names of the files that are to be there."""
        names = [PRIVATE_KEY, CERTIFICATE, CHAIN, FULL_CHAIN, *([ROOT] if has_root else [])]
        return names + [name for form in self.formats for name in FORMATS[form]]

    def attributes_of(self, name: str) -> FileAttributes:
        """Return mode, owner and group asked for a file."""
        return self.keys if name in SECRET_FILES else self.certificates
