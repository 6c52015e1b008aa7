# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Measure the emulator: IssueCertificate + GetCertificate pairs per second, and memory per certificate.

The emulator runs in a process of its own; one boto3 client per worker process asks it, each pair with its own token.
Prints one JSON object. Nothing is asserted: the figures depend on the machine.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import subprocess
import sys
import time
import uuid
from pathlib import Path
from typing import Any

import boto3
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from private_ca_emulator import seeding

_SETTLING_PAIRS = 200


def make_client(endpoint_url: str) -> Any:
    """An acm-pca client of the emulator."""
    return boto3.client(
        "acm-pca",
        endpoint_url=endpoint_url,
        region_name="eu-central-1",
        aws_access_key_id="AKIABENCHMARK",
        aws_secret_access_key="unchecked",
    )


def make_csr() -> bytes:
    """One CSR with a P-256 key."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "bench.example.com")])
    builder = x509.CertificateSigningRequestBuilder().subject_name(name)
    builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName("bench.example.com")]), False)
    signed = builder.sign(ec.generate_private_key(ec.SECP256R1()), hashes.SHA256())
    return signed.public_bytes(serialization.Encoding.PEM)


def issue_pairs(endpoint_url: str, authority_arn: str, pairs: int) -> None:
    """Issue and fetch `pairs` certificates, one after the other."""
    client, csr = make_client(endpoint_url), make_csr()
    for _number in range(pairs):
        arn = client.issue_certificate(
            CertificateAuthorityArn=authority_arn,
            Csr=csr,
            SigningAlgorithm="SHA256WITHECDSA",
            Validity={"Type": "DAYS", "Value": 30},
            IdempotencyToken=str(uuid.uuid4()),
        )["CertificateArn"]
        client.get_certificate(CertificateAuthorityArn=authority_arn, CertificateArn=arn)


def read_memory(pid: int) -> int:
    """Resident memory of a process in KiB."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0])


def read_processor_time(pid: int) -> float:
    """Processor seconds that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def measure(endpoint_url: str, pid: int, pairs: int, clients: int) -> dict[str, float]:
    """The figures for `pairs` pairs spread over `clients` processes."""
    authority = seeding.create_active_root(make_client(endpoint_url))
    issue_pairs(endpoint_url, authority, _SETTLING_PAIRS)
    memory, used = read_memory(pid), read_processor_time(pid)
    workers = [
        multiprocessing.Process(target=issue_pairs, args=(endpoint_url, authority, pairs // clients))
        for _number in range(clients)
    ]
    began = time.perf_counter()
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    seconds = time.perf_counter() - began
    grown = read_memory(pid) - memory
    return {
        "pairs": pairs,
        "clients": clients,
        "seconds": round(seconds, 2),
        "pairs_per_second": round(pairs / seconds, 1),
        "emulator_cpu_ms_per_pair": round((read_processor_time(pid) - used) * 1000 / pairs, 3),
        "kib_per_certificate": round(grown / pairs, 2),
    }


def main() -> None:
    """Start the emulator, measure, stop it."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else "")
    parser.add_argument("--pairs", type=int, default=6000, help="certificates to issue and fetch (default 6000)")
    parser.add_argument("--clients", type=int, default=1, help="client processes (default 1)")
    arguments = parser.parse_args()
    command = [sys.executable, "-m", "private_ca_emulator", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as emulator:
        try:
            started = json.loads(emulator.stdout.readline() if emulator.stdout else "{}")
            figures = measure(started["endpoint_url"], started["pid"], arguments.pairs, arguments.clients)
            print(json.dumps({**figures, "cores": os.cpu_count(), "load_before": round(os.getloadavg()[0], 1)}))
        finally:
            emulator.terminate()


if __name__ == "__main__":
    main()
