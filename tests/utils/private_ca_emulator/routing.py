# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One endpoint for all of AWS: the control API, acm-pca here, everything else to moto."""

from __future__ import annotations

from private_ca_emulator.acm.service import TARGET_PREFIX as ACM_PREFIX
from private_ca_emulator.acm.service import build_certificate_manager, is_ours
from private_ca_emulator.bounds import refuse_beyond_policies
from private_ca_emulator.control_api import PREFIX, answer_control
from private_ca_emulator.custom_names import follow_custom_name
from private_ca_emulator.errors import ServiceError
from private_ca_emulator.ocsp import answer_ocsp, is_for_responder
from private_ca_emulator.other_calls import encode_refusal, read_call
from private_ca_emulator.other_services import OtherServices
from private_ca_emulator.protocol import CredentialScope, HttpRequest, HttpResponse, parse_credential_scope
from private_ca_emulator.service import TARGET_PREFIX, PrivateCa, gather_facts


class Router:
    """Chooses who answers a request by path, X-Amz-Target and the service in the signature's scope."""

    def __init__(self, service: PrivateCa) -> None:
        self.service = service
        self.manager = build_certificate_manager(service)
        self.others = OtherServices()

    def respond(self, request: HttpRequest) -> HttpResponse:
        """Answer one request; raises only ConnectionCut."""
        self.service.run_due_errands()
        if is_for_responder(request):
            return answer_ocsp(self.service, request)
        if request.path.startswith(PREFIX):
            return answer_control(self.service, request)
        scope = parse_credential_scope(request.headers.get("authorization", ""))
        target = request.headers.get("x-amz-target", "")
        if target.startswith(TARGET_PREFIX) or (scope is not None and scope.service == "acm-pca"):
            return self.service.respond(request)
        if target.startswith(ACM_PREFIX) and is_ours(self.manager, request):
            return self.manager.respond(request)
        return self._answer_unsigned(request) if scope is None else self._answer_signed(request, scope)

    def _answer_unsigned(self, request: HttpRequest) -> HttpResponse:
        named = follow_custom_name(self.service.store, request)
        if is_for_responder(named):
            return answer_ocsp(self.service, named)
        self.service.others_log.open(self.service.clock.now(), "unsigned")
        return self.others.respond(named)

    def _answer_signed(self, request: HttpRequest, scope: CredentialScope) -> HttpResponse:
        entry = self.service.others_log.open(self.service.clock.now(), scope.service)
        call = None if self.service.faults.is_empty() else read_call(scope.service, request)
        if call is None:
            return self._pass_on(request, scope)
        entry.operation = call.operation
        try:
            facts = gather_facts(call.members, self.service.accounts.identify(scope))
            return self.service.faults.surround(entry, facts, lambda _reason: self._pass_on(request, scope))
        except ServiceError as error:
            return encode_refusal(call.protocol, error)

    def _pass_on(self, request: HttpRequest, scope: CredentialScope) -> HttpResponse:
        accounts = self.service.accounts
        if not accounts.names_account(scope.access_key):
            return self.others.respond(request)
        refusal = refuse_beyond_policies(accounts, request, scope)
        return refusal or self.others.respond(request, accounts.find_account(scope.access_key))
