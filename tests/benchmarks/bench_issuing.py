# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Measure the issuing core: many certificates by many forked processes against the emulator at its published quota.

The processes issue as the action's workers do (one ledger, one shared pace; boto3 inherited from the parent). Prints
one JSON object and keeps it for the report; `ratio` is the time taken over the quota's own (25 IssueCertificate a
second). Nothing is asserted.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._ledger.limits import Pace
from issuing_process import issue_in_forks

from emulator_process import EmulatorProcess
from private_ca_emulator import seeding
from private_ca_emulator.control import EmulatorControl

from .bench_emulator import make_client, make_csr
from .records import OUTPUT, Records

QUOTA = 25.0


def run_processes(options: dict[str, Any], csrs: Sequence[str], processes: int) -> tuple[float, list[dict[str, Any]]]:
    """Return the seconds that `processes` took for all CSRs, and what each said."""
    began = time.perf_counter()
    said = issue_in_forks([{**options, "csr_paths": csrs[number::processes]} for number in range(processes)])
    return time.perf_counter() - began, said


def measure(emulator: EmulatorProcess, directory: Path, certificates: int, processes: int, rate: float) -> Any:
    """Return the figures for `certificates` by `processes` at `rate` requests a second."""
    authority = seeding.create_active_hierarchy(make_client(emulator.endpoint_url)).subordinate_arn
    csrs = [directory / f"{number}.csr" for number in range(certificates)]
    for csr in csrs:
        csr.write_bytes(make_csr())
    control = EmulatorControl(emulator.endpoint_url)
    control.settings(quotas_enabled=True)
    control.clear_requests()
    ledger = {"ledger": "sqlite", "ledger_path": str(directory / "ledger.sqlite3"), "requests_per_second": rate}
    seconds, said = run_processes({"authority_arn": authority, **ledger}, [str(csr) for csr in csrs], processes)
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    requests = control.requests()
    throttled = sum("Throttling" in json.dumps(request["outcome"]) for request in requests)
    return {
        "certificates": len(control.certificates(authority)),
        "failed_processes": sum("error" in one for one in said),
        "seconds": round(seconds, 2),
        "ratio": round(seconds / (certificates / QUOTA), 2),
        "throttled_share": round(throttled / len(requests), 4),
        "client_cpu_ms_per_certificate": round((used.ru_utime + used.ru_stime) * 1000 / certificates, 1),
    }


def main() -> None:
    """Start the emulator, measure, stop it."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else "")
    parser.add_argument("--certificates", type=int, default=500, help="certificates to issue (default 500)")
    parser.add_argument("--processes", type=int, default=50, help="processes that issue them (default 50)")
    parser.add_argument("--rate", type=float, default=Pace.per_second, help="option requests_per_second")
    parser.add_argument("--output", type=Path, default=OUTPUT, metavar="DIRECTORY")
    arguments = parser.parse_args()
    load = round(os.getloadavg()[0], 1)
    with tempfile.TemporaryDirectory() as directory, EmulatorProcess() as emulator:
        os.environ.update(emulator.environment)
        figures = measure(emulator, Path(directory), arguments.certificates, arguments.processes, arguments.rate)
    asked = {"certificates_asked": arguments.certificates, "processes": arguments.processes, "rate": arguments.rate}
    figures = {**asked, **figures, "cores": os.cpu_count(), "load_before": load}
    Records(arguments.output).keep_issuing(figures)
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
