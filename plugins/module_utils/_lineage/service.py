# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The service that uses a lineage: its configuration test, its reload, and the proof that it serves what is live."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Mapping

from .._errors import InvalidInput, PrivateCaError, StepFailed
from .._generations.plan import ALL_FILES
from .._host_argument_specs import INSTALL_SPEC
from .._secrets import hide, list_secrets
from .commands import CommandOutcome, fill_command, read_command, run_command

if TYPE_CHECKING:
    from .proof import Endpoint, ServedCertificate

DEFAULT_TIMEOUT = 60.0
PLACEHOLDERS = {"generation": "", **{name.rsplit(".", 1)[0]: name for name in ALL_FILES if not name.endswith(".der")}}


@dataclass(frozen=True)
class Service:
    """Commands as argument lists, None where the user gave none; ``command_timeout`` in seconds for each.

    ``secrets`` are starred out of what they print, which is shown and recorded on the host.
    """

    validate_command: tuple[str, ...] | None = None
    reload_command: tuple[str, ...] | None = None
    endpoint: Endpoint | None = None
    command_timeout: float = DEFAULT_TIMEOUT
    secrets: tuple[str, ...] = field(default=(), repr=False)

    @property
    def validates_paths(self) -> bool:
        """Whether the test names files by placeholders, so that it can run before anything is switched."""
        text = "\0".join(self.validate_command or ())
        return any("{" + name + "}" in text for name in PLACEHOLDERS)

    def validate(self, generation_path: str) -> None:
        """Run the configuration test; ``StepFailed`` with what it printed."""
        if self.validate_command is None:
            return
        values = {name: f"{generation_path}/{file}".rstrip("/") for name, file in PLACEHOLDERS.items()}
        self._run("validate", "test the service's configuration", fill_command(self.validate_command, values))

    def reload(self) -> None:
        """Run the reload command; ``StepFailed`` with what it printed."""
        if self.reload_command is not None:
            self._run("reload", "reload the service", self.reload_command)

    def _run(self, step: str, doing: str, command: tuple[str, ...]) -> None:
        outcome = run_command(command, self.command_timeout)
        outcome = replace(outcome, output=hide(self.secrets, outcome.output))
        if not outcome.succeeded:
            shown = _explain(command, outcome)
            raise StepFailed(f"Failed to {doing}", because=shown, step=step, output=outcome.output)

    def prove(self, facts: Mapping[str, Any]) -> dict[str, Any] | None:
        """Look until the certificate of these facts is served; returns its serial, None when no proof is asked for."""
        if self.endpoint is None:
            return None
        from .proof import prove_served

        served = prove_served(self.endpoint, facts["fingerprint_sha256"])
        if served.fingerprint == facts["fingerprint_sha256"]:
            return {"serial": facts["serial"]}
        where = f"{self.endpoint.host}:{self.endpoint.port}"
        found = _describe_served(served)
        raise StepFailed(
            "Failed to prove that the service serves the new certificate",
            on=where,
            because=f"{found}, not serial {facts['serial']}, after {self.endpoint.retries + 1} tries",
            step="prove",
            output=found,
        )


def read_service(params: Mapping[str, Any]) -> Service:
    """Build the service from the options ``validate_command``, ``reload_command``, ``command_timeout``, ``verify``."""
    timeout = params.get("command_timeout")
    if timeout is not None and not timeout > 0:
        remedy = "Give seconds, more than 0"
        raise InvalidInput("Failed to read the options", f"{timeout:g} is no time", "command_timeout", remedy)
    return Service(
        validate_command=read_command(params.get("validate_command"), "validate_command"),
        reload_command=read_command(params.get("reload_command"), "reload_command"),
        endpoint=_read_endpoint(params.get("verify")),
        command_timeout=DEFAULT_TIMEOUT if timeout is None else float(timeout),
        secrets=list_secrets(params, INSTALL_SPEC),
    )


def _read_endpoint(verify: Mapping[str, Any] | None) -> Endpoint | None:
    if verify is None:
        return None
    from .proof import read_endpoint

    return read_endpoint(verify)


def _explain(command: tuple[str, ...], outcome: CommandOutcome) -> str:
    how = "timed out" if outcome.status is None else f"ended with status {outcome.status}"
    printed = outcome.output.strip()
    return f"{command[0]} {how}" + (f" and printed: {printed}" if printed else "")


def _describe_served(served: ServedCertificate) -> str:
    if served.der is None:
        return f"no TLS handshake succeeded ({served.problem})"
    import ssl

    from .._x509.facts import certificate_facts

    try:
        return f"it serves serial {certificate_facts(ssl.DER_cert_to_PEM_cert(served.der))['serial']}"
    except PrivateCaError:  # it cannot be read, or there is no library to read it with
        return f"it serves a certificate with SHA-256 {served.fingerprint}"
