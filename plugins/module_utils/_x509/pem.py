# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""PEM texts (RFC 7468): bounded, one newline at the end, parsed with a sentence when they cannot be."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from .._errors import InvalidInput
from .library import require_cryptography

if TYPE_CHECKING:
    from cryptography import x509

MAXIMUM_REQUEST = 32768
PRIVATE_KEY = "PRIVATE KEY-----"
MAXIMUM_CERTIFICATES = 1 << 20
CERTIFICATE_BLOCK = re.compile(r"-----BEGIN CERTIFICATE-----\s[A-Za-z0-9+/=\s]+?-----END CERTIFICATE-----")
REQUEST_BLOCK = re.compile(
    r"-----BEGIN (NEW )?CERTIFICATE REQUEST-----\s[A-Za-z0-9+/=\s]+?-----END (NEW )?CERTIFICATE REQUEST-----"
)

GET_ANEW = "Get the certificate anew: it was damaged on its way"
_GIVE_ONE_CERTIFICATE = "Give one certificate in PEM"
_GIVE_ONE_REQUEST = "Give one certificate signing request (PKCS#10) in PEM"
MAKE_ANEW = "Make the CSR anew, or copy it anew: it was damaged on its way"


def split_certificates(text: str, origin: str = "the certificates") -> tuple[str, ...]:
    """Return each certificate block of a PEM text, ended by one newline; what stands between the blocks is dropped."""
    if len(text) > MAXIMUM_CERTIFICATES:
        raise InvalidInput(
            "Failed to read certificates",
            on=origin,
            because=f"{len(text)} characters are more than {MAXIMUM_CERTIFICATES}",
            remedy="Give the certificates of one chain alone",
        )
    return tuple(
        "\n".join(line.strip() for line in block.group(0).splitlines() if line.strip()) + "\n"
        for block in CERTIFICATE_BLOCK.finditer(text)
    )


def load_certificate(pem: str, origin: str = "the certificate") -> x509.Certificate:
    """Parse the one certificate of a PEM text; ``InvalidInput`` when there is none, more than one, or a broken one."""
    require_cryptography()
    from cryptography import x509

    blocks = split_certificates(pem, origin)
    if len(blocks) != 1:
        because = f"it has {len(blocks)} PEM certificates where one is expected"
        raise InvalidInput("Failed to read a certificate", on=origin, because=because, remedy=_GIVE_ONE_CERTIFICATE)
    try:
        return x509.load_pem_x509_certificate(blocks[0].encode("ascii"))
    except (ValueError, TypeError, x509.InvalidVersion) as error:
        because = f"it is malformed: {error}"
        raise InvalidInput("Failed to read a certificate", on=origin, because=because, remedy=GET_ANEW) from error


def extract_request(pem: str, origin: str = "the CSR") -> str:
    """Return the one certificate signing request in a PEM text of at most 32768 characters, ended by one newline.

    What stands around it is dropped; ``InvalidInput`` when that is a private key, or for no request or more than one.
    """
    if not pem.strip():
        raise InvalidInput("Failed to read a CSR", on=origin, because="it is empty", remedy=_GIVE_ONE_REQUEST)
    if len(pem) > MAXIMUM_REQUEST:
        because = f"it has more than the {MAXIMUM_REQUEST} characters that AWS Private CA takes"
        raise InvalidInput("Failed to read a CSR", on=origin, because=because, remedy="Make the CSR with fewer names")
    if PRIVATE_KEY in pem:
        raise InvalidInput(
            "Failed to read a CSR",
            on=origin,
            because="there is a private key beside it, which must not leave its host",
            remedy="Give the CSR alone",
        )
    blocks = [block.group(0) for block in REQUEST_BLOCK.finditer(pem)]
    if len(blocks) != 1:
        because = f"it has {len(blocks)} PEM certificate requests where one is expected"
        raise InvalidInput("Failed to read a CSR", on=origin, because=because, remedy=_GIVE_ONE_REQUEST)
    return blocks[0].replace("NEW CERTIFICATE", "CERTIFICATE") + "\n"


def load_request(pem: str, origin: str = "the CSR") -> x509.CertificateSigningRequest:
    """Parse the one certificate signing request (RFC 2986) of a PEM text; ``InvalidInput`` as ``extract_request``."""
    require_cryptography()
    from cryptography import x509

    text = extract_request(pem, origin)
    try:
        return x509.load_pem_x509_csr(text.encode("ascii"))
    except (ValueError, TypeError, x509.InvalidVersion) as error:
        because = f"it is malformed: {error}"
        raise InvalidInput("Failed to read a CSR", on=origin, because=because, remedy=MAKE_ANEW) from error
