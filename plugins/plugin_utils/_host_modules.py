# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Typed calls of the two host modules: options in, dataclasses out, and a failed module becomes a PrivateCaError.

CONTRIBUTING.md ("The contract between the flow and the host") is what both sides keep.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from ..module_utils._acm_pca.models import IssuedCertificate
from ..module_utils._errors import PrivateCaError, StepFailed
from ..module_utils._reissue_policy import Reason
from ..module_utils._x509.exported_key import ExportedKey
from ..module_utils._x509.times import read_time
from ._supersession import Held, Replaced, list_held, list_replaced

Facts = Mapping[str, Any]
ACTIONS = ("none", "repair", "apply", "issue")
_CARRIED = ("warnings", "deprecations", "ansible_facts")
_FAILURE_DETAILS = ("step", "steps", "output", "restored", "generation", "exception", "module_stderr", "rc")


class ModuleRunner(Protocol):
    """Runs one module on the host of the task: one round trip. Returns the module's result."""

    def __call__(self, module: str, arguments: Mapping[str, Any], *, rehearse: bool = False) -> dict[str, Any]:
        """Run ``module`` (its short name) with ``arguments``; to ``rehearse`` is check mode whatever the task's is."""


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
    certificates: tuple[Held, ...] = ()


class HostModules:
    """The host's side of the flow, for one lineage. ``carried`` gathers what Ansible itself adds to module results."""

    def __init__(self, run_module: ModuleRunner, files: Mapping[str, Any]) -> None:
        self._run_module = run_module
        self._files = files
        self.carried: dict[str, Any] = {}

    def inspect(self, wanted: Mapping[str, Any]) -> Inspection:
        """Return the verdict on the lineage and, when a certificate is due and this is no check mode, the CSR."""
        result = self._call("host_certificate_request", wanted)
        with _understood("host_certificate_request"):
            request = result.get("request") or {}
            return Inspection(
                action=_read_action(result["action"]),
                reasons=tuple(
                    Reason(str(entry["reason"]), str(entry["message"])) for entry in result.get("reasons", ())
                ),
                current=_read_facts(result.get("current")),
                csr=_read_text(request.get("csr")),
                resumed=bool(request.get("resumed")),
                generation=_read_text(result.get("generation")),
                candidate=_read_facts(result.get("candidate")),
                replaces=_read_text(result.get("replaces")),
                certificate_arn=_read_text(result.get("certificate_arn")),
                issued_at=_read_time(result.get("issued_at")),
                replaced=list_replaced(result.get("superseded", ())),
            )

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

    def remove(self, options: Mapping[str, Any], *, rehearse: bool = False) -> Installation:
        """Remove the lineage from the host, or to ``rehearse`` only find out whether that can be done, and of what."""
        return self._install({**options, "state": "absent"}, rehearse)

    def _install(self, options: Mapping[str, Any], rehearse: bool = False) -> Installation:
        result = self._call("host_certificate_install", options, rehearse)
        with _understood("host_certificate_install"):
            return Installation(
                changed=bool(result.get("changed")),
                generation=_read_text(result.get("generation")),
                current=_read_facts(result.get("current")),
                previous=_read_facts(result.get("previous")),
                certificate_arn=_read_text(result.get("certificate_arn")),
                issued_at=_read_time(result.get("issued_at")),
                steps=tuple(str(step) for step in result.get("steps", ())),
                served_serial=_read_text((result.get("served") or {}).get("serial")),
                paths=dict(result.get("paths") or {}),
                certificates=list_held(result.get("certificates", ())),
            )

    def _call(self, module: str, options: Mapping[str, Any], rehearse: bool = False) -> dict[str, Any]:
        result = self._run_module(module, drop_absent({**self._files, **options}), rehearse=rehearse)
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
                former = self.carried.get(name, [])  # a rehearsal says what the run then says again
                self.carried[name] = [*former, *(each for each in value if each not in former)]


@contextlib.contextmanager
def _understood(module: str) -> Iterator[None]:
    """Turn what another release, or a host that lies, makes of a module's answer into an error that says so."""
    try:
        yield
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise PrivateCaError(
            f"Failed to understand what {module} answered",
            because=f"it is not of the shape that this release returns ({type(error).__name__}: {error})",
            remedy="Nothing more was asked of the CA for this host. Look at what answers there in Python's place",
        ) from error


def _read_action(value: Any) -> str:
    if value not in ACTIONS:
        raise ValueError(f"{value!r:.80} is no action")
    return str(value)


def _read_facts(value: Any) -> Facts | None:
    if value is None:
        return None
    facts = dict(value)
    if "not_after" in facts:
        read_time(facts["not_after"])
    return facts


def _read_text(value: Any) -> str | None:
    if not (value is None or isinstance(value, str)):
        raise TypeError(f"{value!r:.80} is no text")
    return value


def _read_time(value: Any) -> float | None:
    return None if value is None else float(value)


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
