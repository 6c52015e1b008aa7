# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The errors that the emulated service answers with.

ServiceError      a reply of the service's shape: code, message, HTTP status
  CannotEncode    a value of ApiPassthrough or of a CA's subject that has no DER
ConnectionCut     the scripted loss of a reply: the connection is closed without an answer
"""

from __future__ import annotations


class ServiceError(Exception):
    """One error reply of the service (reference 0.1: `{"__type": code, "message": text}`)."""

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(code, message)
        self.code = code
        self.message = message
        self.status = status


class CannotEncode(ServiceError):
    """InvalidArgsException for a value that the model allows and DER does not; when it shows is a setting (12.1)."""

    def __init__(self, message: str) -> None:
        super().__init__("InvalidArgsException", message)


class ConnectionCut(Exception):
    """The client gets no reply at all: the server closes the connection."""


def not_found(resource: str, code: str = "ResourceNotFoundException") -> ServiceError:
    """The reply for what does not exist: a CA or certificate (`code` is the setting `unknown_arn_error`), a report."""
    return ServiceError(code, f"Could not find resource {resource}.")


def invalid_state(message: str) -> ServiceError:
    """The reply for an operation that the CA's status forbids."""
    return ServiceError("InvalidStateException", message)


def invalid_args(message: str) -> ServiceError:
    """The reply for arguments that contradict each other or the CA."""
    return ServiceError("InvalidArgsException", message)


def refused(message: str) -> ServiceError:
    """The undeclared ValidationException of a rule that the service model does not express."""
    return ServiceError("ValidationException", message)
