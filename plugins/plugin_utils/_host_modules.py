# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Typed calls of the two host modules: options in, dataclasses out, and a failed module becomes a PrivateCaError.

CONTRIBUTING.md ("The contract between the flow and the host") is what both sides keep.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from ..module_utils._acm_pca.models import IssuedCertificate
from ..module_utils._errors import PrivateCaError, StepFailed
from ..module_utils._reissue_policy import Reason
from ..module_utils._x509.exported_key import ExportedKey
from ._supersession import Replaced, list_replaced

Facts = Mapping[str, Any]
_CARRIED = ("warnings", "deprecations", "ansible_facts")
_FAILURE_DETAILS = ("step", "steps", "output", "restored", "generation", "exception", "module_stderr", "rc")


class ModuleRunner(Protocol):
    """Runs one module on the host of the task: one round trip. Returns the module's result."""

    def __call__(self, module: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """Run ``module`` (its short name) with ``arguments``."""


@dataclass(frozen=True)
class Inspection:
    """What host_certificate_request found and decided; ``certificate_arn`` and ``issued_at`` are of ``current``.

    ``candidate`` and ``available`` are the facts of what would go live, and the ARN of one that the source has already.
    """

    action: str
    reasons: tuple[Reason, ...]
    current: Facts | None
    csr: str | None
    resumed: bool
    generation: str | None
    candidate: Facts | None
    replaces: str | None
    certificate_arn: str | None
    issued_at: float | None
    replaced: tuple[Replaced, ...] = ()
    available: str | None = None


@dataclass(frozen=True)
class Installation:
    """What host_certificate_install did: the steps in order, and the facts after and before."""

    changed: bool
    generation: str | None
    current: Facts | None
    previous: Facts | None
    certificate_arn: str | None
    issued_at: float | None
    steps: tuple[str, ...]
    served_serial: str | None
    paths: Mapping[str, str]


class HostModules:
    """The host's side of the flow, for one lineage. ``carried`` gathers what Ansible itself adds to module results."""

    def __init__(self, run_module: ModuleRunner, files: Mapping[str, Any]) -> None:
        self._run_module = run_module
        self._files = files
        self.carried: dict[str, Any] = {}

    def inspect(self, wanted: Mapping[str, Any]) -> Inspection:
        """Return the verdict on the lineage and, when a certificate is due and this is no check mode, the CSR."""
        result = self._call("host_certificate_request", wanted)
        request = result.get("request") or {}
        return Inspection(
            action=result["action"],
            reasons=tuple(Reason(entry["reason"], entry["message"]) for entry in result.get("reasons", ())),
            current=result.get("current"),
            csr=request.get("csr"),
            resumed=bool(request.get("resumed")),
            generation=result.get("generation"),
            candidate=result.get("candidate"),
            replaces=result.get("replaces"),
            certificate_arn=result.get("certificate_arn"),
            issued_at=result.get("issued_at"),
            replaced=list_replaced(result.get("superseded", ())),
        )

    def list_certificates(self) -> tuple[str, ...]:
        """Return the ARNs of the lineage's live certificate, where it is known, and of those that it replaced."""
        place = {name: self._files[name] for name in ("name", "base_directory")}
        found = self._run("host_certificate_info", place)["lineages"]
        live = [lineage["certificate_arn"] for lineage in found]
        replaced = [entry["certificate_arn"] for lineage in found for entry in lineage["superseded"]]
        return tuple(dict.fromkeys(arn for arn in (*live, *replaced) if arn and ":acm-pca:" in arn))

    def forget(self, certificate_arns: Sequence[str], options: Mapping[str, Any]) -> Installation:
        """Have the host no longer keep track of certificates that were replaced."""
        return self._install({**options, "forget_superseded": list(certificate_arns)})

    def install(
        self, issued: IssuedCertificate, options: Mapping[str, Any], private_key: ExportedKey | None = None
    ) -> Installation:
        """Install a certificate that was just issued; ``options`` say what it must be and how the service takes it.

        ``private_key`` is given where the key was not made on the host.
        """
        return self._install(
            {
                **options,
                "certificate": issued.certificate,
                "chain": list(issued.chain),
                "certificate_arn": issued.arn,
                "private_key": private_key and private_key.pem,
                "private_key_passphrase": private_key and private_key.passphrase,
            }
        )

    def apply(self, generation: str, options: Mapping[str, Any]) -> Installation:
        """Go on with the generation that was kept aside when a step failed."""
        return self._install({**options, "generation": generation})

    def repair(self, options: Mapping[str, Any]) -> Installation:
        """Put the live generation's files, modes and owners right again."""
        return self._install(options)

    def remove(self, options: Mapping[str, Any]) -> Installation:
        """Remove the lineage from the host."""
        return self._install({**options, "state": "absent"})

    def _install(self, options: Mapping[str, Any]) -> Installation:
        result = self._call("host_certificate_install", options)
        return Installation(
            changed=bool(result.get("changed")),
            generation=result.get("generation"),
            current=result.get("current"),
            previous=result.get("previous"),
            certificate_arn=result.get("certificate_arn"),
            issued_at=result.get("issued_at"),
            steps=tuple(result.get("steps", ())),
            served_serial=(result.get("served") or {}).get("serial"),
            paths=result.get("paths") or {},
        )

    def _call(self, module: str, options: Mapping[str, Any]) -> dict[str, Any]:
        return self._run(module, {**self._files, **options})

    def _run(self, module: str, options: Mapping[str, Any]) -> dict[str, Any]:
        result = self._run_module(module, drop_absent(options))
        self._carry(result)
        if result.get("failed"):
            raise describe_failure(module, result)
        return result

    def _carry(self, result: Mapping[str, Any]) -> None:
        for name in _CARRIED:
            value = result.get(name)
            if isinstance(value, Mapping):
                self.carried[name] = {**self.carried.get(name, {}), **value}
            elif value:
                self.carried[name] = [*self.carried.get(name, []), *value]


def drop_absent(options: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options without those that are None, at any depth: Ansible's modules take absent for absent only."""
    return {
        name: drop_absent(value) if isinstance(value, Mapping) else value
        for name, value in options.items()
        if value is not None
    }


def describe_failure(module: str, result: Mapping[str, Any]) -> PrivateCaError:
    """Return the error that a failed module result stands for: the module's own sentence, and what it tells besides."""
    details = {name: result.get(name) for name in _FAILURE_DETAILS}
    message = str(result.get("msg") or f"{module} ended without a result").rstrip(".")
    kind = StepFailed if result.get("step") else PrivateCaError
    return kind(message, **details)
