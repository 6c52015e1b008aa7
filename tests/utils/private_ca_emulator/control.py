# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A client of the control API for tests and demos; standard library only."""

from __future__ import annotations

import http.client
import json
import urllib.parse
from collections.abc import Mapping, Sequence
from typing import Any


class ControlError(Exception):
    """The control API refused; the text says what it takes."""


class EmulatorControl:
    """Moves the clock, reads the log, scripts faults. `times` are epoch seconds of the emulator's clock."""

    def __init__(self, endpoint_url: str, timeout: float = 30.0) -> None:
        parsed = urllib.parse.urlsplit(endpoint_url)
        self._host, self._port = parsed.hostname or "127.0.0.1", parsed.port or 80
        self._timeout = timeout

    def call(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        """One request below `/_emulator/`; ControlError when it is refused."""
        connection = http.client.HTTPConnection(self._host, self._port, timeout=self._timeout)
        try:
            payload = json.dumps(body).encode() if body is not None else None
            connection.request(method, f"/_emulator/{path}", payload, {"Content-Type": "application/json"})
            response = connection.getresponse()
            reply = json.loads(response.read())
        finally:
            connection.close()
        if response.status >= 400:
            raise ControlError(reply["error"])
        return reply

    def health(self) -> dict[str, Any]:
        """`{"status": "ok"}` once the emulator answers."""
        return dict(self.call("GET", "health"))

    def now(self) -> float:
        """The emulator's time."""
        return float(self.call("GET", "clock")["now"])

    def advance(self, seconds: float) -> float:
        """Move the clock; the new time."""
        return float(self.call("POST", "clock", {"advance": seconds})["now"])

    def set_time(self, epoch: float) -> float:
        """Jump to `epoch`."""
        return float(self.call("POST", "clock", {"set": epoch})["now"])

    def freeze(self, frozen: bool = True) -> float:
        """Stop the clock, or let it run again."""
        return float(self.call("POST", "clock", {"freeze": frozen})["now"])

    def requests(self, operation: str | None = None, since: int = 0) -> list[dict[str, Any]]:
        """The acm-pca requests after sequence number `since`, oldest first."""
        query = urllib.parse.urlencode({"since": since, **({"operation": operation} if operation else {})})
        return list(self.call("GET", f"requests?{query}"))

    def other_requests(self) -> list[dict[str, Any]]:
        """What moto was asked since the log was cleared: the service in the signature, and when."""
        return list(self.call("GET", "other-requests"))

    def clear_requests(self) -> None:
        """Forget the log."""
        self.call("DELETE", "requests")

    def certificates(self, certificate_authority_arn: str | None = None) -> list[dict[str, Any]]:
        """Every issuance with ARN, serial, subject, CA and token."""
        query = (
            f"?certificate_authority_arn={urllib.parse.quote(certificate_authority_arn)}"
            if certificate_authority_arn
            else ""
        )
        return list(self.call("GET", f"certificates{query}"))

    def settings(self, **changes: Any) -> dict[str, Any]:
        """Change settings by name; all of them afterwards."""
        return dict(self.call("PATCH", "settings", changes) if changes else self.call("GET", "settings"))

    def fault(self, kind: str, operation: str | None = None, **details: Any) -> str:
        """Script a fault (see `faults.py`); its id."""
        return str(self.call("POST", "faults", {"kind": kind, "operation": operation, **details})["id"])

    def faults(self) -> list[dict[str, Any]]:
        """The faults in force."""
        return list(self.call("GET", "faults"))

    def clear_faults(self, fault_id: str = "") -> None:
        """Withdraw one fault, or all; held requests go on."""
        self.call("DELETE", f"faults/{fault_id}")

    def held(self) -> list[dict[str, Any]]:
        """The requests that wait in a `hold` fault."""
        return list(self.call("GET", "held"))

    def release(self, held_id: str | None = None) -> int:
        """Let one held request go on, or all; how many."""
        return int(self.call("POST", "release", {"id": held_id} if held_id else {})["released"])

    def add_access_key(
        self,
        access_key_id: str,
        account: str,
        arn: str | None = None,
        policies: Sequence[Mapping[str, Any]] | None = None,
        *,
        secret_access_key: str | None = None,
    ) -> None:
        """Tie an access key to an account, a principal and identity policies (None: everything is allowed).

        With a secret, the signatures of its requests are verified.
        """
        body = {
            "access_key_id": access_key_id,
            "account": account,
            "arn": arn,
            "policies": policies,
            "secret_access_key": secret_access_key,
        }
        self.call("POST", "access_keys", body)

    def share(self, certificate_authority_arn: str, accounts: list[str], permissions: list[str]) -> dict[str, Any]:
        """Share a CA with other accounts too, as RAM does, by names of managed permissions; the resource policy."""
        body = {
            "certificate_authority_arn": certificate_authority_arn,
            "accounts": accounts,
            "permissions": permissions,
        }
        return dict(self.call("POST", "shares", body))

    def seed(self, **sections: Any) -> list[str]:
        """Carry out a seed (its sections as in the file); the ARNs of the CAs that were made."""
        return list(self.call("POST", "seed", sections)["certificate_authorities"])

    def stop(self) -> None:
        """End the emulator's process (one in a test's own process goes on)."""
        self.call("POST", "stop")

    def reset(self) -> None:
        """Forget everything: CAs, clock, settings, faults, log."""
        self.call("POST", "reset")
