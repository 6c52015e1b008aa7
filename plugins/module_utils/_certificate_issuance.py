# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The body of module acm_pca_issue_certificate: from its options to the certificate of a CSR."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Callable, Mapping

from ._acm_pca.api import PrivateCaApi
from ._acm_pca.arns import AuthorityArn, authority_of_certificate, parse_authority_arn
from ._acm_pca.csr_rules import check_csr
from ._acm_pca.differences import describe_differences, require_key_of_csr
from ._acm_pca.models import IssuanceRequest, IssuedCertificate, LineageId
from ._acm_pca.templates import template_arn
from ._acm_pca.transformations import build_passthrough, read_validity
from ._acm_pca.waiting import wait_for_certificate
from ._aws_connection import AwsConnection
from ._certificate_states import describe_certificate
from ._clock import Clock
from ._errors import AccessDenied, InvalidInput, IssuanceFailed
from ._issuance_options import require_region, select_ledger, select_limits, select_patience, select_recovery
from ._issuance_token import describe_terms
from ._issuing import Asked, Issuer, find_known
from ._ledger.opening import LedgerOptions, open_ledger, peek_ledger
from ._x509.library import require_cryptography
from ._x509.serials import read_serial

_MOST_CSR_OCTETS = 32768


def choose_authority(options: Mapping[str, Any]) -> AuthorityArn:
    """Return the CA that the options name, by its own ARN or by the certificate's. Raise InvalidInput."""
    named, resumed = options.get("certificate_authority_arn"), options.get("certificate_arn")
    if resumed:
        authority = authority_of_certificate(resumed)
        if named and named != authority.text:
            raise InvalidInput(
                "Failed to resume",
                because=f"it is not a certificate of {named}",
                on=resumed,
                remedy="Leave certificate_authority_arn out: the certificate's ARN names its CA",
            )
    elif named:
        authority = parse_authority_arn(named)
    else:
        raise InvalidInput(
            "Failed to choose a CA",
            because="neither certificate_authority_arn nor certificate_arn was given",
            remedy="Give certificate_authority_arn",
        )
    require_region(authority, options.get("region"))
    return authority


@dataclass(frozen=True)
class CertificateIssuance:
    """One task's issuance. ``options`` are validated; ``log`` takes sentences that the user is to see."""

    api: PrivateCaApi
    connection: AwsConnection
    options: Mapping[str, Any]
    clock: Clock
    log: Callable[[str], None]

    def run(self, *, check_mode: bool) -> dict[str, Any]:
        """Return the task's result. In check mode nothing is asked for and nothing is written."""
        require_cryptography()
        resumed = self.options.get("certificate_arn")
        if resumed:
            return self._resume(resumed)
        request = self._build_request()
        return self._predict(request) if check_mode else self._issue(request)

    def _resume(self, certificate_arn: str) -> dict[str, Any]:
        csr = read_csr(self.options)
        certificate = self._fetch(certificate_arn)
        if certificate is not None and csr is not None:
            require_key_of_csr(csr, certificate)
        return self._result(certificate_arn, certificate)

    def _predict(self, request: IssuanceRequest) -> dict[str, Any]:
        with peek_ledger(self._ledger_options(request)) as ledger:
            known = find_known(ledger, request, self.options.get("idempotency_token"))
        if known is not None:
            with suppress(IssuanceFailed):  # then the real run asks anew
                certificate = self._fetch(known.certificate_arn)
                if certificate is not None:
                    require_key_of_csr(request.csr, certificate, known.token)
                return self._result(known.certificate_arn, certificate, request, known)
        return {"changed": True, "state": "absent", "diff": _diff(request)}

    def _issue(self, request: IssuanceRequest) -> dict[str, Any]:
        lineage = self.options.get("lineage")
        lineage_id = LineageId(lineage["host"], lineage["name"]) if lineage else None
        token = self.options.get("idempotency_token")
        with open_ledger(self._ledger_options(request)) as ledger:
            issuer = Issuer(
                self.api,
                ledger,
                self.clock,
                self.log,
                select_patience(self.options),
                select_limits(self.options),
                select_recovery(self.options, self.connection, self.clock),
            )
            if self.options["wait"]:
                issuance = issuer.issue(request, lineage_id, token)
                asked = Asked(issuance.certificate.arn, issuance.token, issuance.asked_now)
                return self._result(asked.certificate_arn, issuance.certificate, request, asked)
            asked, certificate = issuer.begin(request, lineage_id, token)
        return self._result(asked.certificate_arn, certificate, request, asked)

    def _ledger_options(self, request: IssuanceRequest) -> LedgerOptions:
        return select_ledger(self.options, parse_authority_arn(request.certificate_authority_arn).region)

    def _fetch(self, certificate_arn: str) -> IssuedCertificate | None:
        if not self.options["wait"]:
            return self.api.get_certificate(certificate_arn)
        patience = replace(select_patience(self.options), first_delay=0.0)
        return wait_for_certificate(self.api, certificate_arn, patience, self.clock)

    def _result(
        self,
        certificate_arn: str,
        certificate: IssuedCertificate | None,
        request: IssuanceRequest | None = None,
        asked: Asked | None = None,
    ) -> dict[str, Any]:
        described = describe_certificate(certificate_arn, certificate, self.clock.now())
        changed = asked is not None and asked.asked_now
        result = {"changed": changed, **described, "differences": []}
        if asked is not None and request is not None:
            result["idempotency_token"] = asked.token
            result["diff"] = _diff(request) if changed else {"before": {}, "after": {}}
            if certificate is not None:
                result["differences"] = list(describe_differences(request, certificate))
        return result

    def _build_request(self) -> IssuanceRequest:
        options = self.options
        select_limits(options)  # check mode refuses what is no limit too
        authority = choose_authority(options)
        passthrough = build_passthrough(options.get("api_passthrough"))
        template = template_arn(options.get("template"), authority.text)
        csr = read_csr(options)
        if csr is None:
            raise InvalidInput(
                "Failed to read the CSR", because="neither csr nor csr_path was given", remedy="Give one of the two"
            )
        check_csr(csr, passthrough)
        validity = read_validity(options["validity"])
        if validity is None:
            raise InvalidInput(
                "Failed to read the validity", because="it is empty", remedy="Give it as {type: DAYS, value: 90}"
            )
        replaces = options.get("replaces")
        return IssuanceRequest(
            certificate_authority_arn=authority.text,
            csr=csr,
            template_arn=template,
            signing_algorithm=options.get("signing_algorithm") or derive_signing_algorithm(self.api, authority.text),
            validity=validity,
            validity_not_before=read_validity(options.get("validity_not_before")),
            api_passthrough=passthrough,
            replaces=read_serial(replaces) if replaces else None,
        )


def derive_signing_algorithm(api: PrivateCaApi, authority_arn: str) -> str:
    """Return the CA's own signing algorithm. Raise InvalidInput, which demands the option, when Describe is denied."""
    try:
        return api.describe_certificate_authority(authority_arn).signing_algorithm
    except AccessDenied as error:
        raise InvalidInput(
            "Failed to find out which algorithm the CA signs with",
            on=authority_arn,
            because=error.because,
            remedy="Give signing_algorithm (it must fit the CA's key, such as SHA256WITHRSA or SHA256WITHECDSA), "
            f"or allow acm-pca:DescribeCertificateAuthority on {authority_arn} to this identity",
        ) from error


def read_csr(options: Mapping[str, Any]) -> str | None:
    """Return the CSR's text from ``csr`` or the file ``csr_path``; None when neither is given. Raise InvalidInput."""
    if options.get("csr") is not None:
        return str(options["csr"])
    path = options.get("csr_path")
    if path is None:
        return None
    try:
        with Path(path).open("rb") as file:
            octets = file.read(_MOST_CSR_OCTETS + 1)  # no more than what tells that it is too long
        return octets.decode("utf-8")
    except OSError as error:
        because, remedy = error.strerror, "Give the path of a PEM file where this module runs, readable for its user"
    except UnicodeDecodeError:
        because, remedy = "it is no text", f"Give it in PEM: openssl req -inform DER -in {path} -out {path}.pem"
    raise InvalidInput("Failed to read the CSR", on=path, because=because, remedy=remedy)


def _diff(request: IssuanceRequest) -> dict[str, Any]:
    facts = check_csr(request.csr, request.api_passthrough)
    asked = {name: facts[name] for name in ("subject", "subject_alternative_names", "key_algorithm")}
    return {"before": {}, "after": {**asked, **describe_terms(request)}}
