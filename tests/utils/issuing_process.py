# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The issuing core in a process of its own, as the action's workers and the module use it; tests run and kill it.

`python issuing_process.py '{"authority_arn": ..., "csr_path": ..., ...}'` prints one JSON line: the ARN, whether this
process asked for it, and what was logged; or the error. `offset` moves the process's clock. With `forks`, so many forks
issue at once and the line is the list of what they say.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._acm_pca.api import PrivateCaApi
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._acm_pca.arns import parse_authority_arn
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._acm_pca.models import (
    IssuanceRequest,
    LineageId,
    Validity,
)
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._acm_pca.templates import template_arn
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._aws_connection import (
    AwsConnection,
    connect_client,
)
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._clock import SystemClock
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._errors import PrivateCaError
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._issuance_options import (
    select_ledger,
    select_limits,
    select_recovery,
)
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._issuing import Issuer
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._ledger.opening import open_ledger


def start_issuing(environment: Mapping[str, str], **options: Any) -> subprocess.Popen[str]:
    """Start a process that issues with `options`; `environment` reaches the emulator."""
    paths = os.pathsep.join(path for path in sys.path if path)
    command = ["setpriv", "--pdeathsig", "KILL", sys.executable, str(Path(__file__).resolve()), json.dumps(options)]
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, env={**os.environ, **environment, "PYTHONPATH": paths}
    )


def finish(process: subprocess.Popen[str]) -> dict[str, Any]:
    """Return what the process said in the end."""
    said, _nothing = process.communicate(timeout=300)
    return dict(json.loads(said.splitlines()[-1]))


def issue_all(options: Mapping[str, Any]) -> dict[str, Any]:
    """Issue for every CSR of the options, one after the other, and return what became of it."""
    authority = parse_authority_arn(options["authority_arn"])
    connection = AwsConnection(region=authority.region)
    clock = SystemClock(options.get("offset", 0.0))
    chosen = {"ledger": "sqlite", "requests_per_second": 20.0, **options}
    log: list[str] = []
    api = PrivateCaApi(connect_client("acm-pca", connection), clock=clock)
    arns, asked = [], 0
    try:
        with open_ledger(select_ledger(chosen, authority.region)) as ledger:
            recover = select_recovery(chosen, connection, clock)
            issuer = Issuer(api, ledger, clock, log.append, limits=select_limits(chosen), recover=recover)
            for path in options["csr_paths"]:
                issuance = issuer.issue(_request(options, path), LineageId("host", Path(path).stem))
                arns.append(issuance.certificate.arn)
                asked += issuance.asked_now
    except PrivateCaError as error:
        return {"error": str(error), "details": error.details, "log": log}
    return {"arns": arns, "asked": asked, "log": log}


def _request(options: Mapping[str, Any], csr_path: str) -> IssuanceRequest:
    return IssuanceRequest(
        certificate_authority_arn=options["authority_arn"],
        csr=Path(csr_path).read_text(encoding="ascii"),
        template_arn=template_arn(None, options["authority_arn"]),
        signing_algorithm="SHA256WITHECDSA",
        validity=Validity("DAYS", 90),
    )


def issue_in_forks(options: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return what `issue_all` says for each of the options, each in a fork of this process, all at once."""
    context = multiprocessing.get_context("fork")
    results = context.Queue()
    workers = [context.Process(target=_issue_and_report, args=(chosen, results)) for chosen in options]
    for worker in workers:
        worker.start()
    said = [results.get() for _worker in workers]
    for worker in workers:
        worker.join()
    return said


def _issue_and_report(options: Mapping[str, Any], results: Any) -> None:
    results.put(issue_all(options))


if __name__ == "__main__":
    asked = json.loads(sys.argv[1])
    print(json.dumps(issue_in_forks([asked] * asked["forks"]) if "forks" in asked else issue_all(asked)))
