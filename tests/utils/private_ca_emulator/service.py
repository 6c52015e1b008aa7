# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The emulated acm-pca service: one request in, one reply out; faults, log and guards around the operation."""

from __future__ import annotations

import base64
import contextlib
import functools
import sys
import threading
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from cryptography import x509

from private_ca_emulator import signatures
from private_ca_emulator.accounts import Accounts, Caller
from private_ca_emulator.acm.records import ManagedStore
from private_ca_emulator.agenda import Agenda
from private_ca_emulator.clock import Clock
from private_ca_emulator.crls import CrlPublisher
from private_ca_emulator.errors import ConnectionCut, ServiceError
from private_ca_emulator.faults import FaultScript
from private_ca_emulator.protocol import (
    HttpRequest,
    HttpResponse,
    decode_body,
    encode_error,
    encode_reply,
)
from private_ca_emulator.quotas import RequestQuotas
from private_ca_emulator.records import Store
from private_ca_emulator.request_log import LogEntry, RequestLog
from private_ca_emulator.settings import Settings
from private_ca_emulator.state import StateDirectory
from private_ca_emulator.validation import ModelValidator, load_service_model

_SELF_LOCKING = ("CreateCertificateAuthority",)  # an RSA key takes seconds to make
TARGET_PREFIX = "ACMPrivateCA."
Members = dict[str, Any]


@dataclass(frozen=True)
class Call:
    """One request as an operation sees it; `late_failure` is the scripted reason why the issuance will fail."""

    operation: str
    caller: Caller
    members: Members
    late_failure: str | None = None


Operation = Callable[["PrivateCa", Call], "Members | None"]
Guard = Callable[["PrivateCa", Call], None]


@dataclass
class PrivateCa:
    """State and dispatch of the service. `guards` run in order before the operation (authorisation, quotas)."""

    operations: Mapping[str, Operation]
    guards: list[Guard] = field(default_factory=list)
    name: str = "acm-pca"
    target_prefix: str = TARGET_PREFIX
    log_prefix: str = ""
    clock: Clock = field(default_factory=Clock)
    settings: Settings = field(default_factory=Settings)
    store: Store = field(default_factory=Store)
    managed: ManagedStore = field(default_factory=ManagedStore)
    accounts: Accounts = field(default_factory=Accounts)
    faults: FaultScript = field(default_factory=FaultScript)
    log: RequestLog = field(default_factory=RequestLog)
    others_log: RequestLog = field(default_factory=RequestLog)
    agenda: Agenda = field(default_factory=Agenda)
    quotas: RequestQuotas = field(default_factory=RequestQuotas)
    stop_requested: threading.Event = field(default_factory=threading.Event)
    state: StateDirectory | None = None
    validator: ModelValidator = field(default_factory=lambda: ModelValidator(load_service_model("acm-pca")))

    def __post_init__(self) -> None:
        self.crls = CrlPublisher(self.clock, self.settings, self.agenda, self.store)

    def resume(self) -> None:
        """Take up what the state directory holds."""
        if self.state is not None:
            self.state.load(self.store)
            self.store.save = functools.partial(self.state.save, self.store)
            with self.store.change():
                self.crls.resume(list(self.store.authorities.values()))

    def close(self) -> None:
        """Let go of the state directory once the running operation is saved; what comes later is answered to nobody."""
        with self.store.lock:
            self.store.save = None
            if self.state is not None:
                self.state.close()

    def run_due_errands(self) -> None:
        """Do what has become due on the emulator's clock, earliest first."""
        while due := self.agenda.take_due(self.clock.now()):
            with self.store.change():
                due[1]()

    def reset(self) -> None:
        """Forget every CA, setting, fault and request; the clock returns to real time."""
        self.faults.remove()
        self.agenda.clear()
        with self.store.lock:
            self.store.clear()
            if self.state is not None:
                self.state.clear()
        self.managed.certificates.clear()
        self.managed.tokens.clear()
        self.settings.reset()
        self.accounts.reset()
        self.quotas.clear()
        self.clock.reset()
        self.log.clear()
        self.others_log.clear()

    def respond(self, request: HttpRequest) -> HttpResponse:
        """Answer one HTTP request; raises only ConnectionCut."""
        operation = request.headers.get("x-amz-target", "").removeprefix(self.target_prefix)
        entry = self.log.open(self.clock.now(), self.log_prefix + operation)
        try:
            return encode_reply(self._perform(operation, request, entry))
        except ServiceError as error:
            entry.outcome = error.code
            return encode_error(error)
        except ConnectionCut:
            entry.outcome = f"{entry.outcome} (reply lost)" if entry.outcome else "reply lost before effect"
            raise
        except Exception:  # noqa: BLE001 - the boundary: a fault of the emulator must not kill the server
            traceback.print_exc(file=sys.stderr)
            entry.outcome = "InternalFailure"
            return encode_error(ServiceError("InternalFailure", "The emulator failed; its error output says why.", 500))

    def _perform(self, operation: str, request: HttpRequest, entry: LogEntry) -> Members | None:
        if operation not in self.operations or request.method != "POST":
            raise ServiceError("UnknownOperationException", f"The operation '{operation}' does not exist.")
        caller = self._identify(request)
        entry.account, entry.region = caller.account, caller.region
        body = decode_body(request)
        entry.summarize(_loggable(body))
        call = Call(operation, caller, body)
        if self.faults.is_empty():
            return self._carry_out(call, entry)
        return self.faults.surround(
            entry,
            gather_facts(body, caller),
            lambda reason: self._carry_out(replace(call, late_failure=reason), entry),
        )

    def _carry_out(self, call: Call, entry: LogEntry) -> Members | None:
        try:
            members = self.validator.check_request(call.operation, call.members)
            reply = self._run(replace(call, members=members), entry)
        except ServiceError as error:
            entry.outcome = error.code
            raise
        entry.outcome = "Success"
        return reply

    def _run(self, call: Call, entry: LogEntry) -> Members | None:
        with self.store.lock:
            for guard in self.guards:
                guard(self, call)
        with contextlib.nullcontext() if call.operation in _SELF_LOCKING else self.store.change():
            reply = self.operations[call.operation](self, call)
        self.validator.check_reply(call.operation, reply or {})
        if reply:
            entry.summarize(reply)
        return reply if self.validator.operations[call.operation].output_shape else None

    def _identify(self, request: HttpRequest) -> Caller:
        scope = signatures.require_signature(request)
        if scope.service != self.name:
            message = f"Credential should be scoped to correct service: '{self.name}'."
            raise ServiceError("InvalidSignatureException", message)
        caller = self.accounts.identify(scope)
        if self.name == "acm-pca":
            self.accounts.require_region(caller)
        if self.settings.signature_check != "off":
            signatures.check_form(request, scope)
        if self.settings.unknown_access_keys == "refuse":
            self.accounts.require_known(caller)
        secret = self.accounts.find_secret(caller) if self.settings.signature_check == "known_secrets" else None
        if secret is not None:
            signatures.check_signature(request, scope, secret)
        return caller


def gather_facts(body: Members, caller: Caller) -> dict[str, Any]:
    """What a fault can match: the request's members, the caller, and the subject of its CSR."""
    facts = {
        **body,
        "account": caller.account,
        "region": caller.region,
        "caller": caller.arn,
        "access_key": caller.access_key,
    }
    try:
        facts["csr_subject"] = x509.load_pem_x509_csr(base64.b64decode(body["Csr"])).subject.rfc4514_string()
    except (KeyError, ValueError, TypeError):
        facts["csr_subject"] = None
    return facts


def _loggable(body: Mapping[str, Any]) -> dict[str, Any]:
    """The members that are short enough to keep: the log must not grow with the requests' size."""
    return {
        name: value
        for name, value in body.items()
        if (isinstance(value, str) and len(value) <= 256)
        or (name == "Validity" and isinstance(value, dict) and len(value) <= 2)
    }
