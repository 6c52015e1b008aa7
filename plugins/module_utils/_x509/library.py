# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The one place that knows which ``cryptography`` is needed, and whether it is there."""

from __future__ import annotations

from .._errors import MissingLibrary

MINIMUM_CRYPTOGRAPHY = "3.3"


def require_cryptography() -> None:
    """Raise ``MissingLibrary`` unless ``cryptography`` can be imported in a version that the collection knows."""
    try:
        from cryptography import __version__ as version
    except ImportError as error:
        raise MissingLibrary(
            "Failed to import the Python library cryptography",
            because=str(error),
            remedy=f"Install cryptography >= {MINIMUM_CRYPTOGRAPHY} for the Python that runs this module",
        ) from error
    if _release(version) < _release(MINIMUM_CRYPTOGRAPHY):
        raise MissingLibrary(
            "Failed to use the Python library cryptography",
            because=f"version {version} is too old",
            remedy=f"Install cryptography >= {MINIMUM_CRYPTOGRAPHY}",
        )


def _release(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".")[:2] if part.isdigit())
